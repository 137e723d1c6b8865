// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <forward_list>
#include <string>
#include <string_view>
#include <vector>

// Texts inside JSON: which bytes stand for themselves, and what escapes stand for.

namespace stentor::inline v0::detail {

// What one document needs for a while.
struct json_scratch {
    struct seen_name {
        std::string_view name;
        const char* at;
    };
    std::vector<seen_name> names;              // of the objects that are being read, innermost last
    std::forward_list<std::string> unescaped;  // those of them that are not in the text as they are
    std::string name;                          // the last name that had an escape
};

// Neither a quote nor a backslash, no control character, ASCII.
inline constexpr std::array<bool, 256> is_plain_byte = [] {
    std::array<bool, 256> plain{};
    for (std::size_t c = 0x20; c < 0x80; ++c) {
        plain[c] = c != '"' && c != '\\';
    }
    return plain;
}();

[[nodiscard]] inline bool is_plain(char c) noexcept {
    return is_plain_byte[static_cast<unsigned char>(c)];
}

// The first byte that is not plain, or the end. Eight at a time: the subtractions below set the
// high bit of a byte under 0x20, or of a zero, and may wrongly do so only above such a byte, so the
// lowest mark is right.
[[nodiscard]] inline const char* skip_plain(const char* at, const char* end) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101U;
    constexpr std::uint64_t marks = ones << 7;
    if constexpr (std::endian::native == std::endian::little) {
        while (end - at >= 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, at, sizeof word);
            const std::uint64_t quotes = (word ^ (ones * '"')) - ones;
            const std::uint64_t escapes = (word ^ (ones * '\\')) - ones;
            const std::uint64_t found = (word | (word - ones * 0x20) | quotes | escapes) & marks;
            if (found != 0) {
                return at + (std::countr_zero(found) >> 3);
            }
            at += 8;
        }
    }
    while (at != end && is_plain(*at)) {
        ++at;
    }
    return at;
}

// The text that stands between quotes with escapes; it has been checked.
void append_unescaped(std::string& out, std::string_view inside);

}  // namespace stentor::inline v0::detail
