// SPDX-License-Identifier: MIT
#pragma once

#include "event/json_decimal.hpp"
#include "event/json_document.hpp"
#include "event/text_format.hpp"
#include "event/text_regex.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

// A schema when it is compiled: its subschemas in one list, with references and patterns resolved.
// Made by json_schema_compiler.hpp, followed by json_schema_check.hpp. Views are into its document.
//
// Threads: constant when it is made.

namespace stentor::inline v0::detail {

using schema_index = std::uint32_t;
inline constexpr schema_index no_schema = static_cast<schema_index>(-1);
inline constexpr std::size_t no_maximum = std::numeric_limits<std::size_t>::max();

struct number_rules {
    std::optional<json_decimal> minimum{};
    std::optional<json_decimal> exclusive_minimum{};
    std::optional<json_decimal> maximum{};
    std::optional<json_decimal> exclusive_maximum{};
    std::optional<json_decimal> multiple_of{};
    json_index written[5]{};  // the same, in this order
};

struct text_rules {
    std::size_t size_min = 0;
    std::size_t size_max = no_maximum;
    std::optional<text_regex> pattern{};
    std::string_view pattern_text{};
    text_format format = nullptr;
    std::string_view format_name{};
};

struct list_rules {
    schema_index all = no_schema;       // `items` as one schema
    std::vector<schema_index> first{};  // `items` as a list, which
    bool listed = false;                // may be empty
    schema_index additional = no_schema;
    schema_index contains = no_schema;
    std::size_t size_min = 0;
    std::size_t size_max = no_maximum;
    bool unique = false;
};

struct named_schema {
    std::string_view name{};
    schema_index schema = no_schema;
};
struct pattern_schema {
    text_regex pattern;
    schema_index schema = no_schema;
};
struct schema_dependency {
    std::string_view name{};
    schema_index schema = no_schema;         // or
    std::vector<std::string_view> needed{};  // names
};

struct object_rules {
    std::vector<std::string_view> required{};
    std::vector<named_schema> properties{};  // sorted
    std::vector<pattern_schema> patterns{};
    schema_index additional = no_schema;
    schema_index names = no_schema;
    std::vector<schema_dependency> dependencies{};
    std::size_t size_min = 0;
    std::size_t size_max = no_maximum;
};

struct combined_rules {
    std::vector<schema_index> all_of{};
    std::vector<schema_index> any_of{};
    std::vector<schema_index> one_of{};
    schema_index none_of = no_schema;  // `not`
    schema_index condition = no_schema;
    schema_index consequence = no_schema;  // `then`
    schema_index alternative = no_schema;  // `else`
};

namespace schema_types {
inline constexpr std::uint8_t integer = 1U << 6;  // above the bits of value_form
inline constexpr std::uint8_t all = 0x7F;
[[nodiscard]] constexpr std::uint8_t bit(value_form form) noexcept {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(form));
}
}  // namespace schema_types

struct schema_node {
    schema_index reference = no_schema;
    bool never = false;  // the schema `false`
    std::uint8_t types = schema_types::all;
    json_index allowed = no_json;   // the list of `enum`
    json_index constant = no_json;  // `const`
    std::unique_ptr<number_rules> numbers{};
    std::unique_ptr<text_rules> texts{};
    std::unique_ptr<list_rules> lists{};
    std::unique_ptr<object_rules> objects{};
    std::unique_ptr<combined_rules> combined{};
};

class schema_program {
public:
    json_document document{};
    std::deque<schema_node> schemas{};  // the first is the schema itself
    json_read_options limits{};         // of what is validated
    std::int64_t steps_max = 0;
};

}  // namespace stentor::inline v0::detail
