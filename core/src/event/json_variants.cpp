// SPDX-License-Identifier: MIT
#include "event/text_excerpt.hpp"
#include <stentor/event/json_reader.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

// The reader of variants: the first byte tells the alternative, in an object its only name.

namespace stentor::inline v0::detail {
namespace {

std::string_view form_text(json_form form) {
    switch (form) {
        case json_form::null: return "null";
        case json_form::boolean: return "true or false";
        case json_form::number: return "a number";
        case json_form::text: return "a text";
        case json_form::list: return "a list";
        case json_form::object: return "an object";
    }
    return {};
}

std::string alternatives_text(const json_alternatives& alternatives) {
    std::string text;
    for (std::size_t at = 0; at < alternatives.count; ++at) {
        const json_alternative& one = alternatives.rows[at];
        text += at == 0 ? "" : ", or ";
        if (one.form == json_form::object) {
            text += "{\"";
            text += one.name;
            text += "\": ...}";
        } else {
            text += form_text(one.form);
        }
    }
    return text;
}

json_form form_at(char c) {
    switch (c) {
        case '{': return json_form::object;
        case '[': return json_form::list;
        case '"': return json_form::text;
        case 't':
        case 'f': return json_form::boolean;
        case 'n': return json_form::null;
        default: return json_form::number;
    }
}

}  // namespace

bool json_reader::fail_alternatives(const json_alternatives& alternatives) {
    return fail_expected(at_, alternatives_text(alternatives));
}

bool json_reader::read_variant(const json_alternatives& alternatives, void* variant) {
    if (at_ == end_) {
        return fail_alternatives(alternatives);
    }
    const json_form form = form_at(*at_);
    if (form == json_form::object) {
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
        return one.form == json_form::object;
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
