// SPDX-License-Identifier: MIT
#include "event/cbor_bytes.hpp"
#include "event/codec_text.hpp"
#include "event/text_excerpt.hpp"
#include <stentor/event/cbor_reader.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

// The reader of single values: numbers, texts, and what is written as one of them.

namespace stentor::inline v0::detail {
namespace {

bool is_null(const cbor_head& head) noexcept {
    return head.major == cbor_major::simple &&
           (head.info == simple_null || head.info == simple_undefined);
}

double float_value(const cbor_head& head) noexcept {
    switch (head.info) {
        case float_16: return from_half(static_cast<std::uint16_t>(head.value));
        case float_32: return std::bit_cast<float>(static_cast<std::uint32_t>(head.value));
        default: return std::bit_cast<double>(head.value);
    }
}

// Seconds since 1970 with the tag for them. The parts of a second that a double has are decimal
// ones only by chance: they are taken when they are whole ticks.
moment_fault parse_epoch(const cbor_head& head, tick_unit unit, std::int64_t& ticks) noexcept {
    std::int64_t seconds = 0;
    std::uint64_t parts = 0;
    if (is_float_head(head)) {
        const double value = float_value(head);
        const double whole = std::floor(value);
        if (!(std::abs(whole) < 0x1p63)) {  // nan neither
            return moment_fault::out_of_range;
        }
        const double part = value - whole;
        const auto den = static_cast<double>(unit.den);
        const double count = part * den;
        if (count != std::floor(count) || std::fma(part, den, -count) != 0) {
            return moment_fault::too_fine;
        }
        seconds = static_cast<std::int64_t>(whole);
        parts = static_cast<std::uint64_t>(count) *
                (moment_parts / static_cast<std::uint64_t>(unit.den));
    } else if (!to_signed(head.major, head.value, seconds)) {
        return moment_fault::out_of_range;
    }
    return ticks_of_seconds(seconds, parts, unit.num, unit.den, ticks);
}

// Rounded once.
template <class Float>
Float integer_as(cbor_major major, std::uint64_t value) noexcept {
    if (major == cbor_major::natural) {
        return static_cast<Float>(value);
    }
    const bool largest = value == std::numeric_limits<std::uint64_t>::max();
    return largest ? static_cast<Float>(-0x1p64) : -static_cast<Float>(value + 1);
}

// The nearest float. What is finite stays finite, and what is not zero may not become zero.
bool narrow(double value, float& into) noexcept {
    constexpr float largest = std::numeric_limits<float>::max();
    if (std::isfinite(value) && std::abs(value) > largest) {
        into = value > 0 ? largest : -largest;
        return std::abs(value) < 0x1.ffffffp127;
    }
    into = static_cast<float>(value);
    return into != 0 || value == 0;
}
bool narrow(double value, double& into) noexcept {
    into = value;
    return true;
}

}  // namespace

bool to_signed(cbor_major major, std::uint64_t value, std::int64_t& into) noexcept {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return false;
    }
    const auto bits = static_cast<std::int64_t>(value);
    into = major == cbor_major::natural ? bits : -1 - bits;
    return true;
}

std::string integer_text(cbor_major major, std::uint64_t value) {
    if (major == cbor_major::natural) {
        return std::to_string(value);
    }
    if (value == std::numeric_limits<std::uint64_t>::max()) {
        return "-18446744073709551616";
    }
    std::string text(1, '-');
    text += std::to_string(value + 1);
    return text;
}

double from_half(std::uint16_t bits) noexcept {
    const int exponent = (bits >> 10) & 0x1F;
    const int mantissa = bits & 0x3FF;
    double value = 0;
    if (exponent == 0) {
        value = std::ldexp(mantissa, -24);
    } else if (exponent != 31) {
        value = std::ldexp(mantissa + 0x400, exponent - 25);
    } else {
        value = mantissa == 0 ? std::numeric_limits<double>::infinity()
                              : std::numeric_limits<double>::quiet_NaN();
    }
    return (bits & 0x8000) == 0 ? value : -value;
}

// What stands there, for a person; its head has been read.
std::string cbor_reader::describe(const cbor_head& head) const {
    const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
    switch (head.major) {
        case cbor_major::natural:
        case cbor_major::negative: return integer_text(head.major, head.value);
        case cbor_major::bytes: return "a byte string";
        case cbor_major::text:
            return head.info == open_ended ? "a text in parts"
                                           : quoted_excerpt(rest.substr(0, head.value), 0);
        case cbor_major::list: return "a list";
        case cbor_major::object: return "an object";
        case cbor_major::tag: return "a tag";
        case cbor_major::simple: break;
    }
    switch (head.info) {
        case simple_false: return "false";
        case simple_true: return "true";
        case simple_null: return "null";
        case simple_undefined: return "undefined";
        default: break;
    }
    if (!is_float_head(head)) {
        return "simple value " + std::to_string(head.value);
    }
    char text[32];
    return {text, std::to_chars(text, std::end(text), float_value(head)).ptr};
}

// Integers

