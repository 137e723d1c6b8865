// SPDX-License-Identifier: MIT
#pragma once

#include "base/sync.hpp"
#include "dispatch/continuations.hpp"
#include "dispatch/crew.hpp"
#include "dispatch/due_stops.hpp"
#include "dispatch/letter_desk.hpp"
#include "dispatch/timers.hpp"
#include "lane/lane.hpp"
#include "registry/subscription_record.hpp"
#include <stentor/base/cache_line.hpp>
#include <stentor/base/clock.hpp>
#include <stentor/base/inline_function.hpp>
#include <stentor/event/event_id.hpp>
#include <stentor/metrics/counter.hpp>
#include <stentor/registry/publish_target.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <limits>
#include <memory>
#include <mutex>
#include <source_location>
#include <span>
#include <string>
#include <string_view>

namespace stentor::inline v0::detail {

// Deliveries that failed together, by one call.
struct failure {
    const subscription_record& subscription;
    const slot_header& slot;  // of the first
    std::int64_t duration_ns = 0;
    std::int64_t wait_ns = 0;
    std::uint64_t deliveries = 1;
    std::int32_t attempt = 1;
    // Until the next attempt; below 0: there is none.
    std::int64_t retry_in_ns = -1;
    // What the handler said; null when it threw.
    const outcome* said = nullptr;
    bool timed_out = false;              // past its deadline
    const std::uint64_t* key = nullptr;  // of a lane with an order
};

// The moment of a delivery that waits for another attempt, or for its store, has come.
void retry_due(timer_wheel::timer& which) noexcept;

// Told about failed deliveries; what was thrown is the current exception.
class failure_observer {
public:
    virtual void failed(const failure& what) noexcept = 0;
    // A callback of the subscription threw: which one.
    virtual void complained(const subscription_record& subscription,
                            std::string_view callback) noexcept = 0;
    // What the handler said, or the current exception, in words; empty: no memory for them.
    [[nodiscard]] virtual std::string describe(const subscription_record& of,
                                               const outcome* said) noexcept = 0;
    // The same without allocation: what was thrown and each that is nested in it, with '\0' between
    // them, as far as there is room. How much that is.
    [[nodiscard]] virtual std::size_t write_errors(const subscription_record& of,
                                                   const outcome* said,
                                                   std::span<char> into) noexcept = 0;
    // The same before it is masked: for the user's functions that decide by it.
    [[nodiscard]] virtual std::string describe_unmasked(const subscription_record& of,
                                                        const outcome* said) noexcept = 0;

protected:
    ~failure_observer() = default;
};

// A call that has lasted too long, copied while it lasts.
struct late_call {
    std::string name;
    std::source_location where{};
    std::string hook;  // empty: a call of the handler
    event_id id{};
    std::string topic;
    std::int64_t age_ns = 0;
    bool system = false;  // it listens to the engine's own events
};

// Looks for late calls and hooks, and is told about those that runners find. By the watch, or by
// whoever steps a bus without threads.
class lateness_observer {
public:
    virtual void late(const late_call& about) noexcept = 0;
    virtual void look(std::int64_t now_ns) noexcept = 0;

protected:
    ~lateness_observer() = default;
};

// What runners, publishers and the watch share: the credits of the bus, the time, and the pool,
// which is a crew like others. Owned by the engine, outlives all of them.
class scheduler : public crew {
public:
    struct limits {
        std::uint32_t runners = 1;  // workers and spare ones
        std::uint32_t workers = 1;
        std::size_t lanes = 1;
        std::int64_t capacity = 1;
        std::int64_t memory = 1;
        std::int64_t spin_ns = 0;        // how long an idle runner searches before it parks
        bool spin_on_traffic = false;    // as long as there was traffic within the last second
        std::int64_t late_after_ns = 0;  // 0: calls may last as long as they like
    };

    scheduler(const limits& given, clock& source)
        : crew({.runners = given.runners,
                .workers = given.workers,
                .lanes = given.lanes + 1,  // and the continuations
                .spin_ns = given.spin_ns,
                .spin_on_traffic = given.spin_on_traffic}),
          what(given),
          credits(given.capacity),
          bytes(given.memory),
          lanes_(std::make_unique<std::atomic<lane*>[]>(ready.capacity())),
          source_(source),
          virtual_(source.is_virtual()),
          start_steady_ns_(source.steady_ns()),
          start_unix_ns_(source.system_ns()) {
        static_assert(continuation_queue::ready_bit == 0);
        ready.cover(1);
    }

