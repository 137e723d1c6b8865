// SPDX-License-Identifier: MIT
#pragma once

#include "dispatch/run_word.hpp"
#include "dispatch/scheduler.hpp"
#include "registry/call_guard.hpp"
#include "registry/interception.hpp"
#include "registry/read_sections.hpp"
#include "registry/route.hpp"
#include <stentor/base/cache_line.hpp>
#include <stentor/dispatch/executor.hpp>
#include <stentor/event/delivery_report.hpp>
#include <stentor/registry/coroutine_delivery.hpp>
#include <stentor/resilience/circuit_breaker.hpp>
#include <stentor/resilience/rate_limit.hpp>
#include <stentor/resilience/retry_plan.hpp>

#include <array>
#include <atomic>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace stentor::inline v0::detail {

class attempt_limit;
class detached_delivery;
struct attempts_so_far;
struct retry_wait;
enum class follow_up : std::uint8_t;

// Service times that decide how a handler is treated.
inline constexpr std::int64_t timed_from_ns = 4'000;    // every call is timed
inline constexpr std::int64_t cheap_up_to_ns = 2'000;   // may share a lane
inline constexpr std::int64_t slow_from_ns = 50'000;    // steps out of its lane during each call
inline constexpr std::int64_t long_from_ns = 500'000;   // and leaves a runner to everybody else
inline constexpr std::int64_t demote_from_ns = 20'000;  // leaves a shared lane
inline constexpr std::uint32_t calls_to_judge = 64;
inline constexpr std::int64_t slice_ns = 100'000;  // of one batch, about

// Not known to be cheap: each call is timed, each of its events stamped precisely.
[[nodiscard]] inline bool timed(const subscription_record& one) noexcept {
    return one.calls_seen.load(std::memory_order_relaxed) < calls_to_judge ||
           one.cost_ns.load(std::memory_order_relaxed) >= timed_from_ns;
}

// Lanes that wait for a turn of long calls, because a call in them was late, and are quicker again:
// they need no turn. By whoever frees lanes, the watch. True: there was one.
bool release_quick_waiters(scheduler& shared, crew& whose) noexcept;

// Lanes that rest because their handler gave everything back, and whose moment has come. By the
// same. True: there was one.
bool release_rested(scheduler& shared, crew& whose) noexcept;
// When the first of them, of whatever crew, has rested enough; timer_wheel::never when none rests.
[[nodiscard]] std::int64_t next_rest_over(scheduler& shared) noexcept;

// Takes lanes from the ready set, drains them in batches, calls handlers. One thread at a time.
class runner final : public runner_task, public coroutine_host, private key_reader {
public:
    static constexpr std::size_t batch_max = batch_events_max;
    static constexpr std::size_t batch_unknown = 16;  // while nobody knows how long a call lasts

    runner(scheduler& shared, std::uint32_t index) noexcept : runner(shared, shared, index) {}
    // Of another crew than the pool.
    runner(scheduler& shared, crew& of, std::uint32_t index) noexcept
        : shared_(shared), crew_(of), index_(index) {}
    ~runner();

    void run() noexcept override;
    bool step() noexcept override;
    // As run(), but the thread was started for a permit, and begins by taking it.
    void run_called() noexcept;
    // Works on the calling thread until it handled `max` entries or there is nothing to do; how
    // many. For a crew of one runner, one call at a time.
    std::size_t poll(std::size_t max) noexcept;
    // Before a step: where it looks first, and how many entries it takes at most.
    void steer(std::size_t lane, std::size_t entries) noexcept {
        cursor_ = lane;
        batch_most_ = entries;
    }

    [[nodiscard]] std::uint32_t index() const noexcept { return index_; }
    // The runner whose handler the calling thread is in, or null.
    [[nodiscard]] static runner* current() noexcept;
    [[nodiscard]] const scheduler* owner() const noexcept { return &shared_; }

