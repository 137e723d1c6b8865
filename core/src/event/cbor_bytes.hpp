// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/cbor_reader.hpp>

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The bytes of CBOR, and what its reader needs for a while.

namespace stentor::inline v0::detail {

struct cbor_scratch {
    std::vector<cbor_key> names;            // of the objects that are being read, innermost last
    std::forward_list<std::string> joined;  // those of them that came in parts
    std::string text;                       // the last text that came in parts
};

inline constexpr std::uint8_t open_ended = 31;  // the low bits of an item without a length
inline constexpr char break_byte = '\xff';

inline constexpr std::uint64_t tag_moment = 0;    // a text of RFC 3339
inline constexpr std::uint64_t tag_epoch = 1;     // seconds since 1970
inline constexpr std::uint64_t tag_natural = 2;   // a big integer as a byte string
inline constexpr std::uint64_t tag_negative = 3;  // -1 minus that

enum cbor_simple : std::uint8_t {
    simple_false = 20,
    simple_true,
    simple_null,
    simple_undefined,
    float_16 = 25,
    float_32,
    float_64
};

[[nodiscard]] inline bool is_plain_integer(cbor_major major) noexcept {
    return major == cbor_major::natural || major == cbor_major::negative;
}
[[nodiscard]] inline bool is_integer_head(const cbor_head& head) noexcept {
    return is_plain_integer(head.major) || (head.major == cbor_major::bytes && head.tagged &&
                                            (head.tag == tag_natural || head.tag == tag_negative));
}
[[nodiscard]] inline bool is_float_head(const cbor_head& head) noexcept {
    return head.major == cbor_major::simple && head.info >= float_16;
}

// How a variant sees it; none: a byte string, or a simple value without a meaning.
[[nodiscard]] std::optional<value_form> form_of(const cbor_head& head) noexcept;

// The integer in decimals.
[[nodiscard]] std::string integer_text(cbor_major major, std::uint64_t value);

// As a signed integer; false when it is out of 64 bits.
[[nodiscard]] bool to_signed(cbor_major major, std::uint64_t value, std::int64_t& into) noexcept;

// The float of 16 bits that is the same number, not for nan; false when there is none.
[[nodiscard]] bool to_half(float value, std::uint16_t& bits) noexcept;
[[nodiscard]] double from_half(std::uint16_t bits) noexcept;

}  // namespace stentor::inline v0::detail
