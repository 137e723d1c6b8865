// SPDX-License-Identifier: MIT
#pragma once

#include "dispatch/attempt_limit.hpp"
#include "dispatch/continuations.hpp"
#include "dispatch/retry_room.hpp"
#include "dispatch/timers.hpp"
#include "dispatch/waiting_room.hpp"
#include "lane/lane.hpp"
#include "registry/subscription_record.hpp"
#include <stentor/event/slot.hpp>
#include <stentor/registry/call_view.hpp>
#include <stentor/registry/context.hpp>
#include <stentor/registry/coroutine_delivery.hpp>
#include <stentor/registry/delivery_frame.hpp>
#include <stentor/resilience/circuit_breaker.hpp>

#include <cstdint>
#include <memory>

namespace stentor::inline v0::detail {

// The right to end one wait, for those whom the engine does not know. Its members are the room's.
class waiting_room::ticket final : public wait_ticket {
public:
    ticket(std::shared_ptr<waiting_room> where, detached_delivery& whose,
           std::uint64_t which) noexcept
        : of(&whose), wait(which), room_(std::move(where)) {}
    void complete() noexcept override { room_->complete(*this); }
    void resume_here() noexcept override;

    detached_delivery* of;  // null: void
    const std::uint64_t wait;

private:
    const std::shared_ptr<waiting_room> room_;
};

// How a delivery that has left its batch ended. Released: its handler gave it back.
// Put off: another attempt follows.
enum class detached_end : std::uint8_t {
    running,
    completed,
    ignored,
    fell_back,  // completed, by its fallback
    failed,
    dead_lettered,
    cancelled,
    released,
    put_off,
};

// One delivery out of its slot: a copy of the slot, which carries the event or refers to its
// envelope, a context of its own, and the coroutine that handles it. It begins as part of a batch.
// If the coroutine ends without having suspended, the batch settles the entry as any other, and
// this object is used again. Else the delivery leaves the batch: credits, terminals and the route's
// count are settled when the coroutine ends or is cancelled, by whichever thread that is.
//
// Only lanes of one subscription have them: one entry is one delivery.
class detached_delivery final : public coroutine_delivery {
public:
    explicit detached_delivery(scheduler& shared_by) noexcept
        : shared(shared_by), resumption(*this), alarm(*this) {}

    void wait_for(std::chrono::nanoseconds time) noexcept override;
    [[nodiscard]] std::shared_ptr<wait_ticket> wait_for_ticket(
        std::chrono::nanoseconds at_most) noexcept override;
    void set_alarm(std::chrono::nanoseconds time) noexcept;

    // Resumes the coroutine where it waits, or sends it once more to where it shall go on. True: it
    // has ended.
    [[nodiscard]] bool resume() noexcept;
    void disarm() noexcept;
    // From now on nothing but its owner can touch it: no timer, no ticket. By the owner.
    void call_off() noexcept;
    void destroy_coroutine() noexcept;
    // The attempt has a deadline. False: no memory.
    [[nodiscard]] bool limit_attempt() noexcept;
    // Its attempt failed.
    void end_pass(const outcome* failed_with) noexcept;
    // One that was given back, or cut short by the end, is none.
    [[nodiscard]] std::int32_t attempts_made() const noexcept {
        return ending == detached_end::running || ending == detached_end::released
                   ? past.progress.attempts
                   : past.progress.attempt();
    }
    // The delivery whose coroutine the calling thread runs or destroys, or null.
    [[nodiscard]] static detached_delivery* current() noexcept;

    [[nodiscard]] const slot_header& header() const noexcept { return image.header; }
    void begin(const delivery_frame& from_batch, lane& queue, subscription_record& record) noexcept;
    // Of its own, once it leaves the batch.
    void keep_event() noexcept;

