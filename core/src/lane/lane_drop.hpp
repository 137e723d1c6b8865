// SPDX-License-Identifier: MIT
#pragma once

#include "lane/flight_gate.hpp"

#include <atomic>
#include <cstddef>
#include <mutex>

// Lets runners into the lane of a subscription whose queued events are dropped, though no flight is
// free: coroutines that rest in a pause keep all of them. Beside flight_gate and lane_state, and
// without a change to either.
//
//   pauser:    begin() is true: puts the lane into the ready set
//   runner:    takes the lane from the ready set; keep() is true: forgets about it
//   runner inside:    take() what is to be dropped
//   whoever resumes or holds instead:    end()
//
// Why no scheduled lane is forgotten, and none scheduled twice. A runner that found no flight has
// left the lane's bit in the gate's kept_, and no flight needs to end soon.
//   (K1) the runner's store of kept_, in the gate, then (K2) its look at dropping_
//   (R1) the pauser's store of dropping_, then (R2) its exchange of kept_
//   All four are sequentially consistent. If K2 does not see that the lane drops, K2 comes before
//   R1, so R2 finds K1. If it does, the runner, the pauser and a flight that ends meanwhile try the
//   exchange, and exactly one gets the bit. A runner that comes after R1 is let in at once, or
//   looks twice as the first one.
//
// Why nothing is dropped that was published after the pause. Only with the lock held is anything
// taken, after a look at dropping_ under it; and with the lock held dropping_ is cleared, before
// the subscription is opened again. Without it a runner could be between its look and its taking
// when the pause ends, and take what came behind that.
namespace stentor::inline v0::detail {

template <class Sync>
class lane_drop {
public:
    using gate = flight_gate<Sync>;

    // By whoever pauses. Null: the lane does not limit its flights. True: the caller puts the lane
    // into the ready set.
    [[nodiscard]] bool begin(gate* flights) noexcept {
        {
            const std::lock_guard lock(mutex_);
            dropping_.store(true, std::memory_order_seq_cst);  // R1 [PAIR flight]
        }
        return flights != nullptr && flights->end(0);  // R2
    }

    void end() noexcept {
        const std::lock_guard lock(mutex_);
        dropping_.store(false, std::memory_order_relaxed);  // the lock orders it
    }

    // A runner that took the lane from the ready set. True: it goes away without entering it.
    [[nodiscard]] bool keep(gate& flights) noexcept {
        return !on() && flights.keep() &&                      // K1
               !(dropping_.load(std::memory_order_seq_cst) &&  // K2 [PAIR flight]
                 flights.end(0));
    }

    // A runner inside: what `taking` returns, or 0 when the lane does not drop any more.
    template <class Taking>
    [[nodiscard]] std::size_t take(Taking&& taking) noexcept {
        const std::lock_guard lock(mutex_);
        return on() ? taking() : 0;
    }

    // relaxed: a runner that enters because of it looks again under the lock, and one that has not
    // heard of it yet finds the subscription barred, or is told by who began.
    [[nodiscard]] bool on() const noexcept { return dropping_.load(std::memory_order_relaxed); }

private:
    // Written under the lock by whoever pauses and resumes, read by runners.
    typename Sync::template atomic<bool> dropping_{false};
    typename Sync::mutex mutex_;  // before the lane's other locks
};

}  // namespace stentor::inline v0::detail
