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

// Texts inside JSON: which bytes stand for themselves, and what well-formed UTF-8 is.

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

// The length of the well-formed sequence of two bytes or more at `at`; 0: it is not one. As in
// table 3-7 of the Unicode Standard: no surrogates, nothing overlong, nothing above U+10FFFF.
[[nodiscard]] inline std::size_t utf8_length(const char* at, const char* end) noexcept {
    const auto byte = [at](std::size_t index) { return static_cast<unsigned char>(at[index]); };
    const auto follows = [&](std::size_t index, unsigned min, unsigned max) {
        return byte(index) >= min && byte(index) <= max;
    };
    const auto left = static_cast<std::size_t>(end - at);
    const unsigned first = byte(0);
    if (first >= 0xC2 && first <= 0xDF) {
        return left >= 2 && follows(1, 0x80, 0xBF) ? 2 : 0;
    }
    if (first >= 0xE0 && first <= 0xEF) {
        const unsigned min = first == 0xE0 ? 0xA0 : 0x80;
        const unsigned max = first == 0xED ? 0x9F : 0xBF;
        return left >= 3 && follows(1, min, max) && follows(2, 0x80, 0xBF) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const unsigned min = first == 0xF0 ? 0x90 : 0x80;
        const unsigned max = first == 0xF4 ? 0x8F : 0xBF;
        const bool good =
            left >= 4 && follows(1, min, max) && follows(2, 0x80, 0xBF) && follows(3, 0x80, 0xBF);
        return good ? 4 : 0;
    }
    return 0;
}

// The text that stands between quotes with escapes; it has been checked.
void append_unescaped(std::string& out, std::string_view inside);

// `2026-11-27T03:12:52.25Z` as ticks since 1970 of num / den seconds.
enum class moment_fault : std::uint8_t { none, malformed, too_fine, out_of_range };
[[nodiscard]] moment_fault parse_moment(std::string_view text, std::int64_t num, std::int64_t den,
                                        std::int64_t& ticks) noexcept;

inline constexpr std::size_t moment_size_max = 48;
// Writes it in UTC with all digits that the unit has. 0: the year is not one of 0000 to 9999.
[[nodiscard]] std::size_t format_moment(std::int64_t ticks, std::int64_t num, std::int64_t den,
                                        char* out) noexcept;

// For paths: `name`, or `["a name"]` when it is no identifier.
[[nodiscard]] std::string path_step(std::string_view name);
[[nodiscard]] std::string path_step(std::size_t index);
// Puts a step in front of a path.
void prepend_step(std::string& path, std::string_view step);

}  // namespace stentor::inline v0::detail
