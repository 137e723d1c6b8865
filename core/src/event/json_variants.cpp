// SPDX-License-Identifier: MIT
#include "event/codec_text.hpp"
#include "event/text_excerpt.hpp"
#include <stentor/event/json_reader.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

// The reader of variants: the first byte tells the alternative, in an object its only name.

namespace stentor::inline v0::detail {
namespace {

value_form form_at(char c) {
    switch (c) {
        case '{': return value_form::object;
        case '[': return value_form::list;
        case '"': return value_form::text;
        case 't':
        case 'f': return value_form::boolean;
        case 'n': return value_form::null;
        default: return value_form::number;
    }
}

}  // namespace

bool json_reader::next_form(value_form& form) {
    if (at_ == end_) {
        return fail_syntax(at_, "a value");
    }
    form = form_at(*at_);
    return true;
}

bool json_reader::fail_alternatives(const json_alternatives& alternatives) {
    return fail_expected(at_, alternatives_text(alternatives));
}

bool json_reader::read_variant(const json_alternatives& alternatives, void* variant) {
    if (at_ == end_) {
        return fail_alternatives(alternatives);
    }
    const value_form form = form_at(*at_);
    if (form == value_form::object) {
        return read_wrapped(alternatives, variant);
    }
    for (std::size_t at = 0; at < alternatives.count; ++at) {
        if (alternatives.rows[at].form == form) {
            return alternatives.rows[at].read(*this, variant);
        }
    }
    return fail_alternatives(alternatives);
}

bool json_reader::read_wrapped(const json_alternatives& alternatives, void* variant) {
    const char* const start = at_;
    const auto* const end = alternatives.rows + alternatives.count;
    const auto is_object = [](const json_alternative& one) {
        return one.form == value_form::object;
    };
    if (std::none_of(alternatives.rows, end, is_object)) {
        return fail_alternatives(alternatives);
    }
    raw_text name;
    if (!open('{', "an object")) {
        return false;
    }
    if (is_next('}')) {
        return fail(codec_errc::wrong_type, start, alternatives_text(alternatives),
                    "an empty object");
    }
    if (!read_name(name)) {
        return false;
    }
    const auto* const found = std::find_if(
        alternatives.rows, end, [&, wanted = decoded(name)](const json_alternative& one) {
            return is_object(one) && one.name == wanted;
        });
    if (found == end) {
        return fail(codec_errc::unknown_name, name_at_, alternatives_text(alternatives),
                    quoted_excerpt(decoded(name), 0));
    }
    if (!found->read(*this, variant)) {
        return in_field(found->name);
    }
    bool ok = true;
    if (another('}', ok)) {
        return is_next('"') ? fail(codec_errc::wrong_type, at_, "a single name in this object",
                                   describe(at_))
                            : fail_syntax(at_, "a name in quotes");
    }
    return ok;
}

}  // namespace stentor::inline v0::detail
