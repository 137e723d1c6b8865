// SPDX-License-Identifier: MIT
#pragma once

#include "base/sync.hpp"
#include "dispatch/timers.hpp"
#include "resilience/retry_allowance.hpp"
#include <stentor/event/slot.hpp>
#include <stentor/resilience/dead_letter.hpp>
#include <stentor/resilience/retry_plan.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

namespace stentor::inline v0::detail {

struct failure;
class lane;
class retry_room;
class runner;
class scheduler;
class subscription_record;

// A delivery between two attempts: a copy of its slot, which carries the event or refers to its
// envelope, and what the next attempt has to know. It keeps its credit and, in a lane with an
// order, its key, so that later events of the key stay behind it; no runner and no flight.
//
// The slot lies behind the object. By one thread at a time: the runner that makes it, then the
// room, then whoever takes it out.
struct alignas(slot_align_max) retry_wait final : timed_action {
    // Null: no memory.
    [[nodiscard]] static retry_wait* make(std::size_t slot_size) noexcept;
    static void dispose(retry_wait* one) noexcept;

    [[nodiscard]] std::byte* slot() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
    [[nodiscard]] const slot_header& header() noexcept {
        return *reinterpret_cast<const slot_header*>(slot());
    }

    retry_room* room = nullptr;
    lane* from = nullptr;
    retry_progress progress;
    std::int64_t due_ns = 0;
    std::uint64_t key = 0;
    // Under the room's lock.
    retry_wait* before = nullptr;
    retry_wait* after = nullptr;
    retry_wait* next = nullptr;  // among those that are due; before, in its maker's list
    // Not for another attempt: the store did not take it.
    std::unique_ptr<dead_letter> owed;
    bool keyed = false;
    bool carried = false;
    bool inside = false;    // the room has it
    bool happened = false;  // its moment has come

private:
    explicit retry_wait() noexcept;
};

// What follows a failed attempt.
enum class follow_up : std::uint8_t {
    waits,          // another, or a place in the store
    fell_back,      // nothing: its fallback took it
    dead_lettered,  // nothing: the store has it
    fails,          // nothing
};

// The deliveries of one subscription that wait for another attempt, and the policy that decides
// about attempts. When the moment of one comes it is due: the lane that it came from is announced
// as for an event, and a runner inside takes it as a batch of one, before what is queued.
//
// A pause stops that: who becomes due waits for the resume, and no attempt is counted. The end of
// the subscription or of the bus cancels all.
//
// What fails for good and is kept as a dead letter waits here while the store does not take it: due
// at once, but its subscription is paused.
//
// Threads: any. Progress: blocking, for a few instructions. The lock is taken after the timers'
// one, because they call happen() with theirs; so no timer is set or cancelled under it.
class retry_room {
public:
    retry_room(scheduler& shared, subscription_record& of, retry_plan plan) noexcept;

    // After a failed attempt, which is recorded unless it fails; what was thrown is the current
    // exception. If the delivery waits, `made` is what the caller hands to wait() when it has left
    // its batch: one that it had already, or a new one, with a copy of the slot. The caller sees to
    // the reference to the envelope.
    [[nodiscard]] follow_up after_failure(failure about, const retry_progress& so_far,
                                          std::size_t slot_size, retry_wait*& made) noexcept;
    [[nodiscard]] subscription_record& of() const noexcept { return of_; }
    // When one that the store did not take is offered to it again.
    [[nodiscard]] std::int64_t when_owed() const noexcept;
    [[nodiscard]] std::int32_t attempts_max() const noexcept { return plan_.policy().max_attempts; }

    // Until its due_ns. False: nobody waits here any more; it stays the caller's, to be cancelled.
    [[nodiscard]] bool wait(retry_wait& one) noexcept;
    // A runner has it and may not make the call, because the subscription is paused. False: as
    // above.
    [[nodiscard]] bool put_back(retry_wait& one) noexcept;
    // The one of this lane that is due longest, to be a batch of its own; null: none, or paused.
    [[nodiscard]] retry_wait* take_due(lane& from) noexcept;

    void pause() noexcept;
    void resume() noexcept;
    [[nodiscard]] bool paused() noexcept {
        const std::lock_guard lock(mutex_);
        return paused_;
    }

    // From here on nobody waits. Those that did are settled as cancelled; how many that were.
    std::int64_t close(runner* by) noexcept;
    [[nodiscard]] bool closed() noexcept {
        const std::lock_guard lock(mutex_);
        return closed_;
    }
    [[nodiscard]] std::int64_t size() const noexcept {
        return size_.load(std::memory_order_relaxed);
    }

    static void happen(timed_action& self) noexcept;

private:
    [[nodiscard]] retry_decision decide(const failure& about,
                                        const retry_progress& so_far) noexcept;
    [[nodiscard]] follow_up give_up(const failure& about, const retry_progress& so_far,
                                    std::size_t slot_size, dead_letter_reason why,
                                    retry_wait*& made) noexcept;
    [[nodiscard]] bool fall_back(const failure& about, std::string& thrown) noexcept;
    [[nodiscard]] bool closing() const noexcept;
    [[nodiscard]] std::int64_t first_attempts() const noexcept;
    void link(retry_wait& one) noexcept;
    void unlink(retry_wait& one) noexcept;
    void make_due(retry_wait& one, bool first) noexcept;
    void announce(retry_wait& one) noexcept;

    scheduler& shared_;
    subscription_record& of_;
    const retry_plan plan_;
    std::optional<retry_allowance<real_sync>> budget_;

    std::mutex mutex_;
    retry_wait* first_ = nullptr;  // of all
    retry_wait* first_due_ = nullptr;
    retry_wait* last_due_ = nullptr;
    bool paused_ = false;
    bool closed_ = false;
    // Written under the lock, read by audits.
    std::atomic<std::int64_t> size_{0};
};

// Ends one that nobody will call: settled as cancelled, or where it is owed to the store as a dead
// letter if that takes it now, then freed. By whoever has it.
void cancel_retry(scheduler& shared, retry_wait& one, subscription_record& to, runner* by) noexcept;

}  // namespace stentor::inline v0::detail
