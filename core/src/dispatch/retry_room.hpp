// SPDX-License-Identifier: MIT
#pragma once

#include "base/sync.hpp"
#include "dispatch/retry_wait.hpp"
#include "resilience/attempt_history.hpp"
#include "resilience/retry_allowance.hpp"
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
enum class letter_place : std::uint8_t;
class runner;
class scheduler;
class subscription_record;

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
    retry_room(scheduler& shared, subscription_record& of, retry_plan plan);
    // What failed is written down for the letters of those that fail for good. Once, before use.
    void remember_attempts() { history_ = std::make_unique<attempt_history>(); }

    // After a failed attempt, which is recorded unless it fails; what was thrown is the current
    // exception. If the delivery waits, `made` is what the caller hands to wait() when it has left
    // its batch: one that it had already, or a new one, with a copy of the slot. The caller sees to
    // the reference to the envelope.
    [[nodiscard]] follow_up after_failure(failure about, const attempts_so_far& past,
                                          retry_wait*& made) noexcept;
    // Of a delivery that keeps letters and whose handler is not called, or not again: `fails` when
    // there is no memory for its letter. `last`: it cannot wait. Else as above.
    [[nodiscard]] follow_up lay_away(const slot_header& slot, dead_letter_reason why,
                                     const attempts_so_far& past, const std::uint64_t* key,
                                     bool last, retry_wait*& made) noexcept;
    // To the store, and if it is not to wait for that the key is held by it, or no longer.
    [[nodiscard]] letter_place store(const dead_letter& letter, const std::uint64_t* key,
                                     bool last) noexcept;
    [[nodiscard]] subscription_record& of() const noexcept { return of_; }
    // When one that the store did not take is offered to it again.
    [[nodiscard]] std::int64_t when_owed() const noexcept;
    [[nodiscard]] std::int32_t attempts_max() const noexcept { return plan_.policy().max_attempts; }

    // Until its moment(). False: nobody waits here any more; it stays the caller's, who cancels it.
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

private:
    friend void retry_due(timer_wheel::timer& which) noexcept;
    void happen(retry_wait& one) noexcept;
    [[nodiscard]] retry_decision decide(const failure& about,
                                        const retry_progress& so_far) noexcept;
    void record(const failure& about, std::uint32_t before, retry_wait& into) noexcept;
    void add_history(dead_letter& letter, const slot_header& slot, std::uint32_t latest) noexcept;
    [[nodiscard]] follow_up put_away(std::unique_ptr<dead_letter> letter, const slot_header& slot,
                                     const attempts_so_far& past, const std::uint64_t* key,
                                     bool last, retry_wait*& made) noexcept;
    [[nodiscard]] bool take_place(retry_wait& one) noexcept;
    void give_place(retry_wait& one) noexcept;
    [[nodiscard]] follow_up give_up(const failure& about, const attempts_so_far& past,
                                    dead_letter_reason why, retry_wait*& made) noexcept;
    [[nodiscard]] bool fall_back(const failure& about, std::string& thrown) noexcept;
    [[nodiscard]] bool closing() const noexcept;
    [[nodiscard]] std::int64_t first_attempts() const noexcept;
    void enter(retry_wait& one) noexcept;
    void leave(retry_wait& one) noexcept;
    [[nodiscard]] bool takes_out(timer_wheel::timer& one) noexcept;
    [[nodiscard]] retry_wait* first_due() const noexcept;
    [[nodiscard]] retry_wait* due_behind(retry_wait& one) const noexcept;
    void make_due(retry_wait& one, bool first) noexcept;
    void announce(retry_wait& one) noexcept;

    scheduler& shared_;
    subscription_record& of_;
    const retry_plan plan_;
    std::optional<retry_allowance<real_sync>> budget_;

    std::mutex mutex_;
    timer_wheel::chain due_;
    std::unique_ptr<attempt_history> history_;  // null: its failures leave no letters
    bool paused_ = false;
    bool closed_ = false;
    std::int64_t coming_ = 0;  // will be here when their batch is settled
    // Written under the lock, read by audits.
    std::atomic<std::int64_t> size_{0};
};

// Ends one that nobody will call: settled as cancelled, or where it is owed to the store as a dead
// letter if that takes it now, then freed. By whoever has it.
void cancel_retry(scheduler& shared, retry_wait& one, subscription_record& to, runner* by) noexcept;

}  // namespace stentor::inline v0::detail
