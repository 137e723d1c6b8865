// SPDX-License-Identifier: MIT
#include <stentor/event/json_schema.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <thread>

// Texts and schemas that mean no good: an answer in bounded time, on a bounded stack.

namespace {

std::string repeated(std::string_view text, int times) {
    std::string all;
    for (int at = 0; at < times; ++at) {
        all += text;
    }
    return all;
}

// The only code; empty: valid.
std::string code_of(std::string_view schema, std::string_view json,
                    const stentor::json_schema_options& options = {}) {
    const auto made = stentor::json_schema::compile(schema, options);
    EXPECT_TRUE(made) << made.error().message;
    if (!made) {
        return "no schema";
    }
    stentor::violations found;
    const bool valid = made->validate(json, found);
    EXPECT_EQ(valid, found.empty());
    EXPECT_LE(found.count(), 1U) << found.to_string();
    return found.empty() ? "" : found[0].code;
}

TEST(json_schema_limits, hold_for_the_text) {
    EXPECT_EQ(code_of("{}", "[[[]]]", {.depth_max = 3}), "");
    EXPECT_EQ(code_of("{}", "[[[[]]]]", {.depth_max = 3}), "too_deep");
    EXPECT_EQ(code_of("{}", "\"123\"", {.bytes_max = 5}), "");
    EXPECT_EQ(code_of("{}", "\"1234\"", {.bytes_max = 5}), "too_large");
}

TEST(json_schema_limits, hold_for_the_schema) {
    const auto deep = repeated("{\"not\":", 200) + "{}" + repeated("}", 200);
    const auto made = stentor::json_schema::compile(deep);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, stentor::json_schema_errc::malformed);
    const auto large =
        stentor::json_schema::compile(R"({"title": "12345678901"})", {.schema_bytes_max = 20});
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().code, stentor::json_schema_errc::malformed);
}

TEST(json_schema_limits, end_what_grows_without_bounds) {
    // Each level asks the next one twice.
    std::string doubling = R"({"$ref": "#/definitions/0", "definitions": {)";
    for (int at = 0; at < 60; ++at) {
        const auto next = R"({"$ref": "#/definitions/)" + std::to_string(at + 1) + "\"}";
        doubling += "\"" + std::to_string(at) + R"(": {"allOf": [)" + next + "," + next + "]},";
    }
    doubling += "\"60\": {}}}";
    EXPECT_EQ(code_of(doubling, "1"), "too_costly");
    EXPECT_EQ(code_of(doubling, "1", {.steps_max = 0}), "too_costly");
    // Under `not`, having no answer is not an answer either.
    EXPECT_EQ(code_of(R"({"not": {"items": {"type": "integer"}}})", "[1,1,1,1,1,1,1,1]",
                      {.steps_max = 5}),
              "too_costly");
}

TEST(json_schema_limits, end_what_goes_too_deep) {
    // References one behind the other, longer than any stack would be.
    std::string chain = R"({"$ref": "#/definitions/0", "definitions": {)";
    constexpr int length = 20'000;
    for (int at = 0; at < length; ++at) {
        chain += "\"" + std::to_string(at) + R"(": {"$ref": "#/definitions/)" +
                 std::to_string(at + 1) + "\"},";
    }
    chain += "\"" + std::to_string(length) + "\": {}}}";
    EXPECT_EQ(code_of(chain, "1"), "too_deep");
    EXPECT_EQ(code_of(R"({"not": {"$ref": "#/definitions/a"}, "definitions": {"a":
                          {"items": {"$ref": "#/definitions/a"}}}})",
                      repeated("[", 400) + repeated("]", 400), {.depth_max = 512}),
              "too_deep");
}

TEST(json_schema_limits, let_real_trees_pass) {
    constexpr std::string_view tree = R"({"required": ["value"], "properties": {
        "value": {"type": "integer"}, "children": {"items": {"$ref": "#"}}}})";
    std::string text = "{\"value\": 1}";
    for (int level = 0; level < 30; ++level) {
        text = "{\"value\": 1, \"children\": [" + text + "]}";
    }
    EXPECT_EQ(code_of(tree, text), "");
}

TEST(json_schema_limits, hold_for_patterns) {
    const auto text = "\"" + std::string(900'000, 'a') + "!\"";
    EXPECT_EQ(code_of(R"({"pattern": "^(a+)+$"})", text), "pattern");
    EXPECT_EQ(code_of(R"({"pattern": "(?=(a+)+b)c"})", text), "too_costly");
    EXPECT_EQ(code_of(R"({"format": "regex"})", text), "");
}

TEST(json_schema_limits, hold_for_lists_that_are_to_be_unique) {
    const auto many = "[" + repeated("[1,2,3],", 100'000) + "0]";
    EXPECT_EQ(code_of(R"({"uniqueItems": true})", many), "uniqueItems");
    EXPECT_EQ(code_of(R"({"uniqueItems": true})", many, {.steps_max = 100'000}), "too_costly");
}

TEST(json_schema_limits, keep_the_first_violations_of_many) {
    const auto made = stentor::json_schema::compile(R"({"items": {"type": "null"}})");
    stentor::violations found;
    EXPECT_FALSE(made->validate("[" + repeated("1,", 999) + "1]", found));
    EXPECT_EQ(found.count(), 1000U);
    EXPECT_EQ(found.size(), stentor::violations::kept_max);
}

TEST(json_schema_limits, let_many_threads_ask_one_schema) {
    const auto made = stentor::json_schema::compile(
        R"({"items": {"pattern": "^a+$", "enum": ["a", "aa"]}, "uniqueItems": true})");
    const auto ask = [&] {
        for (int round = 0; round < 200; ++round) {
            stentor::violations found;
            EXPECT_TRUE(made->validate(R"(["a", "aa"])", found));
            EXPECT_FALSE(made->validate(R"(["a", "b"])", found));
            EXPECT_EQ(found.count(), 2U);
        }
    };
    std::thread other(ask);
    ask();
    other.join();
}

}  // namespace
