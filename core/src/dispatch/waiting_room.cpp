// SPDX-License-Identifier: MIT
#include "dispatch/waiting_room.hpp"

#include "dispatch/detached_delivery.hpp"
#include "dispatch/scheduler.hpp"

#include <algorithm>
#include <limits>

namespace stentor::inline v0::detail {

bool waiting_room::closing() const noexcept {
    return closed_ || shared_.cancelling.load(std::memory_order_relaxed);
}

void waiting_room::enter(detached_delivery& one) noexcept {
    const std::lock_guard lock(mutex_);
    one.entered = true;
    one.before = last_;
    one.after = nullptr;
    (last_ != nullptr ? last_->after : first_) = &one;
    last_ = &one;
    size_.store(size_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

waiting_room::verdict waiting_room::suspend(detached_delivery& one, who by) noexcept {
    const std::lock_guard lock(mutex_);
    if (closing()) {
        return verdict::cancelled;
    }
    if (one.overdue && by != who::batch) {
        return verdict::overdue;
    }
    // Goes on at once: what it waits for is over, and it may go on where it is.
    if (one.stage == stage::notified && !one.to_runner && !one.overdue &&
        (one.here || (by == who::runner && !paused_))) {
        one.stage = stage::running;
        one.here = false;
        return verdict::goes_on;
    }
    if (by != who::batch) {
        settle_down(one);
    }
    return verdict::waits;
}

waiting_room::verdict waiting_room::release(detached_delivery& one) noexcept {
    const std::lock_guard lock(mutex_);
    if (closing()) {
        return verdict::cancelled;
    }
    if (one.overdue) {
        return verdict::overdue;
    }
    settle_down(one);
    return verdict::waits;
}

// With the lock: it is nobody's from here on.
void waiting_room::settle_down(detached_delivery& one) noexcept {
    if (one.to_runner && one.stage == stage::running) {
        static_cast<void>(accept(one, one.wait));
        one.stage = stage::notified;
    }
    if (one.stage != stage::notified) {
        one.stage = stage::waiting;
        return;
    }
    one.to_runner = one.here = false;
    make_ready(one);
}

// With the lock: its wait is over.
void waiting_room::make_ready(detached_delivery& one) noexcept {
    one.stage = paused_ ? stage::held : stage::ready;
    if (!paused_) {
        shared_.post(one.resumption);
    }
}

void waiting_room::call_off(detached_delivery& one) noexcept {
    const std::lock_guard lock(mutex_);
    static_cast<void>(accept(one, one.wait));
    one.stage = stage::running;
    one.to_runner = one.here = one.elsewhere = false;
}

waiting_room::verdict waiting_room::take_up(detached_delivery& one) noexcept {
    const std::lock_guard lock(mutex_);
    if (closing()) {
        one.stage = stage::running;
        return verdict::cancelled;
    }
    one.stage = paused_ ? stage::held : stage::running;
    return paused_ ? verdict::waits : one.overdue ? verdict::overdue : verdict::goes_on;
}

void waiting_room::end_overdue(detached_delivery& one) noexcept {
    const std::lock_guard lock(mutex_);
    one.overdue = true;
    if (one.stage == stage::waiting) {
        static_cast<void>(accept(one, one.wait));
        make_ready(one);
    }
}

void waiting_room::hand_over(detached_delivery& one) noexcept {
    const std::lock_guard lock(mutex_);
    shared_.post(one.resumption);  // it stays running: nobody else takes it
}

void waiting_room::leave(detached_delivery& one) noexcept {
    const std::lock_guard lock(mutex_);
    unlink(one);
}

void waiting_room::unlink(detached_delivery& one) noexcept {
    (one.before != nullptr ? one.before->after : first_) = one.after;
    (one.after != nullptr ? one.after->before : last_) = one.before;
    one.before = one.after = nullptr;
    one.entered = false;
    size_.store(size_.load(std::memory_order_relaxed) - 1,
                std::memory_order_release);  // [PAIR room-empty]
}

// With the lock. True: the wait ends by this.
bool waiting_room::accept(detached_delivery& one, std::uint64_t wait) noexcept {
    if (one.wait != wait) {
        return false;
    }
    ++one.wait;
    if (one.armed != nullptr) {
        one.armed->of = nullptr;
    }
    return true;
}

bool waiting_room::complete(detached_delivery& one, std::uint64_t wait) noexcept {
    const std::lock_guard lock(mutex_);
    return complete_locked(one, wait);
}

// The scheduler is told under the lock: as long as the delivery is in the list, it is there.
bool waiting_room::complete_locked(detached_delivery& one, std::uint64_t wait) noexcept {
    if (!accept(one, wait)) {
        return false;
    }
    if (one.stage == stage::running) {
        one.stage = stage::notified;
    } else if (one.stage == stage::waiting) {
        make_ready(one);
    }
    return true;
}

void waiting_room::complete(ticket& with) noexcept {
    const std::lock_guard lock(mutex_);
    if (with.of != nullptr) {
        static_cast<void>(complete_locked(*with.of, with.wait));
    }
}

detached_delivery* waiting_room::claim(ticket& with) noexcept {
    const std::lock_guard lock(mutex_);
    auto* one = with.of;
    if (one == nullptr || (one->stage == stage::waiting && (closing() || one->overdue)) ||
        !accept(*one, with.wait)) {
        return nullptr;
    }
    if (one->stage == stage::running) {
        one->stage = stage::notified;
        // By the very call that it suspends in: its thread goes on. By another thread, which came
        // before it had suspended: it asks that thread again.
        const bool same = detached_delivery::current() == one;
        (same ? one->here : one->elsewhere) = true;
        return nullptr;
    }
    if (paused_) {
        one->stage = stage::held;
        one->elsewhere = true;  // not on a runner, when it may
        return nullptr;
    }
    one->stage = stage::running;
    ++outside_;
    return one;
}

void waiting_room::leave_outside() noexcept {
    const std::lock_guard lock(mutex_);
    --outside_;
}

void waiting_room::pause() noexcept {
    const std::lock_guard lock(mutex_);
    paused_ = true;
}

void waiting_room::resume() noexcept {
    const std::lock_guard lock(mutex_);
    paused_ = false;
    for (auto* one = first_; one != nullptr; one = one->after) {
        if (one->stage == stage::held) {
            make_ready(*one);
        }
    }
}

std::int64_t waiting_room::resting() noexcept {
    const std::lock_guard lock(mutex_);
    std::int64_t count = 0;
    for (auto* one = paused_ ? first_ : nullptr; one != nullptr; one = one->after) {
        count += one->stage == stage::waiting || one->stage == stage::held ? 1 : 0;
    }
    return count;
}

std::int64_t waiting_room::close(runner* by) noexcept {
    std::int64_t count = 0;
    detached_delivery* list = nullptr;
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        for (auto* one = first_; one != nullptr; one = one->after) {
            const bool mine =
                one->stage == stage::waiting || one->stage == stage::held ||
                (one->stage == stage::ready && shared_.continuations.remove(one->resumption));
            if (!mine) {
                continue;  // whoever has it finds the room closed
            }
            one->stage = stage::running;
            ++one->wait;  // what completes it now comes too late
            if (one->armed != nullptr) {
                one->armed->of = nullptr;
            }
            one->next = list;
            list = one;
            ++count;
        }
    }
    while (list != nullptr) {
        auto* one = list;
        list = one->next;
        cancel_detached(*one, by);
    }
    return count;
}

std::int64_t waiting_room::oldest() noexcept {
    const std::lock_guard lock(mutex_);
    auto oldest = std::numeric_limits<std::int64_t>::max();
    for (auto* one = first_; one != nullptr; one = one->after) {
        oldest = std::min(oldest, one->suspended_first);
    }
    return first_ == nullptr ? 0 : oldest;
}

}  // namespace stentor::inline v0::detail
