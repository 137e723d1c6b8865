// SPDX-License-Identifier: MIT
#include "examples/run_program.hpp"
#include <stentor/event/json_schema.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

// Schemas and texts by chance, of random_schemas.py: Python's jsonschema and we say the same.

namespace {

using namespace stentor_test;

TEST(random_schemas, get_the_verdict_of_another_implementation) {
    const auto ran = run_program(
        {"/usr/bin/python3", STENTOR_JSON_SCHEMA "/random_schemas.py", "20261127", "10000"});
    ASSERT_EQ(ran.exit_code, 0) << ran.err;
    int valid = 0;
    int invalid = 0;
    for (const auto& line : lines_of(ran.out)) {
        const std::string_view view = line;
        const auto first = view.find('\t');
        const auto last = view.rfind('\t');
        ASSERT_NE(first, last) << line;
        const auto schema = stentor::json_schema::compile(view.substr(0, first));
        ASSERT_TRUE(schema) << line << '\n' << schema.error().message;
        stentor::violations found;
        const bool ours = schema->validate(view.substr(first + 1, last - first - 1), found);
        EXPECT_EQ(ours, found.empty()) << line;
        EXPECT_EQ(ours, view.substr(last + 1) == "valid") << line << '\n' << found.to_string();
        ++(ours ? valid : invalid);
    }
    EXPECT_EQ(valid + invalid, 10'000);
    EXPECT_GT(valid, 2'000);
    EXPECT_GT(invalid, 2'000);
}

}  // namespace
