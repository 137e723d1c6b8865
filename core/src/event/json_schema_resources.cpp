// SPDX-License-Identifier: MIT
#include "event/json_schema_resources.hpp"

#include "event/text_excerpt.hpp"
#include "event/uri_reference.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace stentor::inline v0::detail {
namespace {

struct holding_keyword {
    std::string_view name;
    schema_holder holder;
};
constexpr holding_keyword holding_keywords[] = {
    {"additionalItems", schema_holder::one},
    {"additionalProperties", schema_holder::one},
    {"allOf", schema_holder::list},
    {"anyOf", schema_holder::list},
    {"contains", schema_holder::one},
    {"definitions", schema_holder::map},
    {"dependencies", schema_holder::map},
    {"else", schema_holder::one},
    {"if", schema_holder::one},
    {"items", schema_holder::one_or_list},
    {"not", schema_holder::one},
    {"oneOf", schema_holder::list},
    {"patternProperties", schema_holder::map},
    {"properties", schema_holder::map},
    {"propertyNames", schema_holder::one},
    {"then", schema_holder::one},
};

std::string without_fragment(std::string_view uri) {
    return std::string(uri.substr(0, uri.find('#')));
}

// `~1` and `~0` of a token. Nothing: a ~ with something else behind.
std::optional<std::string> token_name(std::string_view token) {
    std::string name;
    for (std::size_t at = 0; at < token.size(); ++at) {
        if (token[at] != '~') {
            name += token[at];
            continue;
        }
        ++at;
        if (at == token.size() || (token[at] != '0' && token[at] != '1')) {
            return std::nullopt;
        }
        name += token[at] == '0' ? '~' : '/';
    }
    return name;
}

std::size_t token_index(const std::string& token) {
    std::size_t index = 0;
    const auto* const end = token.data() + token.size();
    const auto [stop, fault] = std::from_chars(token.data(), end, index);
    const bool plain =
        fault == std::errc() && stop == end && (token.size() == 1 || token[0] != '0');
    return plain ? index : static_cast<std::size_t>(-1);
}

}  // namespace

schema_holder holder_of(std::string_view keyword) noexcept {
    for (const auto& one : holding_keywords) {
        if (one.name == keyword) {
            return one.holder;
        }
    }
    return schema_holder::none;
}

std::string pointer_token(std::string_view name) {
    std::string token;
    for (const char c : name) {
        token += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    }
    return token;
}

json_schema_error schema_resources::error_at(const schema_place& place, json_schema_errc code,
                                             std::string_view message) const {
    std::string text = place.document == 0
                           ? "the schema"
                           : "the document " + quoted_excerpt(uris_[place.document], 0);
    text += place.pointer.empty() ? "" : " at " + quoted_excerpt(place.pointer, 0);
    text += ": ";
    text += message;
    return {code, place.pointer, std::move(text)};
}

std::optional<json_schema_error> schema_resources::add(std::string_view uri, json_index root) {
    uris_.push_back(without_fragment(uri));
    bases_.push_back(uris_.back());
    schema_place place{.node = root,
                       .base = static_cast<std::uint32_t>(bases_.size() - 1),
                       .document = static_cast<std::uint32_t>(uris_.size() - 1)};
    roots_.push_back(place);
    if (!remember(bases_.back(), place)) {
        return error_at(place, json_schema_errc::duplicate_id,
                        "the URI is that of another document, too; give each its own");
    }
    return walk(place);
}

bool schema_resources::remember(std::string uri, const schema_place& place) {
    const auto [known, added] = by_uri_.try_emplace(std::move(uri), place);
    return added || known->second.node == place.node;
}

schema_place schema_resources::below(const schema_place& above, json_index node,
                                     const std::string& step) const {
    auto place = above;
    place.node = node;
    place.pointer += '/';
    place.pointer += step;
    const auto changed = base_of_.find(node);
    place.base = changed != base_of_.end() ? changed->second : place.base;
    return place;
}

// `$id`: another base for what is inside, or a name for a fragment of the same base.
std::optional<json_schema_error> schema_resources::take_id(schema_place& place) {
    const auto id = document_.find(place.node, "$id");
    if (id == no_json || document_.find(place.node, "$ref") != no_json) {
        return std::nullopt;
    }
    const auto here = below(place, id, "$id");
    if (document_[id].form != value_form::text || !is_uri_reference(document_[id].text)) {
        return error_at(here, json_schema_errc::invalid_keyword, "it needs a URI reference");
    }
    const auto text = document_[id].text;
    const auto fragment = split_uri(text).fragment.value_or("");
    auto uri = resolve_uri(bases_[place.base], text);
    if (!without_fragment(text).empty()) {
        bases_.push_back(uri);
        place.base = static_cast<std::uint32_t>(bases_.size() - 1);
        base_of_[place.node] = place.base;
        if (place.pointer.empty()) {
            roots_[place.document].base = place.base;
        }
    }
    if (!fragment.empty()) {
        uri += '#';
        uri += fragment;
    }
    if (text != "#" && !remember(std::move(uri), place)) {
        return error_at(here, json_schema_errc::duplicate_id,
                        "another schema has the same id; give each its own");
    }
    return std::nullopt;
}