    struct resumed final : continuation {
        explicit resumed(detached_delivery& one) noexcept : continuation(&run), of(one) {}
        static void run(continuation& self, fate how) noexcept;
        detached_delivery& of;
    };
    struct woken final : timed_action {
        explicit woken(detached_delivery& one) noexcept : timed_action(&happen), of(one) {}
        static void happen(timed_action& self) noexcept;
        detached_delivery& of;
        std::uint64_t wait = 0;
        bool armed = false;  // the owner's: it may be set, or happening
    };

    // --- what it is; unchanged from begin() on -------------------------------------------------
    scheduler& shared;
    slot_image image;
    delivery_frame frame;
    alignas(context) std::byte context_place[sizeof(context)];
    std::unique_ptr<gap> missed;  // rarely
    lane* from = nullptr;
    std::uint64_t key = 0;  // of a lane with an order, which it keeps until it ends
    bool keyed = false;
    bool carried = false;
    subscription_record* to = nullptr;
    std::shared_ptr<const void> owner;
    std::coroutine_handle<> root;
    coroutine_conclusion conclude = nullptr;
    std::int64_t suspended_first = 0;  // scheduler::now()
    std::int64_t call_began = 0;       // the same; where interceptors look
    detached_end ending = detached_end::running;
    attempts_so_far past;  // of the attempt that this is
    // Of the breaker that let it through, which lives as long as the subscription.
    circuit_breaker::permit pass;
    std::unique_ptr<attempt_limit> limit;  // of an attempt with a deadline
    retry_wait* again = nullptr;           // put off: what waits
    std::uint32_t sends = 0;               // the owner's: for the wait that it is in

    // --- under the room's lock, or the owner's while it is running -----------------------------
    waiting_room::stage stage = waiting_room::stage::running;
    bool entered = false;
    bool to_runner = false;  // it waits for nothing but a runner with time for it
    bool here = false;       // notified: and it goes on on the thread that it is on
    bool elsewhere = false;  // its wait is over, and where it shall go on it could not
    bool overdue = false;    // its deadline has passed: once suspended it does not go on
    std::uint64_t wait = 0;  // its number; counts the waits that have ended
    detached_delivery* before = nullptr;
    detached_delivery* after = nullptr;
    std::shared_ptr<waiting_room::ticket> armed;

    resumed resumption;
    woken alarm;
    detached_delivery* next = nullptr;  // in a runner's list of those held or free
};

// What there is to settle of a delivery that has left its batch.
struct apart_entry {
    scheduler& shared;
    const slot_header& slot;
    lane& from;
    subscription_record& to;
    const std::uint64_t* key;  // null: it keeps none
    bool carried;
    bool flies;                 // it keeps its flight, if the lane has some
    std::int32_t attempts = 0;  // that were made
};
// Its waiter is told, and all is settled: terminals, key, credits, the route's count. `by` is the
// calling runner, or null. Told before: what failed, for good or to be kept.
void settle_apart(const apart_entry& one, detached_end how, runner* by) noexcept;
// Ends a delivery that has left its batch, and frees it. `by` is the calling runner, or null.
void settle_detached(detached_delivery& one, detached_end how, runner* by) noexcept;
// Destroys its coroutine and settles it as cancelled.
void cancel_detached(detached_delivery& one, runner* by) noexcept;
// Its deadline passed while it was suspended: destroys its coroutine, which is a failed attempt.
void end_overdue(detached_delivery& one, runner* by) noexcept;
// To interceptors: how the call ended that the coroutine is. `said` null: by what was thrown.
void tell_call_ended(detached_delivery& one, call_ending how,
                     const outcome* said = nullptr) noexcept;
// The same, when it has ended; but one that failed was told when it did.
void tell_call_concluded(detached_delivery& one) noexcept;
// It has ended: what it threw is recorded, then it is settled.
void finish_detached(detached_delivery& one, runner* by) noexcept;
// Lets it run until it waits or ends, and sees to the rest. It is the caller's.
void run_detached(detached_delivery& one, runner* by) noexcept;

}  // namespace stentor::inline v0::detail
