// SPDX-License-Identifier: MIT
#include "simulation/shadow.hpp"

#include <utility>

// Calls and pauses, as the model hears of them.
namespace stentor_test {

void shadow::call_begins(sub which, number number_of, std::int32_t attempt) {
    ++now_;
    check_call(which, number_of, attempt, false);
    if (!broken()) {
        start_call(which, number_of, events_.at(number_of).begins);
    }
}

void shadow::check_call(sub which, number number_of, std::int32_t attempt, bool redriven) {
    if (broken()) {
        return;
    }
    auto& one = subs_[which];
    const auto at = events_.find(number_of);
    if (at == events_.end() || !may_get(one, at->second)) {
        violate("a call of an event that the subscription is not to see: " + about(one, number_of));
        return;
    }
    if (at->second.refused) {
        violate("a refused event reached a handler: " + about(one, number_of));
        return;
    }
    if (one.deaf < now_) {
        violate("a call after the subscription's end: " + about(one, number_of));
        return;
    }
    const auto& delivered = one.deliveries[number_of];
    if (delivered.state != end::open || delivered.running || delivered.redriven != redriven) {
        violate("a delivery was made twice: " + about(one, number_of));
        return;
    }
    look_at_time(one);
    if (one.paused) {
        violate("a call during a pause: " + about(one, number_of));
        return;
    }
    if (one.limits.at_once != 0 && one.running >= one.limits.at_once) {
        violate("more calls at the same time than it allows: " + about(one, number_of));
        return;
    }
    if (!redriven && attempt == 1 && held(which, number_of)) {
        violate("handled before an earlier event of its key that is a letter: " +
                about(one, number_of));
    }
    if (attempt != delivered.attempts + 1 || attempt > one.limits.attempts) {
        violate("attempt " + std::to_string(attempt) + " after " +
                std::to_string(delivered.attempts) + " that failed: " + about(one, number_of));
    }
}

// `since`: what was published before that is handled before it.
void shadow::start_call(sub which, number number_of, std::int64_t since) {
    auto& one = subs_[which];
    const auto& what = events_.at(number_of);
    auto& delivered = one.deliveries[number_of];
    if (std::exchange(delivered.put_off, false)) {
        --one.put_off;
        free_key(one, number_of);
    }
    if (one.limits.inlined) {
        check_inlined(one, what);
        ++depth_;
    }
    if (one.limits.keys != 0) {
        check_order(one, what, since);
        one.running_keys.insert(what.what.key % one.limits.keys);
    }
    if (one.limits.in_line) {
        check_line(one, what);
    }
    check_gates(one, delivered, number_of);
    delivered.running = true;
    ++one.running;
}

void shadow::call_ends(sub which, number number_of, ending how) {
    ++now_;
    auto& one = subs_[which];
    auto& delivered = one.deliveries[number_of];
    if (!delivered.running) {
        violate("a call ended that had not begun: " + about(one, number_of));
        return;
    }
    delivered.running = false;
    --one.running;
    depth_ -= one.limits.inlined ? 1 : 0;
    if (delivered.waiting) {
        violate("a coroutine ended where it waited: " + about(one, number_of));
    }
    if (how == ending::put_off) {
        ++delivered.attempts;
        delivered.put_off = true;
        ++one.put_off;
        if (delivered.redriven || !events_.at(number_of).what.expires) {
            return;  // with its key
        }
    } else if (how == ending::given_back) {
        delivered.certain = delivered.certain && !one.dropping;
        if (delivered.attempts != 0) {
            delivered.put_off = true;  // it waits where its attempts are known
            ++one.put_off;
        }
    } else {
        const bool failed = how == ending::failed;
        delivered.state = failed ? end::failed : end::completed;
        delivered.falls = failed && one.limits.falls;
        one.falling += delivered.falls ? 1 : 0;
        delivered.unkept = failed && one.limits.lettered;
        ++(failed ? one.failed : one.completed);
    }
    free_key(one, number_of);
}

void shadow::free_key(subscription& one, number number_of) const {
    if (one.limits.keys != 0) {
        one.running_keys.erase(events_.at(number_of).what.key % one.limits.keys);
    }
}

void shadow::call_waits(sub which, number number_of) {
    ++now_;
    auto& one = subs_[which];
    auto& delivered = one.deliveries[number_of];
    if (!delivered.running || delivered.waiting) {
        violate("a coroutine waits that does not run: " + about(one, number_of));
        return;
    }
    delivered.waiting = true;
    ++one.waiting;
}

void shadow::call_goes_on(sub which, number number_of) {
    ++now_;
    auto& one = subs_[which];
    auto& delivered = one.deliveries[number_of];
    if (!delivered.waiting) {
        violate("a coroutine goes on that did not wait: " + about(one, number_of));
        return;
    }
    look_at_time(one);
    if (one.paused) {
        violate("a coroutine goes on during a pause: " + about(one, number_of));
    }
    delivered.waiting = false;
    --one.waiting;
}

void shadow::call_cancelled(sub which, number number_of) {
    ++now_;
    auto& one = subs_[which];
    auto& delivered = one.deliveries[number_of];
    if (!delivered.running) {
        violate("a call was cancelled that had not begun: " + about(one, number_of));
        return;
    }
    if (one.closing == never && !draining_) {
        violate("a coroutine was destroyed, though its subscription goes on: " +
                about(one, number_of));
    }
    delivered.running = false;
    one.waiting -= std::exchange(delivered.waiting, false) ? 1 : 0;
    delivered.state = end::cancelled;
    --one.running;
    ++one.cancelled;
    free_key(one, number_of);
}

void shadow::pause_begins(sub which, stentor::backlog what) {
    auto& one = subs_[which];
    ++now_;
    if (what == stentor::backlog::hold) {
        one.held = true;
        one.dropped_at = std::exchange(one.dropping, false) ? now_ : one.dropped_at;
        return;
    }
    one.dropping = true;
    one.dropped_at = now_;
    for (auto& [event, delivered] : one.deliveries) {
        delivered.certain = delivered.certain && delivered.running;
    }
}

void shadow::pause_returns(sub which, bool from_within, std::optional<std::int64_t> until_ns) {
    ++now_;
    auto& one = subs_[which];
    one.paused = true;
    one.until_ns = until_ns;
    if (active(which) && !from_within) {
        violate("disable returned while a call runs: " + one.name);
    }
}

void shadow::resume_begins(sub which) {
    ++now_;
    end_pause(subs_[which]);
}

void shadow::end_pause(subscription& one) const {
    one.paused = false;
    one.until_ns.reset();
    if (std::exchange(one.dropping, false)) {
        one.dropped_at = now_;
    }
}

// Something goes on, so a pause whose time is over has ended. Before that it may have, or not.
void shadow::look_at_time(subscription& one) const {
    if (one.paused && one.until_ns && *one.until_ns <= time_ns_) {
        end_pause(one);
    }
}

void shadow::moments_have_come() {
    ++now_;
    if (draining_) {
        return;  // which has ended all of them
    }
    for (auto& one : subs_) {
        look_at_time(one);
        if (one.until_ns && one.closing == never) {
            violate("nobody waits for the end of a pause: " + one.name);
        }
    }
}

}  // namespace stentor_test
