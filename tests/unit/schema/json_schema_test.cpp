// SPDX-License-Identifier: MIT
#include <stentor/event/json_schema.hpp>

#include <gmock/gmock.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What violations say. Which texts are valid is said by the official suite, in tests/conformance.

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

stentor::json_schema compiled(std::string_view text,
                              const stentor::json_schema_options& options = {}) {
    auto made = stentor::json_schema::compile(text, options);
    EXPECT_TRUE(made) << made.error().message;
    return made ? *made : stentor::json_schema::compile("{}").value();
}

// `code path` of each.
std::vector<std::string> violations_of(std::string_view schema, std::string_view json) {
    stentor::violations found;
    const bool valid = compiled(schema).validate(json, found);
    EXPECT_EQ(valid, found.empty());
    std::vector<std::string> all;
    for (const auto& one : found) {
        EXPECT_FALSE(one.message.empty());
        all.push_back(one.code + " " + one.path);
    }
    return all;
}

std::string message_of(std::string_view schema, std::string_view json) {
    stentor::violations found;
    compiled(schema).validate(json, found);
    return found.empty() ? "" : found[0].message;
}

TEST(json_schema, finds_all_violations_with_their_paths) {
    EXPECT_THAT(violations_of(R"({
                    "required": ["id", "a b"],
                    "properties": {
                        "lines": {"items": {"required": ["name"],
                                            "properties": {"count": {"minimum": 1}}}},
                        "note": {"maxLength": 2, "pattern": "^x"}
                    },
                    "additionalProperties": false
                })",
                              R"({"note": "abc", "lines": [{"name": "", "count": 1},
                                  {"count": 0.5}], "more": null})"),
                ElementsAre("required id", "required [\"a b\"]", "maxLength note", "pattern note",
                            "required lines[1].name", "minimum lines[1].count",
                            "additionalProperties more"));
}

TEST(json_schema, adds_nothing_for_what_is_valid) {
    EXPECT_THAT(violations_of(R"({"type": ["object", "null"]})", "null"), IsEmpty());
    EXPECT_THAT(violations_of("true", "[1]"), IsEmpty());
    EXPECT_THAT(violations_of(R"({"unknown": 7})", "[1]"), IsEmpty());
    EXPECT_THAT(violations_of(R"({"additionalItems": false})", "[1]"), IsEmpty());
    EXPECT_THAT(violations_of(R"({"then": false, "else": false})", "[1]"), IsEmpty());
}

TEST(json_schema, names_each_keyword_as_its_code) {
    constexpr std::pair<std::string_view, std::string_view> numbers[] = {
        {R"({"minimum": 4})", "minimum "},
        {R"({"exclusiveMinimum": 3})", "exclusiveMinimum "},
        {R"({"maximum": 2})", "maximum "},
        {R"({"exclusiveMaximum": 3})", "exclusiveMaximum "},
        {R"({"multipleOf": 2})", "multipleOf "},
        {R"({"type": "string"})", "type "},
        {R"({"enum": [1, 2]})", "enum "},
        {R"({"const": 2})", "const "},
        {R"({"not": {}})", "not "},
        {"false", "false "},
        {R"({"if": {"minimum": 3}, "then": {"maximum": 2}})", "maximum "},
        {R"({"if": {"minimum": 4}, "else": {"maximum": 2}})", "maximum "},
        {R"({"allOf": [true, {"maximum": 2}]})", "maximum "},
        {R"({"oneOf": [true, true]})", "oneOf "},
    };
    for (const auto& [schema, code] : numbers) {
        EXPECT_THAT(violations_of(schema, "3"), ElementsAre(code)) << schema;
    }
    constexpr std::pair<std::string_view, std::string_view> lists[] = {
        {R"({"minItems": 4})", "minItems "},
        {R"({"maxItems": 2})", "maxItems "},
        {R"({"uniqueItems": true})", "uniqueItems "},
        {R"({"contains": {"type": "null"}})", "contains "},
        {R"({"items": {"maximum": 1}})", "maximum [1]"},
        {R"({"items": [true, {"maximum": 1}]})", "maximum [1]"},
        {R"({"items": [true], "additionalItems": false})", "additionalItems "},
        {R"({"items": [], "additionalItems": false})", "additionalItems "},
        {R"({"items": [true], "additionalItems": {"maximum": 1}})", "maximum [1]"},
    };
    for (const auto& [schema, code] : lists) {
        EXPECT_THAT(violations_of(schema, "[1, 2, 1.0]"), ElementsAre(code)) << schema;
    }
    constexpr std::pair<std::string_view, std::string_view> objects[] = {
        {R"({"minProperties": 3})", "minProperties "},
        {R"({"maxProperties": 1})", "maxProperties "},
        {R"({"propertyNames": {"maxLength": 1}})", "propertyNames bc"},
        {R"({"patternProperties": {"^b": false}})", "false bc"},
        {R"({"dependencies": {"a": ["x"]}})", "dependencies x"},
        {R"({"dependencies": {"a": {"required": ["x"]}}})", "required x"},
        {R"({"additionalProperties": {"type": "null"}, "properties": {"a": true}})", "type bc"},
    };
    for (const auto& [schema, code] : objects) {
        EXPECT_THAT(violations_of(schema, R"({"a": 1, "bc": {}})"), ElementsAre(code)) << schema;
    }
    EXPECT_THAT(violations_of(R"({"minLength": 3, "format": "uuid"})", "\"\xC3\xA4\xC3\xA4\""),
                ElementsAre("minLength ", "format "));
}

