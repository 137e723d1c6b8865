// SPDX-License-Identifier: MIT
#include "simulation/world.hpp"

#include <chrono>
#include <span>
#include <utility>

// Subscriptions of all kinds, as the seed wants them.
namespace stentor_test {

namespace {

constexpr std::size_t members_max = 12;

}  // namespace

stentor::subscription_options world::some_options(shadow_limits& limits) {
    stentor::subscription_options options;
    if (!plan_.shares && one_in(3)) {
        options.capacity = 1 + static_cast<std::int64_t>(bus_.choose(one_in(2) ? 3 : 24));
        limits.limited = true;
    }
    limits.capacity = options.capacity;
    limits.own = limits.limited;
    if (plan_.ordered && one_in(2)) {
        limits.keys = one_in(2) ? 1 : key_count;
        limits.own = true;
    }
    if (limits.limited && one_in(4)) {
        options.required = limits.required = true;
    } else if (limits.limited && one_in(4)) {
        options.when_full = stentor::when_full::block{std::chrono::milliseconds(1)};
        limits.blocks = true;
    } else if (limits.limited && limits.keys == 0 && one_in(2)) {
        options.when_full =
            one_in(2) ? stentor::when_full::drop_newest : stentor::when_full::drop_oldest;
        limits.lossy = true;
        if (one_in(2)) {
            options.on_drop = [this](const stentor::gap& missed) { told_ += missed.count; };
        }
    }
    if (limits.keys != 1 && one_in(plan_.shares ? 8 : 4)) {
        options.max_concurrency = 1 + static_cast<std::int32_t>(bus_.choose(2));
        limits.at_once = options.max_concurrency;
        limits.own = true;
    } else if (!limits.limited && limits.keys == 0 && one_in(plan_.shares ? 1 : 4)) {
        limits.own = one_in(plan_.shares ? 6 : 2);
        options.placement = limits.own ? stentor::placement::own : stentor::placement::shared;
    }
    if (plan_.places && one_in(2)) {
        choose_place(options, limits);
    }
    if (plan_.inlines && one_in(2)) {
        run_inside_publish(options, limits);
    }
    return options;
}

// Which queues nothing, so there is nothing to limit and nothing to put in order.
void world::run_inside_publish(stentor::subscription_options& options, shadow_limits& limits) {
    options = {.execution = stentor::execution::inline_};
    limits = {.own = true, .inlined = true};
}

void world::choose_place(stentor::subscription_options& options, shadow_limits& limits) {
    if (options.placement == stentor::placement::shared) {
        return;
    }
    limits.own = true;
    if (one_in(2)) {
        options.execution = stentor::execution::blocking;
    } else if (options.max_concurrency <= 1) {
        options.execution = stentor::execution::polled;
        limits.at_once = 1;
    }
}

// Other forms than plain have a lane of their own, so they are no choice for a shared one; and what
// is given back leaves its place in the order. Coroutines are the pool's.
world::form world::some_form(const stentor::subscription_options& options,
                             const shadow_limits& limits) {
    const bool shared = options.placement == stentor::placement::shared;
    const bool pool = options.execution == stentor::execution::pool;
    if (limits.inlined) {
        return one_in(2) ? form::plain : form::answers;
    }
    if (plan_.coroutines && pool && !shared && one_in(2)) {
        return form::coroutine;
    }
    return shared || limits.keys != 0 ? form::plain : static_cast<form>(bus_.choose(3));
}

world::habits world::some_habits() {
    habits does;
    const auto some = [&](std::uint64_t handlers, std::uint64_t calls) {
        return one_in(handlers) ? 1 + bus_.choose(calls) : 0;
    };
    does.throws = plan_.redrives && one_in(2) ? 1 + bus_.choose(3) : some(3, 4);
    does.publishes = some(2, 3);
    does.ends_itself = some(8, 10);
    does.ends_another = some(8, 10);
    does.subscribes = some(8, 10);
    does.audits = some(8, 4);
    does.waits = some(8, 10);
    does.drains = some(64, 10);
    does.gives_back = one_in(2) ? 2 + bus_.choose(3) : 0;  // never always, or nothing comes to rest
    does.rejects = some(4, 4);
    if (plan_.pauses) {
        does.pauses = some(6, 8);
        does.resumes = some(6, 4);
    }
    if (plan_.redrives) {
        does.redrives = some(8, 6);
    }
    if (plan_.last_places) {
        does.fallback_throws = 1 + bus_.choose(3);
    }
    return does;
}

void world::subscribe() {
    if (members_.size() >= members_max || drained_) {
        return;
    }
    static constexpr unsigned choices[] = {small_bit, large_bit, other_bit, small_bit | large_bit,
                                           small_bit | large_bit | other_bit};
    auto topics = choices[bus_.choose(std::size(choices))];
    const auto which = members_.size();
    const auto name = "h" + std::to_string(which);
    shadow_limits limits;
    auto options = some_options(limits);
    if (limits.keys > 1) {
        topics = small_bit << bus_.choose(topic_count);  // the key is a member of the event's type
    }
    members_.push_back(std::make_unique<member>());
    auto& one = *members_.back();
    one.does = some_habits();
    one.how = some_form(options, limits);
    one.inlined = limits.inlined;
    one.polled = options.execution == stentor::execution::polled;
    if (one.how == form::batch) {
        limits.at_once = 0;  // it counts calls, and these are of many events
    }
    if (limits.keys != 0) {
        one.does.gives_back = 0;
    }
    if (plan_.retries && (plan_.redrives || one_in(2))) {
        make_again(which, options, limits);
    }
    if (plan_.last_places && one_in(2)) {
        fail_for_good(which, options, limits);
    }
    if (plan_.gates && one_in(2)) {
        put_gate(which, options, limits);
    }
    if (one_in(6)) {
        one.owner = std::make_shared<int>(0);
        options.owner.emplace(one.owner);
    }
    // What is given back, made again or redriven leaves its place.
    limits.in_line = limits.at_once == 1 && limits.keys == 0 && limits.attempts == 1 &&
                     !limits.lossy && one.does.gives_back == 0 && !plan_.gates && !plan_.redrives;
    auto captures = std::make_shared<int>(0);
    one.captures = captures;
    one.id = model_.subscribe_begins(name, topics, limits);
    one.handle = make(name, topics, which, std::move(captures), std::move(options), limits.keys);
    model_.subscribe_returns(one.id);
}

// Not where a call is for several events, or nothing can wait.
void world::make_again(std::size_t which, stentor::subscription_options& options,
                       shadow_limits& limits) {
    auto& one = *members_[which];
    if (one.inlined || one.how == form::batch || options.placement == stentor::placement::shared) {
        return;
    }
    stentor::retry_policy policy;
    policy.max_attempts = limits.attempts = one.attempts =
        2 + static_cast<std::int32_t>(bus_.choose(3));
    policy.immediate = static_cast<std::int32_t>(bus_.choose(2));
    policy.backoff = stentor::backoff::fixed;
    policy.base = std::chrono::milliseconds(1 + bus_.choose(3));
    policy.max_elapsed = std::chrono::hours(24);
    policy.budget = {};
    limits.lettered = !one_in(plan_.redrives ? 8 : 4);
    limits.owed = limits.lettered && plan_.letters;
    if (limits.lettered && plan_.redrives && one_in(3)) {
        options.dead_letters = true;
        limits.attempts = one.attempts = 1;
    } else {
        options.retry = std::move(policy);
    }
    if (!limits.lettered) {
        options.dead_letters = false;
    }
    options.letters_hold_keys = limits.holds = limits.lettered && limits.keys > 1 && one_in(2);
    limits.own = true;
}

// A fallback, and the last places.
void world::fail_for_good(std::size_t which, stentor::subscription_options& options,
                          shadow_limits& limits) {
    auto& one = *members_[which];
    if (one.inlined || one.how == form::batch || options.placement == stentor::placement::shared) {
        return;
    }
    limits.falls = one.falls = one_in(2);
    if (!limits.lossy && (!limits.falls || one_in(2))) {
        options.critical = one.critical = true;
        options.dead_letters.reset();
        limits.lettered = limits.owed = true;
    }
    limits.own = true;
}

// What waits at a gate is queued.
void world::put_gate(std::size_t which, stentor::subscription_options& options,
                     shadow_limits& limits) {
    if (members_[which]->inlined || options.placement == stentor::placement::shared) {
        return;
    }
    if (one_in(3)) {
        options.rate =
            stentor::rate_limit{.permits = 1'000, .per = std::chrono::seconds{1}, .burst = 1};
        limits.rate_ns = 1'000'000;
    }
    if (!options.rate || one_in(2)) {
        stentor::breaker how;
        how.window = how.min_calls = 2;
        how.failure_rate = 0.5;
        how.open_for = how.open_max = std::chrono::milliseconds(1 + bus_.choose(3));
        how.trials = 1 + static_cast<std::int32_t>(bus_.choose(2));
        how.trial_max = std::chrono::milliseconds(2);
        how.on_change = [this, which](const stentor::breaker_change& change) {
            model_.breaker_changes(members_[which]->id, change.to);
        };
        limits.trials = how.trials;
        options.breaker = std::move(how);
    }
    limits.own = true;
}

template <class E>
void world::add_fallback(std::size_t which, stentor::subscription_options& options) {
    if (members_[which]->falls) {
        options.fallback = [this, which](const E& event, const stentor::failure&) {
            fall_back(which, fact_of(event).number);
        };
    }
}

template <class E>
stentor::subscription world::make_typed(const std::string& name, std::size_t which,
                                        std::shared_ptr<int> captures,
                                        stentor::subscription_options options, int keys) {
    if (keys == key_count) {
        options.order = stentor::by_key<E>(&fact::key);
    }
    add_fallback<E>(which, options);
    return bus_.subscribe<E>(name, handler_of<E>(members_[which]->how, which, std::move(captures)),
                             std::move(options));
}

stentor::subscription world::make(const std::string& name, unsigned topics, std::size_t which,
                                  std::shared_ptr<int> captures,
                                  stentor::subscription_options options, int keys) {
    const auto how = members_[which]->how;
    if (keys == 1) {
        options.order = stentor::order::serial;
    }
    switch (topics) {
        case small_bit:
            return make_typed<small_event>(name, which, std::move(captures), std::move(options),
                                           keys);
        case large_bit:
            return make_typed<large_event>(name, which, std::move(captures), std::move(options),
                                           keys);
        case other_bit:
            return make_typed<other_event>(name, which, std::move(captures), std::move(options),
                                           keys);
        default: break;
    }
    add_fallback<stentor::any_event>(which, options);
    const stentor::pattern topic(topics == (small_bit | large_bit) ? "sim.pair.*" : "sim.>");
    return bus_.subscribe(name, topic,
                          handler_of<stentor::any_event>(how, which, std::move(captures)),
                          std::move(options));
}

}  // namespace stentor_test