    // --- looked at by unsubscribers, drains and the watch ---------------------------------------
    [[nodiscard]] bool calling(const subscription_record* which) const noexcept {
        return guard_.holds(which);
    }
    [[nodiscard]] const subscription_record* calling_now() const noexcept { return guard_.held(); }
    [[nodiscard]] bool touches(const lane* which) const noexcept {
        return holding_.load(std::memory_order_acquire) == which;
    }
    // Entries that it dequeued and did not settle. Stable while its handler waits for the engine.
    [[nodiscard]] std::int64_t in_hand() const noexcept {
        return in_hand_.load(std::memory_order_acquire);
    }
    // Continuations that it has begun and not ended: one, or none. Stable in the same way.
    [[nodiscard]] std::int64_t continuations_in_hand() const noexcept {
        return continuations_in_hand_.load(std::memory_order_acquire);
    }
    // Coarse time since when the current call or stretch of calls runs; 0 when none does.
    [[nodiscard]] std::int64_t running_since() const noexcept {
        return run_.look().inside() ? run_started_.load(std::memory_order_relaxed) : 0;
    }
    // Watch: called once per tick. Notices a stretch of calls that has lasted since the last tick,
    // asks the runner to look up after this call, and lets others in meanwhile.
    enum class sight : std::uint8_t { nothing, call, long_call };
    sight check_overdue() noexcept;
    // Watch: reports a call that lasts longer than it may, once. `ended`: by the runner itself,
    // when the call is over.
    void check_late(std::int64_t now_ns, bool ended = false) noexcept;

    // --- coroutines (runner_coroutines.cpp) ----------------------------------------------------
    [[nodiscard]] coroutine_delivery* detach(delivery_frame& frame) noexcept override;
    void give_up(coroutine_delivery& one) noexcept override;
    void start(delivery_frame& frame, coroutine_delivery& started, std::coroutine_handle<> root,
               coroutine_conclusion conclude) override;
    void go_on(detached_delivery& one) noexcept;
    [[nodiscard]] bool give_back_detached(detached_delivery& one) noexcept;
    static void recycle(detached_delivery* one, runner* by) noexcept;
    // Somebody waits for what becomes of the event: its publisher, or other deliveries.
    [[nodiscard]] static bool awaited(const slot_header& slot) noexcept;

    // Empties a lane whatever its state, for the end of a drain; the entries are cancelled.
    void cancel_all(lane& from) noexcept;

    // While it looks at lanes that it does not hold; keeps them from being freed.
    read_section<real_sync> looking;
    // Set by the handler's own calls into the engine that wait: a drain counts what this runner
    // has in hand as the caller's own.
    std::atomic<bool> in_waiting_call{false};
    std::atomic<const subscription_record*> waits_for{nullptr};

private:
    struct stretch {
        lane& from;
        const route& origin;
        const route_target& target;
        const std::byte* slots;
        const std::uint64_t* keys;  // of a lane with an order, one for each slot; else null
        std::size_t count;
        bool sampled;  // some stamp is precise: its call is timed
        bool special;  // some event expires, or somebody waits for it
        bool boxed;    // some event has an envelope
        bool carried;  // came from another lane, because the subscription was paused there
    };
    // A frame, and what becomes of the deliveries that end otherwise than done.
    struct charge : delivery_frame {
        runner& by;
        subscription_record& to;
        const stretch& what;
        std::size_t first = 0;  // of the frame's slots in the stretch
        std::int64_t began = 0;
        std::int64_t call_began = 0;  // the call that interceptors see
        std::size_t failed = 0;
        std::size_t dead_lettered = 0;
        std::size_t fell_back = 0;  // of those completed
        std::size_t ignored = 0;
        std::size_t released = 0;
        attempt_limit* limit = nullptr;  // of the call that runs now; null: none
        bool overdue = false;            // of a coroutine's
        std::size_t gate_told = 0;       // of those that ended well

        [[nodiscard]] std::size_t ended_well() const noexcept {
            return index - failed - dead_lettered - fell_back - released - detached;
        }
    };

