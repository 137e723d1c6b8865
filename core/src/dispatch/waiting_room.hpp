// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

namespace stentor::inline v0::detail {

class detached_delivery;
class scheduler;
class runner;

// The deliveries of one subscription whose coroutines have suspended at least once and not ended,
// and the lock under which they change their stage:
//
//   running    somebody resumes it, or its batch is not over; only that thread touches it
//   notified   the same, and what it waits for has already happened
//   waiting    for whoever completes its wait
//   ready      its continuation is posted
//   held       its wait is over, and its subscription is paused
//
// One whose deadline passes while it is suspended, in whatever stage, does not go on: who would let
// it go on ends it, and one that waits is made ready for that. A pause holds that up, too.
//
// A stage with an owner (running, notified) is left by the owner alone. waiting, ready and held are
// left by whoever gets the lock first: the completion, the runner, resume(), or close(), which
// takes it out and cancels it. So a coroutine is resumed or destroyed by exactly one thread at a
// time, and never resumed once it is cancelled. A completion carries the number of the wait it
// belongs to: when that wait is over it changes nothing.
//
// Why no coroutine goes on between pause(), with the wait for calls after it, and resume(). All
// that lets one go on asks here, under the lock, and is seen by who waits:
//   (T) take_up() and suspend() of a runner, which has entered its call guard before;
//   (C) claim() of any other thread, which counts itself in outside_.
//   What has the lock before pause() has entered its guard or its count by then, so the wait finds
//   it, and ends when it does: at its next wait at the latest, because there suspend() finds the
//   pause. What has the lock after pause() finds the pause itself, and holds. A wait that is over
//   before the coroutine has suspended for it, by its own thread, is none: that call goes on.
// Why none is lost, and none goes on twice. held is entered under the lock and only in a pause, by
// who has it or completes its wait; resume() takes all of them out under the lock and posts each
// once, and what comes later finds no pause. What was ready when the pause came keeps its place
// among the continuations: the runner that takes it up makes it held, or finds the pause over.
//
// Kept alive by the subscription and by every ticket, so that a ticket may come after all else is
// gone. The scheduler is there as long as a delivery is in the list.
//
// Threads: any. Progress: blocking, for a few instructions. Taken after the timers' lock, before
// the lock of the continuations.
class waiting_room : public std::enable_shared_from_this<waiting_room> {
public:
    enum class stage : std::uint8_t { running, notified, waiting, ready, held };
    enum class verdict : std::uint8_t { goes_on, waits, cancelled, overdue };

    explicit waiting_room(scheduler& shared) noexcept : shared_(shared) {}
    waiting_room(const waiting_room&) = delete;
    waiting_room& operator=(const waiting_room&) = delete;

    // --- the thread that resumes a delivery ----------------------------------------------------
    // It has suspended for the first time.
    void enter(detached_delivery& one) noexcept;
    // It has suspended: goes on at once because its wait is over already, is to be ended by the
    // caller (cancelled, overdue), or waits and is no longer the caller's. During a batch it stays
    // the caller's in any case; on a thread that is no runner it goes on at once only if that is
    // where it wants to be.
    enum class who : std::uint8_t { batch, runner, outsider };
    [[nodiscard]] verdict suspend(detached_delivery& one, who by) noexcept;
    // Its batch is over: it waits, is ready, or is to be ended by the caller.
    [[nodiscard]] verdict release(detached_delivery& one) noexcept;
    // A runner has its continuation; in a pause it waits on.
    [[nodiscard]] verdict take_up(detached_delivery& one) noexcept;
    // What it began to wait for is void.
    void call_off(detached_delivery& one) noexcept;
    // It has ended on a thread that cannot see to the rest: a runner does.
    void hand_over(detached_delivery& one) noexcept;
    // It has ended, or is cancelled, and its frame is gone.
    void leave(detached_delivery& one) noexcept;

    // Its deadline has passed. By a timer, with the timers' lock.
    void end_overdue(detached_delivery& one) noexcept;

    // --- completions ---------------------------------------------------------------------------
    // True: the wait ended by this, and the delivery is or becomes ready.
    bool complete(detached_delivery& one, std::uint64_t wait) noexcept;
    class ticket;
    void complete(ticket& with) noexcept;
    // The delivery is the caller's to resume, who says leave_outside() when it is not any more.
    // Null: it is not waiting for this, or may not go on now.
    [[nodiscard]] detached_delivery* claim(ticket& with) noexcept;
    void leave_outside() noexcept;

    // --- pauses, under the registry's lock -----------------------------------------------------
    void pause() noexcept;
    void resume() noexcept;
    [[nodiscard]] bool paused() noexcept {
        const std::lock_guard lock(mutex_);
        return paused_;
    }
    // Of a paused subscription: those that wait, or would go on but for the pause. Only a resume or
    // close() makes them fewer.
    [[nodiscard]] std::int64_t resting() noexcept;
    // Threads that are no runners and let a coroutine go on.
    [[nodiscard]] std::int64_t outside() noexcept {
        const std::lock_guard lock(mutex_);
        return outside_;
    }

    // --- the end -------------------------------------------------------------------------------
    // From here on whatever suspends is cancelled. Those that wait are taken out and cancelled by
    // the caller's thread; `by` is its runner or null. Returns how many that were.
    std::int64_t close(runner* by) noexcept;
    [[nodiscard]] bool closed() noexcept {
        const std::lock_guard lock(mutex_);
        return closed_;
    }
    [[nodiscard]] std::int64_t size() const noexcept {
        return size_.load(std::memory_order_acquire);
    }
    // Since when the one that has waited longest does, as scheduler::now(); 0: nobody is here.
    [[nodiscard]] std::int64_t oldest() noexcept;

private:
    [[nodiscard]] bool closing() const noexcept;
    bool complete_locked(detached_delivery& one, std::uint64_t wait) noexcept;
    [[nodiscard]] bool accept(detached_delivery& one, std::uint64_t wait) noexcept;
    void settle_down(detached_delivery& one) noexcept;
    void make_ready(detached_delivery& one) noexcept;
    void unlink(detached_delivery& one) noexcept;

    scheduler& shared_;
    std::mutex mutex_;
    detached_delivery* first_ = nullptr;
    detached_delivery* last_ = nullptr;
    bool closed_ = false;
    bool paused_ = false;
    std::int64_t outside_ = 0;
    // Written under the lock, read by unsubscribers and audits. release: who sees 0 sees every
    // frame destroyed. [PAIR room-empty]
    std::atomic<std::int64_t> size_{0};
};

}  // namespace stentor::inline v0::detail
