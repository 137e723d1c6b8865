// SPDX-License-Identifier: MIT
#pragma once

#include "event/json_document.hpp"
#include <stentor/event/json_schema.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

// Where the schemas of a few documents are, and what references lead to.
//
// Threads: one. Progress: recursion no deeper than the documents.

namespace stentor::inline v0::detail {

// A keyword whose value has schemas.
enum class schema_holder : std::uint8_t { none, one, list, one_or_list, map };
[[nodiscard]] schema_holder holder_of(std::string_view keyword) noexcept;

// `a/b` as `a~1b`, for JSON pointers.
[[nodiscard]] std::string pointer_token(std::string_view name);

struct schema_place {
    json_index node = no_json;
    std::uint32_t base = 0;  // in the list of base URIs
    std::string pointer{};   // from its document's root
    std::uint32_t document = 0;
};

class schema_resources {
public:
    explicit schema_resources(const json_document& document) noexcept : document_(document) {}

    // The first is the schema's own text. Something: what is wrong.
    [[nodiscard]] std::optional<json_schema_error> add(std::string_view uri, json_index root);
    [[nodiscard]] schema_place root(std::size_t document) const { return roots_[document]; }
    // A place below, with the base that it has by its `$id`.
    [[nodiscard]] schema_place below(const schema_place& above, json_index node,
                                     const std::string& step) const;
    // What is there, or what is wrong with it.
    [[nodiscard]] result<schema_place, json_schema_error> resolve(const schema_place& from,
                                                                  std::string_view reference) const;
    [[nodiscard]] result<schema_place, json_schema_error> follow(schema_place from,
                                                                 std::string_view pointer) const;
    // A message with the place in front.
    [[nodiscard]] json_schema_error error_at(const schema_place& place, json_schema_errc code,
                                             std::string_view message) const;

private:
    [[nodiscard]] std::optional<json_schema_error> walk(const schema_place& place);
    [[nodiscard]] std::optional<json_schema_error> walk_into(const schema_place& place,
                                                             std::string_view keyword,
                                                             json_index value);
    [[nodiscard]] std::optional<json_schema_error> take_id(schema_place& place);
    [[nodiscard]] bool remember(std::string uri, const schema_place& place);

    const json_document& document_;
    std::vector<schema_place> roots_;
    std::vector<std::string> uris_;                          // of the documents
    std::vector<std::string> bases_;                         // of schemas
    std::unordered_map<json_index, std::uint32_t> base_of_;  // where an `$id` changes it
    std::unordered_map<std::string, schema_place> by_uri_;
};

}  // namespace stentor::inline v0::detail
