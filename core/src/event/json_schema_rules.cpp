// SPDX-License-Identifier: MIT
#include "event/json_schema_compiler.hpp"
#include "event/text_excerpt.hpp"

#include <algorithm>

// The keywords of numbers, texts, lists and objects.

namespace stentor::inline v0::detail {

bool schema_compiler::read_bound(json_index value, std::optional<json_decimal> number_rules::* rule,
                                 std::size_t row) {
    if (!needs(value, value_form::number, "a number")) {
        return false;
    }
    numbers().*rule = parse_decimal(document_[value].text);
    numbers().written[row] = value;
    return true;
}

bool schema_compiler::read_multiple_of(json_index value) {
    if (!read_bound(value, &number_rules::multiple_of, 4)) {
        return false;
    }
    const auto& divisor = *numbers().multiple_of;
    if (divisor.negative || divisor.digits.empty()) {
        return fail(json_schema_errc::invalid_keyword, "it needs a number above 0");
    }
    return divisor.digits.size() <= divisor_digits_max ||
           fail(json_schema_errc::invalid_keyword, "it has more than 19 digits; round it");
}

bool schema_compiler::read_size(json_index value, std::size_t& size) {
    constexpr std::int64_t digits_max = 18;
    if (!needs(value, value_form::number, "a whole number from 0")) {
        return false;
    }
    const auto number = parse_decimal(document_[value].text);
    if (number.negative || (!number.digits.empty() && !number.is_integer())) {
        return fail(
            json_schema_errc::invalid_keyword,
            "it needs a whole number from 0, found " + quoted_excerpt(document_[value].text, 0));
    }
    if (number.exponent > digits_max) {  // nothing is as long
        size = no_maximum - 1;
        return true;
    }
    size = 0;
    for (std::int64_t at = 0; at < number.exponent; ++at) {
        const auto index = static_cast<std::size_t>(at);
        const char digit = index < number.digits.size() ? number.digits[index] : '0';
        size = size * 10 + static_cast<std::size_t>(digit - '0');
    }
    return true;
}

bool schema_compiler::compile_pattern(json_index value, std::optional<text_regex>& pattern) {
    auto made = text_regex::compile(document_[value].text);
    if (!made) {
        return fail(json_schema_errc::invalid_pattern,
                    quoted_excerpt(document_[value].text, made.error().offset) + ", byte " +
                        std::to_string(made.error().offset) + ": " + made.error().message);
    }
    pattern = *std::move(made);
    return true;
}

bool schema_compiler::read_pattern(json_index value) {
    texts().pattern_text = document_[value].text;
    return needs(value, value_form::text, "a regular expression") &&
           compile_pattern(value, texts().pattern);
}

bool schema_compiler::read_format(json_index value) {
    if (!needs(value, value_form::text, "the name of a format")) {
        return false;
    }
    const auto format =
        options_.formats ? find_text_format(document_[value].text) : text_format(nullptr);
    if (format != nullptr) {
        texts().format = format;
        texts().format_name = document_[value].text;
    }
    return true;
}

bool schema_compiler::read_items(json_index value) {
    if (document_[value].form != value_form::list) {
        return read_schema(value, lists().all);
    }
    lists().listed = true;
    return document_[value].count == 0 || read_schemas(value, lists().first);
}

bool schema_compiler::read_names(json_index value, std::vector<std::string_view>& names) {
    if (!needs(value, value_form::list, "a list of names")) {
        return false;
    }
    json_index each = value + 1;
    for (std::uint32_t at = 0; at < document_[value].count; ++at) {
        if (!needs(each, value_form::text, "a list of names")) {
            return false;
        }
        names.push_back(document_[each].text);
        each = document_[each].next;
    }
    return true;
}

bool schema_compiler::read_properties(json_index value) {
    if (!needs(value, value_form::object, "an object of schemas")) {
        return false;
    }
    auto& properties = objects().properties;
    for (const auto name : document_.names(value)) {
        auto& one = properties.emplace_back();
        one.name = document_[name].text;
        read_schema(name + 1, one.schema, pointer_token(one.name));
    }
    return true;
}

bool schema_compiler::read_pattern_properties(json_index value) {
    if (!needs(value, value_form::object, "an object of schemas")) {
        return false;
    }
    for (const auto name : document_.names(value)) {
        std::optional<text_regex> pattern;
        if (!compile_pattern(name, pattern)) {
            return false;
        }
        auto& one = objects().patterns.emplace_back(pattern_schema{*std::move(pattern)});
        read_schema(name + 1, one.schema, pointer_token(document_[name].text));
    }
    return true;
}

bool schema_compiler::read_dependencies(json_index value) {
    if (!needs(value, value_form::object, "an object of schemas and lists of names")) {
        return false;
    }
    for (const auto name : document_.names(value)) {
        auto& one = objects().dependencies.emplace_back();
        one.name = document_[name].text;
        const bool ok = document_[name + 1].form == value_form::list
                            ? read_names(name + 1, one.needed)
                            : read_schema(name + 1, one.schema, pointer_token(one.name));
        if (!ok) {
            return false;
        }
    }
    return true;
}

}  // namespace stentor::inline v0::detail
