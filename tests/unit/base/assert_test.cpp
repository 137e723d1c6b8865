// SPDX-License-Identifier: MIT
#include <stentor/base/assert.hpp>

#include <gtest/gtest.h>

TEST(assertion, evaluates_its_condition_once) {
    int evaluated = 0;
    STENTOR_ASSERT(++evaluated == 1, "counts itself");
    EXPECT_EQ(evaluated, 1);
}

TEST(assertion, stops_the_process_with_place_and_reason) {
    EXPECT_DEATH(
        STENTOR_ASSERT(1 + 1 == 3, "sums must be right"),
        "assert_test\\.cpp:[0-9]+: stentor: sums must be right \\(1 \\+ 1 == 3 is false\\)");
}

TEST(assertion, takes_what_converts_to_bool_only_explicitly) {
    struct door {
        explicit operator bool() const { return true; }
    };
    STENTOR_ASSERT(door{}, "is open");
}

TEST(assertion, is_an_expression_of_a_constant_function) {
    constexpr auto half = [](int value) {
        STENTOR_ASSERT(value % 2 == 0, "even");
        return value / 2;
    };
    static_assert(half(8) == 4);
}
