// SPDX-License-Identifier: MIT
#include "event/json_decimal.hpp"

#include <gtest/gtest.h>

#include <compare>
#include <cstddef>
#include <iterator>
#include <string_view>

namespace {

using stentor::detail::compare_decimals;
using stentor::detail::is_multiple_of;
using stentor::detail::parse_decimal;

bool less(std::string_view left, std::string_view right) {
    const auto a = parse_decimal(left);
    const auto b = parse_decimal(right);
    EXPECT_EQ(compare_decimals(a, b) < 0, compare_decimals(b, a) > 0) << left << ' ' << right;
    return compare_decimals(a, b) < 0;
}
bool equal(std::string_view left, std::string_view right) {
    return compare_decimals(parse_decimal(left), parse_decimal(right)) == 0;
}
bool multiple(std::string_view value, std::string_view of) {
    return is_multiple_of(parse_decimal(value), parse_decimal(of));
}

TEST(json_decimal, is_the_same_however_it_is_written) {
    EXPECT_TRUE(equal("1", "1.0"));
    EXPECT_TRUE(equal("100", "1e2"));
    EXPECT_TRUE(equal("0.001", "1E-3"));
    EXPECT_TRUE(equal("-0", "0.00e+7"));
    EXPECT_TRUE(equal("1200e-2", "12"));
    EXPECT_FALSE(equal("1", "-1"));
}

TEST(json_decimal, keeps_all_digits) {
    EXPECT_TRUE(less("18446744073709551615", "18446744073709551616"));
    EXPECT_TRUE(less("0.10000000000000000000001", "0.10000000000000000000002"));
    EXPECT_FALSE(equal("9007199254740993", "9007199254740992"));
}

TEST(json_decimal, has_the_order_of_numbers) {
    constexpr std::string_view rising[] = {"-1e400", "-10", "-9.5", "-0.1", "0",     "1e-400",
                                           "0.09",   "0.1", "1",    "1.5",  "1e400", "1e401"};
    for (std::size_t left = 0; left < std::size(rising); ++left) {
        for (std::size_t right = 0; right < std::size(rising); ++right) {
            EXPECT_EQ(less(rising[left], rising[right]), left < right)
                << rising[left] << ' ' << rising[right];
        }
    }
}

TEST(json_decimal, bounds_exponents_that_nobody_can_write_out) {
    EXPECT_TRUE(less("1", "1e99999999999999999999"));
    EXPECT_TRUE(less("1e-99999999999999999999", "1"));
    EXPECT_TRUE(equal("0e99999999999999999999", "0"));
}

TEST(json_decimal, is_an_integer_without_a_fraction) {
    for (const auto* const text : {"1", "1.0", "1.5e1", "1e400", "-12"}) {
        EXPECT_TRUE(parse_decimal(text).is_integer()) << text;
    }
    for (const auto* const text : {"1.5", "1e-1", "123.4e0"}) {
        EXPECT_FALSE(parse_decimal(text).is_integer()) << text;
    }
}

TEST(json_decimal, is_a_multiple_exactly) {
    EXPECT_TRUE(multiple("0.3", "0.1"));  // not so as doubles
    EXPECT_TRUE(multiple("19.99", "0.01"));
    EXPECT_FALSE(multiple("0.35", "0.1"));
    EXPECT_TRUE(multiple("0", "7"));
    EXPECT_TRUE(multiple("-21", "7"));
    EXPECT_FALSE(multiple("22", "7"));
    EXPECT_TRUE(multiple("1e400", "2"));
    EXPECT_TRUE(multiple("1e999999999999", "2.5e-9"));
    EXPECT_FALSE(multiple("1e999999999999", "3"));
    EXPECT_TRUE(multiple("9999999999999999999", "9999999999999999999"));
}

}  // namespace
