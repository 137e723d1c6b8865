// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Numbers, times and foreign text as a person reads them in a terminal. Pure functions.

namespace github {

// 1234567 -> "1,234,567"
[[nodiscard]] std::string with_commas(std::int64_t value);

// At most five characters and a unit: 999 -> "999", 1234567 -> "1.23M". For narrow columns.
[[nodiscard]] std::string in_short(std::int64_t value);

// Three significant digits and a unit: "870 ns", "12.3 us", "1.05 ms", "2.40 s", "3m05s".
[[nodiscard]] std::string duration_text(std::int64_t nanoseconds);

// Text from outside, safe to print: control characters, which could move the cursor or change the
// colours, become '?'.
[[nodiscard]] std::string printable(std::string_view text);

// How many columns the text takes. Counts code points, which is right for all but wide scripts.
[[nodiscard]] std::size_t columns_of(std::string_view text);

// Cut to `width` columns, the last of them "~" when something is missing.
[[nodiscard]] std::string cut(std::string_view text, std::size_t width);

// Cut and filled with spaces to exactly `width` columns.
[[nodiscard]] std::string left(std::string_view text, std::size_t width);

// Filled with spaces on the left; never cut, since these are numbers.
[[nodiscard]] std::string right(std::string_view text, std::size_t width);

}  // namespace github
