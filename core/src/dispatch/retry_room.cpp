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

#include <chrono>
#include <cstring>
#include <new>
#include <string>
#include <utility>

namespace stentor::inline v0::detail {

namespace {

// Before the store is asked again where the subscription could not be paused.
constexpr auto owed_pause = std::chrono::milliseconds(100);

}  // namespace

retry_wait::retry_wait() noexcept : timed_action(&retry_room::happen) {}

retry_wait* retry_wait::make(std::size_t slot_size) noexcept {
    void* memory = allocate_bytes(sizeof(retry_wait) + slot_size, alignof(retry_wait));
    return memory == nullptr ? nullptr : ::new (memory) retry_wait();
}

void retry_wait::dispose(retry_wait* one) noexcept {
    one->~retry_wait();
    free_bytes(one, alignof(retry_wait));
}

retry_room::retry_room(scheduler& shared, subscription_record& of, retry_plan plan) noexcept
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
        std::string text;
#if defined(__cpp_exceptions)
        what.exception = std::current_exception();
#endif
        if (classifier) {
            text = shared_.observer->describe(of_, nullptr);
            what.what = text;
        }
        failed.kind = classify(classifier, what);
    }
    const auto now = shared_.now();
    const auto seed = about.slot.ticket ^ (std::uint64_t{of_.number} << 48U);
    auto decision = plan_.decide(so_far, failed, now, seed);
    if (decision.verdict == retry_verdict::retry && budget_ && !budget_->take(first_attempts())) {
        decision = plan_.put_off(decision, now, seed);
    }
    return decision;
}

follow_up retry_room::after_failure(failure about, const retry_progress& so_far,
                                    std::size_t slot_size, retry_wait*& made) noexcept {
    const auto decision = decide(about, so_far);
    if (decision.verdict != retry_verdict::retry) {
        return give_up(about, so_far, slot_size,
                       decision.verdict == retry_verdict::permanent ? dead_letter_reason::rejected
                                                                    : dead_letter_reason::exhausted,
                       made);
    }
    if (made == nullptr) {
        made = retry_wait::make(slot_size);
    }
    if (made == nullptr) {
        return give_up(about, so_far, slot_size, dead_letter_reason::retry_capacity, made);
    }
    std::memcpy(made->slot(), &about.slot, slot_size);
    made->progress = decision.progress;
    made->due_ns = shared_.moment_after(decision.delay);
    of_.retried.add();
    about.retry_in_ns = decision.delay.count();
    shared_.observer->failed(about);
    return follow_up::waits;
}

// Inside the run of the handler that failed, so that the watch sees it, too. False: it threw.
bool retry_room::fall_back(const failure& about, std::string& thrown) noexcept {
    stentor::failure what;
    what.attempt = about.attempt;
    what.duration = std::chrono::nanoseconds(about.duration_ns);
    const auto text = shared_.observer->describe(of_, about.said);
    what.what = text;
    const auto* slot = reinterpret_cast<const std::byte*>(&about.slot);
#if defined(__cpp_exceptions)
    if (about.said == nullptr) {
        what.exception = std::current_exception();
    }
    try {
        of_.options.fallback.function()->call(slot, what);
    } catch (...) {
        shared_.observer->complained(of_, "fallback");
        thrown = shared_.observer->describe(of_, nullptr);
        return false;
    }
#else
    static_cast<void>(thrown);
    of_.options.fallback.function()->call(slot, what);
#endif
    return true;
}