// Behind the head of an integer: a big one becomes a plain one where it can.
bool cbor_reader::scan_integer(cbor_head& head, bool& fits) {
    fits = true;
    if (is_plain_integer(head.major)) {
        return true;
    }
    std::string_view bytes;
    if (!scan_string(head, bytes)) {
        return false;
    }
    bytes.remove_prefix(std::min(bytes.find_first_not_of('\0'), bytes.size()));
    fits = bytes.size() <= sizeof head.value;
    head.major = head.tag == tag_natural ? cbor_major::natural : cbor_major::negative;
    head.value = 0;
    for (const char c : bytes.substr(0, sizeof head.value)) {
        head.value = (head.value << 8) | static_cast<unsigned char>(c);
    }
    return true;
}

bool cbor_reader::read_signed(std::int64_t& into, std::int64_t min, std::int64_t max) {
    cbor_head head;
    bool fits = false;
    if (!read_head(head)) {
        return false;
    }
    if (!is_integer_head(head)) {
        return fail_expected(head, range_text(min, max));
    }
    if (!scan_integer(head, fits)) {
        return false;
    }
    if (!fits || !to_signed(head.major, head.value, into) || into < min || into > max) {
        return fail(codec_errc::out_of_range, head.start, range_text(min, max),
                    fits ? describe(head) : "a longer integer");
    }
    return true;
}

bool cbor_reader::read_unsigned(std::uint64_t& into, std::uint64_t max) {
    cbor_head head;
    bool fits = false;
    if (!read_head(head)) {
        return false;
    }
    if (!is_integer_head(head)) {
        return fail_expected(head, range_text(std::uint64_t{0}, max));
    }
    if (!scan_integer(head, fits)) {
        return false;
    }
    if (!fits || head.major != cbor_major::natural || head.value > max) {
        return fail(codec_errc::out_of_range, head.start, range_text(std::uint64_t{0}, max),
                    fits ? describe(head) : "a longer integer");
    }
    into = head.value;
    return true;
}

// Floats

template <class Float>
bool cbor_reader::read_float(Float& into) {
    cbor_head head;
    if (!read_head(head)) {
        return false;
    }
    if (is_plain_integer(head.major)) {
        into = integer_as<Float>(head.major, head.value);
        return true;
    }
    if (!is_float_head(head)) {
        return fail_expected(head, "a number");
    }
    return narrow(float_value(head), into) ||
           fail(codec_errc::out_of_range, head.start, "a number in the range of float",
                describe(head));
}

bool cbor_reader::read_number(double& into) {
    return read_float(into);
}
bool cbor_reader::read_number(float& into) {
    return read_float(into);
}

// The others

bool cbor_reader::read_bool(bool& into) {
    cbor_head head;
    if (!read_head(head)) {
        return false;
    }
    into = head.info == simple_true;
    return (head.major == cbor_major::simple && (into || head.info == simple_false)) ||
           fail_expected(head, "true or false");
}

bool cbor_reader::take_null() {
    cbor_head head;
    const char* const start = at_;
    if (read_head(head) && is_null(head)) {
        return true;
    }
    at_ = start;
    return false;
}

bool cbor_reader::read_null() {
    cbor_head head;
    return read_head(head) && (is_null(head) || fail_expected(head, "null"));
}

bool cbor_reader::read_text(std::string& into) {
    cbor_head head;
    std::string_view text;
    if (!read_head(head)) {
        return false;
    }
    if (head.major != cbor_major::text) {
        return fail_expected(head, "a text");
    }
    if (!scan_string(head, text)) {
        return false;
    }
    into.assign(text);
    return true;
}

bool cbor_reader::read_enum(std::int64_t& into, std::span<const enum_name> names) {
    cbor_head head;
    std::string_view text;
    if (!read_head(head)) {
        return false;
    }
    if (head.major != cbor_major::text) {
        return fail_expected(head, names_text(names));
    }
    return scan_string(head, text) && name_to_enum({.at = head.start, .text = text}, into, names);
}

bool cbor_reader::read_moment(std::int64_t& ticks, tick_unit unit) {
    constexpr std::string_view wanted = "a moment such as 0(\"2026-11-27T03:12:52Z\")";
    cbor_head head;
    std::string_view text;
    if (!read_head(head)) {
        return false;
    }
    const bool is_epoch = head.tagged && head.tag == tag_epoch &&
                          (is_plain_integer(head.major) || is_float_head(head));
    if (!is_epoch && head.major != cbor_major::text) {
        return fail_expected(head, std::string(wanted));
    }
    if (!is_epoch && !scan_string(head, text)) {
        return false;
    }
    const moment_fault fault =
        is_epoch ? parse_epoch(head, unit, ticks) : parse_moment(text, unit.num, unit.den, ticks);
    const auto refuse = [&](codec_errc code, std::string_view expected) {
        return fail(code, head.start, std::string(expected),
                    is_epoch ? describe(head) + " seconds" : quoted_excerpt(text, 0));
    };
    switch (fault) {
        case moment_fault::none: return true;
        case moment_fault::malformed: return refuse(codec_errc::wrong_type, wanted);
        case moment_fault::too_fine:
            return refuse(codec_errc::out_of_range, "a moment in whole ticks of its type");
        case moment_fault::out_of_range: break;
    }
    return refuse(codec_errc::out_of_range, "a moment that its type can hold");
}

}  // namespace stentor::inline v0::detail
