// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

// A traceparent as W3C Trace Context has it: `00-TRACE-SPAN-FLAGS`, in lower case hexadecimal.
//
// Threads: values. Progress: allocates nothing.
namespace stentor::inline v0::detail {

// Digits of a number, the highest first.
template <std::size_t Digits>
[[nodiscard]] constexpr std::array<char, Digits> hex_digits(std::uint64_t value) noexcept {
    std::array<char, Digits> text{};
    for (std::size_t at = Digits; at-- > 0; value >>= 4U) {
        text[at] = "0123456789abcdef"[value & 15U];
    }
    return text;
}

struct trace_context {
    static constexpr std::uint8_t sampled = 1;
    static constexpr std::uint8_t known_flags = 3;  // sampled, and that the trace id is random
    static constexpr std::size_t text_size = 55;

    std::uint64_t trace_high = 0;
    std::uint64_t trace_low = 0;
    std::uint64_t span = 0;
    std::uint8_t flags = 0;

    // Nothing for what is no traceparent. Of a later version what this one has is read.
    [[nodiscard]] static std::optional<trace_context> parse(std::string_view text) noexcept;
    // Version 00; flags that it does not know are 0.
    [[nodiscard]] std::array<char, text_size> text() const noexcept;
};

}  // namespace stentor::inline v0::detail