follow_up retry_room::give_up(const failure& about, const retry_progress& so_far,
                              std::size_t slot_size, dead_letter_reason why,
                              retry_wait*& made) noexcept {
    std::string thrown;
    if (of_.options.fallback && fall_back(about, thrown)) {
        of_.fell_back.add();
        shared_.observer->failed(about);
        return follow_up::fell_back;
    }
    auto letter = of_.letters ? shared_.letters->write(about, why) : nullptr;
    if (letter == nullptr) {
        return follow_up::fails;
    }
    if (!thrown.empty()) {
        static_cast<void>(attempt(
            [&] { letter->attempts.back().errors.push_back("and its fallback: " + thrown); }));
    }
    auto* place = made != nullptr ? made : retry_wait::make(slot_size);
    const auto where = shared_.letters->keep(of_, *letter, place == nullptr);
    if (where != letter_place::waits) {
        if (place != nullptr && made == nullptr) {
            retry_wait::dispose(place);
        }
        if (where == letter_place::nowhere) {
            return follow_up::fails;
        }
        shared_.observer->failed(about);
        return follow_up::dead_lettered;
    }
    shared_.observer->failed(about);
    made = place;
    std::memcpy(made->slot(), &about.slot, slot_size);
    made->progress = so_far;
    made->due_ns = when_owed();
    made->owed = std::move(letter);
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
    one.room = this;
    one.inside = one.happened = false;
    const bool timed = one.due_ns > shared_.now();
    if (timed) {
        shared_.set_timer(one, one.due_ns);  // it may happen at once
    }
    {
        const std::lock_guard lock(mutex_);
        if (!closing()) {
            link(one);
            if (!timed || one.happened) {
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
    link(one);
    make_due(one, true);
    return true;
}

// Under the timers' lock.
void retry_room::happen(timed_action& self) noexcept {
    auto& one = static_cast<retry_wait&>(self);
    auto& room = *one.room;
    const std::lock_guard lock(room.mutex_);
    one.happened = true;
    if (one.inside) {
        room.make_due(one, false);
    }
}

retry_wait* retry_room::take_due(lane& from) noexcept {
    retry_wait* one = nullptr;
    {
        const std::lock_guard lock(mutex_);
        if (paused_ || closing()) {
            return nullptr;
        }
        retry_wait* before = nullptr;
        for (one = first_due_; one != nullptr && one->from != &from; one = one->next) {
            before = one;
        }
        if (one == nullptr) {
            return nullptr;
        }
        (before != nullptr ? before->next : first_due_) = one->next;
        if (last_due_ == one) {
            last_due_ = before;
        }
        from.count_due(-1);
        unlink(*one);
    }
    static_cast<void>(shared_.clock_work.cancel(*one));  // it is not happening any more either
    return one;
}

void retry_room::pause() noexcept {
    const std::lock_guard lock(mutex_);
    if (paused_) {
        return;
    }
    paused_ = true;
    for (auto* one = first_due_; one != nullptr; one = one->next) {
        one->from->count_due(-1);  // nobody would take it
    }
}

void retry_room::resume() noexcept {
    const std::lock_guard lock(mutex_);
    if (!paused_) {
        return;
    }
    paused_ = false;
    for (auto* one = first_due_; one != nullptr; one = one->next) {
        announce(*one);
    }
}

std::int64_t retry_room::close(runner* by) noexcept {
    retry_wait* list = nullptr;
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        for (auto* one = paused_ ? nullptr : first_due_; one != nullptr; one = one->next) {
            one->from->count_due(-1);
        }
        first_due_ = last_due_ = nullptr;
        while (first_ != nullptr) {
            auto* one = first_;
            unlink(*one);
            one->next = list;
            list = one;
        }
    }
    std::int64_t count = 0;
    while (list != nullptr) {
        auto* one = list;
        list = one->next;
        static_cast<void>(shared_.clock_work.cancel(*one));
        cancel_retry(shared_, *one, of_, by);
        ++count;
    }
    return count;
}

void retry_room::link(retry_wait& one) noexcept {
    one.before = nullptr;
    one.after = first_;
    if (first_ != nullptr) {
        first_->before = &one;
    }
    first_ = &one;
    one.inside = true;
    size_.store(size_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void retry_room::unlink(retry_wait& one) noexcept {
    (one.before != nullptr ? one.before->after : first_) = one.after;
    if (one.after != nullptr) {
        one.after->before = one.before;
    }
    one.inside = false;
    size_.store(size_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
}

// With the lock. In a pause it is announced by the resume.
void retry_room::make_due(retry_wait& one, bool first) noexcept {
    if (first) {
        one.next = first_due_;
        first_due_ = &one;
        last_due_ = last_due_ != nullptr ? last_due_ : &one;
    } else {
        one.next = nullptr;
        (last_due_ != nullptr ? last_due_->next : first_due_) = &one;
        last_due_ = &one;
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

void cancel_retry(scheduler& shared, retry_wait& one, subscription_record& to,
                  runner* by) noexcept {
    const bool kept =
        one.owed != nullptr && shared.letters->keep(to, *one.owed, true) == letter_place::stored;
    if (kept && runner::awaited(one.header())) {
        tell_ended(shared, one.header(), to, delivery_status::dead_lettered,
                   std::string(last_error(*one.owed)));
    }
    settle_apart({.shared = shared,
                  .slot = one.header(),
                  .from = *one.from,
                  .to = to,
                  .key = one.keyed ? &one.key : nullptr,
                  .carried = one.carried,
                  .flies = false},
                 kept ? detached_end::dead_lettered : detached_end::cancelled, by);
    retry_wait::dispose(&one);
}

}  // namespace stentor::inline v0::detail
