// SPDX-License-Identifier: MIT
#include "event/json_schema_check.hpp"
#include "event/text_excerpt.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <vector>

// Numbers, texts, lists and objects.

namespace stentor::inline v0::detail {

bool schema_check::check_number(const number_rules& rules, json_index value) {
    const auto number = parse_decimal(document_[value].text);
    const auto order = [&](const std::optional<json_decimal>& bound) {
        return compare_decimals(number, *bound);
    };
    const auto say = [&](std::string_view code, std::string_view relation, std::size_t row) {
        return refuse(code, [&] {
            return "the number is to be " + std::string(relation) + " " + shown(rules.written[row]);
        });
    };
    bool ok = true;
    if (rules.minimum && order(rules.minimum) < 0) {
        ok = say("minimum", "at least", 0);
    }
    if (rules.exclusive_minimum && order(rules.exclusive_minimum) <= 0) {
        ok = say("exclusiveMinimum", "greater than", 1);
    }
    if (rules.maximum && order(rules.maximum) > 0) {
        ok = say("maximum", "at most", 2);
    }
    if (rules.exclusive_maximum && order(rules.exclusive_maximum) >= 0) {
        ok = say("exclusiveMaximum", "less than", 3);
    }
    if (rules.multiple_of && !is_multiple_of(number, *rules.multiple_of)) {
        ok = say("multipleOf", "a multiple of", 4);
    }
    return ok;
}

bool schema_check::check_count(std::size_t count, std::size_t min, std::size_t max,
                               std::string_view what, std::string_view min_code,
                               std::string_view max_code) {
    if (count < min) {
        return refuse(min_code, [&] {
            return "it has " + std::to_string(count) + " " + std::string(what) +
                   ", and is to have at least " + std::to_string(min);
        });
    }
    return count <= max || refuse(max_code, [&] {
               return "it has " + std::to_string(count) + " " + std::string(what) +
                      ", and is to have at most " + std::to_string(max);
           });
}

bool schema_check::matches(const text_regex& pattern, std::string_view text) {
    const bool found = pattern.search(text, steps_left_);
    if (steps_left_ <= 0) {
        give_up("too_costly");
    }
    return found;
}

bool schema_check::check_text(const text_rules& rules, json_index value) {
    const auto text = document_[value].text;
    bool ok = true;
    if (rules.size_min != 0 || rules.size_max != no_maximum) {
        const auto size = std::count_if(text.begin(), text.end(), [](char c) {
            return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
        });
        ok = check_count(static_cast<std::size_t>(size), rules.size_min, rules.size_max,
                         "characters", "minLength", "maxLength");
    }
    if (rules.pattern && !matches(*rules.pattern, text)) {
        ok = refuse("pattern", [&] {
            return "the text does not match " + quoted_excerpt(rules.pattern_text, 0);
        });
    }
    if (rules.format != nullptr && !rules.format(text)) {
        ok = refuse("format", [&] {
            return "the text does not have the format " + quoted_excerpt(rules.format_name, 0);
        });
    }
    return ok && !gave_up();
}

bool schema_check::check_list(const list_rules& rules, json_index value) {
    bool ok = check_count(document_[value].count, rules.size_min, rules.size_max, "elements",
                          "minItems", "maxItems");
    if (!stops(ok)) {
        ok = check_elements(rules, value) && ok;
    }
    if (!stops(ok) && rules.unique) {
        ok = check_unique(value) && ok;
    }
    if (stops(ok) || rules.contains == no_schema) {
        return ok && !gave_up();
    }
    json_index each = value + 1;
    for (std::uint32_t at = 0; at < document_[value].count && !gave_up(); ++at) {
        if (holds(rules.contains, each)) {
            return ok;
        }
        each = document_[each].next;
    }
    return refuse("contains", [] { return "no element is like the one that there is to be"; });
}

bool schema_check::check_elements(const list_rules& rules, json_index value) {
    if (rules.all == no_schema && !rules.listed) {
        return true;
    }
    bool ok = true;
    json_index each = value + 1;
    for (std::uint32_t at = 0; at < document_[value].count; ++at) {
        const bool listed = at < rules.first.size();
        const auto schema = rules.all != no_schema ? rules.all
                            : listed               ? rules.first[at]
                                                   : rules.additional;
        if (schema == no_schema) {
            break;
        }
        if (rules.all == no_schema && !listed && program_.schemas[schema].never) {
            return refuse("additionalItems", [&] {
                return "the list has " + std::to_string(document_[value].count) +
                       " elements, and is to have at most " + std::to_string(at);
            });
        }
        ok = check_element(schema, at, each) && ok;
        if (stops(ok)) {
            return false;
        }
        each = document_[each].next;
    }
    return ok;
}

bool schema_check::check_unique(json_index value) {
    const auto count = document_[value].count;
    // What sorting compares: each element some times, with all that is in it.
    if (!spend(document_.size(value) * static_cast<std::size_t>(std::bit_width(count)))) {
        return false;
    }
    std::vector<json_index> elements(count);
    json_index each = value + 1;
    for (auto& element : elements) {
        element = each;
        each = document_[each].next;
    }
    const auto order = [&](json_index left, json_index right) {
        return compare_json(document_, left, document_, right);
    };
    std::sort(elements.begin(), elements.end(),
              [&](json_index left, json_index right) { return order(left, right) < 0; });
    const auto twice = std::adjacent_find(
        elements.begin(), elements.end(),
        [&](json_index left, json_index right) { return order(left, right) == 0; });
    return twice == elements.end() ||
           refuse("uniqueItems", [] { return "two elements of the list are equal"; });
}

bool schema_check::check_object(const object_rules& rules, json_index value) {
    bool ok = check_count(document_[value].count, rules.size_min, rules.size_max, "members",
                          "minProperties", "maxProperties");
    for (const auto name : rules.required) {
        if (stops(ok) || !spend(1)) {
            return false;
        }
        if (document_.find(value, name) == no_json) {
            ok = refuse_member(name, "required", [] { return "the member is missing"; });
        }
    }
    if (!stops(ok)) {
        ok = check_members(rules, value) && ok;
    }
    for (const auto& one : rules.dependencies) {
        if (stops(ok)) {
            return false;
        }
        ok = check_dependency(one, value) && ok;
    }
    return ok && !gave_up();
}

bool schema_check::check_members(const object_rules& rules, json_index value) {
    bool ok = true;
    json_index name = value + 1;
    for (std::uint32_t at = 0; at < document_[value].count; ++at) {
        ok = check_one_member(rules, name) && ok;
        if (stops(ok)) {
            return false;
        }
        name = document_[name + 1].next;
    }
    return ok;
}

bool schema_check::check_one_member(const object_rules& rules, json_index name) {
    const auto text = document_[name].text;
    const json_index value = name + 1;
    bool ok = true;
    if (rules.names != no_schema && !holds(rules.names, name)) {
        ok =
            refuse_member(text, "propertyNames", [] { return "the member's name is not allowed"; });
    }
    bool known = false;
    const auto property = std::lower_bound(
        rules.properties.begin(), rules.properties.end(), text,
        [](const named_schema& one, std::string_view wanted) { return one.name < wanted; });
    if (property != rules.properties.end() && property->name == text) {
        known = true;
        ok = check_member(property->schema, text, value) && ok;
    }
    for (const auto& pattern : rules.patterns) {
        if (!stops(ok) && matches(pattern.pattern, text)) {
            known = true;
            ok = check_member(pattern.schema, text, value) && ok;
        }
    }
    if (known || rules.additional == no_schema || stops(ok)) {
        return ok && !gave_up();
    }
    if (program_.schemas[rules.additional].never) {
        return refuse_member(text, "additionalProperties",
                             [] { return "a member of this name is not allowed"; });
    }
    return check_member(rules.additional, text, value) && ok;
}

bool schema_check::check_dependency(const schema_dependency& rule, json_index value) {
    if (!spend(1) || document_.find(value, rule.name) == no_json) {
        return !gave_up();
    }
    if (rule.schema != no_schema) {
        return check(rule.schema, value);
    }
    bool ok = true;
    for (const auto name : rule.needed) {
        if (stops(ok)) {
            return false;
        }
        if (document_.find(value, name) == no_json) {
            ok = refuse_member(name, "dependencies", [&] {
                return "the member is missing, and goes with " + quoted_excerpt(rule.name, 0);
            });
        }
    }
    return ok;
}

}  // namespace stentor::inline v0::detail
