// SPDX-License-Identifier: MIT
#pragma once

#include "dispatch/parking.hpp"
#include "dispatch/ready_set.hpp"
#include "litmus/engine_rules.hpp"
#include "litmus/lane_model.hpp"
#include "litmus/semaphore_model.hpp"
#include "support/explore/explore.hpp"
#include "support/explore/sync.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

// The engine's loop reduced to its protocol: lanes, ready set, parking and permits are the real
// kernels (and a copy of the semaphore); queue and handlers are as simple as can be. It follows
// core/src/dispatch/runner.cpp, the calls of runner_runs.cpp and scheduler.hpp function by
// function; keep them alike. A batch is one entry, and never a full one.
// What the queue of the model leaves out is order and payload: an entry is there at once, while the
// counters that decide (`enqueued`, `dequeued`) are atomics that may lag behind it.
namespace stentor::explore {

template <class Sync>
class engine_model {
public:
    static constexpr std::size_t lanes_max = engine_lanes_max;

    using runner = runner_model;
    // What an entry does when it is handled; may wait.
    using handler = std::function<void(engine_model&, runner&, std::size_t lane)>;

    explicit engine_model(const engine_limits& limits, const caller_rules& rules = {})
        : limits_(limits),
          rules_(rules),
          ready_(lanes_max),
          waiting_slow_(lanes_max),
          parking_(limits.runners, limits.workers),
          lanes_{lane_type(limits.runners_per_lane), lane_type(limits.runners_per_lane)} {
        ready_.cover(lanes_max);
        waiting_slow_.cover(lanes_max);
        debts_.name("debts");
    }
    virtual ~engine_model() = default;

    // What the service times say of a lane: its calls are long. A hint, no explored atomic.
    void set_slow(std::size_t id, bool slow) { lanes_[id].slow = slow; }

    // --- publisher ----------------------------------------------------------------------------
    void publish(std::size_t publisher, std::size_t id, handler what = {}) {
        auto& to = lanes_[id];
        yield();
        to.queue.push_back(std::move(what));
        owe();
        auto& count = to.enqueued[publisher];
        count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        if (to.state.claim_after_enqueue()) {
            make_ready(id);
        }
    }

    // --- runner -------------------------------------------------------------------------------
    void run(std::size_t index) {
        runner self{.index = index};
        while (!stopping()) {
            if (std::exchange(self.surplus, false)) {
                let_go(self);
                if (!self.searching && parking_.try_park_surplus()) {
                    sleep(self);
                    continue;
                }
            }
            if (!work(self)) {
                rest(self);
            }
        }
    }

    // --- final checks --------------------------------------------------------------------------
    [[nodiscard]] int handled() const noexcept { return handled_; }
    [[nodiscard]] bool lanes_idle() const noexcept {
        return std::ranges::all_of(
            lanes_, [](const auto& one) { return one.state.idle() && one.queue.empty(); });
    }

protected:
    // A runner became active again: by a permit, or because its last look found work.
    virtual void woken() {}
    virtual void park_cancelled() {}

    // Before a call that is long, or on behalf of its runner. Of one that is known to be long
    // (call_others_to_slow): without a second turn the lane waits at once.
    void call_others(std::size_t id, bool to_slow = false) {
        auto& from = lanes_[id];
        if (from.state.step_out([&] { return pending(from); })) {
            if (to_slow && !parking_.may_block(slow_calls_max())) {
                wait_for_slow_call(id);
            } else {
                ready_.insert(id);
            }
        }
        if (rules_.looks_after_block && !ready_.empty()) {
            wake_one();
        }
    }
    void wait_for_slow_call(std::size_t id) {
        waiting_slow_.insert(id);
        if (rules_.admits_after_waiting) {
            admit_waiting_slow();
        }
    }
    // The end of a call that the watch called others in for.
    void end_surprise(runner& self, std::size_t id) {
        lanes_[id].state.step_in();
        parking_.leave_blocked();
        admit_waiting_slow();
        self.surplus = true;
    }
    bool admit_waiting_slow() {
        std::size_t cursor = 0;
        std::size_t id = 0;
        const bool one = parking_.may_block(slow_calls_max()) && waiting_slow_.take(cursor, id);
        if (one) {
            make_ready(id);
        }
        return one;
    }
    bool take_debts() {
        return debts_.load(std::memory_order_relaxed) &&
               debts_.exchange(false, std::memory_order_acquire);
    }
    void look_at_all_lanes() {
        Sync::heavy_fence();
        for (std::size_t id = 0; id < lanes_max; ++id) {
            auto& one = lanes_[id];
            if (one.state.reclaim([&] { return pending(one); })) {
                make_ready(id);
            }
        }
    }
    detail::parking<Sync>& idle() { return parking_; }

private:
    template <class T>
    using atomic = typename Sync::template atomic<T>;

    using lane_type = lane_model<Sync, handler>;

    bool pending(const lane_type& which) const {
        return rules_.recounts_at_leave && which.pending();
    }

    void make_ready(std::size_t id) {
        ready_.insert(id);
        wake_one();
    }
    void wake_one() {
        if (parking_.notify()) {
            permits_.post();
        }
    }
    std::uint64_t slow_calls_max() const {
        return limits_.runners > limits_.workers ? limits_.runners - 1 : limits_.workers;
    }

    bool work(runner& self) {
        std::size_t id = 0;
        if (ready_.take(self.cursor, id)) {
            turn_away(self);
            found_work(self);
            if (lanes_[id].state.enter()) {
                self.linger = id;
                drain(self, id);
            }
            return true;
        }
        if (self.linger != lanes_max && pending(lanes_[self.linger])) {
            found_work(self);
            drain(self, self.linger);
            return true;
        }
        return false;
    }