std::optional<json_schema_error> schema_resources::walk(const schema_place& place) {
    if (document_[place.node].form != value_form::object) {
        return std::nullopt;
    }
    auto here = place;
    if (auto wrong = take_id(here)) {
        return wrong;
    }
    for (const auto name : document_.names(place.node)) {
        if (auto wrong = walk_into(here, document_[name].text, name + 1)) {
            return wrong;
        }
    }
    return std::nullopt;
}

std::optional<json_schema_error> schema_resources::walk_into(const schema_place& place,
                                                             std::string_view keyword,
                                                             json_index value) {
    const auto holder = holder_of(keyword);
    const auto form = document_[value].form;
    if (holder == schema_holder::none) {
        return std::nullopt;
    }
    auto within = place;
    within.pointer += '/';
    within.pointer += keyword;
    if (holder == schema_holder::map && form == value_form::object) {
        for (const auto name : document_.names(value)) {
            if (auto wrong = walk(below(within, name + 1, pointer_token(document_[name].text)))) {
                return wrong;
            }
        }
    } else if (form == value_form::list &&
               (holder == schema_holder::list || holder == schema_holder::one_or_list)) {
        json_index each = value + 1;
        for (std::uint32_t at = 0; at < document_[value].count; ++at) {
            if (auto wrong = walk(below(within, each, std::to_string(at)))) {
                return wrong;
            }
            each = document_[each].next;
        }
    } else if (form == value_form::object &&
               (holder == schema_holder::one || holder == schema_holder::one_or_list)) {
        within.node = value;
        return walk(within);
    }
    return std::nullopt;
}

result<schema_place, json_schema_error> schema_resources::follow(schema_place from,
                                                                 std::string_view pointer) const {
    const auto start = from;
    const auto whole = pointer;
    const auto nothing = [&] {
        return unexpected(error_at(start, json_schema_errc::unresolved_reference,
                                   "there is nothing at " + quoted_excerpt(whole, 0) +
                                       "; a pointer is `/definitions/name`, with ~1 for a / and "
                                       "~0 for a ~ in names"));
    };
    while (!pointer.empty()) {
        if (pointer.front() != '/') {
            return nothing();
        }
        const auto end = std::min(pointer.find('/', 1), pointer.size());
        const auto token = pointer.substr(1, end - 1);
        pointer.remove_prefix(end);
        const auto name = token_name(token);
        const auto form = document_[from.node].form;
        json_index next = no_json;
        if (name && form == value_form::object) {
            next = document_.find(from.node, *name);
        } else if (name && form == value_form::list) {
            next = document_.element(from.node, token_index(*name));
        }
        if (next == no_json) {
            return nothing();
        }
        from = below(from, next, std::string(token));
    }
    return from;
}

result<schema_place, json_schema_error> schema_resources::resolve(
    const schema_place& from, std::string_view reference) const {
    const auto fail = [&](json_schema_errc code, std::string_view message) {
        return unexpected(error_at(from, code, message));
    };
    if (!is_uri_reference(reference)) {
        return fail(json_schema_errc::invalid_keyword, "it needs a URI reference");
    }
    const auto fragment = decode_percent(split_uri(reference).fragment.value_or("")).value_or("");
    auto uri = resolve_uri(bases_[from.base], reference);
    const bool named = !fragment.empty() && fragment.front() != '/';
    if (named) {
        const auto known = by_uri_.find(uri + '#' + fragment);
        if (known != by_uri_.end()) {
            return known->second;
        }
    }
    const auto known = by_uri_.find(uri);
    if (known == by_uri_.end()) {
        return fail(json_schema_errc::unknown_document,
                    "it refers to the document " + quoted_excerpt(uri, 0) +
                        ", which is not at hand, and nothing is fetched; give it in "
                        "json_schema_options::documents");
    }
    if (named) {
        return fail(json_schema_errc::unresolved_reference,
                    "no schema has the $id " + quoted_excerpt("#" + fragment, 0));
    }
    auto start = known->second;
    const auto changed = base_of_.find(start.node);
    start.base = changed != base_of_.end() ? changed->second : start.base;
    auto found = follow(std::move(start), fragment);
    if (!found) {
        return fail(json_schema_errc::unresolved_reference,
                    "it leads to nothing: " + found.error().message);
    }
    return found;
}

}  // namespace stentor::inline v0::detail
