// SPDX-License-Identifier: MIT
#include "event/cbor_bytes.hpp"
#include "event/codec_text.hpp"
#include "event/text_excerpt.hpp"
#include <stentor/event/cbor_reader.hpp>

#include <algorithm>
#include <optional>

// The reader of variants: the head tells the alternative, in an object its only name.

namespace stentor::inline v0::detail {

// Moments are texts, so a number that is tagged as one is no plain number.
std::optional<value_form> form_of(const cbor_head& head) noexcept {
    if (is_integer_head(head) || is_float_head(head)) {
        return head.tagged && head.tag == tag_epoch ? value_form::text : value_form::number;
    }
    switch (head.major) {
        case cbor_major::text: return value_form::text;
        case cbor_major::list: return value_form::list;
        case cbor_major::object: return value_form::object;
        case cbor_major::natural:
        case cbor_major::negative:
        case cbor_major::bytes:
        case cbor_major::tag: return std::nullopt;
        case cbor_major::simple: break;
    }
    switch (head.info) {
        case simple_false:
        case simple_true: return value_form::boolean;
        case simple_null:
        case simple_undefined: return value_form::null;
        default: return std::nullopt;
    }
}

bool cbor_reader::read_variant(const cbor_alternatives& alternatives, void* variant) {
    cbor_head head;
    if (!peek_head(head)) {
        return false;
    }
    const std::optional<value_form> form = form_of(head);
    const auto* const end = alternatives.rows + alternatives.count;
    const auto* const found = std::find_if(
        alternatives.rows, end, [&](const cbor_alternative& one) { return one.form == form; });
    if (found == end) {
        return read_head(head) && fail_expected(head, alternatives_text(alternatives));
    }
    return form == value_form::object ? read_wrapped(alternatives, variant)
                                      : found->read(*this, variant);
}

bool cbor_reader::read_wrapped(const cbor_alternatives& alternatives, void* variant) {
    const char* const start = at_;
    const auto* const end = alternatives.rows + alternatives.count;
    run values;
    cbor_key name;
    if (!open(cbor_major::object, "an object", values)) {
        return false;
    }
    const auto refuse = [&](codec_errc code, const char* at, std::string found) {
        return fail(code, at, alternatives_text(alternatives), std::move(found));
    };
    if (!values.open_ended && values.left > 1) {
        return refuse(codec_errc::wrong_type, start,
                      "an object of " + std::to_string(values.left) + " names");
    }
    if (!another(values)) {
        return refuse(codec_errc::wrong_type, start, "an empty object");
    }
    if (!read_key(name)) {
        return false;
    }
    const auto* const found =
        std::find_if(alternatives.rows, end, [&](const cbor_alternative& one) {
            return one.form == value_form::object && one.name == name.text;
        });
    if (name.major != cbor_major::text || found == end) {
        return refuse(codec_errc::unknown_name, name.at, describe(name));
    }
    if (!found->read(*this, variant)) {
        return in_field(found->name);
    }
    if (another(values)) {
        return at_ == end_
                   ? fail_end("a break")
                   : fail(codec_errc::wrong_type, at_, "a single name in this object", "one more");
    }
    return true;
}

}  // namespace stentor::inline v0::detail
