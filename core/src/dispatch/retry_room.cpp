// SPDX-License-Identifier: MIT
#include "dispatch/retry_room.hpp"

#include "base/allocator.hpp"
#include "base/attempt.hpp"
#include "dispatch/detached_delivery.hpp"
#include "dispatch/runner.hpp"
#include "dispatch/scheduler.hpp"
#include "dispatch/turns.hpp"
#include "lane/lane.hpp"
#include "registry/subscription_record.hpp"
#include <stentor/registry/outcome.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stentor::inline v0::detail {

namespace {

// Before the store is asked again where the subscription could not be paused.
constexpr auto owed_pause = std::chrono::milliseconds(100);

// What the current exception says about the event's bytes.
bool undecodable() noexcept {
#if defined(__cpp_exceptions)
    try {
        if (const auto thrown = std::current_exception()) {
            std::rethrow_exception(thrown);
        }
    } catch (const decode_error&) {
        return true;
    } catch (...) {
        return false;
    }
#endif
    return false;
}

std::uint64_t seed_of(const failure& about) noexcept {
    return about.slot.ticket ^ (std::uint64_t{about.subscription.number} << 48U);
}

}  // namespace

retry_room::retry_room(scheduler& shared, subscription_record& of, retry_plan plan)
    : shared_(shared), of_(of), plan_(std::move(plan)) {
    if (const auto& budget = plan_.policy().budget) {
        budget_.emplace(*budget);
    }
}

// Every delivery has one, so they are counted by how they ended; those under way will be.
std::int64_t retry_room::first_attempts() const noexcept {
    std::uint64_t sum = 0;
    for (std::uint32_t index = 0; index < of_.stripe_count; ++index) {
        const auto& mine = of_.terminals[index];
        sum += mine.completed.read() + mine.failed.read() + mine.dead_lettered.read();
    }
    return static_cast<std::int64_t>(sum) + size();
}

retry_decision retry_room::decide(const failure& about, const retry_progress& so_far) noexcept {
    failed_attempt failed;
    if (about.said != nullptr) {
        failed.kind = about.said->what() == outcome::verdict::reject ? failure_class::permanent
                                                                     : failure_class::transient;
        failed.retry_after = about.said->after();
    } else {
        const auto& classifier = plan_.policy().classifier;
        stentor::failure what;
        what.attempt = about.attempt;
        what.duration = std::chrono::nanoseconds(about.duration_ns);
        what.timed_out = about.timed_out;
        std::string text;
#if defined(__cpp_exceptions)
        what.exception = std::current_exception();
#endif
        if (classifier) {
            text = shared_.observer->describe_unmasked(of_, nullptr);
            what.what = text;
        }
        failed.kind = classify(classifier, what);
    }
    return plan_.decide(so_far, failed, shared_.now(), seed_of(about));
}

// Its place when it comes to wait() is sure. False: so many wait that there is none.
bool retry_room::take_place(retry_wait& one) noexcept {
    const std::lock_guard lock(mutex_);
    if (size() + coming_ >= plan_.policy().max_waiting) {
        return false;
    }
    one.coming_ = 1;
    ++coming_;
    return true;
}

// With the lock: it is here, or will not be.
void retry_room::give_place(retry_wait& one) noexcept {
    coming_ -= one.coming_;
    one.coming_ = 0;
}

follow_up retry_room::after_failure(failure about, const attempts_so_far& past,
                                    retry_wait*& made) noexcept {
    auto decision = decide(about, past.progress);
    if (decision.verdict == retry_verdict::permanent) {
        return give_up(about, past,
                       about.said == nullptr && undecodable() ? dead_letter_reason::decode_error
                                                              : dead_letter_reason::rejected,
                       made);
    }
    if (decision.verdict != retry_verdict::retry) {
        return give_up(about, past, dead_letter_reason::exhausted, made);
    }
    auto* place = made != nullptr ? made : retry_wait::make(about.slot);
    if (place == nullptr || !take_place(*place)) {
        if (place != made) {
            retry_wait::dispose(place);
        }
        return give_up(about, past, dead_letter_reason::retry_capacity, made);
    }
    made = place;
    if (budget_ && !budget_->take(first_attempts())) {
        decision = plan_.put_off(decision, shared_.now(), seed_of(about));
    }
    made->keep(decision.progress, past.recorded);
    record(about, past.recorded, *made);
    // At once is now, not at the wheel's next tick.
    made->aim(decision.delay.count() == 0 ? 0 : shared_.moment_after(decision.delay));
    of_.retried.add();
    about.retry_in_ns = decision.delay.count();
    shared_.observer->failed(about);
    return follow_up::waits;
}

