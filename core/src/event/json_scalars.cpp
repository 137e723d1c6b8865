// SPDX-License-Identifier: MIT
#include "event/codec_text.hpp"
#include "event/json_text.hpp"
#include "event/text_excerpt.hpp"
#include <stentor/event/json_reader.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <utility>

// The reader of single values: numbers, texts, and what is written as one of them.

namespace stentor::inline v0::detail {
namespace {

// With the fewest digits, or with all.
bool is_written_as(double value, std::string_view digits) {
    char text[512];
    const auto same = [&](std::to_chars_result written) {
        return digits == std::string_view(text, static_cast<std::size_t>(written.ptr - text));
    };
    return same(std::to_chars(text, std::end(text), value)) ||
           same(std::to_chars(text, std::end(text), value, std::chars_format::fixed));
}

}  // namespace

// Nothing is taken when it is not an integer by the grammar.
bool json_reader::scan_integer(std::uint64_t& magnitude, bool& negative, bool& fits) noexcept {
    const char* at = at_;
    negative = at != end_ && *at == '-';
    at += negative ? 1 : 0;
    const char* const first = at;
    std::uint64_t value = 0;
    fits = true;
    for (; at != end_ && is_digit(*at); ++at) {
        const auto digit = static_cast<unsigned>(*at - '0');
        if (at - first >= 19) {  // all numbers of nineteen digits fit
            fits = fits && !__builtin_mul_overflow(value, 10U, &value) &&
                   !__builtin_add_overflow(value, digit, &value);
        } else {
            value = value * 10 + digit;
        }
    }
    const bool is_other = at != end_ && (*at == '.' || *at == 'e' || *at == 'E');
    if (at == first || is_other || (*first == '0' && at - first > 1)) {
        return false;
    }
    magnitude = value;
    at_ = at;
    return true;
}

bool json_reader::fail_integer(std::string range) {
    const char* stop = nullptr;
    const bool is_number = at_ != end_ && (is_digit(*at_) || *at_ == '-');
    if (is_number && !scan_number(stop)) {
        return false;
    }
    return fail_expected(at_, std::move(range));
}

bool json_reader::read_signed(std::int64_t& into, std::int64_t min, std::int64_t max) {
    const char* const start = at_;
    std::uint64_t magnitude = 0;
    bool negative = false;
    bool fits = false;
    if (!scan_integer(magnitude, negative, fits)) {
        return fail_integer(range_text(min, max));
    }
    const auto bits = static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
    const bool same_sign = magnitude == 0 || (bits < 0) == negative;
    if (!fits || !same_sign || bits < min || bits > max) {
        return fail(codec_errc::out_of_range, start, range_text(min, max), describe(start));
    }
    into = bits;
    return true;
}

bool json_reader::read_unsigned(std::uint64_t& into, std::uint64_t max) {
    const char* const start = at_;
    std::uint64_t magnitude = 0;
    bool negative = false;
    bool fits = false;
    if (!scan_integer(magnitude, negative, fits)) {
        return fail_integer(range_text(std::uint64_t{0}, max));
    }
    if (!fits || magnitude > max || (negative && magnitude != 0)) {
        return fail(codec_errc::out_of_range, start, range_text(std::uint64_t{0}, max),
                    describe(start));
    }
    into = magnitude;
    return true;
}

template <class Float>
bool json_reader::read_float(Float& into) {
    const char* const start = at_;
    const char* stop = nullptr;
    if (at_ == end_ || (!is_digit(*at_) && *at_ != '-')) {
        return fail_expected(at_, "a number");
    }
    if (!scan_number(stop)) {
        return false;
    }
    Float value = 0;
    const auto parsed = std::from_chars(start, stop, value);
    // What is not zero may not become zero; the digits of an exponent say nothing.
    const char* const exponent =
        std::find_if(start, stop, [](char c) { return (c | 0x20) == 'e'; });
    const bool vanished =
        value == 0 && std::any_of(start, exponent, [](char c) { return c >= '1' && c <= '9'; });
    if (parsed.ec != std::errc() || !std::isfinite(value) || vanished) {
        return fail(codec_errc::out_of_range, start,
                    sizeof(Float) == sizeof(float) ? "a number in the range of float"
                                                   : "a number in the range of double",
                    describe(start));
    }
    into = value;
    at_ = stop;
    return true;
}

bool json_reader::read_number(double& into) {
    return read_float(into);
}
bool json_reader::read_number(float& into) {
    return read_float(into);
}

bool json_reader::read_any_number(any_number& into) {
    const char* const start = at_;
    bool negative = false;
    bool fits = false;
    const bool is_integer = scan_integer(into.natural, negative, fits);
    into.kind = negative ? any_number::kinds::negative : any_number::kinds::natural;
    into.negative = static_cast<std::int64_t>(0 - into.natural);
    if (is_integer && fits && (!negative || into.negative < 0)) {
        return true;
    }
    const std::string_view digits(start, static_cast<std::size_t>(at_ - start));
    into.kind = any_number::kinds::real;
    at_ = start;
    if (!read_float(into.real)) {
        return false;
    }
    // A longer integer is taken as the double that is written like this.
    return !is_integer || is_written_as(into.real, digits) ||
           fail(codec_errc::out_of_range, start, "an integer of at most 64 bits", describe(start));
}

bool json_reader::read_bool(bool& into) {
    into = take("true");
    return into || take("false") || fail_expected(at_, "true or false");
}

bool json_reader::read_null() {
    return take_null() || fail_expected(at_, "null");
}

bool json_reader::read_text(std::string& into) {
    raw_text text;
    if (!is_next('"')) {
        return fail_expected(at_, "a text");
    }
    if (!scan_text(text)) {
        return false;
    }
    if (text.escaped) {
        into.clear();
        append_unescaped(into, text.inside);
    } else {
        into.assign(text.inside);
    }
    return true;
}

bool json_reader::read_enum(std::int64_t& into, std::span<const enum_name> names) {
    raw_text text;
    const char* const start = at_;
    if (!is_next('"')) {
        return fail_expected(at_, names_text(names));
    }
    if (!scan_text(text)) {
        return false;
    }
    name_at_ = start;
    return name_to_enum(decoded(text), into, names);
}

bool json_reader::read_moment(std::int64_t& ticks, tick_unit unit) {
    raw_text text;
    const char* const start = at_;
    if (!is_next('"')) {
        return fail_expected(at_, "a moment such as \"2026-11-27T03:12:52Z\"");
    }
    if (!scan_text(text)) {
        return false;
    }
    const std::string_view moment = decoded(text);
    const auto refuse = [&](codec_errc code, const char* expected) {
        return fail(code, start, expected, quoted_excerpt(moment, 0));
    };
    switch (parse_moment(moment, unit.num, unit.den, ticks)) {
        case moment_fault::none: return true;
        case moment_fault::malformed:
            return refuse(codec_errc::wrong_type, "a moment such as \"2026-11-27T03:12:52Z\"");
        case moment_fault::too_fine:
            return refuse(codec_errc::out_of_range, "a moment in whole ticks of its type");
        case moment_fault::out_of_range: break;
    }
    return refuse(codec_errc::out_of_range, "a moment that its type can hold");
}

bool json_reader::name_to_signed(std::string_view name, std::int64_t& into, std::int64_t min,
                                 std::int64_t max) {
    return (parse_canonical(name, into) && into >= min && into <= max) ||
           fail(codec_errc::wrong_type, name_at_, range_text(min, max) + " as a name",
                quoted_excerpt(name, 0));
}

bool json_reader::name_to_unsigned(std::string_view name, std::uint64_t& into, std::uint64_t max) {
    return (parse_canonical(name, into) && into <= max) ||
           fail(codec_errc::wrong_type, name_at_, range_text(std::uint64_t{0}, max) + " as a name",
                quoted_excerpt(name, 0));
}

bool json_reader::name_to_enum(std::string_view name, std::int64_t& into,
                               std::span<const enum_name> names) {
    const auto* const found = std::find_if(names.data(), names.data() + names.size(),
                                           [&](const enum_name& one) { return one.name == name; });
    if (found == names.data() + names.size()) {
        return fail(codec_errc::unknown_name, name_at_, names_text(names), quoted_excerpt(name, 0));
    }
    into = found->value;
    return true;
}

}  // namespace stentor::inline v0::detail
