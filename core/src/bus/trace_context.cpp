// SPDX-License-Identifier: MIT
#include "bus/trace_context.hpp"

#include <algorithm>

namespace stentor::inline v0::detail {

namespace {

constexpr std::size_t trace_at = 3;
constexpr std::size_t span_at = 36;
constexpr std::size_t flags_at = 53;

// Upper case digits are none.
std::optional<std::uint64_t> read_hex(std::string_view digits) noexcept {
    std::uint64_t value = 0;
    for (const char one : digits) {
        if (one >= '0' && one <= '9') {
            value = value << 4U | static_cast<std::uint64_t>(one - '0');
        } else if (one >= 'a' && one <= 'f') {
            value = value << 4U | static_cast<std::uint64_t>(one - 'a' + 10);
        } else {
            return std::nullopt;
        }
    }
    return value;
}

}  // namespace

std::optional<trace_context> trace_context::parse(std::string_view text) noexcept {
    if (text.size() < text_size || text[trace_at - 1] != '-' || text[span_at - 1] != '-' ||
        text[flags_at - 1] != '-') {
        return std::nullopt;
    }
    constexpr std::uint64_t no_version = 0xff;
    const auto version = read_hex(text.substr(0, 2));
    if (!version || *version == no_version ||
        (text.size() > text_size && (*version == 0 || text[text_size] != '-'))) {
        return std::nullopt;
    }
    const auto high = read_hex(text.substr(trace_at, 16));
    const auto low = read_hex(text.substr(trace_at + 16, 16));
    const auto span = read_hex(text.substr(span_at, 16));
    const auto flags = read_hex(text.substr(flags_at, 2));
    if (!high || !low || !span || !flags || (*high | *low) == 0 || *span == 0) {
        return std::nullopt;
    }
    return trace_context{*high, *low, *span, static_cast<std::uint8_t>(*flags & known_flags)};
}

std::array<char, trace_context::text_size> trace_context::text() const noexcept {
    std::array<char, text_size> out{};
    out.fill('-');
    const auto put = [&](const auto& digits, std::size_t at) {
        std::ranges::copy(digits, out.begin() + static_cast<std::ptrdiff_t>(at));
    };
    put(hex_digits<2>(0), 0);
    put(hex_digits<16>(trace_high), trace_at);
    put(hex_digits<16>(trace_low), trace_at + 16);
    put(hex_digits<16>(span), span_at);
    put(hex_digits<2>(flags), flags_at);
    return out;
}

}  // namespace stentor::inline v0::detail
