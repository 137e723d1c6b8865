// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "bus/life.hpp"
#include "bus/pause_limit.hpp"
#include "bus/subscription_checks.hpp"
#include "resilience/option_check.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

// Disabling and enabling, by somebody or by time. What a pause is made of is in pausing.cpp.
namespace stentor::inline v0::detail {

namespace {

constexpr std::chrono::nanoseconds longest_pause = std::chrono::hours(24 * 365);

}  // namespace

template <class Change>
change_result engine::life::change_all(const selector& which, order sequence, Change&& change) {
    if (of_.forked()) {
        return change_result(error(errc::closed, "a forked child cannot use its parent's bus"));
    }
    const auto found = select(which, sequence);
    if (found.empty()) {
        return change_result(nothing_matches(which));
    }
    std::int64_t count = 0;
    std::optional<error> wrong;
    for (const auto& one : found) {
        auto changed = change(one);
        if (!changed) {
            wrong = wrong ? std::move(wrong) : std::move(changed).error();
        } else if (*changed) {
            ++count;
        }
    }
    return wrong ? change_result(*std::move(wrong), count) : change_result(count);
}

change_result engine::life::disable(const selector& which, const pause_options& how) {
    pause_terms terms{.what = how.backlog, .why = how.why};
    if (how.enable_after) {
        if (auto wrong = check_time("pause_options", "enable_after", *how.enable_after,
                                    std::chrono::nanoseconds(1), longest_pause)) {
            return change_result(*std::move(wrong));
        }
        terms.until_ns = of_.shared_.moment_after(*how.enable_after);
    }
    return change_all(which, order::last_begun,
                      [&](const record_ptr& one) { return pause(one, terms); });
}

change_result engine::life::enable(const selector& which) {
    return change_all(which, order::first_begun,
                      [&](const record_ptr& one) { return resume(one); });
}

// With registry_ held.
std::optional<error> engine::life::may_change(const subscription_record& record) const {
    if (of_.closed()) {
        return error(errc::closed, subject_of(record.name) + ": the bus is draining or closed");
    }
    if (record.changing) {
        return error(errc::busy, subject_of(record.name) +
                                     ": it is being started, paused or resumed at this moment, by "
                                     "another thread or by the hook or handler that called; try "
                                     "again when that is over");
    }
    return std::nullopt;
}

result<bool, error> engine::life::pause(const record_ptr& record, const pause_terms& terms) {
    const auto wanted = terms.what == backlog::hold ? passage::held : passage::dropping;
    bool running = false;
    bool again = false;
    {
        const std::lock_guard lock(of_.registry_);
        if (auto wrong = may_change(*record)) {
            return unexpected<error>(*std::move(wrong));
        }
        running = record->state == handler_state::running;
        const auto way = record->way.load(std::memory_order_relaxed);
        // What somebody else has paused, however, is not the store's to enable again.
        if ((!running && way == passage::open) || record->closed.load(std::memory_order_acquire) ||
            (way != passage::open && terms.by == letters_pauser)) {
            return false;
        }
        if (terms.until_ns && record->limit == nullptr) {
            record->limit = std::make_shared<pause_limit>(of_.shared_, &limit_passed, this);
        }
        std::string reason(terms.why);
        std::string who(terms.by);
        if (way == wanted) {
            // Somebody's who may have paused it from one of its calls, which is waited for here.
        } else if (wanted == passage::dropping) {
            drop(*record);
        } else if (auto wrong = hold(*record)) {
            return unexpected<error>(*std::move(wrong));
        }
        if (running) {
            record->state = handler_state::paused;
        }
        again =
            way == wanted && record->paused_by == who && record->paused_until_ns == terms.until_ns;
        forget_limit(*record);
        if (record->state == handler_state::paused) {  // one that failed waits for somebody
            record->paused_until_ns = terms.until_ns;
        }
        record->paused_by = std::move(who);
        record->paused_why = std::move(reason);
        record->changing = true;
    }
    static_cast<void>(of_.wait_for_calls(*record, calls::running));
    if (running) {
        if (const auto failed = run_hook(*record, &subscription_options::on_pause, "on_pause")) {
            complain(*record, "on_pause", *failed);
        }
    }
    {
        const std::lock_guard lock(of_.registry_);
        record->changing = false;
    }
    if (!again) {
        announce_paused(*record, terms);
    }
    if (terms.until_ns) {
        const std::lock_guard lock(of_.registry_);
        set_limit(record);  // not before, because what changes cannot be resumed
    }
    return running;
}

result<bool, error> engine::life::resume(const record_ptr& record, by_whom whose) {
    {
        const std::lock_guard lock(of_.registry_);
        if (auto wrong = may_change(*record)) {
            return unexpected<error>(*std::move(wrong));
        }
        if (record->state != handler_state::paused && record->state != handler_state::failed) {
            return false;
        }
        if (whose == by_whom::time && !limit_is_over(*record)) {
            return false;  // somebody paused it anew meanwhile
        }
        forget_limit(*record);
        record->changing = true;
    }
    if (record->begun == 0) {
        start(record);
    } else if (const auto failed =
                   run_hook(*record, &subscription_options::on_resume, "on_resume")) {
        {
            const std::lock_guard lock(of_.registry_);
            record->state = handler_state::failed;
            record->failure = "on_resume: " + *failed;
            record->changing = false;
        }
        if (whose == by_whom::time) {
            complain(*record, "on_resume", *failed);  // there is nobody to return it to
        }
        announce_failed(*record, "on_resume", *failed);
    } else {
        resumed(record);
    }
    const std::lock_guard lock(of_.registry_);
    if (record->state == handler_state::failed) {
        return unexpected<error>(
            error(errc::hook_failed, subject_of(record->name) + ": " + record->failure));
    }
    return record->state == handler_state::running;
}

void engine::life::resumed(const record_ptr& record) {
    {
        const std::lock_guard lock(of_.registry_);
        record->changing = false;
        if (record->removed || of_.closed()) {
            return;
        }
        record->state = handler_state::running;
        record->failure.clear();
        record->paused_by.clear();
        record->paused_why.clear();
        open(*record);
    }
    announce_resumed(*record);
}

// --- pauses that end by themselves, with registry_ held where nothing else is said ---------------

// Nobody resumes while somebody changes it: who does comes here when that is over.
void engine::life::set_limit(const record_ptr& record) noexcept {
    if (record->paused_until_ns && !record->changing && !record->removed && !of_.closed() &&
        record->state == handler_state::paused) {
        record->limit->arm(*record->paused_until_ns, record);
    }
}

void engine::life::forget_limit(subscription_record& record) noexcept {
    record.paused_until_ns.reset();
    if (record.limit != nullptr) {
        record.limit->disarm();
    }
}

bool engine::life::limit_is_over(const subscription_record& record) const noexcept {
    return record.state == handler_state::paused && record.paused_until_ns &&
           *record.paused_until_ns <= of_.shared_.now();
}

// By a runner, or by the end of the bus; without a lock. It may have gone off for a pause that has
// ended since.
void engine::life::limit_passed(pause_limit& limit, void* of) noexcept {
    auto& mine = *static_cast<life*>(of);
    record_ptr record;
    {
        const std::lock_guard lock(mine.of_.registry_);
        record = limit.take();
        if (!mine.limit_is_over(*record)) {
            mine.set_limit(record);
            return;
        }
    }
    static_cast<void>(attempt([&] { static_cast<void>(mine.resume(record, by_whom::time)); }));
}

}  // namespace stentor::inline v0::detail
