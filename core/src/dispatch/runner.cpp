// SPDX-License-Identifier: MIT
#include "dispatch/runner.hpp"

#include "dispatch/thread_setup.hpp"
#include "event/envelope.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

// The loop of a runner: taking lanes, searching, parking. Delivery is in runner_delivery.cpp.
namespace stentor::inline v0::detail {

namespace {

constinit thread_local runner* current_runner = nullptr;

// After a partial batch: an eager runner steals the line that the publisher is about to write, and
// what its CPU fetches ahead, the lines after it. In a stream a longer pause makes larger batches;
// it ends when another lane has something.
constexpr int pauses_after_partial = 8;
constexpr int pauses_in_stream = 96;
constexpr std::size_t stream_batch = 4;
constexpr int misses_max = 4;
constexpr std::int64_t backstop_ns = 1'000'000'000;
constexpr std::int64_t traffic_window_ns = 1'000'000'000;
constexpr std::uint32_t vain_searches_max = 8;
constexpr std::int64_t short_search_ns = 20'000;
constexpr std::int64_t help_backlog_ns = 20'000;
constexpr std::int64_t help_cost_ns = 50;
constexpr int batches_per_turn = 8;
constexpr std::int64_t debt_patience_ns = 50'000;

void back_off(const crew& of, int pauses) noexcept {
    for (int pause = 0; pause < pauses && (pause % 8 != 0 || of.ready.empty()); ++pause) {
        real_sync::pause();
    }
}

}  // namespace

runner* runner::current() noexcept {
    return current_runner;
}

runner* runner::exchange_current(runner* now) noexcept {
    return std::exchange(current_runner, now);
}

void runner::set_up_thread() noexcept {
    name_thread("stentor", static_cast<std::int32_t>(index_));
    thread_id_.store(this_thread_id(), std::memory_order_relaxed);
    cpu_clock_.store(this_thread_cpu_clock(), std::memory_order_release);
    if (shared_.on_thread_start) {
        shared_.on_thread_start(static_cast<std::int32_t>(index_));
    }
}

void runner::run() noexcept {
    const quiet_thread signals;  // blocks all signals while this thread is ours
    set_up_thread();
    current_runner = this;
    if (begins_asleep_) {
        sleep();
    }
    while (!shared_.stopping.load(std::memory_order_acquire)) {  // [PAIR stop]
        if (surplus_) {
            surplus_ = false;
            let_go();
            if (!searching_ && crew_.idle.try_park_surplus()) {
                sleep();
                continue;
            }
        }
        if (!work()) {
            rest();
        }
    }
    let_go();
    pay_debt();
    current_runner = nullptr;
}

bool runner::step() noexcept {
    if (stepping_) {
        return false;
    }
    stepping_ = true;
    auto* before = current_runner;
    current_runner = this;
    const bool worked = work();
    let_go();
    debt_ = false;  // one thread only: nothing can be hidden from it
    current_runner = before;
    stepping_ = false;
    return worked;
}

void runner::cancel_all(lane& from) noexcept {
    auto* before = current_runner;
    current_runner = this;
    while (const auto count = from.dequeue_cancelled(index_, buffer_, keys_, batch_max)) {
        process(from, count);
    }
    current_runner = before;
}

bool runner::work() noexcept {
    std::size_t id = 0;
    if (crew_.ready.take(cursor_, id)) {
        turn_away();
        found_work();
        if (id == continuation_queue::ready_bit) {
            run_continuations();
            return true;
        }
        auto* next = shared_.lane_at(id);
        // Before enter(): from then on the lane may look idle to whoever wants to free it.
        holding_.store(next, std::memory_order_release);
        if (!next->keeps_out() && next->state.enter()) {
            linger_ = next;
            drain(*next);
        } else {
            holding_.store(nullptr, std::memory_order_release);
        }
        return true;
    }
    if (linger_ != nullptr && linger_->pending()) {
        found_work();
        drain(*linger_);
        return !found_nothing_ || linger_ == nullptr || wait_for_entry();
    }
    return false;
}

// A publisher that saw this runner search, or on its way to sleep, woke nobody: if there is more
// work than this runner takes, it wakes the next one.
void runner::found_work() noexcept {
    if (!searching_ && !searched_) {
        return;
    }
    searched_ = false;
    if (searching_) {
        searching_ = false;
        crew_.idle.stop_searching();
    }
    if (!crew_.ready.empty()) {
        crew_.wake_one();
    }
}

void runner::drain(lane& from) noexcept {
    found_nothing_ = true;
    int misses = 0;
    std::size_t last = 0;
    for (int turn = 0;; ++turn) {
        if (from.hold.on() || from.dropping()) [[unlikely]] {
            if (slow_reserved_) {
                release_slow_call();
            }
            drop_queued(from);
            let_go();  // what is pending schedules the lane, for whoever then keeps it
            return;
        }
        if (from.take_notice()) [[unlikely]] {
            tell_drops(from);
        }
        const bool slow = from.cost_ns.load(std::memory_order_relaxed) >= slow_from_ns;
        if (slow != slow_reserved_ && !change_turn(from, slow)) {
            return;
        }
        auto limit = from.batched() ? batch_max : slow || from.one_by_one() ? 1 : batch_limit(from);
        if ((from.flights != nullptr && !take_flights(from, limit, slow)) ||
            (from.gate != nullptr && !pass_gate(from, limit, slow))) {
            return;
        }
        const auto count = take(from, limit);
        if (count == 0 && slow) {
            release_slow_call();
            return;
        }
        if (count == 0) {
            // Events came in a stream until now: probably the next ones are being written.
            if (last >= stream_batch && ++misses <= misses_max && crew_.ready.empty()) {
                back_off(crew_, pauses_after_partial);
                continue;
            }
            return;  // the lane stays attended until other work comes, or this runner parks
        }
        misses = 0;
        last = count;
        if (count == limit) {
            call_for_help(from);
            if (turn % batches_per_turn == 0) {
                note_backlog(from);
            }
        }
        process(from, count);
        if (slow) {
            if (keeps_slow_turn(from)) {
                continue;
            }
            release_slow_call();
        }
        if (surplus_ || shared_.stopping.load(std::memory_order_relaxed)) {
            return;
        }
        if (from.answers() && let_rest(from, count)) {
            return;
        }
        const bool partial = count < limit;
        if ((partial || turn >= batches_per_turn) && !crew_.ready.empty()) {
            turn_away();  // back into the ready set, behind the others
            return;
        }
        if (shared_.virtual_time()) {
            return;  // a step is one batch
        }
        if (partial) {
            back_off(crew_, count >= stream_batch ? pauses_in_stream : pauses_after_partial);
        }
    }
}

std::size_t runner::batch_limit(const lane& from) const noexcept {
    const auto cost = from.cost_ns.load(std::memory_order_relaxed);
    if (cost <= 0) {
        return std::min(batch_unknown, batch_most_);
    }
    return static_cast<std::size_t>(
        std::clamp<std::int64_t>(slice_ns / cost, 1, static_cast<std::int64_t>(batch_most_)));
}

// A runner that leaves a backlog behind calls another one, unless the work is so small that two
// runners would only pass the queue's lines to and fro.
void runner::call_for_help(lane& from) noexcept {
    auto cost = from.cost_ns.load(std::memory_order_relaxed);
    if (from.batched()) {
        cost /= static_cast<std::int64_t>(batch_max);
    }
    if (from.runners_max() < 2 || cost < help_cost_ns) {
        return;
    }
    const auto backlog = from.backlog();
    if (backlog * cost >= help_backlog_ns && from.state.call_for_help()) {
        crew_.announce(from.id());
    }
}

// Now and then, because the count lies on the publishers' lines.
void runner::note_backlog(lane& from) noexcept {
    const auto backlog = from.backlog();
    if (backlog > from.backlog_peak.load(std::memory_order_relaxed)) {
        from.backlog_peak.store(backlog, std::memory_order_relaxed);
    }
}

// From one lane to the next, without the heavy fence.
void runner::turn_away() noexcept {
    if (linger_ == nullptr) {
        return;
    }
    auto& lane = *linger_;
    linger_ = nullptr;
    debt_ = true;
    const bool claimed = lane.state.leave_in_debt([&lane] { return lane.pending(); });
    shared_.note_debt();  // after the lane is left: a watch that took it before looks too early
    if (claimed) {
        crew_.announce(lane.id());
    }
    holding_.store(nullptr, std::memory_order_release);
}

void runner::pay_debt() noexcept {
    if (debt_) {
        debt_ = false;
        looking.enter();
        shared_.look_at_all_lanes();
        looking.exit();
    }
}

void runner::let_go() noexcept {
    if (linger_ == nullptr) {
        return;
    }
    auto& lane = *linger_;
    linger_ = nullptr;
    if (lane.state.leave([&lane] { return lane.pending(); })) {
        crew_.announce(lane.id());
    }
    holding_.store(nullptr, std::memory_order_release);
}

void runner::rest() noexcept {
    const bool may_search = crew_.size.spin_ns > 0 || crew_.size.spin_on_traffic;
    if (may_search && (searching_ || crew_.idle.try_search())) {
        searching_ = true;
        if (search()) {
            return;
        }
    }
    park();
}

// Spins on the ready set and on the lane that it attends. True: there is something to do.
bool runner::search() noexcept {
    const auto begin = shared_.now();
    const auto patience = vain_searches_ >= vain_searches_max
                              ? std::min(short_search_ns, crew_.size.spin_ns)
                              : crew_.size.spin_ns;
    for (std::uint32_t round = 1;; ++round) {
        if (!crew_.ready.empty() || (linger_ != nullptr && linger_->pending())) {
            vain_searches_ = 0;
            return true;
        }
        if (shared_.stopping.load(std::memory_order_relaxed)) {
            return true;
        }
        real_sync::pause();
        if (round % 16 != 0) {
            continue;
        }
        const auto now = shared_.now();
        shared_.refresh_coarse(now);
        if (now - begin > debt_patience_ns) {
            pay_debt();
        }
        const bool traffic = crew_.size.spin_on_traffic && now - last_work_ns_ < traffic_window_ns;
        if (!traffic && now - begin > patience) {
            ++vain_searches_;
            return false;
        }
    }
}

void runner::park() noexcept {
    let_go();
    pay_debt();
    const bool searched = searching_;
    searching_ = false;
    crew_.idle.begin_park(searched);
    if ((!crew_.ready.empty() || shared_.stopping.load(std::memory_order_seq_cst)) &&
        crew_.idle.cancel_park()) {
        shared_.wake_watch();  // for a moment all may have looked parked
        searched_ = true;
        return;
    }
    sleep();
}

// Counted as parked, or just taken out of that count by a waker: takes a permit either way.
void runner::sleep() noexcept {
    crew_.parks.add();
    const auto begin = shared_.now();
    std::int64_t waits = 0;
    while (!crew_.permits.wait(backstop_ns)) {
        // The backstop. Ready work that somebody should have been woken for, twice in a row, is a
        // lost wake-up: serve it, and count it, because it must never happen.
        waits = !crew_.ready.empty() && crew_.idle.would_wake() ? waits + 1 : 0;
        if (waits >= 2 && crew_.idle.cancel_park()) {
            crew_.rescues.add();
            shared_.wake_watch();
            searched_ = true;
            return;
        }
    }
    searching_ = true;  // whoever issued the permit counted us so
    const auto now = shared_.now();
    shared_.refresh_coarse(now);
    if (now - begin < crew_.size.spin_ns) {
        vain_searches_ = 0;  // a longer search would have met this event
    }
    shared_.wake_watch();
}

}  // namespace stentor::inline v0::detail
