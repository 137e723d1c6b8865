// SPDX-License-Identifier: MIT
#pragma once

#include "event/json_schema_program.hpp"
#include <stentor/event/violation.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

// A value against a schema. With a list for violations it looks for all of them, without one it
// stops at the first.
//
// Threads: one. Progress: recursion no deeper than json_schema_depth_limit; ends after steps_max.

namespace stentor::inline v0::detail {

class schema_check {
public:
    schema_check(const schema_program& program, const json_document& document,
                 violations* found) noexcept
        : program_(program), document_(document), found_(found), steps_left_(program.steps_max) {}

    [[nodiscard]] bool run(json_index value) { return check(0, value) && !gave_up(); }
    // Without a verdict: why. Else empty.
    [[nodiscard]] std::string_view gave_up_for() const noexcept { return gave_up_for_; }

private:
    [[nodiscard]] bool gave_up() const noexcept { return !gave_up_for_.empty(); }
    void give_up(std::string_view why) noexcept { gave_up_for_ = gave_up() ? gave_up_for_ : why; }
    // False from the moment when there are none left.
    bool spend(std::uint64_t steps) noexcept;
    [[nodiscard]] bool stops(bool ok) const noexcept {
        return gave_up() || (!ok && found_ == nullptr);
    }

    bool check(schema_index schema, json_index value);
    bool check_node(const schema_node& schema, json_index value);
    bool check_member(schema_index schema, std::string_view name, json_index value);
    bool check_element(schema_index schema, std::size_t index, json_index value);
    // Without violations, whatever the others do.
    bool holds(schema_index schema, json_index value);

    bool check_type(const schema_node& schema, json_index value);
    bool check_enum(const schema_node& schema, json_index value);
    bool check_number(const number_rules& rules, json_index value);
    bool check_text(const text_rules& rules, json_index value);
    bool check_list(const list_rules& rules, json_index value);
    bool check_elements(const list_rules& rules, json_index value);
    bool check_unique(json_index value);
    bool check_object(const object_rules& rules, json_index value);
    bool check_members(const object_rules& rules, json_index value);
    bool check_one_member(const object_rules& rules, json_index name);
    bool check_dependency(const schema_dependency& rule, json_index value);
    bool check_combined(const combined_rules& rules, json_index value);
    bool check_any(const std::vector<schema_index>& any, json_index value);
    bool check_one(const std::vector<schema_index>& one, json_index value);
    void report_nearest(const std::vector<schema_index>& all, std::string_view code,
                        json_index value);
    bool check_count(std::size_t count, std::size_t min, std::size_t max, std::string_view what,
                     std::string_view min_code, std::string_view max_code);
    bool matches(const text_regex& pattern, std::string_view text);

    // A value of the schema for a message.
    [[nodiscard]] std::string shown(json_index value) const;

    // Adds a violation here; always false.
    template <class Message>
    bool refuse(std::string_view code, Message&& message) {
        if (found_ != nullptr && !gave_up()) {
            found_->add({}, code, std::forward<Message>(message)());
        }
        return false;
    }
    template <class Message>
    bool refuse_member(std::string_view name, std::string_view code, Message&& message) {
        if (found_ == nullptr) {
            return false;
        }
        const auto here = found_->in(name);
        return refuse(code, std::forward<Message>(message));
    }

    const schema_program& program_;
    const json_document& document_;
    violations* found_;  // null: nobody wants to know
    std::int64_t steps_left_;
    int depth_ = 0;
    std::string_view gave_up_for_;
};

}  // namespace stentor::inline v0::detail
