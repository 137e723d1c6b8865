// SPDX-License-Identifier: MIT
#include <stentor/event/json_schema.hpp>

#include "allocation.hpp"
#include "fail_each.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string_view>

namespace stentor::fault {

constexpr std::string_view schema_text = R"({"$id": "http://a.example/", "oneOf": [
    {"$ref": "#/definitions/number"},
    {"properties": {"a": {"pattern": "^(x|\\d{2})+$"}, "b": {"enum": ["a long text, kept apart"]}},
     "required": ["a", "c"], "uniqueItems": true, "patternProperties": {"^d": false}}],
    "definitions": {"number": {"$id": "#number", "type": "number"}}})";

TEST(json_schema_without_memory, is_an_error) {
    const std::uint64_t failed = fail_each([&] {
        const auto made = json_schema::compile(schema_text);
        return made || made.error().code != json_schema_errc::no_memory;
    });
    EXPECT_GT(failed, 50);
}

TEST(json_schema_without_memory, never_takes_a_text_for_valid) {
    const auto schema = json_schema::compile(schema_text).value();
    const std::uint64_t failed = fail_each([&] {
        violations found;
        const bool valid = schema.validate(R"({"a": "x12", "c": "\u0061"})", found);
        EXPECT_EQ(valid, found.count() == 0);
        return valid;
    });
    EXPECT_GT(failed, 5);
}

// Less may be said, but not nothing.
TEST(json_schema_without_memory, never_leaves_what_is_invalid_without_a_word) {
    const auto schema = json_schema::compile(schema_text).value();
    std::uint64_t nth = 0;
    std::uint64_t counted = 0;
    do {
        violations found;
        arm(++nth, shortage::once, false);
        const bool valid = schema.validate(R"({"a": "y", "d": 1})", found);
        counted = disarm();
        EXPECT_FALSE(valid) << nth;
        EXPECT_GT(found.count(), 0U) << nth;
    } while (counted >= nth);
    EXPECT_GT(nth, 10U);
}

}  // namespace stentor::fault