    // Nanoseconds since the bus was made.
    [[nodiscard]] std::int64_t now() const noexcept {
        return source_.steady_ns() - start_steady_ns_;
    }
    // The same, kept out of the way of callers that seldom need it.
    [[nodiscard, gnu::noinline]] std::int64_t precise_now() const noexcept { return now(); }
    // Never past the end of time, so that a longest duration means for ever.
    [[nodiscard]] std::int64_t moment_after(std::chrono::nanoseconds wait) const noexcept {
        constexpr auto end = std::numeric_limits<std::int64_t>::max();
        const auto time = now();
        const auto ns = std::max<std::int64_t>(wait.count(), 0);
        return time > end - ns ? end : time + ns;
    }
    [[nodiscard]] std::int64_t start_unix_ns() const noexcept { return start_unix_ns_; }
    // A moment of now() on the wall clock.
    [[nodiscard]] std::chrono::system_clock::time_point wall_time(std::int64_t at) const noexcept {
        return std::chrono::system_clock::time_point(
            std::chrono::duration_cast<std::chrono::system_clock::duration>(
                std::chrono::nanoseconds(start_unix_ns_ + at)));
    }
    [[nodiscard]] clock& source() const noexcept { return source_; }
    [[nodiscard]] bool virtual_time() const noexcept { return virtual_; }

    // The time as of a moment ago: at most about 1 ms old while anything runs, and refreshed by
    // whoever makes an idle lane ready. relaxed: it orders nothing.
    [[nodiscard]] std::int64_t coarse_now() const noexcept {
        return coarse_.load(std::memory_order_relaxed);
    }
    void refresh_coarse(std::int64_t now_ns) noexcept {
        coarse_.store(now_ns, std::memory_order_relaxed);
    }
    // By runners that work, which then take the line from publishers now and then only.
    void keep_coarse(std::int64_t now_ns) noexcept {
        constexpr std::int64_t stale_ns = 500'000;
        if (now_ns - coarse_now() > stale_ns) {
            refresh_coarse(now_ns);
        }
    }

    [[nodiscard]] lane* lane_at(std::size_t id) const noexcept {
        return lanes_[id].load(std::memory_order_acquire);
    }
    void set_lane(std::size_t id, lane* which) noexcept {
        lanes_[id].store(which, std::memory_order_release);
    }

    // After a claim: the lane is the caller's to announce. Wakes at most one runner of its crew.
    void make_ready(lane& which) noexcept { crew_of(which).announce(which.id()); }
    [[nodiscard]] crew& crew_of(const lane& which) noexcept {
        auto* special = which.served_by();
        return special != nullptr ? *special : *this;
    }

    // The crews beside the pool, which a bus gets when it needs them. add_crew() under the
    // registry's lock; false: there are too many.
    static constexpr std::size_t crews_max = 20;
    [[nodiscard]] bool add_crew(crew& one) noexcept {
        const auto count = crew_count_.load(std::memory_order_relaxed);
        if (count == crews_max) {
            return false;
        }
        crews_[count] = &one;
        crew_count_.store(count + 1, std::memory_order_release);  // [PAIR crews]
        return true;
    }
    // The pool first.
    template <class Visit>
    void for_each_crew(Visit&& visit) {
        visit(static_cast<crew&>(*this));
        const auto count = crew_count_.load(std::memory_order_acquire);  // [PAIR crews]
        for (std::size_t at = 0; at < count; ++at) {
            visit(*crews_[at]);
        }
    }
    [[nodiscard]] bool only_pool() const noexcept {
        return crew_count_.load(std::memory_order_relaxed) == 0;
    }
    // So that the watch may sleep: all are parked, and no lane waits for a moment.
    [[nodiscard]] bool all_rest() noexcept {
        bool rest = true;
        for_each_crew([&](crew& one) { rest = rest && one.at_rest() && one.resting.empty(); });
        return rest;
    }

    // Gives a runner something to do that is no entry of a lane. Wakes at most one.
    void post(continuation& one) noexcept {
        continuations.push(one);
        ready.insert(continuation_queue::ready_bit);
        wake_one();
    }
    // At a time as now() gives it: never earlier, about 2 ms later at most if the watch gets its
    // turn. With virtual time, when somebody steps the bus after time has come so far.
    void set_timer(timer_wheel::timer& action, std::int64_t at_ns) noexcept {
        if (clock_work.set(action, at_ns)) {
            wake_watch();  // it may be asleep until a later moment
            end_nap();
        }
    }

    // Lets happen what is due, and tells those whose deadline has passed. True: there was
    // something. By the watch, or by whoever steps a bus without threads; without any lock.
    bool look_at_timers(std::int64_t now_ns) noexcept {
        const bool happened = clock_work.expire(now_ns);
        if (happened) {
            stops.tell();
        }
        return happened;
    }

    // Placement wants to move something, or an owner is gone: the watch looks at its next tick.
    void request_maintenance() noexcept {
        if (maintenance_.exchange(true, std::memory_order_seq_cst)) {
            return;
        }
        wake_watch();
    }
    void wake_watch() noexcept {
        // seq_cst: pairs with the watch's announcement before its last look. [PAIR watch]
        if (watch_sleeps.load(std::memory_order_seq_cst)) {
            watch_epoch.fetch_add(1, std::memory_order_release);
            futex_wake_all(watch_epoch);
        }
    }
    // Something wants a look within a millisecond.
    void end_nap() noexcept {
        if (watch_naps.load(std::memory_order_seq_cst)) {  // [PAIR watch]
            watch_epoch.fetch_add(1, std::memory_order_release);
            futex_wake_all(watch_epoch);
        }
    }
    [[nodiscard]] bool maintenance_requested() const noexcept {
        return maintenance_.load(std::memory_order_seq_cst);
    }
    [[nodiscard]] bool take_maintenance_request() noexcept {
        return maintenance_.load(std::memory_order_relaxed) &&
               maintenance_.exchange(false, std::memory_order_acquire);
    }

