// SPDX-License-Identifier: MIT
#include <stentor/event/json_schema.hpp>

#include <gmock/gmock.h>

#include <string>
#include <string_view>

namespace {

using stentor::json_schema_errc;
using ::testing::HasSubstr;

struct refused {
    std::string_view schema;
    json_schema_errc code;
    std::string_view path;
    std::string_view words;
};

TEST(json_schema_error, says_where_what_and_what_to_do) {
    const refused all[] = {
        {"", json_schema_errc::malformed, "", "the schema"},
        {"{\"type\": }", json_schema_errc::malformed, "", "byte 9"},
        {"[]", json_schema_errc::invalid_keyword, "", "an object, true or false"},
        {R"({"$schema": "http://json-schema.org/draft-04/schema#"})",
         json_schema_errc::unsupported_draft, "/$schema", "only draft-07"},
        {R"({"properties": {"a/b": {"type": "text"}}})", json_schema_errc::invalid_keyword,
         "/properties/a~1b/type", "string"},
        {R"({"type": []})", json_schema_errc::invalid_keyword, "/type", "at least one"},
        {R"({"items": [true, 7]})", json_schema_errc::invalid_keyword, "/items/1", "a number"},
        {R"({"minLength": -1})", json_schema_errc::invalid_keyword, "/minLength", "from 0"},
        {R"({"minLength": 1.5})", json_schema_errc::invalid_keyword, "/minLength", "whole"},
        {R"({"maximum": "1"})", json_schema_errc::invalid_keyword, "/maximum", "a number"},
        {R"({"multipleOf": 0})", json_schema_errc::invalid_keyword, "/multipleOf", "above 0"},
        {R"({"multipleOf": 0.12345678901234567891})", json_schema_errc::invalid_keyword,
         "/multipleOf", "round it"},
        {R"({"allOf": []})", json_schema_errc::invalid_keyword, "/allOf", "at least one"},
        {R"({"allOf": {}})", json_schema_errc::invalid_keyword, "/allOf", "a list of schemas"},
        {R"({"required": [1]})", json_schema_errc::invalid_keyword, "/required", "names"},
        {R"({"enum": 1})", json_schema_errc::invalid_keyword, "/enum", "a list"},
        {R"({"uniqueItems": 1})", json_schema_errc::invalid_keyword, "/uniqueItems", "true"},
        {R"({"dependencies": {"a": 1}})", json_schema_errc::invalid_keyword, "/dependencies/a",
         "an object"},
        {R"({"pattern": "a("})", json_schema_errc::invalid_pattern, "/pattern", "not closed"},
        {R"({"pattern": "(a)\\1"})", json_schema_errc::invalid_pattern, "/pattern",
         "not supported"},
        {R"({"patternProperties": {"[": true}})", json_schema_errc::invalid_pattern,
         "/patternProperties", "the class is not closed"},
        {R"({"not": {"$ref": "#/definitions/x"}})", json_schema_errc::unresolved_reference,
         "/not/$ref", "/definitions/x"},
        {R"({"$ref": "#x"})", json_schema_errc::unresolved_reference, "/$ref", "$id"},
        {R"({"$ref": "http://a.example/b.json"})", json_schema_errc::unknown_document, "/$ref",
         "json_schema_options::documents"},
        {R"({"$ref": 7})", json_schema_errc::invalid_keyword, "/$ref", "a URI reference"},
        {R"({"$ref": "a b"})", json_schema_errc::invalid_keyword, "/$ref", "a URI reference"},
        {R"({"$ref": "#"})", json_schema_errc::endless_reference, "", "never end"},
        {R"({"allOf": [{"$ref": "#/definitions/a"}], "definitions": {"a": {"not":
            {"$ref": "#/definitions/b"}}, "b": {"if": {"$ref": "#/definitions/a"}}}})",
         json_schema_errc::endless_reference, "/definitions/a", "never end"},
        {R"({"definitions": {"a": {"$id": "x"}, "b": {"$id": "x"}}})",
         json_schema_errc::duplicate_id, "/definitions/b/$id", "give each its own"},
    };
    for (const auto& one : all) {
        const auto made = stentor::json_schema::compile(one.schema);
        ASSERT_FALSE(made) << one.schema;
        EXPECT_EQ(made.error().code, one.code) << one.schema << to_string(made.error().code);
        EXPECT_EQ(made.error().path, one.path) << one.schema;
        EXPECT_THAT(made.error().message, HasSubstr(std::string(one.words))) << one.schema;
        EXPECT_THAT(made.error().message, HasSubstr("the schema")) << one.schema;
    }
}

TEST(json_schema_error, names_the_document) {
    const stentor::json_schema_document others[] = {{"http://a.example/b", R"({"type": 1})"}};
    const auto made =
        stentor::json_schema::compile(R"({"$ref": "http://a.example/b#"})", {.documents = others});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().path, "/type");
    EXPECT_THAT(made.error().message,
                HasSubstr("the document \"http://a.example/b\" at \"/type\""));
}

TEST(json_schema_error, is_made_of_a_pointer_to_nothing) {
    for (const auto* const pointer : {"/definitions/b", "a", "/definitions/~2", "/x/0"}) {
        const auto made = stentor::json_schema::compile(R"({"definitions": {"a": {}}, "x": []})",
                                                        {.pointer = pointer});
        ASSERT_FALSE(made) << pointer;
        EXPECT_EQ(made.error().code, json_schema_errc::unresolved_reference);
    }
}

TEST(json_schema_error, has_a_name_for_each_code) {
    for (int code = 0; code <= static_cast<int>(json_schema_errc::no_memory); ++code) {
        EXPECT_NE(to_string(static_cast<json_schema_errc>(code)), "unknown");
    }
    EXPECT_EQ(to_string(static_cast<json_schema_errc>(99)), "unknown");
}

}  // namespace