// Due at once where the subscription is paused, which is to say when it is resumed.
std::int64_t retry_room::when_owed() const noexcept {
    return of_.barred.load(std::memory_order_acquire) ? 0 : shared_.moment_after(owed_pause);
}

bool retry_room::closing() const noexcept {
    return closed_ || shared_.cancelling.load(std::memory_order_relaxed);
}

bool retry_room::wait(retry_wait& one) noexcept {
    one.inside_ = one.happened_ = 0;
    const bool timed = one.moment() > shared_.now();
    if (timed) {
        shared_.set_timer(one, one.moment());  // it may happen at once
    }
    {
        const std::lock_guard lock(mutex_);
        give_place(one);
        if (!closing()) {
            enter(one);
            if (!timed || one.happened_ != 0) {
                make_due(one, false);
            }
            return true;
        }
    }
    static_cast<void>(shared_.clock_work.cancel(one));
    return false;
}

bool retry_room::put_back(retry_wait& one) noexcept {
    const std::lock_guard lock(mutex_);
    if (closing()) {
        return false;
    }
    enter(one);
    make_due(one, true);
    return true;
}

void retry_due(timer_wheel::timer& which) noexcept {
    auto& one = static_cast<retry_wait&>(which);
    one.from->retries->happen(one);
}

// Under the timers' lock.
void retry_room::happen(retry_wait& one) noexcept {
    const std::lock_guard lock(mutex_);
    one.happened_ = 1;
    if (one.inside_ != 0) {
        make_due(one, false);
    }
}

retry_wait* retry_room::first_due() const noexcept {
    return static_cast<retry_wait*>(due_.front());
}

retry_wait* retry_room::due_behind(retry_wait& one) const noexcept {
    return static_cast<retry_wait*>(due_.behind(one));
}

retry_wait* retry_room::take_due(lane& from) noexcept {
    const std::lock_guard lock(mutex_);
    if (paused_ || closing()) {
        return nullptr;
    }
    auto* one = first_due();
    while (one != nullptr && one->from != &from) {
        one = due_behind(*one);
    }
    if (one != nullptr) {
        due_.remove(*one);
        from.count_due(-1);
        leave(*one);
    }
    return one;
}

void retry_room::pause() noexcept {
    const std::lock_guard lock(mutex_);
    if (paused_) {
        return;
    }
    paused_ = true;
    for (auto* one = first_due(); one != nullptr; one = due_behind(*one)) {
        one->from->count_due(-1);  // nobody would take it
    }
}

void retry_room::resume() noexcept {
    const std::lock_guard lock(mutex_);
    if (!paused_) {
        return;
    }
    paused_ = false;
    for (auto* one = first_due(); one != nullptr; one = due_behind(*one)) {
        announce(*one);
    }
}

// Under the timers' lock: it waits here, and is the caller's from here on.
bool retry_room::takes_out(timer_wheel::timer& one) noexcept {
    if (one.kind() != timers::plain) {
        return false;
    }
    auto& which = static_cast<retry_wait&>(one);
    if (which.from->retries != this) {
        return false;
    }
    const std::lock_guard lock(mutex_);
    if (which.inside_ == 0) {
        return false;  // who has it finds the room closed
    }
    leave(which);
    return true;
}

// Who waits for a moment is found among the timers, which costs a look at all of them, so that an
// entry need not be in a list of its own as well.
std::int64_t retry_room::close(runner* by) noexcept {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    timer_wheel::chain all;
    if (size() != 0) {
        shared_.clock_work.take_all([this](timer_wheel::timer& one) { return takes_out(one); },
                                    all);
        const std::lock_guard lock(mutex_);
        while (auto* one = first_due()) {
            if (!paused_) {
                one->from->count_due(-1);
            }
            due_.remove(*one);
            leave(*one);
            all.push_back(*one);
        }
    }
    std::int64_t count = 0;
    while (auto* one = static_cast<retry_wait*>(all.front())) {
        all.remove(*one);
        cancel_retry(shared_, *one, of_, by);
        ++count;
    }
    return count;
}

void retry_room::enter(retry_wait& one) noexcept {
    one.inside_ = 1;
    size_.store(size_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void retry_room::leave(retry_wait& one) noexcept {
    one.inside_ = 0;
    size_.store(size_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
}

// With the lock. In a pause it is announced by the resume.
void retry_room::make_due(retry_wait& one, bool first) noexcept {
    if (first) {
        due_.push_front(one);
    } else {
        due_.push_back(one);
    }
    if (!paused_) {
        announce(one);
    }
}

// With the lock, and as long as it is here its lane is: it has an entry of it.
void retry_room::announce(retry_wait& one) noexcept {
    one.from->count_due(1);
    if (one.from->state.claim_after_enqueue()) {
        shared_.make_ready(*one.from);
    }
}

}  // namespace stentor::inline v0::detail
