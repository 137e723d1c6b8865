// SPDX-License-Identifier: MIT
#include "event/json_schema_check.hpp"

#include "event/text_excerpt.hpp"
#include <stentor/event/json_schema.hpp>

#include <algorithm>
#include <tuple>
#include <vector>

// What holds for values of all forms, and how schemas are put together.

namespace stentor::inline v0::detail {

bool schema_check::spend(std::uint64_t steps) noexcept {
    if (gave_up() || steps >= static_cast<std::uint64_t>(steps_left_)) {
        give_up("too_costly");
        return false;
    }
    steps_left_ -= static_cast<std::int64_t>(steps);
    return true;
}

bool schema_check::check(schema_index schema, json_index value) {
    constexpr std::size_t bytes_per_step = 64;
    if (!spend(1 + document_[value].text.size() / bytes_per_step)) {
        return false;
    }
    if (depth_ == json_schema_depth_limit) {
        give_up("too_deep");
        return false;
    }
    ++depth_;
    const bool ok = check_node(program_.schemas[schema], value);
    --depth_;
    return ok;
}

bool schema_check::check_node(const schema_node& schema, json_index value) {
    if (schema.never) {
        return refuse("false", [] { return "nothing is allowed here"; });
    }
    if (schema.reference != no_schema) {
        return check(schema.reference, value);
    }
    bool ok = check_type(schema, value);
    if (!stops(ok) && (schema.allowed != no_json || schema.constant != no_json)) {
        ok = check_enum(schema, value) && ok;
    }
    const auto form = document_[value].form;
    if (!stops(ok) && form == value_form::number && schema.numbers != nullptr) {
        ok = check_number(*schema.numbers, value) && ok;
    }
    if (!stops(ok) && form == value_form::text && schema.texts != nullptr) {
        ok = check_text(*schema.texts, value) && ok;
    }
    if (!stops(ok) && form == value_form::list && schema.lists != nullptr) {
        ok = check_list(*schema.lists, value) && ok;
    }
    if (!stops(ok) && form == value_form::object && schema.objects != nullptr) {
        ok = check_object(*schema.objects, value) && ok;
    }
    if (!stops(ok) && schema.combined != nullptr) {
        ok = check_combined(*schema.combined, value) && ok;
    }
    return ok;
}

bool schema_check::check_member(schema_index schema, std::string_view name, json_index value) {
    if (found_ == nullptr) {
        return check(schema, value);
    }
    const auto here = found_->in(name);
    return check(schema, value);
}

bool schema_check::check_element(schema_index schema, std::size_t index, json_index value) {
    if (found_ == nullptr) {
        return check(schema, value);
    }
    const auto here = found_->at(index);
    return check(schema, value);
}

bool schema_check::holds(schema_index schema, json_index value) {
    auto* const found = std::exchange(found_, nullptr);
    const bool ok = check(schema, value);
    found_ = found;
    return ok;
}

bool schema_check::check_type(const schema_node& schema, json_index value) {
    if (schema.types == schema_types::all) {
        return true;
    }
    const auto& node = document_[value];
    if ((schema.types & schema_types::bit(node.form)) != 0) {
        return true;
    }
    const bool integer = (schema.types & schema_types::integer) != 0;
    if (integer && node.form == value_form::number) {
        const auto number = parse_decimal(node.text);
        if (number.digits.empty() || number.is_integer()) {
            return true;
        }
    }
    return refuse("type", [&] {
        std::string text = "the value is ";
        text += integer && node.form == value_form::number ? "a number that is no integer"
                                                           : form_text(node.form);
        text += ", and is to be ";
        std::string_view between;
        for (const auto form : {value_form::null, value_form::boolean, value_form::number,
                                value_form::text, value_form::list, value_form::object}) {
            if ((schema.types & schema_types::bit(form)) != 0) {
                text += between;
                text += form_text(form);
                between = " or ";
            }
        }
        text += integer ? std::string(between) + "an integer" : "";
        return text;
    });
}

std::string schema_check::shown(json_index value) const {
    const auto& node = program_.document[value];
    switch (node.form) {
        case value_form::text: return quoted_excerpt(node.text, 0);
        case value_form::list:
        case value_form::object: return std::string(form_text(node.form));
        default: break;
    }
    constexpr std::size_t shown_max = 40;
    return std::string(node.text.substr(0, shown_max)) +
           (node.text.size() > shown_max ? "..." : "");
}

bool schema_check::check_enum(const schema_node& schema, json_index value) {
    const auto& schemas = program_.document;
    bool ok = true;
    if (schema.constant != no_json &&
        compare_json(schemas, schema.constant, document_, value) != 0) {
        ok = refuse("const", [&] { return "the value is to be " + shown(schema.constant); });
    }
    if (schema.allowed == no_json) {
        return ok;
    }
    const auto count = schemas[schema.allowed].count;
    json_index each = schema.allowed + 1;
    for (std::uint32_t at = 0; at < count && spend(1); ++at) {
        if (compare_json(schemas, each, document_, value) == 0) {
            return ok;
        }
        each = schemas[each].next;
    }
    return refuse("enum", [&] {
        constexpr std::uint32_t shown_max = 8;
        std::string text = "the value is none of ";
        json_index one = schema.allowed + 1;
        for (std::uint32_t at = 0; at < std::min(count, shown_max); ++at) {
            text += at == 0 ? "" : ", ";
            text += shown(one);
            one = schemas[one].next;
        }
        text += count > shown_max ? ", ..." : "";
        return text;
    });
}

bool schema_check::check_combined(const combined_rules& rules, json_index value) {
    bool ok = true;
    for (const auto one : rules.all_of) {
        ok = check(one, value) && ok;
        if (stops(ok)) {
            return false;
        }
    }
    if (!rules.any_of.empty()) {
        ok = check_any(rules.any_of, value) && ok;
    }
    if (!stops(ok) && !rules.one_of.empty()) {
        ok = check_one(rules.one_of, value) && ok;
    }
    if (!stops(ok) && rules.none_of != no_schema && holds(rules.none_of, value)) {
        ok = refuse("not", [] { return "the value matches what it must not match"; });
    }
    if (!stops(ok) && rules.condition != no_schema) {
        const auto then = holds(rules.condition, value) ? rules.consequence : rules.alternative;
        ok = (then == no_schema || check(then, value)) && ok;
    }
    return ok && !gave_up();
}

bool schema_check::check_any(const std::vector<schema_index>& any, json_index value) {
    if (std::any_of(any.begin(), any.end(), [&](schema_index one) { return holds(one, value); })) {
        return true;
    }
    report_nearest(any, "anyOf", value);
    return false;
}

bool schema_check::check_one(const std::vector<schema_index>& one, json_index value) {
    const auto matching = [&](auto from) {
        return std::find_if(from, one.end(), [&](schema_index each) { return holds(each, value); });
    };
    const auto first = matching(one.begin());
    if (first == one.end()) {
        report_nearest(one, "oneOf", value);
        return false;
    }
    const auto second = matching(first + 1);
    return second == one.end() || refuse("oneOf", [&] {
               return "the value matches alternatives " + std::to_string(first - one.begin()) +
                      " and " + std::to_string(second - one.begin()) + ", and is to match one";
           });
}

namespace {

// How far a value is from an alternative. Another type, or another constant, says that it is not
// meant at all; that a member is missing says less.
std::tuple<bool, std::size_t, std::size_t> distance_of(const violations& found) {
    bool other = false;
    std::size_t constants = 0;
    for (const auto& one : found) {
        const bool constant = one.code == "const" || one.code == "enum";
        other =
            other || one.code == "false" || (one.path.empty() && (constant || one.code == "type"));
        constants += constant ? 1 : 0;
    }
    return {other, constants, found.count()};
}

}  // namespace

void schema_check::report_nearest(const std::vector<schema_index>& all, std::string_view code,
                                  json_index value) {
    if (found_ == nullptr || gave_up()) {
        return;
    }
    auto* const found = found_;
    violations nearest;
    std::size_t nearest_at = 0;
    for (std::size_t at = 0; at < all.size(); ++at) {
        violations own;
        found_ = &own;
        static_cast<void>(check(all[at], value));
        if (at == 0 || distance_of(own) < distance_of(nearest)) {
            nearest = std::move(own);
            nearest_at = at;
        }
    }
    found_ = found;
    found_->add({}, code,
                "the value matches none of " + std::to_string(all.size()) +
                    " alternatives; of the nearest, " + std::to_string(nearest_at) +
                    ", it lacks what is said beside this");
    found_->add(nearest);
}

}  // namespace stentor::inline v0::detail
