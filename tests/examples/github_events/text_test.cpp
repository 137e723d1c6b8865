// SPDX-License-Identifier: MIT

#include "text.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace {

using namespace github;

TEST(text, groups_digits_with_commas) {
    EXPECT_EQ(with_commas(0), "0");
    EXPECT_EQ(with_commas(999), "999");
    EXPECT_EQ(with_commas(1000), "1,000");
    EXPECT_EQ(with_commas(1234567), "1,234,567");
    EXPECT_EQ(with_commas(-1000), "-1,000");
    EXPECT_EQ(with_commas(-100), "-100");
    EXPECT_EQ(with_commas(std::numeric_limits<std::int64_t>::min()), "-9,223,372,036,854,775,808");
}

TEST(text, shortens_large_numbers) {
    EXPECT_EQ(in_short(999), "999");
    EXPECT_EQ(in_short(1000), "1.00k");
    EXPECT_EQ(in_short(999499), "999k");
    EXPECT_EQ(in_short(999500), "1.00M");
    EXPECT_EQ(in_short(1234567), "1.23M");
    EXPECT_EQ(in_short(99'960'000), "100M");
    EXPECT_EQ(in_short(5'000'000'000'000'000), "5000T");
}

TEST(text, gives_durations_a_unit_that_fits) {
    EXPECT_EQ(duration_text(0), "0 ns");
    EXPECT_EQ(duration_text(999), "999 ns");
    EXPECT_EQ(duration_text(1000), "1.00 us");
    EXPECT_EQ(duration_text(12'345), "12.3 us");
    EXPECT_EQ(duration_text(999'499), "999 us");
    EXPECT_EQ(duration_text(999'500), "1.00 ms");
    EXPECT_EQ(duration_text(1'500'000'000), "1.50 s");
    EXPECT_EQ(duration_text(119'000'000'000), "119 s");
    EXPECT_EQ(duration_text(185'000'000'000), "3m05s");
}

TEST(text, makes_foreign_text_safe_for_a_terminal) {
    EXPECT_EQ(printable("plain"), "plain");
    EXPECT_EQ(printable("\033[31mred\033[0m\n"), "?[31mred?[0m?");
    EXPECT_EQ(printable("\xC2\x9Bred"), "?red");  // CSI as one C1 control character
    EXPECT_EQ(printable("caf\xC3\xA9"), "caf\xC3\xA9");
    EXPECT_EQ(printable("\xC2"), "\xC2");  // cut off in the middle
}

TEST(text, cuts_and_fills_by_columns_not_bytes) {
    EXPECT_EQ(columns_of("caf\xC3\xA9"), 4U);
    EXPECT_EQ(cut("abcdef", 6), "abcdef");
    EXPECT_EQ(cut("abcdef", 4), "abc~");
    EXPECT_EQ(cut("\xC3\xA9\xC3\xA9\xC3\xA9", 2), "\xC3\xA9~");
    EXPECT_EQ(cut("abc", 0), "");
    EXPECT_EQ(left("ab", 4), "ab  ");
    EXPECT_EQ(left("abcdef", 4), "abc~");
    EXPECT_EQ(right("ab", 4), "  ab");
    EXPECT_EQ(right("123456", 4), "123456");
}

}  // namespace