    void found_work(runner& self) {
        const bool searched = std::exchange(self.searched, false);
        if (!self.searching && !(searched && rules_.looks_after_cancel)) {
            return;
        }
        if (std::exchange(self.searching, false)) {
            parking_.stop_searching();
        }
        if (rules_.looks_after_search && !ready_.empty()) {
            wake_one();
        }
    }

    void drain(runner& self, std::size_t id) {
        auto& from = lanes_[id];
        for (bool first = true;; first = false) {
            const bool slow = from.slow;
            if (slow != self.slow_reserved && !change_turn(self, slow)) {
                return;
            }
            yield();
            if (from.queue.empty()) {
                if (first) {
                    Sync::pause();  // another runner is about to count what it took
                }
                if (slow) {
                    release_slow_call(self);
                }
                return;
            }
            auto what = std::move(from.queue.front());
            from.queue.pop_front();
            from.dequeued.fetch_add(1, std::memory_order_release);
            if (limits_.calls_for_help && pending(from) && from.state.call_for_help()) {
                make_ready(id);
            }
            deliver(self, id, what);
            if (slow) {
                if (!self.surplus && !stopping() && ready_.empty() &&
                    waiting_slow_.empty_but_for(id)) {
                    continue;
                }
                release_slow_call(self);
            }
            if (self.surplus || stopping()) {
                return;
            }
            if (!ready_.empty()) {
                turn_away(self);
                return;
            }
        }
    }

    void deliver(runner& self, std::size_t id, const handler& what) {
        if (self.slow_reserved) {
            if (rules_.pays_before_slow_call) {
                pay_debt(self);
            }
            call_others(id, true);
        }
        if (what) {
            what(*this, self, id);
        }
        if (self.slow_reserved) {
            lanes_[id].state.step_in();
        }
        ++handled_;
        settle();
    }

    bool change_turn(runner& self, bool slow) {
        if (slow) {
            return reserve_slow_call(self);
        }
        release_slow_call(self);
        return true;
    }
    bool reserve_slow_call(runner& self) {
        if (parking_.try_enter_blocked(slow_calls_max())) {
            self.slow_reserved = true;
            return true;
        }
        const auto id = std::exchange(self.linger, lanes_max);
        if (lanes_[id].state.leave([&] { return pending(lanes_[id]); })) {
            wait_for_slow_call(id);
        }
        return false;
    }
    void release_slow_call(runner& self) {
        self.slow_reserved = false;
        self.surplus = true;
        parking_.leave_blocked();
        if (rules_.admits_after_slow_call) {
            admit_waiting_slow();
        }
    }

    // From one lane to the next, without the heavy fence.
    void turn_away(runner& self) {
        if (self.linger == lanes_max) {
            return;
        }
        const auto id = std::exchange(self.linger, lanes_max);
        self.debt = true;
        if (rules_.owes_before_it_leaves) {
            announce_debt();
        }
        const bool mine = lanes_[id].state.leave_in_debt([&] { return pending(lanes_[id]); });
        if (!rules_.owes_before_it_leaves) {
            announce_debt();
        }
        if (mine) {
            make_ready(id);
        }
    }
    // After the lane is left: whoever takes the debt over looks after that. The light fence keeps
    // the look at `debts` behind it.
    void announce_debt() {
        Sync::light_fence();
        if (!debts_.load(std::memory_order_relaxed)) {
            debts_.store(true, std::memory_order_release);
        }
    }
    void pay_debt(runner& self) {
        if (std::exchange(self.debt, false)) {
            look_at_all_lanes();
        }
    }

    void let_go(runner& self) {
        if (self.linger == lanes_max) {
            return;
        }
        const auto id = std::exchange(self.linger, lanes_max);
        if (lanes_[id].state.leave([&] { return pending(lanes_[id]); })) {
            make_ready(id);
        }
    }

    void rest(runner& self) {
        if (limits_.search_rounds > 0 && (self.searching || parking_.try_search())) {
            self.searching = true;
            for (std::uint32_t round = 0; round < limits_.search_rounds; ++round) {
                if (!ready_.empty() || (self.linger != lanes_max && pending(lanes_[self.linger])) ||
                    stopping()) {
                    return;
                }
                Sync::pause();
                if (round + 1 == limits_.search_rounds) {
                    pay_debt(self);
                }
            }
        }
        park(self);
    }

    void park(runner& self) {
        if (rules_.lets_go_before_park) {
            let_go(self);
        }
        if (rules_.pays_before_park) {
            pay_debt(self);
        }
        const bool searched = std::exchange(self.searching, false);
        if (!rules_.parks_before_look && !ready_.empty()) {
            if (searched) {
                parking_.stop_searching();
            }
            return;
        }
        parking_.begin_park(searched);
        if (rules_.parks_before_look && rules_.looks_before_sleep && !ready_.empty() &&
            parking_.cancel_park()) {
            park_cancelled();
            self.searched = true;
            return;
        }
        sleep(self);
    }

    void sleep(runner& self) {
        permits_.wait();
        self.searching = true;
        woken();
    }

    const engine_limits limits_;
    const caller_rules rules_;
    detail::ready_set<Sync> ready_;
    detail::ready_set<Sync> waiting_slow_;
    detail::parking<Sync> parking_;
    semaphore_model permits_;
    atomic<bool> debts_{false};
    std::array<lane_type, lanes_max> lanes_;
    int handled_ = 0;
};

}  // namespace stentor::explore