TEST(json_schema, says_what_the_nearest_alternative_lacks) {
    constexpr std::string_view schema = R"({"oneOf": [
        {"type": "null"},
        {"required": ["kind", "wheels"], "properties": {"kind": {"const": "car"}}},
        {"required": ["kind", "legs", "name"], "properties": {"kind": {"const": "dog"}}}]})";
    EXPECT_THAT(violations_of(schema, R"({"kind": "dog"})"),
                ElementsAre("oneOf ", "required legs", "required name"));
    EXPECT_THAT(violations_of(schema, R"({"kind": "car"})"),
                ElementsAre("oneOf ", "required wheels"));
    EXPECT_THAT(violations_of(R"({"properties": {"x": {"anyOf": [{"type": "null"},
                                  {"items": {"type": "integer"}}]}}})",
                              R"({"x": [1, "2"]})"),
                ElementsAre("anyOf x", "type x[1]"));
}

TEST(json_schema, says_for_people_what_is_wrong) {
    EXPECT_EQ(message_of(R"({"type": ["integer", "null"]})", "1.5"),
              "the value is a number that is no integer, and is to be null or an integer");
    EXPECT_EQ(message_of(R"({"enum": ["a", 1, null, {}]})", "2"),
              "the value is none of \"a\", 1, null, an object");
    EXPECT_EQ(message_of(R"({"maximum": 1.50})", "2"), "the number is to be at most 1.50");
    EXPECT_EQ(message_of(R"({"minLength": 2})", "\"a\""),
              "it has 1 characters, and is to have at least 2");
    EXPECT_EQ(message_of(R"({"oneOf": [true, false, true]})", "2"),
              "the value matches alternatives 0 and 2, and is to match one");
    EXPECT_EQ(message_of(R"({"dependencies": {"a": ["b"]}})", R"({"a": 1})"),
              "the member is missing, and goes with \"a\"");
}

// What is published may be secret, and messages go to logs.
TEST(json_schema, never_quotes_the_text) {
    for (const auto* const schema :
         {R"({"type": "null"})", R"({"enum": [1]})", R"({"const": "x"})", R"({"pattern": "^x"})",
          R"({"format": "date"})", R"({"maxLength": 1})", R"({"not": {}})"}) {
        EXPECT_THAT(message_of(schema, "\"secret\""), Not(HasSubstr("secret"))) << schema;
    }
    EXPECT_THAT(message_of("{}", "[secret]"), Not(HasSubstr("s\"")));
    EXPECT_THAT(message_of("{}", "{\"a\": \"secret"), Not(HasSubstr("secret")));
}

TEST(json_schema, says_of_what_is_no_json_where_and_why) {
    EXPECT_THAT(violations_of("{}", ""), ElementsAre("truncated "));
    EXPECT_THAT(violations_of("{}", R"({"a": [1, x]})"), ElementsAre("malformed a[1]"));
    EXPECT_THAT(violations_of("{}", R"({"a": 1, "a": 2})"), ElementsAre("duplicate_name "));
    EXPECT_THAT(violations_of("{}", "\"\xff\""), ElementsAre("invalid_utf8 "));
    EXPECT_EQ(message_of("{}", "[1 2]"),
              "the text cannot be read as JSON: at byte 3 there was to be ',' or ']'");
}

TEST(json_schema, puts_paths_behind_where_the_caller_is) {
    stentor::violations found;
    const auto event = found.in("event");
    EXPECT_FALSE(compiled(R"({"required": ["id"]})").validate("{}", found));
    EXPECT_FALSE(compiled("{}").validate("[", found));
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].path, "event.id");
    EXPECT_EQ(found[1].path, "event[0]");
}

