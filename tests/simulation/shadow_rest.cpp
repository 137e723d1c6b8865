// SPDX-License-Identifier: MIT
#include "simulation/shadow.hpp"

// What must hold when nothing can happen any more.
namespace stentor_test {

void shadow::check_at_rest(const stentor::audit_report& books, bool abandoned) {
    check(books);
    if (broken()) {
        return;
    }
    if (books.unaccounted() != 0) {
        violate("the books do not balance at rest:\n" + books.to_string());
    }
    std::int64_t held = 0;
    for (const auto& [name, terms] : books.subscriptions) {
        const auto& one = subs_[by_name_.at(name)];
        const auto rests = terms.held + terms.retry_waiting;
        if (terms.outstanding() != (one.paused && !draining_ ? rests : 0)) {
            violate("something is left behind: " + name + '\n' + books.to_string());
        }
        held += rests;
        check_losses(one, terms);
        check_pause(one, terms);
    }
    if (books.removed.outstanding() != 0 || (held == 0 && books.envelopes_alive != 0)) {
        violate("something is left behind\n" + books.to_string());
    }
    for (const auto& one : subs_) {
        check_rest(one, abandoned);
    }
}

// What a pause holds back is what was not delivered.
void shadow::check_pause(const subscription& one, const stentor::delivery_terms& terms) {
    if (!one.paused || one.limits.lossy || one.closing != never || draining_) {
        return;
    }
    std::int64_t certain = unkept(one);
    std::int64_t perhaps = one.redriving;
    for (const auto& [number_of, delivered] : one.deliveries) {
        if (delivered.waiting) {
            ++certain;
        } else if (delivered.state == end::open && !delivered.running) {
            const bool excused = !delivered.certain || events_.at(number_of).what.expires;
            ++(excused ? perhaps : certain);
        }
    }
    const auto rests = terms.held + terms.retry_waiting;
    if (!one.dropping && (rests < certain || rests > certain + perhaps)) {
        violate("another number is held than was not delivered: " + one.name + ": " +
                std::to_string(certain) + " to " + std::to_string(certain + perhaps) +
                " not delivered, " + std::to_string(rests) + " held or put off");
    }
    if (one.dropping && terms.held != one.waiting) {
        violate("held, and to be dropped: " + one.name + ": " + std::to_string(terms.held) +
                " held, " + std::to_string(one.waiting) + " coroutines wait");
    }
}

// What a lossy subscription did not get is what it says that it dropped.
void shadow::check_losses(const subscription& one, const stentor::delivery_terms& terms) {
    const bool may_lose = one.limits.lossy || one.dropped_at >= 0;
    if (!may_lose || one.closing != never || draining_) {
        return;
    }
    std::int64_t certain = unkept(one);
    std::int64_t perhaps = one.redriving + one.undone + one.cut_short;
    for (const auto& [number_of, delivered] : one.deliveries) {
        if (delivered.state == end::open) {
            const bool excused = !delivered.certain || events_.at(number_of).what.expires;
            ++(excused ? perhaps : certain);
        }
    }
    const auto dropped = terms.dropped_newest + terms.dropped_oldest + terms.dropped_disabled +
                         terms.held + terms.retry_waiting;
    if (dropped < certain || dropped > certain + perhaps) {
        violate("another number was lost than dropped: " + one.name + ": " +
                std::to_string(certain) + " to " + std::to_string(certain + perhaps) + " lost, " +
                std::to_string(dropped) + " dropped");
    }
}

void shadow::drops_told(std::int64_t count, const stentor::audit_report& books) {
    auto all = books.removed.dropped();
    for (const auto& [name, terms] : books.subscriptions) {
        all += terms.dropped();
    }
    if (count > all) {
        violate("on_drop was told of " + std::to_string(count) + " drops, and there were " +
                std::to_string(all));
    }
}

void shadow::delivery_reported(std::string_view name, number number_of,
                               stentor::delivery_status status) {
    const auto at = by_name_.find(name);
    if (at == by_name_.end()) {
        violate("a report names a subscription that nobody made: " + std::string(name));
        return;
    }
    const auto& one = subs_[at->second];
    const auto found = one.deliveries.find(number_of);
    const auto state = found == one.deliveries.end() ? end::open : found->second.state;
    const bool failed = state == end::failed;
    // It waited for room to the end.
    const bool unkept = failed && found->second.unkept && (draining_ || one.closing != never);
    using stentor::delivery_status;
    const bool right =
        status == delivery_status::completed       ? state == end::completed
        : status == delivery_status::failed        ? failed && (!one.limits.lettered || unkept)
        : status == delivery_status::dead_lettered ? failed && one.limits.lettered && !unkept
                                                   : unkept || (state != end::completed && !failed);
    if (!right) {
        violate("a report says " + std::string(stentor::to_string(status)) +
                ", which is not what happened: " + about(one, number_of));
    }
}

void shadow::check_rest(const subscription& one, bool abandoned) {
    for (const auto& [event, delivered] : one.deliveries) {
        const auto& what = events_.at(event);
        const bool held = delivered.waiting && one.paused && !draining_;
        if (delivered.running && !held) {
            violate("a call never ended: " + about(one, event));
        }
        const bool excused = !delivered.certain || (what.what.expires && !one.limits.lettered) ||
                             one.limits.lossy || one.paused || one.closing != never || abandoned ||
                             (one.limits.owed && draining_);  // it may have been paused
        if (delivered.state == end::open && !excused) {
            violate("a delivery was lost: " + about(one, event));
        }
    }
    if (one.over != never && !one.captures_gone) {
        violate("a handler outlived its subscription: " + one.name);
    }
}

}  // namespace stentor_test
