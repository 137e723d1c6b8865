// SPDX-License-Identifier: MIT
#pragma once

#include "dispatch/call_gate.hpp"
#include "event/text_excerpt.hpp"
#include "resilience/shared_breakers.hpp"
#include <stentor/base/error.hpp>
#include <stentor/base/result.hpp>
#include <stentor/event/event_type.hpp>
#include <stentor/registry/handler_form.hpp>
#include <stentor/registry/subscription_options.hpp>
#include <stentor/resilience/retry_plan.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

// What is wrong with what a subscription is asked to be, said before anything is made of it. Values
// only; any thread.
namespace stentor::inline v0::detail {

[[nodiscard]] inline std::string quoted(std::string_view text) {
    return quoted_excerpt(text, 0);
}

// How messages name a subscription.
[[nodiscard]] inline std::string subject_of(std::string_view name) {
    return "subscription " + quoted(name);
}

// What the bus has for critical subscriptions.
struct last_places {
    bool file = false;   // an emergency file
    bool codec = false;  // for the type
};
// Of a handler that may be empty.
[[nodiscard]] std::optional<error> check_wanted(std::string_view name, const event_type* type,
                                                const subscription_options& options,
                                                const compiled_handler& handler,
                                                const last_places& has);
// Its retry policy, checked; none: one attempt.
[[nodiscard]] result<std::optional<retry_plan>, error> plan_attempts(
    std::string_view name, const subscription_options& options, const handler_traits& form,
    bool system);

// Its breaker and rate, checked; null: neither.
[[nodiscard]] result<std::shared_ptr<const call_gate>, error> make_gate(
    std::string_view name, const subscription_options& options, const handler_traits& form,
    shared_breakers& breakers, clock& time);

}  // namespace stentor::inline v0::detail
