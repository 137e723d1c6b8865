// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>

// Keeps runners away from the lane of a paused subscription, beside lane_state and without a change
// to it: what a pause takes is the lane's `scheduled` bit.
//
//   runner:    takes the lane from the ready set; keep() is true: forgets about it
//   resumer:   end() is true: puts the lane into the ready set
//
// While the bit stays set nobody schedules the lane again, so a paused lane costs one wake-up, is
// in no ready set, and keeps nobody awake. A runner that was inside leaves as from any other lane,
// and what is pending there schedules the lane into the hands of keep().
//
// Why no scheduled lane is forgotten, and none scheduled twice. kept_ is the bit's place while the
// lane is held; who takes it back with the exchange has it alone.
//   (K1) the runner's store of kept_, then (K2) its look at held_
//   (R1) the resumer's store of held_, then (R2) its exchange of kept_
//   All four are sequentially consistent. If K2 sees the lane still held, K2 comes before R1, so R2
//   finds K1. If it does not, both try the exchange and exactly one gets it.
namespace stentor::inline v0::detail {

template <class Sync>
class lane_hold {
public:
    // By whoever pauses, under the registry's lock.
    void begin() noexcept { held_.store(true, std::memory_order_seq_cst); }

    // By whoever resumes, under the same lock. True: the caller puts the lane into the ready set.
    [[nodiscard]] bool end() noexcept {
        held_.store(false, std::memory_order_seq_cst);            // R1 [PAIR hold]
        return kept_.exchange(false, std::memory_order_seq_cst);  // R2 [PAIR hold]
    }

    // A runner that took the lane from the ready set. True: it goes away without entering it.
    [[nodiscard]] bool keep() noexcept {
        if (!on()) {
            return false;
        }
        kept_.store(true, std::memory_order_seq_cst);              // K1 [PAIR hold]
        return held_.load(std::memory_order_seq_cst) ||            // K2 [PAIR hold]
               !kept_.exchange(false, std::memory_order_seq_cst);  // [PAIR hold]
    }

    // relaxed: a runner that enters a held lane finds the subscription barred, gives back what it
    // took, and looks again.
    [[nodiscard]] bool on() const noexcept { return held_.load(std::memory_order_relaxed); }

private:
    // Written by whoever pauses and resumes, read by runners.
    typename Sync::template atomic<bool> held_{false};
    // Set by the runner that keeps away, taken by the resumer.
    typename Sync::template atomic<bool> kept_{false};
};

}  // namespace stentor::inline v0::detail