    void set_up_thread() noexcept;
    static runner* exchange_current(runner* now) noexcept;
    std::size_t poll_lane(lane& from, std::size_t max) noexcept;
    bool work() noexcept;
    void drain(lane& from) noexcept;
    bool wait_for_entry() noexcept;
    void rest() noexcept;
    bool search() noexcept;
    void park() noexcept;
    void sleep() noexcept;
    void let_go() noexcept;
    void turn_away() noexcept;
    void pay_debt() noexcept;
    void found_work() noexcept;
    [[nodiscard]] bool take_flights(lane& from, std::size_t& limit, bool slow) noexcept;
    [[nodiscard]] std::size_t batch_limit(const lane& from) const noexcept;
    void call_for_help(lane& from) noexcept;
    static void note_backlog(lane& from) noexcept;

    void run_continuations() noexcept;
    [[nodiscard]] std::size_t take(lane& from, std::size_t limit) noexcept;
    void read_keys(lane& from, const std::byte* slots, std::size_t count,
                   std::uint64_t* keys) noexcept override;
    void fail_keyless(const stretch& what) noexcept;
    void release_keys(const stretch& what, std::size_t first, std::size_t count) noexcept;
    void conclude_in_batch(delivery_frame& frame, detached_delivery& one);
    // runner_gate.cpp
    [[nodiscard]] bool pass_gate(lane& from, std::size_t& limit, bool slow) noexcept;
    void leave_gate() noexcept;
    [[nodiscard]] bool ends(const lane& from) const noexcept;
    void let_rest_until(lane& from, std::int64_t moment) noexcept;
    void tell_breaker_of_failure(charge& frame, const outcome* said) noexcept;
    void tell_breaker_of_successes(charge& frame) noexcept;
    void tell_gate_of_calls(charge& frame) noexcept;
    void hand_pass_to(detached_delivery& one) noexcept;
    // runner_retries.cpp
    [[nodiscard]] attempts_so_far past_of(const charge& frame) const noexcept;
    [[nodiscard]] follow_up after_failure(charge& frame, const failure& about) noexcept;
    void put_off(charge& frame) noexcept;
    void set_apart(const delivery_frame& frame) noexcept;
    void release_retries(subscription_record& to) noexcept;
    [[nodiscard]] bool adopt(lane& from) noexcept;
    void drop_adopted() noexcept;
    void return_adopted(bool first) noexcept;
    void release_held() noexcept;
    // runner_letters.cpp
    [[nodiscard]] bool ends(const subscription_record& to) const noexcept;
    [[nodiscard]] bool hand_in(charge& frame) noexcept;
    [[nodiscard]] bool lay_away(subscription_record& to, const stretch& what, std::size_t at,
                                dead_letter_reason why) noexcept;
    [[nodiscard]] bool held_by_letter(const subscription_record& to, const stretch& what,
                                      std::size_t at) noexcept;
    void lay_behind(subscription_record& to, const stretch& what, std::size_t at) noexcept;
    void process(lane& from, std::size_t count) noexcept;
    std::size_t process_stretch(lane& from, std::size_t first, std::size_t count,
                                std::size_t stride) noexcept;
    void handle(const stretch& what) noexcept;
    void handle_now(const stretch& what) noexcept;
    void handle_in_turn(const stretch& what) noexcept;  // runner_turns.cpp
    [[nodiscard]] bool hold(subscription_record& to, const stretch& what, std::size_t at) noexcept;
    void handle_timed(const stretch& what) noexcept;
    void handle_plain(const stretch& what) noexcept;
    void handle_spans(const stretch& what) noexcept;
    [[nodiscard]] bool expired(const slot_header& slot) const noexcept;
    [[nodiscard]] bool let_rest(lane& from, std::size_t count) noexcept;
    void expire(const stretch& what, std::size_t at) noexcept;
    void tell_waiter(const slot_header& slot, const subscription_record& one,
                     delivery_status status, std::string error = {}) noexcept;
    void tell_drops(lane& from) noexcept;
    void settle(const stretch& what, std::size_t first, std::size_t count) noexcept;
    [[nodiscard]] std::size_t settle_apart_of(const stretch& what, std::size_t first,
                                              std::size_t count) noexcept;
    void deliver(subscription_record& to, const stretch& what, std::size_t first, std::size_t count,
                 bool measure, std::int64_t& moment) noexcept;
    [[nodiscard]] std::shared_ptr<const void> owner_of(subscription_record& to) noexcept;
    void find_samples(const stretch& what, std::size_t first, std::size_t last) noexcept;
    void call(charge& frame) noexcept;
    void call_until(charge& frame, std::size_t end) noexcept;
    void call_limited(charge& frame, std::size_t end) noexcept;
    void call_loop(charge& frame, std::size_t end) noexcept;
    void call_timed(charge& frame, std::size_t at) noexcept;
    std::int64_t call_in_run(charge& frame, bool measure) noexcept;
    // runner_intercepted.cpp
    void call_intercepted(charge& frame) noexcept;
    void call_one_intercepted(charge& frame, std::size_t end, bool sampled) noexcept;
    void tell_call_failed(const charge& frame, const outcome* said) noexcept;
    static void tell_settled_from(const charge& frame, std::size_t at, settlement how) noexcept;
    void judge_late(subscription_record& to) noexcept;
    void settle_calls(charge& frame) noexcept;
    static void judge_outcome(delivery_frame& frame, outcome& said) noexcept;
    void charge_failure(charge& frame, const outcome* said) noexcept;
    void settle_but_released(const stretch& what, std::size_t first, std::size_t count) noexcept;
    [[nodiscard]] static bool give_back(lane& to, std::uint32_t runner,
                                        const std::byte* slot) noexcept;
    [[nodiscard]] bool pass_over(subscription_record& to, const stretch& what, std::size_t first,
                                 std::size_t count) noexcept;
    [[nodiscard]] bool may_call(const subscription_record& to) const noexcept {
        return !to.barred.load(std::memory_order_relaxed) &&  // [PAIR barrier]
               !shared_.cancelling.load(std::memory_order_relaxed) && kept_from_ == nothing_kept;
    }
    void tell_interceptors(const subscription_record& to, const stretch& what, std::size_t first,
                           std::size_t count, settlement how,
                           std::optional<drop_reason> why = std::nullopt) noexcept;
    // Before the batch, of the delivery that it is; batches of several have none behind them.
    [[nodiscard]] std::int32_t attempts_made() const noexcept;
    void tell_waiters(const subscription_record& to, const stretch& what, std::size_t first,
                      std::size_t count, delivery_status status) noexcept;
    void cancel_for(subscription_record& to, const stretch& what, std::size_t first,
                    std::size_t count) noexcept;
    void drop_for(drop_reason why, subscription_record& to, const stretch& what, std::size_t first,
                  std::size_t count) noexcept;
    void carry(subscription_record& to, lane& into, const stretch& what, std::size_t first,
               std::size_t count) noexcept;
    [[nodiscard]] bool take_credit(lane& into) noexcept;
    void keep_rest(lane& from, std::size_t count) noexcept;
    void keep_in_order(lane& from, std::size_t first, std::size_t count) noexcept;
    void drop_one(lane& from, std::size_t at, drop_reason why) noexcept;
    void drop_queued(lane& from) noexcept;
    void account(subscription_record& to, const charge& frame, std::int64_t begin,
                 std::int64_t end) noexcept;
    static void record(subscription_record& to, const slot_header& slot, std::int64_t begin,
                       std::int64_t end, bool unfinished) noexcept;
    void look_at_cpu(const subscription_record& to, bool measure) noexcept;
    [[nodiscard]] std::int64_t worked(std::int64_t begin, std::int64_t end) const noexcept;
    void judge(subscription_record& to, std::int64_t each_ns, std::uint32_t calls) noexcept;
    void judge_lane(const stretch& what) noexcept;
    void account_span(subscription_record& to, const stretch& what, std::size_t first,
                      std::size_t count, std::int64_t begin, std::int64_t end) noexcept;

