// SPDX-License-Identifier: MIT
#include "simulation/world.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

// What happens from outside: publishes, steps, time, pauses, the end.
namespace stentor_test {

namespace {

constexpr std::uint64_t actions_max = 60;

bool waits_for_room(const stentor::handler_row& one) {
    return one.state == stentor::handler_state::paused && one.by == "dead_letters";
}

}  // namespace

world::world(std::uint64_t seed) : world(seed, plan()) {}

world::world(std::uint64_t seed, const plan& how) : seed_(seed), plan_(how), bus_(options_for()) {
    if (plan_.last_places) {
        auto letters = bus_.dead_letters();
        letters.use_codec(stentor::json_letters<small_event>());
        letters.use_codec(stentor::json_letters<large_event>());
        letters.use_codec(stentor::json_letters<other_event>());
    }
}

std::string world::complaint() const {
    return "seed " + std::to_string(seed_) + ", action " + std::to_string(actions_) + ": " +
           model_.violation().value_or("none");
}

bool world::run() {
    if (plan_.inlines && one_in(8)) {
        hops_max_ = 12;
    }
    for (auto count = 1 + bus_.choose(4); count != 0; --count) {
        subscribe();
    }
    const auto actions =
        1 + static_cast<std::int64_t>(bus_.choose(plan_.redrives ? 2 * actions_max : actions_max));
    while (actions_ < actions && !model_.violation() && !drained_) {
        ++actions_;
        act();
        check();
    }
    finish();
    return !model_.violation();
}

void world::act() {
    if (plan_.pauses && one_in(10)) {
        one_in(2) ? pause_any() : resume_any();
        return;
    }
    if (plan_.letters && one_in(plan_.redrives ? 40 : 12)) {
        static_cast<void>(purge());
        return;
    }
    if (plan_.redrives && one_in(6)) {
        redrive();
        return;
    }
    if (plan_.places && one_in(6)) {
        static_cast<void>(bus_.poll(1 + bus_.choose(8)));
        bus_.forget_published();
        return;
    }
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

bool world::anybody_waits_for_room() {
    return plan_.letters && std::ranges::any_of(bus_.registry().list(), waits_for_room);
}

// Those who are polled ask the store when they are.
void world::look_for_waiting() {
    if (!plan_.letters) {
        return;
    }
    for (const auto& row : bus_.registry().list()) {
        const auto which = model_.find(row.name).value();
        const auto one =
            std::ranges::find(members_, which, [](const auto& each) { return each->id; });
        if (!(*one)->polled) {
            model_.check_waiting(which, waits_for_room(row));
        }
    }
}

void world::settle() {
    // A loop's lane that rests at a gate is not polled in vain for ever: time has to pass for it.
    for (bool more = true; more;) {
        static_cast<void>(bus_.settle());
        look_for_waiting();
        if (anybody_waits_for_room()) {
            if (!purge()) {
                return;  // all are under way to such as wait for room, until somebody ends
            }
        } else {
            more = plan_.places && (bus_.poll() != 0 || bus_.settle() != 0);
        }
    }
    look_for_captures();
    model_.time_is(bus_.clock().steady_ns());
    model_.moments_have_come();
    model_.check_at_rest(bus_.audit());
    model_.drops_told(told_, bus_.audit());
    look_for_letters();
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
    look_for_letters();
    model_.check_claims();
    look_for_saved();
}

void world::drain() {
    drained_ = true;
    model_.drain_begins();
    const bool held = anybody_waits_for_room();  // what it holds is cancelled
    const auto report = bus_.drain();
    look_for_captures();
    model_.check_at_rest(bus_.audit(), held || !report.complete);
}

void world::look_for_captures() {
    for (const auto& one : members_) {
        if (one->captures.expired()) {
            model_.captures_are_gone(one->id);
        }
    }
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

void world::pause_any() {
    if (!members_.empty()) {
        pause(bus_.choose(members_.size()));
    }
}

void world::pause(std::size_t which) {
    const auto& one = *members_[which];
    const auto what = one.inlined || one_in(4) ? stentor::backlog::drop : stentor::backlog::hold;
    if (one.over || drained_) {
        return;
    }
    stentor::pause_options how{.backlog = what};
    std::optional<std::int64_t> until;
    if (one_in(3)) {
        how.enable_after = std::chrono::milliseconds(1 + bus_.choose(6));
        until = bus_.clock().steady_ns() + how.enable_after->count();
    }
    const bool from_within = model_.active(one.id);
    model_.pause_begins(one.id, what);
    if (bus_.registry().disable(model_.name_of(one.id), how)) {
        model_.pause_returns(one.id, from_within, until);
    }
}

void world::resume_any() {
    if (members_.empty() || drained_) {
        return;
    }
    const auto& one = *members_[bus_.choose(members_.size())];
    if (one.over) {
        return;
    }
    model_.resume_begins(one.id);
    static_cast<void>(bus_.registry().enable(model_.name_of(one.id)));
}

}  // namespace stentor_test
