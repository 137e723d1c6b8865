// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// A JSON number with all the digits that its text has: a schema's bounds hold exactly, for numbers
// that no double and no 64 bits can hold, too.
//
// Threads: values. Progress: more than fifteen digits allocate.

namespace stentor::inline v0::detail {

// 0.digits * 10^exponent.
struct json_decimal {
    std::string digits{};  // no 0 at either end; empty: zero
    std::int64_t exponent = 0;
    bool negative = false;

    [[nodiscard]] bool is_integer() const noexcept {
        return exponent >= static_cast<std::int64_t>(digits.size());
    }
};

// Of a number that is well formed.
[[nodiscard]] json_decimal parse_decimal(std::string_view text);

[[nodiscard]] std::strong_ordering compare_decimals(const json_decimal& left,
                                                    const json_decimal& right) noexcept;

inline constexpr std::size_t divisor_digits_max = 19;
// Whether the quotient is an integer. The divisor is above zero, and has no more digits than that.
[[nodiscard]] bool is_multiple_of(const json_decimal& value, const json_decimal& divisor) noexcept;

}  // namespace stentor::inline v0::detail
