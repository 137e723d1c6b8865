// SPDX-License-Identifier: MIT
#include <stentor/base/cache_line.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

TEST(padded, keeps_neighbours_on_different_lines) {
    std::array<stentor::padded<int>, 2> both{};
    const auto first = reinterpret_cast<std::uintptr_t>(&both[0].value);
    const auto second = reinterpret_cast<std::uintptr_t>(&both[1].value);
    EXPECT_NE(first / stentor::cache_line_size, second / stentor::cache_line_size);
    EXPECT_EQ(first % stentor::cache_line_size, 0U);
}

TEST(padded, takes_whole_lines_for_large_values) {
    struct large {
        char bytes[65];
    };
    EXPECT_EQ(sizeof(stentor::padded<large>), 2 * stentor::cache_line_size);
}

TEST(padded, starts_with_a_value_of_zero) {
    const stentor::padded<int> one;
    EXPECT_EQ(one.value, 0);
}
