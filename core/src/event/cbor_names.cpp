// SPDX-License-Identifier: MIT
#include "event/cbor_bytes.hpp"
#include "event/codec_text.hpp"
#include "event/text_excerpt.hpp"
#include <stentor/event/cbor_reader.hpp>

#include <algorithm>
#include <optional>
#include <utility>

// The reader of names, and of values whose type nobody knows.

namespace stentor::inline v0::detail {

std::string cbor_reader::describe(const cbor_key& name) {
    switch (name.major) {
        case cbor_major::natural:
        case cbor_major::negative: return integer_text(name.major, name.value);
        case cbor_major::bytes:
        case cbor_major::text: return quoted_excerpt(name.text, 0);
        case cbor_major::list:
        case cbor_major::object:
        case cbor_major::tag:
        case cbor_major::simple: break;
    }
    return "a name that is no text";
}

// Names as keys; what came from JSON has integers as texts.

bool cbor_reader::name_to_text(const cbor_key& name, std::string& into) {
    if (name.major != cbor_major::text) {
        return fail(codec_errc::wrong_type, name.at, "a text as a name", describe(name));
    }
    into = name.text;
    return true;
}

bool cbor_reader::name_to_signed(const cbor_key& name, std::int64_t& into, std::int64_t min,
                                 std::int64_t max) {
    const bool is_integer = is_plain_integer(name.major) ? to_signed(name.major, name.value, into)
                                                         : name.major == cbor_major::text &&
                                                               parse_canonical(name.text, into);
    return (is_integer && into >= min && into <= max) ||
           fail(codec_errc::wrong_type, name.at, range_text(min, max) + " as a name",
                describe(name));
}

bool cbor_reader::name_to_unsigned(const cbor_key& name, std::uint64_t& into, std::uint64_t max) {
    into = name.value;
    const bool is_integer = name.major == cbor_major::text ? parse_canonical(name.text, into)
                                                           : name.major == cbor_major::natural;
    return (is_integer && into <= max) ||
           fail(codec_errc::wrong_type, name.at, range_text(std::uint64_t{0}, max) + " as a name",
                describe(name));
}

bool cbor_reader::name_to_enum(const cbor_key& name, std::int64_t& into,
                               std::span<const enum_name> names) {
    const auto* const end = names.data() + names.size();
    const auto* const found = std::find_if(
        names.data(), end, [&](const enum_name& one) { return one.name == name.text; });
    if (name.major != cbor_major::text || found == end) {
        return fail(codec_errc::unknown_name, name.at, names_text(names), describe(name));
    }
    into = found->value;
    return true;
}

// Values of any type

bool cbor_reader::next_form(value_form& form) {
    cbor_head head;
    if (!peek_head(head)) {
        return false;
    }
    const std::optional<value_form> found = form_of(head);
    if (!found) {
        return read_head(head) && fail_expected(head, "a value that other formats have too");
    }
    const bool is_epoch = found == value_form::text && head.major != cbor_major::text;
    form = is_epoch ? value_form::number : *found;
    return true;
}

bool cbor_reader::read_any_number(any_number& into) {
    cbor_head head;
    if (!peek_head(head)) {
        return false;
    }
    if (is_float_head(head)) {
        into.kind = any_number::kinds::real;
        return read_number(into.real);
    }
    constexpr std::string_view range = "an integer of at most 64 bits";
    bool fits = false;
    if (!read_head(head) || !scan_integer(head, fits)) {
        return false;
    }
    const bool is_natural = head.major == cbor_major::natural;
    into.kind = is_natural ? any_number::kinds::natural : any_number::kinds::negative;
    into.natural = head.value;
    return (fits && (is_natural || to_signed(head.major, head.value, into.negative))) ||
           fail(codec_errc::out_of_range, head.start, std::string(range),
                fits ? describe(head) : "a longer one");
}

}  // namespace stentor::inline v0::detail