    // A runner left a lane in debt. The fence pairs with the watch's heavy one, should this read a
    // `true` that it has just taken.
    void note_debt() noexcept {
        real_sync::light_fence();
        if (!debts.load(std::memory_order_relaxed)) {
            debts.store(true, std::memory_order_seq_cst);  // [PAIR watch]
            end_nap();
        }
    }
    // Pays the debt of lane_state::leave_in_debt(): one heavy fence, one look at every lane. By a
    // runner inside its `looking` section, or by the watch, which is who frees lanes.
    void look_at_all_lanes() noexcept {
        real_sync::heavy_fence();  // [PAIR lane-edge]
        for (std::size_t id = 0; id < ready.covered(); ++id) {
            auto* one = lane_at(id);
            if (one != nullptr && one->state.reclaim([one] { return one->pending(); })) {
                make_ready(*one);
            }
        }
    }

    // Entries settled: their credits go home, and publishers that wait for room look again.
    void settle(lane& which, std::int64_t entries) noexcept {
        which.credits.give(entries);
        credits.give(entries);
        // seq_cst pairs with the waiter's registration before its last try. [PAIR room]
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (which.room_waiters.load(std::memory_order_relaxed) != 0 && which.room_is_worth_it()) {
            announce_room(which);
        }
    }
    // Of a lane that limits them.
    void end_flights(lane& which, std::int64_t flights) noexcept {
        if (which.flights != nullptr && which.flights->end(flights)) {
            make_ready(which);
        }
    }
    static void announce_room(lane& which) noexcept {
        which.room_epoch.fetch_add(1, std::memory_order_release);
        futex_wake_all(which.room_epoch);
    }

    const limits what;
    alignas(cache_line_size) credit_centre<real_sync> credits;  // entries of the whole bus
    credit_centre<real_sync> bytes;                             // envelope memory
    // What else waits for a runner, and what waits for a moment.
    continuation_queue continuations;
    timers clock_work{&retry_due};
    due_stops stops;
    // Set once, by the end of a drain: runners leave. [PAIR stop]
    std::atomic<bool> stopping{false};
    // Set at a drain's deadline: what is queued is cancelled instead of handled.
    std::atomic<bool> cancelling{false};

    turn_counts turns;

    shared_counter spare_activations;

    // Taken by threads that are no runners and settle deliveries: they have the last stripe of all
    // counters together.
    std::mutex outsiders;

    failure_observer* observer = nullptr;
    lateness_observer* lateness = nullptr;
    letter_desk* letters = nullptr;
    publish_target* target = nullptr;
    bool stepped = false;  // there are no threads; set once, before anything runs
    inline_function<void(std::int32_t)> on_thread_start;
    // Wakes the watch when it sleeps because everybody does.
    std::atomic<std::uint32_t> watch_epoch{0};
    std::atomic<bool> watch_sleeps{false};
    // It waits for longer than a tick although somebody is awake.
    std::atomic<bool> watch_naps{false};
    // Hooks that run now: the watch stays awake for them. Written by the threads that run them
    // (seq_cst), read by the watch (seq_cst before it sleeps). [PAIR watch]
    std::atomic<std::uint32_t> hooks_running{0};
    // Some subscription is called by publishers, so that nobody wakes the watch for its calls: it
    // looks for late ones now and then. Set under the registry's lock, never taken back; relaxed.
    std::atomic<bool> inlines{false};
    // The shortest time after which a call is late: late_after_ns, or some subscription's deadline.
    // Set under the registry's lock, read by the watch; relaxed.
    std::atomic<std::int64_t> late_least_ns{what.late_after_ns};
    // Some runner left a lane in debt since the watch's last tick. Written by runners (seq_cst, so
    // that a nap that began before is seen). [PAIR watch]
    std::atomic<bool> debts{false};

private:
    // Written under the registry's lock, each before the count. [PAIR crews]
    std::array<crew*, crews_max> crews_{};
    std::atomic<std::size_t> crew_count_{0};
    std::unique_ptr<std::atomic<lane*>[]> lanes_;  // by id; written under the registry's lock
    clock& source_;
    const bool virtual_;
    const std::int64_t start_steady_ns_;
    const std::int64_t start_unix_ns_;
    alignas(cache_line_size) std::atomic<std::int64_t> coarse_{0};
    std::atomic<bool> maintenance_{false};
};

}  // namespace stentor::inline v0::detail