    void begin_run(bool known_slow) noexcept;
    void end_run(subscription_record& to, lane& from) noexcept;
    void end_run_apart() noexcept;
    [[nodiscard]] bool reserve_slow_call(lane& from) noexcept;
    void release_slow_call() noexcept;
    [[nodiscard]] std::uint64_t slow_calls_max(const lane& from) const noexcept;
    [[nodiscard]] bool change_turn(lane& from, bool slow) noexcept;
    [[nodiscard]] bool keeps_slow_turn(const lane& from) const noexcept;
    void wait_for_slow_call(lane& from) noexcept;
    void call_others(lane& from) noexcept;
    void call_others_to_slow(lane& from) noexcept;

    scheduler& shared_;
    crew& crew_;
    const std::uint32_t index_;

    // --- the runner's own ------------------------------------------------------------------------
    std::size_t cursor_ = 0;
    std::size_t batch_most_ = batch_max;
    lane* linger_ = nullptr;      // attended, though found empty
    bool slow_reserved_ = false;  // may make a known-slow call
    bool debt_ = false;           // left a lane without the heavy fence
    bool searching_ = false;      // counted as searching
    bool searched_ = false;       // was, until it gave up parking
    bool begins_asleep_ = false;
    bool found_nothing_ = false;   // in the lane that it drained last
    std::uint32_t fruitless_ = 0;  // in a row, though something was pending
    bool stepping_ = false;  // a handler that steps a manual executor must not step its own runner
    bool surplus_ = false;   // came back from a slow call; perhaps one runner too many is active
    std::uint32_t vain_searches_ = 0;
    std::uint32_t stretches_ = 0;  // delivered as a whole
    std::uint32_t batches_ = 0;
    bool proven_late_ = false;  // the call that just ended held others up
    static constexpr std::int64_t unknown_wait = -1;
    std::int64_t waited_for_cpu_ = unknown_wait;  // by the thread, before the call that is measured
    bool lane_judged_ = false;         // some handler of the lane, since its cost was added up
    std::bitset<batch_max> releases_;  // places of the buffer whose handler gave the event back
    std::size_t released_ = 0;         // how many, of what is settled next
    // Places in what is delivered next whose calls are timed, ascending.
    std::array<std::uint8_t, batch_max> samples_;
    std::size_t sample_count_ = 0;
    std::size_t given_back_ = 0;  // of this batch
    static constexpr std::size_t nothing_kept = ~std::size_t{0};
    // Of the batch: goes back, because the subscription is paused or its breaker opened.
    std::size_t kept_from_ = nothing_kept;
    std::size_t in_batch_ = 0;
    circuit_breaker::permit pass_;  // of the batch, whose lane keeps the breaker
    rate_limiter::permit token_;    // the same
    std::int64_t last_work_ns_ = 0;
    std::size_t detached_ = 0;      // of the stretch: not to be settled with it
    std::bitset<batch_max> apart_;  // which places of the buffer these have
    detached_delivery* held_deliveries_ = nullptr;
    timer_wheel::chain held_retries_;
    retry_wait* adopted_ = nullptr;  // what the batch is another attempt of
    detached_delivery* free_deliveries_ = nullptr;
    std::uint32_t free_count_ = 0;
    run_sight watch_seen_;                     // the watch's: the run it saw at its last tick
    std::uint64_t late_seen_ = 0;              // the watch's: the number of the run it reported
    std::int64_t watch_cpu_ns_ = 0;            // the watch's: this thread's CPU time at that tick
    std::atomic<std::int64_t> cpu_clock_{-1};  // of the runner's thread; written when it starts
    std::atomic<std::int32_t> thread_id_{0};

    // --- published
    // -----------------------------------------------------------------------------------
    alignas(cache_line_size) call_guard<real_sync, subscription_record> guard_;
    run_word<real_sync> run_;
    std::atomic<std::int64_t> run_started_{0};
    // Of the run; null: a callback that is no delivery.
    std::atomic<const charge*> run_frame_{nullptr};
    std::atomic<lane*> holding_{nullptr};  // keeps the lane from being freed
    std::atomic<std::int64_t> in_hand_{0};
    std::atomic<std::int64_t> continuations_in_hand_{0};
    alignas(cache_line_size) std::atomic<bool> attention_{false};  // written by the watch

    alignas(cache_line_size) std::byte buffer_[batch_max * sizeof(slot_image)];
    std::uint64_t keys_[batch_max];  // of what is in the buffer, when its lane has an order
};

}  // namespace stentor::inline v0::detail
