// SPDX-License-Identifier: MIT
#include "bus/intercepting.hpp"
#include "bus/life.hpp"
#include "bus/validating.hpp"
#include "dispatch/call_gate.hpp"

#include <algorithm>

// The registry's rows.
namespace stentor::inline v0 {

std::string_view to_string(handler_state state) noexcept {
    switch (state) {
        case handler_state::registered: return "registered";
        case handler_state::starting: return "starting";
        case handler_state::running: return "running";
        case handler_state::paused: return "paused";
        case handler_state::draining: return "draining";
        case handler_state::stopped: return "stopped";
        case handler_state::failed: return "failed";
    }
    return "unknown";
}

std::string selector::describe() const {
    switch (kind_) {
        case kind::name: return "the name \"" + text_ + "\"";
        case kind::pattern: return "a name that matches \"" + text_ + "\"";
        case kind::tag: return "the tag \"" + text_ + "\"";
    }
    return text_;
}

std::vector<handler_row> registry::list() const {
    return engine_->lives().list();
}
std::optional<handler_row> registry::find(std::string_view name) const {
    return engine_->lives().find(name);
}
std::shared_ptr<circuit_breaker> registry::breaker(std::string_view name) const {
    return engine_->lives().breaker_of(name);
}
result<load_report, error> registry::load(const load_options& options) {
    return engine_->lives().load(options);
}
change_result registry::disable(const selector& which, backlog what, std::string_view why) {
    return disable(which, {.backlog = what, .why = std::string(why)});
}
change_result registry::disable(const selector& which, const pause_options& how) {
    return engine_->lives().disable(which, how);
}
change_result registry::enable(const selector& which) {
    return engine_->lives().enable(which);
}

namespace detail {

namespace {

// Of what the compiler says about type_name<T>(): what stands for T.
std::string plain_type_name(std::string_view spelled) {
    const auto begin = spelled.find("T = ");
    if (begin == std::string_view::npos) {
        return std::string(spelled);
    }
    auto rest = spelled.substr(begin + 4);
    return std::string(rest.substr(0, rest.find_first_of(";]")));
}

}  // namespace

// With registry_ held; without the terms.
handler_row engine::life::row_of(const subscription_record& record) const {
    handler_row row;
    row.name = record.name;
    row.topics = record.topic_text();
    row.type = record.type != nullptr ? plain_type_name(record.type->name) : std::string();
    row.state = record.state;
    row.by = record.paused_by;
    row.why = record.paused_why;
    if (record.paused_until_ns) {
        row.until = of_.shared_.wall_time(*record.paused_until_ns);
    }
    row.error = record.failure;
    row.tags = record.options.tags;
    row.location = record.where;
    row.after = record.options.after.names();
    for (const auto& name : row.after) {
        if (!of_.by_name_.contains(name)) {
            row.after_missing.push_back(name);
        }
    }
    row.late = static_cast<std::int64_t>(record.late.read());
    return row;
}

std::vector<handler_row> engine::life::list() const {
    std::vector<handler_row> rows;
    if (of_.forked()) {
        return rows;
    }
    const std::lock_guard lock(of_.registry_);
    for (const auto& [record, terms] : of_.all_terms()) {
        if (!record->removed) {
            rows.push_back(row_of(*record));
            rows.back().terms = terms;
        }
    }
    std::ranges::sort(rows, {}, &handler_row::name);
    return rows;
}

engine::life::life(engine& of, std::shared_ptr<dead_letter_store> letters)
    : breakers(of.shared_.source()),
      of_(of),
      letters_(std::move(letters)),
      interceptors_(std::make_shared<intercepting>(of, of.options_.interceptors.all())),
      rules_(std::make_shared<validating>(of)) {}

std::shared_ptr<circuit_breaker> engine::life::breaker_of(std::string_view name) const {
    if (auto shared = breakers.find(name)) {
        return shared;
    }
    const std::lock_guard lock(of_.registry_);
    const auto found = of_.by_name_.find(std::string(name));
    return found != of_.by_name_.end() && found->second->gate != nullptr
               ? found->second->gate->breaker
               : nullptr;
}

std::optional<handler_row> engine::life::find(std::string_view name) const {
    for (auto& one : list()) {
        if (one.name == name) {
            return std::move(one);
        }
    }
    return std::nullopt;
}

}  // namespace detail
}  // namespace stentor::inline v0
