// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/codec_table.hpp>
#include <stentor/event/fields.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

// What the codecs have in common: UTF-8, moments as texts, the search for a field, and the words of
// their errors.

namespace stentor::inline v0::detail {

[[nodiscard]] inline bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
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

// Where the first byte is that is not part of well-formed UTF-8, or npos.
[[nodiscard]] std::size_t find_invalid_utf8(std::string_view text) noexcept;

// `2026-11-27T03:12:52.25Z` as ticks since 1970 of num / den seconds.
enum class moment_fault : std::uint8_t { none, malformed, too_fine, out_of_range };
[[nodiscard]] moment_fault parse_moment(std::string_view text, std::int64_t num, std::int64_t den,
                                        std::int64_t& ticks) noexcept;

// The same for seconds since 1970, of which a part may be gone: parts of 10^-18 seconds.
inline constexpr std::uint64_t moment_parts = 1'000'000'000'000'000'000U;
[[nodiscard]] moment_fault ticks_of_seconds(std::int64_t seconds, std::uint64_t parts,
                                            std::int64_t num, std::int64_t den,
                                            std::int64_t& ticks) noexcept;

inline constexpr std::size_t moment_size_max = 48;
// Writes it in UTC with all digits that the unit has. 0: the year is not one of 0000 to 9999.
[[nodiscard]] std::size_t format_moment(std::int64_t ticks, std::int64_t num, std::int64_t den,
                                        char* out) noexcept;

// The row of this name, or the count. Documents mostly keep the order of the type, so the search
// begins behind the last field.
template <class Format>
[[nodiscard]] std::size_t find_field(const field_table<Format>& fields, std::string_view name,
                                     std::size_t start) {
    for (std::size_t at = start; at < fields.count; ++at) {
        if (fields.rows[at].name() == name) {
            return at;
        }
    }
    for (std::size_t at = 0; at < start; ++at) {
        if (fields.rows[at].name() == name) {
            return at;
        }
    }
    return fields.count;
}

// A name that is an integer, as a writer spells it: no leading zero, no "-0".
template <class Integer>
[[nodiscard]] bool parse_canonical(std::string_view text, Integer& into) {
    char again[24];
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [stop, error] = std::from_chars(begin, end, into);
    if (error != std::errc() || stop != end) {
        return false;
    }
    return text == std::string_view(again, std::to_chars(again, std::end(again), into).ptr);
}

// For paths: `name`, or `["a name"]` when it is no identifier.
[[nodiscard]] std::string path_step(std::string_view name);
[[nodiscard]] std::string path_step(std::size_t index);
[[nodiscard]] std::string in_brackets(std::string_view what);
// Puts a step in front of a path.
void prepend_step(std::string& path, std::string_view step);

// What an error expected, in words.
[[nodiscard]] std::string range_text(std::int64_t min, std::int64_t max);
[[nodiscard]] std::string range_text(std::uint64_t min, std::uint64_t max);
[[nodiscard]] std::string names_text(std::span<const enum_name> names);
[[nodiscard]] std::string alternative_text(value_form form, std::string_view name);

template <class Format>
[[nodiscard]] std::string alternatives_text(const alternative_table<Format>& alternatives) {
    std::string text;
    for (std::size_t at = 0; at < alternatives.count; ++at) {
        const alternative_row<Format>& one = alternatives.rows[at];
        text += at == 0 ? "" : ", or ";
        text += alternative_text(one.form, one.name);
    }
    return text;
}

}  // namespace stentor::inline v0::detail