TEST(json_schema, begins_where_the_pointer_says) {
    constexpr std::string_view text = R"({"definitions": {"a/b": {"type": "null"}, "c":
        {"$ref": "#/definitions/a~1b"}, "wrong": {"type": 7}}})";
    stentor::violations found;
    EXPECT_TRUE(compiled(text, {.pointer = "/definitions/a~1b"}).validate("null", found));
    EXPECT_FALSE(compiled(text, {.pointer = "/definitions/c"}).validate("1", found));
    EXPECT_TRUE(compiled(text).validate("1", found));
}

TEST(json_schema, refers_to_other_documents) {
    const stentor::json_schema_document others[] = {
        {"http://a.example/types.json", R"({"definitions": {"id": {"$id": "#id", "minimum": 1},
            "other": {"$ref": "names.json"}}})"},
        {"http://a.example/names.json", R"({"maxLength": 2})"},
    };
    const auto schema = compiled(R"({"$id": "http://a.example/event.json", "properties": {
        "id": {"$ref": "types.json#id"}, "name": {"$ref": "types.json#/definitions/other"}}})",
                                 {.documents = others});
    stentor::violations found;
    EXPECT_FALSE(schema.validate(R"({"id": 0, "name": "abc"})", found));
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].path, "id");
    EXPECT_EQ(found[1].code, "maxLength");
}

// What newer editions of the official suite ask of references.
TEST(json_schema, follows_references_of_every_form) {
    constexpr std::string_view schemas[] = {
        R"({"$id": "urn:uuid:deadbeef-1234-ffff-ffff-4321feebdaed", "items":
            {"$ref": "urn:uuid:deadbeef-1234-ffff-ffff-4321feebdaed#/definitions/a"},
            "definitions": {"a": {"type": "null"}}})",
        R"({"$id": "file:///c:/folder/file.json", "items": {"$ref": "#/definitions/a"},
            "definitions": {"a": {"type": "null"}}})",
        R"({"items": {"$ref": "#/definitions//definitions/"},
            "definitions": {"": {"definitions": {"": {"type": "null"}}}}})",
        R"({"$id": "http://a.example/ref/absref.json", "items": {"$ref": "/x/a.json"},
            "definitions": {"a": {"$id": "http://a.example/x/a.json", "type": "null"}}})",
        R"({"$ref": "http://a.example/if", "if": {"$id": "http://a.example/if",
            "items": {"type": "null"}}})",
        R"({"items": {"$ref": "#/definitions/a%22b"}, "definitions": {"a\"b": {"type": "null"}}})",
        R"({"$id": "http://a.example/sibling/", "items": {"$id": "http://a.example/not/base/",
            "$ref": "foo.json"}, "definitions": {"a": {"$id": "http://a.example/sibling/foo.json",
            "type": "null"}}})",
        R"({"items": {"$ref": "http://a.example/x#foo"}, "definitions": {"a":
            {"$id": "http://a.example/x#foo", "type": "null"}}})",
        R"({"items": {"$ref": "#/definitions/text"}, "definitions": {"text": {"$id": "t",
            "type": "null"}, "other": {"enum": [{"$id": "t", "type": "string"}],
            "unknown": {"$id": "t"}, "const": {"$ref": "#/nowhere"}}}})",
    };
    for (const auto schema : schemas) {
        EXPECT_THAT(violations_of(schema, "[null]"), IsEmpty()) << schema;
        EXPECT_THAT(violations_of(schema, "[null, 1]"), ElementsAre("type [1]")) << schema;
    }
}

TEST(json_schema, is_a_value_that_outlives_its_text) {
    std::string text = R"({"properties": {"a": {"enum": ["x\u0041"]}}})";
    auto schema = compiled(text);
    text.assign(text.size(), '#');
    const auto moved = std::move(schema);
    stentor::violations found;
    EXPECT_TRUE(moved.validate(R"({"a": "xA"})", found));
    EXPECT_TRUE(
        schema.validate(R"({"\u0061": "x\u0041"})", found));  // NOLINT(bugprone-use-after-move)
    EXPECT_FALSE(schema.validate(R"({"a": "y"})", found));
}

TEST(json_schema, looks_at_formats_unless_told_not_to) {
    stentor::violations found;
    EXPECT_FALSE(compiled(R"({"format": "ipv4"})").validate("\"x\"", found));
    EXPECT_TRUE(compiled(R"({"format": "ipv4"})", {.formats = false}).validate("\"x\"", found));
    EXPECT_TRUE(compiled(R"({"format": "of my own"})").validate("\"x\"", found));
}

}  // namespace
