// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "bus/life.hpp"
#include "dispatch/detached_delivery.hpp"

#include <algorithm>
#include <thread>

// The end of a subscription: out of the routes, then the barrier.
namespace stentor::inline v0::detail {

namespace {

constexpr int polls_before_sleep = 64;
constexpr auto sleep_between_polls = std::chrono::microseconds(50);

// Handlers that this thread is destroying; they nest when one holds another's subscription.
constinit thread_local int handlers_ending = 0;

}  // namespace

unsubscribe_result engine::unsubscribe(
    const std::shared_ptr<subscription_record>& record) noexcept {
    if (forked()) {
        return unsubscribe_result::not_subscribed;  // the parent's runners are not here
    }
    {
        const std::lock_guard lock(registry_);
        // Not there: its owner went, and the watch took it off the lists. The barrier still holds.
        if (std::ranges::find(active_, record) != active_.end()) {
            delist(record, fence::callers);
        }
        record->close();
        real_sync::heavy_fence();  // [PAIR barrier] [PAIR grace]
        begin_grace();
    }
    record->stop.request();
    auto* mine = runner::current();
    auto* by = mine != nullptr && mine->owner() == &shared_ ? mine : nullptr;
    if (record->room != nullptr) {
        record->room->close(by);
    }
    if (record->retries != nullptr) {
        record->retries->close(by);
    }
    const auto over = wait_for_calls(*record, calls::all);
    if (over != waited::done || !await_hooks(*record)) {
        record->deferred.store(true, std::memory_order_release);
        if (over != waited::stuck) {
            shared_.request_maintenance();
        }
        return unsubscribe_result::deferred;
    }
    destroy_handler(*record);
    // The watch may be at it. A handler whose end unsubscribes another does not wait: that one's
    // end may be waiting for this one.
    for (int poll = 0; !record->handler_ended.load(std::memory_order_acquire); ++poll) {
        if (handlers_ending != 0) {
            return unsubscribe_result::deferred;
        }
        if (poll < polls_before_sleep) {
            real_sync::pause();
        } else {
            std::this_thread::sleep_for(sleep_between_polls);
        }
    }
    return unsubscribe_result::done;
}

// Of a subscription that is barred: until no call runs. Deferred: this is such a call, or waiting
// would close a circle. Stuck: the bus was drained and gave up on a call; it keeps what that uses.
engine::waited engine::wait_for_calls(const subscription_record& record, calls which) noexcept {
    auto* mine = runner::current();
    const bool inside = mine != nullptr && mine->owner() == &shared_;
    // An inline handler waits for nobody: who calls it may hold what the other one wants.
    const bool inlined = inline_frame::of(this) != nullptr;
    const bool self = (inside && mine->calling(&record)) || inline_frame::calls(&record);
    const bool busy_elsewhere = inlined && being_called(record, which);
    // Nor does a coroutine on a thread that is no runner: nobody could see a circle.
    const auto* coroutine = detached_delivery::current();
    if ((coroutine != nullptr && (!inside || coroutine->to == &record)) || self || busy_elsewhere ||
        (inside && !enter_wait(*mine, record))) {
        return waited::deferred;
    }
    for (int poll = 0; being_called(record, which); ++poll) {
        if (stuck()) {
            return waited::stuck;
        }
        // One of them, on a thread that is no runner, waits for the engine, and so for this call.
        if (inside && record.room != nullptr && record.room->outside() != 0 &&
            outside_waits_.load(std::memory_order_relaxed) != 0) {
            leave_wait(*mine);
            return waited::deferred;
        }
        if (poll < polls_before_sleep) {
            real_sync::pause();
        } else {
            std::this_thread::sleep_for(sleep_between_polls);
        }
    }
    if (inside) {
        leave_wait(*mine);
    }
    return waited::done;
}

// A hook that another thread is in. False: it is this thread.
bool engine::await_hooks(const subscription_record& record) noexcept {
    if (life::inside_hook_of(record)) {
        return false;
    }
    const auto running = [&] {
        const std::lock_guard lock(registry_);
        return life::hooked(record);
    };
    while (running()) {
        std::this_thread::sleep_for(sleep_between_polls);
    }
    return true;
}

bool engine::being_called(const subscription_record& record, calls which) const noexcept {
    if (record.options.execution == execution::inline_) {
        return calls_inlined(record) != 0;
    }
    if (std::ranges::any_of(runners_, [&](const auto& one) { return one->calling(&record); })) {
        return true;
    }
    // Between the two places nothing moves in a pause.
    return record.room != nullptr &&
           (which == calls::all ? record.room->size() != 0  // [PAIR room-empty]
                                : record.room->outside() != 0);
}

// A handler is about to wait for calls of `record`. False: one of those calls waits, directly or
// through others, for a call that this handler is; a call that drains waits for everybody. Under
// the registry's lock, so that of several handlers that close a cycle the last one to come sees it.
bool engine::enter_wait(runner& mine, const subscription_record& record) noexcept {
    const std::lock_guard lock(registry_);
    const auto* start = mine.calling_now();
    std::vector<const subscription_record*> reached;
    // One for each runner that waits, at most. Without memory to look, it does not wait.
    if (!attempt([&] { reached.reserve(runners_.size() + 1); })) {
        return false;
    }
    reached.push_back(&record);
    for (std::size_t at = 0; at < reached.size(); ++at) {
        for (const auto& one : runners_) {
            if (!one->calling(reached[at])) {
                continue;
            }
            if (one->in_waiting_call.load(std::memory_order_acquire)) {
                return false;
            }
            const auto* next = one->waits_for.load(std::memory_order_acquire);
            if (next == nullptr) {
                continue;
            }
            if (next == start) {
                return false;
            }
            if (std::ranges::find(reached, next) == reached.end()) {
                reached.push_back(next);
            }
        }
    }
    mine.waits_for.store(&record, std::memory_order_release);
    return true;
}

void engine::leave_wait(runner& mine) noexcept {
    const std::lock_guard lock(registry_);
    mine.waits_for.store(nullptr, std::memory_order_release);
}

// Once, when no runner can be inside.
void engine::destroy_handler(subscription_record& record) noexcept {
    if (!record.handler_gone.exchange(true, std::memory_order_acq_rel)) {
        ++handlers_ending;
        life_->end_turns(record);
        life_->stop(record);
        record.call = nullptr;
        record.options.fallback.forget();
        // Destroyed behind the lock, under which a redrive copies the order.
        auto sequence = record.options.order;
        static_cast<void>([&] {
            const std::lock_guard lock(registry_);
            record.options.order.forget_keys();
            return record.take_hooks();
        }());
        sequence.forget_keys();
        --handlers_ending;
        record.handler_ended.store(true, std::memory_order_release);
    }
}

}  // namespace stentor::inline v0::detail
