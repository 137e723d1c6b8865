// SPDX-License-Identifier: MIT
#include "bus/subscription_checks.hpp"

#include "registry/subscription_record.hpp"

#include <algorithm>
#include <utility>

namespace stentor::inline v0::detail {

namespace {

constexpr std::size_t name_max = 128;

bool legal_name(std::string_view name) {
    return !name.empty() && name.size() <= name_max && std::ranges::all_of(name, [](char one) {
        return (one >= 'a' && one <= 'z') || (one >= '0' && one <= '9') || one == '_' ||
               one == '.' || one == '-';
    });
}

// What does not go with where its handler runs; docs/guide/handlers.md has the table.
std::optional<std::string> check_execution(const subscription_options& options,
                                           const handler_traits& form) {
    const auto where = options.execution.where();
    if (options.execution.names_loop() && options.execution.told() == nullptr) {
        return "execution::on() got no loop; give it one, or use execution::polled";
    }
    if (where != execution::place::pool && options.placement == placement::shared) {
        return "placement::shared is for handlers in the pool; leave the placement automatic";
    }
    if (where == execution::place::polled && options.max_concurrency > 1) {
        return "max_concurrency does not go with a loop, which makes one call at a time; leave it "
               "0 or 1";
    }
    if (where != execution::place::publisher) {
        return std::nullopt;
    }
    if (has_own_limits(options) || options.placement != placement::automatic) {
        return "execution::inline_ does not go with order, after, capacity, when_full, on_drop, "
               "required, retry, dead_letters, fallback, critical, breaker, rate, max_concurrency "
               "or "
               "placement, because it queues nothing; leave them as they are, or use "
               "execution::pool";
    }
    if (options.deadline.count() > 0) {
        return "execution::inline_ does not go with deadline, because publishers make its calls, "
               "and nobody else could tell them; leave it out, or use execution::pool";
    }
    if (form.batch) {
        return "execution::inline_ does not go with a handler that takes spans, because nothing "
               "waits there to be taken together; take one event, or use execution::pool";
    }
    return std::nullopt;
}

// Who it comes after.
std::optional<std::string> check_after(const subscription_options& options) {
    for (const auto& one : options.after.names()) {
        if (!legal_name(one)) {
            return "after names " + quoted(one) +
                   ", which no subscription can have; use 1 to 128 characters of [a-z0-9_.-]";
        }
    }
    if (options.require_success && options.after.empty()) {
        return "require_success says nothing without after; name whose success it is";
    }
    return std::nullopt;
}

std::optional<error> check_name(std::string_view name) {
    if (!legal_name(name)) {
        return error(errc::invalid_name, "subscription name " + quoted(name) +
                                             ": use 1 to 128 characters of [a-z0-9_.-]");
    }
    return std::nullopt;
}

std::optional<error> check_options(std::string_view name, const subscription_options& options,
                                   const handler_traits& form) {
    const auto wrong = [&](std::string_view what) {
        return error(errc::invalid_option, subject_of(name) + ": " + std::string(what));
    };
    if (options.capacity < 1 || options.capacity > capacity_max) {
        return wrong("capacity is " + std::to_string(options.capacity) +
                     "; give 1 to 2^40 outstanding deliveries");
    }
    if (options.when_full.blocks() && options.when_full.deadline().count() < 0) {
        return wrong("when_full::block has a negative deadline; give zero or more");
    }
    if (options.deadline.count() < 0) {
        return wrong("deadline is negative; give an attempt a positive time, or leave it out");
    }
    if (options.max_concurrency < 0 || options.max_concurrency > 1024) {
        return wrong("max_concurrency is " + std::to_string(options.max_concurrency) +
                     "; give 0 (as many as runners) to 1024");
    }
    if (options.placement == placement::shared && has_own_limits(options)) {
        return error(
            errc::unsupported_combination,
            subject_of(name) +
                ": placement::shared does not go with order, after, capacity, when_full::block, "
                "required, retry, dead_letters, fallback, critical, breaker, rate or "
                "max_concurrency, because a shared lane has one of each; leave the placement "
                "automatic");
    }
    if (const auto misplaced = check_execution(options, form)) {
        return error(errc::unsupported_combination, subject_of(name) + ": " + *misplaced);
    }
    if (options.placement == placement::shared && (form.batch || form.answers)) {
        return error(errc::unsupported_combination,
                     subject_of(name) +
                         ": placement::shared does not go with a handler that takes spans or "
                         "returns outcomes, because what it gives back and takes together is its "
                         "own lane's; leave the placement automatic");
    }
    if (options.order == order::serial && options.max_concurrency > 1) {
        return error(errc::unsupported_combination,
                     subject_of(name) +
                         ": order::serial is one call at a time; leave max_concurrency out, or use "
                         "by_key");
    }
    if (form.coroutine && options.execution != execution::pool) {
        return error(errc::unsupported_combination,
                     subject_of(name) +
                         ": a coroutine runs on the pool, which it leaves by waiting; leave the "
                         "execution out, or co_await resume_on(loop) inside it");
    }
    if (options.placement == placement::shared && form.coroutine) {
        return error(errc::unsupported_combination,
                     subject_of(name) +
                         ": placement::shared does not go with a coroutine, whose deliveries "
                         "outlive their batch; leave the placement automatic");
    }
    if (options.owner && options.owner->expired()) {
        return wrong("its owner is gone already; subscribe while the owner lives");
    }
    if (const auto nobody = check_after(options)) {
        return wrong(*nobody);
    }
    for (const auto& label : options.tags) {
        if (!legal_name(label)) {
            return wrong("tag " + quoted(label) + ": use 1 to 128 characters of [a-z0-9_.-]");
        }
    }
    return std::nullopt;
}

// Whether the key function can read the events that the subscription gets.
std::optional<error> check_order(std::string_view name, const event_type* type,
                                 const subscription_options& options) {
    if (!(options.order.what() == order::kind::by_key)) {
        return std::nullopt;
    }
    const auto subject = subject_of(name) + ": ";
    const auto* keys = options.order.keys();
    if (keys == nullptr) {
        return error(errc::invalid_option,
                     subject + (type == nullptr
                                    ? "by_key() has no key function; give a pattern's one, as in "
                                      "by_key<stentor::any_event>(function)"
                                    : "by_key() takes the event's own key, and it has none; give "
                                      "the event `static constexpr auto key = &event::member`, or "
                                      "by_key a member"));
    }
    if (keys->type != nullptr && (type == nullptr || !same_type(*keys->type, *type))) {
        return error(errc::type_mismatch,
                     subject + "its key function is for events of topic " +
                         quoted(keys->type->topic) +
                         (type == nullptr ? "; a pattern's takes a stentor::any_event"
                                          : ", the subscription for " + quoted(type->topic) +
                                                "; give a member of the event that it handles"));
    }
    return std::nullopt;
}

std::optional<error> check_held_keys(std::string_view name, const subscription_options& options) {
    if (!options.letters_hold_keys) {
        return std::nullopt;
    }
    const auto wrong = [&](std::string_view what) {
        return error(errc::unsupported_combination,
                     subject_of(name) + ": letters_hold_keys " + std::string(what));
    };
    if (options.order.what() != order::kind::by_key) {
        return wrong("is for order = by_key(...), because it is about the order of a key");
    }
    if (!options.dead_letters.value_or(options.critical || options.retry.enabled)) {
        return wrong("needs dead letters; add .dead_letters = true, or a retry policy");
    }
    return std::nullopt;
}

std::optional<error> check_fallback(std::string_view name, const event_type* type,
                                    const subscription_options& options) {
    if (!options.fallback) {
        return std::nullopt;
    }
    const auto* taken = options.fallback.function()->type;
    if (taken == nullptr || (type != nullptr && same_type(*taken, *type))) {
        return std::nullopt;
    }
    return error(errc::type_mismatch,
                 subject_of(name) + ": its fallback is for events of topic " +
                     quoted(taken->topic) +
                     (type == nullptr ? "; a pattern's takes a stentor::any_event"
                                      : ", the subscription for " + quoted(type->topic) +
                                            "; let it take the event that the handler takes"));
}

std::optional<error> check_critical(std::string_view name, const event_type* type,
                                    const subscription_options& options, const last_places& has) {
    const auto wrong = [&](errc code, std::string_view what) {
        return error(code, subject_of(name) + ": critical " + std::string(what));
    };
    if (!options.critical) {
        return std::nullopt;
    }
    if (!options.dead_letters.value_or(true)) {
        return wrong(errc::unsupported_combination,
                     "does not go with dead_letters = false; leave that out");
    }
    if (options.when_full == when_full::drop_newest ||
        options.when_full == when_full::drop_oldest) {
        return wrong(errc::unsupported_combination,
                     "does not go with when_full::drop_newest or drop_oldest, which lose events; "
                     "use reject or block");
    }
    if (!has.file) {
        return wrong(errc::invalid_option, "needs bus_options::emergency_file; name a file");
    }
    if (type != nullptr && !has.codec) {
        return wrong(errc::invalid_option,
                     "needs a codec, or its events could not be written to the emergency file; "
                     "call bus.dead_letters().use_codec(stentor::json_letters<event>()) before");
    }
    return std::nullopt;
}

}  // namespace

std::optional<error> check_wanted(std::string_view name, const event_type* type,
                                  const subscription_options& options,
                                  const compiled_handler& handler, const last_places& has) {
    if (auto wrong = check_name(name)) {
        return wrong;
    }
    if (auto wrong = check_options(name, options, handler.traits)) {
        return wrong;
    }
    if (auto wrong = check_order(name, type, options)) {
        return wrong;
    }
    if (auto wrong = check_held_keys(name, options)) {
        return wrong;
    }
    if (auto wrong = check_fallback(name, type, options)) {
        return wrong;
    }
    if (auto wrong = check_critical(name, type, options, has)) {
        return wrong;
    }
    if (!handler.call) {
        return error(errc::invalid_option,
                     subject_of(name) + ": the handler is empty; give it something to call");
    }
    return std::nullopt;
}

result<std::optional<retry_plan>, error> plan_attempts(std::string_view name,
                                                       const subscription_options& options,
                                                       const handler_traits& form, bool system) {
    const char* ends = options.critical                       ? "critical"
                       : options.dead_letters.value_or(false) ? "dead_letters"
                       : options.fallback                     ? "fallback"
                                                              : nullptr;
    const auto refused = [&](const char* what) {
        return unexpected<error>(
            error(errc::unsupported_combination,
                  subject_of(name) + ": " + ends + " does not go with " + what));
    };
    if (ends != nullptr && system) {
        return refused("the engine's own events, which are never kept; leave it out");
    }
    if (ends != nullptr && form.batch) {
        return refused(
            "a handler that takes spans, because a call that fails is for many events; take one "
            "event");
    }
    if (!options.retry.enabled) {
        // One attempt, and the place where its letter waits for the store.
        return ends != nullptr ? std::optional(*retry_plan::make({.max_attempts = 1}))
                               : std::optional<retry_plan>();
    }
    if (form.batch) {
        return unexpected<error>(
            error(errc::unsupported_combination,
                  subject_of(name) +
                      ": retry does not go with a handler that takes spans, because a call that "
                      "fails is for many events; take one event"));
    }
    auto made = retry_plan::make(options.retry);
    if (!made) {
        return unexpected<error>(error(
            made.error().code(), subject_of(name) + ": " + std::string(made.error().message())));
    }
    return std::optional(std::move(*made));
}

result<std::shared_ptr<const call_gate>, error> make_gate(std::string_view name,
                                                          const subscription_options& options,
                                                          const handler_traits& form,
                                                          shared_breakers& breakers, clock& time) {
    const auto refused = [name](const error& why) {
        return unexpected<error>(
            error(why.code(), subject_of(name) + ": " + std::string(why.message())));
    };
    if (!options.breaker && !options.rate) {
        return std::shared_ptr<const call_gate>();
    }
    auto made = std::make_shared<call_gate>();
    if (options.breaker) {
        auto one = breakers.get(*options.breaker);
        if (!one) {
            return refused(one.error());
        }
        made->breaker = *std::move(one);
    }
    if (options.rate) {
        auto one = rate_limiter::make(*options.rate, time);
        if (!one) {
            return refused(one.error());
        }
        made->rate = *std::move(one);
    }
    made->one_by_one = form.coroutine || !options.after.empty() || made->rate != nullptr ||
                       (options.breaker && options.breaker->slow_after.count() > 0);
    return std::shared_ptr<const call_gate>(std::move(made));
}

}  // namespace stentor::inline v0::detail
