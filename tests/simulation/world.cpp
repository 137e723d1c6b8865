// SPDX-License-Identifier: MIT
#include "simulation/world.hpp"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

// What happens from outside: publishes, steps, time, subscriptions that come and go, the end.
namespace stentor_test {

namespace {

constexpr std::int64_t actions_max = 60;
constexpr std::size_t members_max = 12;

stentor::testing::test_bus_options options_for(std::uint64_t seed) {
    stentor::testing::test_bus_options options{.seed = seed};
    options.bus.workers = 1 + static_cast<std::int32_t>(seed % 3);
    options.bus.spare = static_cast<std::int32_t>(seed / 3 % 3);
    options.bus.publishers = 2;
    options.bus.lanes = 64;
    options.bus.log.on_error = [](const stentor::error_record&) {};
    options.bus.log.on_notice = [](const stentor::notice_record&) {};
    return options;
}

}  // namespace

world::world(std::uint64_t seed) : world(seed, plan()) {}

world::world(std::uint64_t seed, const plan& how)
    : seed_(seed), plan_(how), bus_(options_for(seed)) {}

std::string world::complaint() const {
    return "seed " + std::to_string(seed_) + ", action " + std::to_string(actions_) + ": " +
           model_.violation().value_or("none");
}

bool world::run() {
    for (auto count = 1 + bus_.choose(4); count != 0; --count) {
        subscribe();
    }
    const auto actions = 1 + static_cast<std::int64_t>(bus_.choose(actions_max));
    while (actions_ < actions && !model_.violation() && !drained_) {
        ++actions_;
        act();
        check();
    }
    finish();
    return !model_.violation();
}

void world::act() {
    const auto choice = bus_.choose(32);
    if (choice < 14) {
        step();
    } else if (choice < 24) {
        publish_outside();
    } else if (choice < 25) {
        publish_many();
    } else if (choice < 26) {
        publish_and_wait();
    } else if (choice < 28) {
        subscribe();
    } else if (choice < 29) {
        end_any();
    } else if (choice < 30) {
        pass_time();
    } else if (choice < 31) {
        settle();
    } else if (one_in(8)) {
        drain();
    }
}

void world::step() {
    static_cast<void>(bus_.step());
    bus_.forget_published();
}

void world::check() {
    model_.check(bus_.audit());
}

void world::publish_outside() {
    publish_one(nullptr, 0);
}

// In one call; the model hears of it as of single ones, which it is made of.
void world::publish_many() {
    for (auto count = 1 + bus_.choose(12); count != 0; --count) {
        publish_one(nullptr, 0);
        check();
    }
}

// The report of an event says what the model knows of it.
void world::publish_and_wait() {
    const small_event event{{.number = ++published_}};
    model_.publish_begins({.event = event.number, .topic = small_bit, .waits = true});
    const auto report = bus_.publish_and_wait(event, std::chrono::milliseconds(1));
    note_result(event.number, report.published());
    for (const auto& one : report) {
        if (one.status != stentor::delivery_status::pending) {
            model_.delivery_reported(one.subscription, event.number, one.status);
        }
    }
}

void world::pass_time() {
    bus_.clock().advance(std::chrono::milliseconds(bus_.choose(4)));
    if (one_in(4)) {
        bus_.clock().jump_system(std::chrono::milliseconds(-1));
    }
}

void world::settle() {
    static_cast<void>(bus_.settle());
    look_for_captures();
    model_.check_at_rest(bus_.audit());
    model_.drops_told(told_, bus_.audit());
}

// Every scenario ends at rest, and then drained.
void world::finish() {
    if (model_.violation()) {
        return;
    }
    if (!drained_ && one_in(2)) {
        settle();
    }
    drain();
}

void world::drain() {
    drained_ = true;
    model_.drain_begins();
    const auto report = bus_.drain();
    look_for_captures();
    model_.check_at_rest(bus_.audit(), !report.complete);
}

void world::look_for_captures() {
    for (const auto& one : members_) {
        if (one->captures.expired()) {
            model_.captures_are_gone(one->id);
        }
    }
}

stentor::subscription_options world::some_options(shadow_limits& limits) {
    stentor::subscription_options options;
    if (one_in(3)) {
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
    if (limits.keys != 1 && one_in(4)) {
        options.max_concurrency = 1 + static_cast<std::int32_t>(bus_.choose(2));
        limits.own = true;
    } else if (!limits.limited && limits.keys == 0 && one_in(4)) {
        limits.own = one_in(2);
        options.placement = limits.own ? stentor::placement::own : stentor::placement::shared;
    }
    return options;
}

world::habits world::some_habits() {
    habits does;
    const auto some = [&](std::uint64_t handlers, std::uint64_t calls) {
        return one_in(handlers) ? 1 + bus_.choose(calls) : 0;
    };
    does.throws = some(3, 4);
    does.publishes = some(2, 3);
    does.ends_itself = some(8, 10);
    does.ends_another = some(8, 10);
    does.subscribes = some(8, 10);
    does.audits = some(8, 4);
    does.waits = some(8, 10);
    does.drains = some(64, 10);
    does.gives_back = one_in(2) ? 2 + bus_.choose(3) : 0;  // never always, or nothing comes to rest
    does.rejects = some(4, 4);
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
    if (one_in(6)) {
        one.owner = std::make_shared<int>(0);
        options.owner.emplace(one.owner);
    }
    auto captures = std::make_shared<int>(0);
    one.captures = captures;
    one.id = model_.subscribe_begins(name, topics, limits);
    one.handle = make(name, topics, which, std::move(captures), std::move(options), limits.keys);
    model_.subscribe_returns(one.id);
}

template <class E>
stentor::subscription world::make_typed(const std::string& name, std::size_t which,
                                        std::shared_ptr<int> captures,
                                        stentor::subscription_options options, int keys) {
    if (keys == key_count) {
        options.order = stentor::by_key<E>(&fact::key);
    }
    return bus_.subscribe<E>(name, handler_of<E>(members_[which]->how, which, std::move(captures)),
                             std::move(options));
}

stentor::subscription world::make(const std::string& name, unsigned topics, std::size_t which,
                                  std::shared_ptr<int> captures,
                                  stentor::subscription_options options, int keys) {
    // Other forms than plain have a lane of their own, so they are no choice for a shared one; and
    // what is given back leaves its place in the order.
    const bool plain = options.placement == stentor::placement::shared || keys != 0;
    const auto how = plain ? form::plain : static_cast<form>(bus_.choose(3));
    members_[which]->how = how;
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
    const stentor::pattern topic(topics == (small_bit | large_bit) ? "sim.pair.*" : "sim.>");
    return bus_.subscribe(name, topic,
                          handler_of<stentor::any_event>(how, which, std::move(captures)),
                          std::move(options));
}

void world::end(std::size_t which) {
    auto& one = *members_[which];
    if (std::exchange(one.over, true)) {
        return;
    }
    if (one.owner != nullptr && one_in(2)) {
        model_.owner_goes(one.id);
        one.owner.reset();
        return;
    }
    model_.unsubscribe_begins(one.id);
    const auto result = one.handle.unsubscribe();
    if (result != stentor::unsubscribe_result::not_subscribed) {
        model_.unsubscribe_returns(one.id, result, one.captures.expired());
    }
}

void world::end_any() {
    if (!members_.empty()) {
        end(bus_.choose(members_.size()));
    }
}

}  // namespace stentor_test
