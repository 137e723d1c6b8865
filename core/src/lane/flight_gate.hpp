// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

// How many deliveries of a lane may be in flight: being handled, or waiting in a coroutine for
// something. Beside lane_state and without a change to it: a runner takes flights before it takes
// entries, and when there are none the lane's `scheduled` bit is kept, so that publishers wake
// nobody and no runner comes, until a flight ends.
//
//   runner, before it dequeues:       take(n)
//   runner, with the lane from the ready set:   keep() is true: forgets about it
//   whoever ends a flight:            end(n) is true: puts the lane into the ready set
//
// A runner inside that can take no flight leaves the lane as any other; what is pending there
// schedules the lane into the hands of keep().
//
// Why no scheduled lane is forgotten, and none scheduled twice. kept_ is the bit's place; who takes
// it back with the exchange has it alone.
//   (K1) the runner's store of kept_, then (K2) its look at free_
//   (R1) the ender's addition to free_, then (R2) its exchange of kept_
//   All four are sequentially consistent. If K2 finds no free flight, K2 comes before R1 of the
//   next one to end, so its R2 finds K1. If it finds one, both try the exchange and exactly one
//   gets it.
namespace stentor::inline v0::detail {

template <class Sync>
class flight_gate {
public:
    explicit flight_gate(std::int64_t flights) noexcept : free_(flights) {}

    // Up to `wanted`; returns how many.
    [[nodiscard]] std::int64_t take(std::int64_t wanted) noexcept {
        auto free = free_.load(std::memory_order_relaxed);
        for (;;) {
            const auto amount = std::min(free, wanted);
            if (amount <= 0) {
                return 0;
            }
            // acquire: a flight that ended is done with what it used. [PAIR flight]
            if (free_.compare_exchange_weak(free, free - amount, std::memory_order_acquire,
                                            std::memory_order_relaxed)) {
                return amount;
            }
        }
    }

    // More than there are, for entries that no call is made for. Ended as others.
    void borrow(std::int64_t flights) noexcept {
        free_.fetch_sub(flights, std::memory_order_relaxed);
    }

    // True: the lane must be put into the ready set.
    [[nodiscard]] bool end(std::int64_t flights) noexcept {
        free_.fetch_add(flights, std::memory_order_seq_cst);      // R1 [PAIR flight]
        return kept_.exchange(false, std::memory_order_seq_cst);  // R2 [PAIR flight]
    }

    // By a runner that took the lane from the ready set. True: it goes away without entering it.
    [[nodiscard]] bool keep() noexcept {
        if (free_.load(std::memory_order_relaxed) > 0) {
            return false;
        }
        kept_.store(true, std::memory_order_seq_cst);              // K1 [PAIR flight]
        return free_.load(std::memory_order_seq_cst) <= 0 ||       // K2 [PAIR flight]
               !kept_.exchange(false, std::memory_order_seq_cst);  // [PAIR flight]
    }

private:
    // Written by runners (take) and by whoever ends a flight.
    typename Sync::template atomic<std::int64_t> free_;
    // Set by the runner that keeps away, taken by whoever ends a flight.
    typename Sync::template atomic<bool> kept_{false};
};

}  // namespace stentor::inline v0::detail
