// SPDX-License-Identifier: MIT
#include "event/json_schema_compiler.hpp"
#include "event/text_excerpt.hpp"

#include <algorithm>
#include <array>

// One schema: what each keyword's value must be, and where it goes.

namespace stentor::inline v0::detail {

// How a keyword is read; what stands in no row is not for validation.
struct schema_keyword {
    using reader = bool (*)(schema_compiler& of, json_index value);
    std::string_view name;
    reader read;

    template <auto Rule, std::size_t Row>
    static bool bound(schema_compiler& of, json_index value) {
        return of.read_bound(value, Rule, Row);
    }
    static const schema_keyword all[];
};

constexpr schema_keyword schema_keyword::all[] = {
    {"additionalItems",
     [](schema_compiler& of, json_index value) {
         return of.read_schema(value, of.lists().additional);
     }},
    {"additionalProperties",
     [](schema_compiler& of, json_index value) {
         return of.read_schema(value, of.objects().additional);
     }},
    {"allOf", [](schema_compiler& of,
                 json_index value) { return of.read_schemas(value, of.combined().all_of); }},
    {"anyOf", [](schema_compiler& of,
                 json_index value) { return of.read_schemas(value, of.combined().any_of); }},
    {"const", [](schema_compiler& of, json_index value) { return of.read_const(value); }},
    {"contains", [](schema_compiler& of,
                    json_index value) { return of.read_schema(value, of.lists().contains); }},
    {"dependencies",
     [](schema_compiler& of, json_index value) { return of.read_dependencies(value); }},
    {"else", [](schema_compiler& of,
                json_index value) { return of.read_schema(value, of.combined().alternative); }},
    {"enum", [](schema_compiler& of, json_index value) { return of.read_enum(value); }},
    {"exclusiveMaximum", &bound<&number_rules::exclusive_maximum, 3>},
    {"exclusiveMinimum", &bound<&number_rules::exclusive_minimum, 1>},
    {"format", [](schema_compiler& of, json_index value) { return of.read_format(value); }},
    {"if", [](schema_compiler& of,
              json_index value) { return of.read_schema(value, of.combined().condition); }},
    {"items", [](schema_compiler& of, json_index value) { return of.read_items(value); }},
    {"maxItems", [](schema_compiler& of,
                    json_index value) { return of.read_size(value, of.lists().size_max); }},
    {"maxLength", [](schema_compiler& of,
                     json_index value) { return of.read_size(value, of.texts().size_max); }},
    {"maxProperties", [](schema_compiler& of,
                         json_index value) { return of.read_size(value, of.objects().size_max); }},
    {"maximum", &bound<&number_rules::maximum, 2>},
    {"minItems", [](schema_compiler& of,
                    json_index value) { return of.read_size(value, of.lists().size_min); }},
    {"minLength", [](schema_compiler& of,
                     json_index value) { return of.read_size(value, of.texts().size_min); }},
    {"minProperties", [](schema_compiler& of,
                         json_index value) { return of.read_size(value, of.objects().size_min); }},
    {"minimum", &bound<&number_rules::minimum, 0>},
    {"multipleOf",
     [](schema_compiler& of, json_index value) { return of.read_multiple_of(value); }},
    {"not", [](schema_compiler& of,
               json_index value) { return of.read_schema(value, of.combined().none_of); }},
    {"oneOf", [](schema_compiler& of,
                 json_index value) { return of.read_schemas(value, of.combined().one_of); }},
    {"pattern", [](schema_compiler& of, json_index value) { return of.read_pattern(value); }},
    {"patternProperties",
     [](schema_compiler& of, json_index value) { return of.read_pattern_properties(value); }},
    {"properties", [](schema_compiler& of, json_index value) { return of.read_properties(value); }},
    {"propertyNames", [](schema_compiler& of,
                         json_index value) { return of.read_schema(value, of.objects().names); }},
    {"required", [](schema_compiler& of,
                    json_index value) { return of.read_names(value, of.objects().required); }},
    {"then", [](schema_compiler& of,
                json_index value) { return of.read_schema(value, of.combined().consequence); }},
    {"type", [](schema_compiler& of, json_index value) { return of.read_type(value); }},
    {"uniqueItems",
     [](schema_compiler& of, json_index value) { return of.read_flag(value, of.lists().unique); }},
};

bool schema_compiler::compile_next() {
    place_ = places_[program_.schemas.size()];
    now_ = &program_.schemas.emplace_back();
    keyword_ = {};
    const auto& node = document_[place_.node];
    if (node.form == value_form::boolean) {
        now_->never = !node.truth;
        return true;
    }
    if (node.form != value_form::object) {
        return fail(
            json_schema_errc::invalid_keyword,
            "a schema is an object, true or false; found " + std::string(form_text(node.form)));
    }
    if (const auto draft = document_.find(place_.node, "$schema"); draft != no_json) {
        keyword_ = "$schema";
        const auto uri = document_[draft].text;
        if (uri != "http://json-schema.org/draft-07/schema#" &&
            uri != "http://json-schema.org/draft-07/schema") {
            return fail(json_schema_errc::unsupported_draft,
                        "only draft-07 is supported, http://json-schema.org/draft-07/schema#; "
                        "found " +
                            quoted_excerpt(uri, 0));
        }
    }
    if (const auto reference = document_.find(place_.node, "$ref"); reference != no_json) {
        keyword_ = "$ref";
        return read_ref(reference);
    }
    for (const auto name : document_.names(place_.node)) {
        keyword_ = document_[name].text;
        const auto* const known =
            std::find_if(std::begin(schema_keyword::all), std::end(schema_keyword::all),
                         [&](const schema_keyword& one) { return one.name == keyword_; });
        if (known != std::end(schema_keyword::all) && !known->read(*this, name + 1)) {
            return false;
        }
    }
    return true;
}

bool schema_compiler::needs(json_index value, value_form form, std::string_view what) {
    return document_[value].form == form || fail(json_schema_errc::invalid_keyword,
                                                 "it needs " + std::string(what) + ", found " +
                                                     std::string(form_text(document_[value].form)));
}

bool schema_compiler::read_ref(json_index value) {
    if (!needs(value, value_form::text, "a URI reference")) {
        return false;
    }
    auto from = place_;
    from.pointer += "/$ref";
    auto target = resources_.resolve(from, document_[value].text);
    if (!target) {
        return fail(std::move(target).error());
    }
    now_->reference = want(*std::move(target));
    return true;
}

bool schema_compiler::read_schema(json_index value, schema_index& schema, const std::string& step) {
    auto within = place_;
    within.pointer += '/';
    within.pointer += keyword_;
    schema = want(step.empty() ? resources_.below(place_, value, std::string(keyword_))
                               : resources_.below(within, value, step));
    return true;
}

bool schema_compiler::read_schemas(json_index value, std::vector<schema_index>& schemas) {
    if (!needs(value, value_form::list, "a list of schemas")) {
        return false;
    }
    if (document_[value].count == 0) {
        return fail(json_schema_errc::invalid_keyword, "it needs at least one schema");
    }
    json_index each = value + 1;
    for (std::uint32_t at = 0; at < document_[value].count; ++at) {
        read_schema(each, schemas.emplace_back(), std::to_string(at));
        each = document_[each].next;
    }
    return true;
}

bool schema_compiler::read_type(json_index value) {
    if (document_[value].form != value_form::list) {
        now_->types = 0;
        return read_type_name(value, now_->types);
    }
    now_->types = 0;
    json_index each = value + 1;
    for (std::uint32_t at = 0; at < document_[value].count; ++at) {
        if (!read_type_name(each, now_->types)) {
            return false;
        }
        each = document_[each].next;
    }
    return now_->types != 0 ||
           fail(json_schema_errc::invalid_keyword, "it needs at least one type");
}

bool schema_compiler::read_type_name(json_index name, std::uint8_t& types) {
    constexpr std::array<std::pair<std::string_view, std::uint8_t>, 7> names{{
        {"null", schema_types::bit(value_form::null)},
        {"boolean", schema_types::bit(value_form::boolean)},
        {"number", schema_types::bit(value_form::number)},
        {"integer", schema_types::integer},
        {"string", schema_types::bit(value_form::text)},
        {"array", schema_types::bit(value_form::list)},
        {"object", schema_types::bit(value_form::object)},
    }};
    const auto& node = document_[name];
    for (const auto& [known, bit] : names) {
        if (node.form == value_form::text && node.text == known) {
            types = static_cast<std::uint8_t>(types | bit);
            return true;
        }
    }
    return fail(json_schema_errc::invalid_keyword,
                "it needs null, boolean, number, integer, string, array or object, found " +
                    (node.form == value_form::text ? quoted_excerpt(node.text, 0)
                                                   : std::string(form_text(node.form))));
}

bool schema_compiler::read_enum(json_index value) {
    now_->allowed = value;
    return needs(value, value_form::list, "a list of values");
}

bool schema_compiler::read_const(json_index value) {
    now_->constant = value;
    return true;
}

bool schema_compiler::read_flag(json_index value, bool& flag) {
    flag = document_[value].truth;
    return needs(value, value_form::boolean, "true or false");
}

}  // namespace stentor::inline v0::detail
