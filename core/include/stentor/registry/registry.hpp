// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/error.hpp>
#include <stentor/base/result.hpp>
#include <stentor/export.hpp>
#include <stentor/registry/handler_row.hpp>
#include <stentor/registry/selector.hpp>
#include <stentor/resilience/circuit_breaker.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stentor::inline v0 {

namespace detail {
class engine;
}  // namespace detail

// How many subscriptions a call changed, or why it could not. May be ignored.
class change_result {
public:
    explicit change_result(std::int64_t count) noexcept : count_(count) {}
    explicit change_result(stentor::error why, std::int64_t count = 0) noexcept
        : count_(count), error_(std::move(why)) {}

    // Something matched, and all that matched did what was asked (or had done so before).
    [[nodiscard]] explicit operator bool() const noexcept { return !error_; }
    // Subscriptions that changed their state; also beside an error.
    [[nodiscard]] std::int64_t count() const noexcept { return count_; }
    [[nodiscard]] const stentor::error& error() const noexcept { return *error_; }

private:
    std::int64_t count_ = 0;
    std::optional<stentor::error> error_;
};

struct pause_options {
    stentor::backlog backlog = stentor::backlog::hold;
    std::string why{};  // shown by the registry and by stentor.handler.paused
    // The pause ends by itself after so long, on the bus's clock, as by enable(): at least 1 ns, at
    // most a year. Counted from the call of disable(). Nothing: it lasts until somebody enables.
    std::optional<std::chrono::nanoseconds> enable_after{};
};

// Which of the handlers that registered themselves (static_handler.hpp) a bus loads.
struct load_options {
    // Names that must be among them: a library that was not linked is found out here.
    std::vector<std::string> expect{};
    // Those that carry one of these tags. Empty: all.
    std::vector<std::string> tags{};
};

struct load_report {
    std::vector<std::string> loaded{};   // subscribed by this call, in the order of their starts
    std::vector<std::string> present{};  // by an earlier one
    std::vector<std::string> failed{};   // of both: those whose state is `failed`, with the reason
};

// The subscriptions of a bus: what they are, and whether they run. A light handle; valid as long as
// its bus.
//
// Threads: every member may be called by any thread, and from handlers. Progress: takes the lock of
// the registry, which no publish takes.
class STENTOR_EXPORT registry {
public:
    explicit registry(detail::engine& of) noexcept : engine_(&of) {}

    // One row for each subscription, by name.
    [[nodiscard]] std::vector<handler_row> list() const;
    [[nodiscard]] std::optional<handler_row> find(std::string_view name) const;

    // Subscribes the handlers that registered themselves in any linked library and keeps them, each
    // after those that its start_after names. All or none; twice is as good as once. The error says
    // which expected one is missing, which name is there twice, or which start_after closes a
    // circle.
    [[nodiscard]] result<load_report, error> load(const load_options& options = {});

    // Pauses. When it returns, no call of those handlers runs and none will until they are enabled,
    // except where it is called from such a handler itself or where waiting would close a circle of
    // waiting handlers: those calls end, and are the last. Coroutines that wait stay where they
    // are, and go on after they are enabled. What is queued is not delivered either, see `backlog`.
    // Disabling what is disabled changes nothing but how, why, and until when.
    change_result disable(const selector& which, backlog what = backlog::hold,
                          std::string_view why = {});
    change_result disable(const selector& which, const pause_options& how);
    // Resumes; or, of one that failed to start, starts it again. In order: what waited comes first.
    // A pause that would have ended by itself is over, and its time ends no later one.
    change_result enable(const selector& which);

    // The circuit breaker with that name, or of the subscription with that name: to look at it and
    // to open and close it by hand. A lane that waits at it notices within 50 ms. Null: there is
    // none. It must not be used after the bus has gone.
    [[nodiscard]] std::shared_ptr<circuit_breaker> breaker(std::string_view name) const;

private:
    detail::engine* engine_;
};

}  // namespace stentor::inline v0
