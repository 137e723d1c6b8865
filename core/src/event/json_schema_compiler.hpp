// SPDX-License-Identifier: MIT
#pragma once

#include "event/json_schema_program.hpp"
#include "event/json_schema_resources.hpp"
#include <stentor/event/json_schema.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

// From texts to a program. Schemas are compiled when something refers to them, one after the other
// and not within each other: a chain of references may be long.
//
// Threads: one. Progress: in proportion to the texts and to how patterns repeat.

namespace stentor::inline v0::detail {

inline constexpr std::int32_t json_schema_nesting_max = 128;  // of a schema's text

class schema_compiler {
public:
    schema_compiler(schema_program& into, const json_schema_options& options) noexcept
        : program_(into), document_(into.document), resources_(into.document), options_(options) {}

    // Something: what is wrong.
    [[nodiscard]] std::optional<json_schema_error> run(std::string_view text);

private:
    friend struct schema_keyword;

    [[nodiscard]] bool load(std::string_view uri, std::string_view text);
    bool fail(json_schema_error why);
    // At the keyword that is being read, or below it.
    bool fail(json_schema_errc code, std::string_view message, const std::string& step = {});

    schema_index want(schema_place place);
    [[nodiscard]] bool compile_next();
    [[nodiscard]] static std::vector<schema_index> applied_in_place(const schema_node& schema);
    [[nodiscard]] bool find_circles();

    bool read_ref(json_index value);
    bool read_type(json_index value);
    bool read_type_name(json_index name, std::uint8_t& types);
    bool read_enum(json_index value);
    bool read_const(json_index value);
    bool read_bound(json_index value, std::optional<json_decimal> number_rules::* rule,
                    std::size_t row);
    bool read_multiple_of(json_index value);
    bool read_size(json_index value, std::size_t& size);
    bool read_pattern(json_index value);
    bool read_format(json_index value);
    bool read_flag(json_index value, bool& flag);
    bool read_items(json_index value);
    bool read_names(json_index value, std::vector<std::string_view>& names);
    bool read_properties(json_index value);
    bool read_pattern_properties(json_index value);
    bool read_dependencies(json_index value);
    bool read_schema(json_index value, schema_index& schema, const std::string& step = {});
    bool read_schemas(json_index value, std::vector<schema_index>& schemas);
    bool compile_pattern(json_index value, std::optional<text_regex>& pattern);

    [[nodiscard]] bool needs(json_index value, value_form form, std::string_view what);

    template <class Rules>
    static Rules& made(std::unique_ptr<Rules>& rules) {
        if (rules == nullptr) {
            rules = std::make_unique<Rules>();
        }
        return *rules;
    }
    number_rules& numbers() { return made(now_->numbers); }
    text_rules& texts() { return made(now_->texts); }
    list_rules& lists() { return made(now_->lists); }
    object_rules& objects() { return made(now_->objects); }
    combined_rules& combined() { return made(now_->combined); }

    schema_program& program_;
    json_document& document_;
    schema_resources resources_;
    const json_schema_options& options_;
    std::vector<schema_place> places_;  // of all schemas that are wanted
    std::unordered_map<json_index, schema_index> known_;
    std::optional<json_schema_error> error_;
    schema_node* now_ = nullptr;  // being compiled
    schema_place place_;          // of it
    std::string_view keyword_;    // being read
};

}  // namespace stentor::inline v0::detail
