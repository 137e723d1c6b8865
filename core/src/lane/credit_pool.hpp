// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

// Admission. A credit stands for one entry that may be outstanding. Credits live in three kinds of
// places: the centre of a lane, the centre of the bus, and the cache that each publisher keeps for a
// lane (so that a publish touches a line of its own). A cached credit was taken from both centres.
//
// Exact: a credit is taken from one place before it is added to another, so the sum of what is held
// by entries and what lies in the places never exceeds the capacity: outstanding <= capacity always.
// Nobody is refused while a credit is free: before a refusal the other caches are swept.
// Lock-free: every loop ends when its own exchange succeeds, or because another's did.
namespace stentor::inline v0::detail {

template <class Sync>
class credit_centre {
public:
    explicit credit_centre(std::int64_t capacity) noexcept
        : available_(capacity), capacity_(capacity), reserve_(capacity / 10) {}

    // Takes up to `wanted`, leaving `floor` untouched. Returns how many.
    [[nodiscard]] std::int64_t take(std::int64_t wanted, std::int64_t floor) noexcept {
        auto available = available_.load(std::memory_order_relaxed);
        for (;;) {
            const auto amount = std::min(wanted, available - floor);
            if (amount <= 0) {
                return 0;
            }
            // acquire: whoever returned the credit is done with its entry. [PAIR credit]
            if (available_.compare_exchange_strong(available, available - amount,
                                                   std::memory_order_acquire,
                                                   std::memory_order_relaxed)) {
                return amount;
            }
        }
    }

    void give(std::int64_t amount) noexcept {
        available_.fetch_add(amount, std::memory_order_release);  // [PAIR credit]
    }

    [[nodiscard]] std::int64_t available() const noexcept {
        return available_.load(std::memory_order_acquire);
    }
    [[nodiscard]] std::int64_t capacity() const noexcept { return capacity_; }
    // What only handlers may use, so that publishing from a handler works on a full bus.
    [[nodiscard]] std::int64_t reserve() const noexcept { return reserve_; }

private:
    // Written by publishers (take) and by runners (give).
    typename Sync::template atomic<std::int64_t> available_;
    const std::int64_t capacity_;
    const std::int64_t reserve_;
};

template <class Sync>
class credit_cache {
public:
    // The publisher's own, frequent step.
    [[nodiscard]] bool take_one() noexcept {
        auto held = held_.load(std::memory_order_relaxed);
        while (held > 0) {
            if (held_.compare_exchange_strong(held, held - 1, std::memory_order_acquire,
                                              std::memory_order_relaxed)) {
                return true;
            }
        }
        return false;
    }

    [[nodiscard]] std::int64_t take(std::int64_t wanted) noexcept {
        auto held = held_.load(std::memory_order_relaxed);
        while (held > 0) {
            const auto amount = std::min(held, wanted);
            if (held_.compare_exchange_strong(held, held - amount, std::memory_order_acquire,
                                              std::memory_order_relaxed)) {
                return amount;
            }
        }
        return 0;
    }

    void add(std::int64_t amount) noexcept {
        held_.fetch_add(amount, std::memory_order_release);  // [PAIR credit]
    }

    // Any publisher that would otherwise be refused.
    [[nodiscard]] std::int64_t sweep() noexcept {
        if (held_.load(std::memory_order_relaxed) == 0) {
            return 0;  // spares the line of a publisher that has nothing
        }
        return held_.exchange(0, std::memory_order_acquire);
    }

    [[nodiscard]] std::int64_t held() const noexcept {
        return held_.load(std::memory_order_acquire);
    }

private:
    // Written by its publisher, and by others that sweep it.
    typename Sync::template atomic<std::int64_t> held_{0};
};

// Takes `wanted` credits (or fewer) for a publisher whose cache ran out, and leaves up to a chunk in
// its cache. `sweep_lane` and `sweep_bus` return what they moved from caches back to both centres.
// `urgent` callers (handlers) may use the reserves. Returns how many the caller holds now.
template <class Sync>
struct refill {
    credit_centre<Sync>& lane;
    credit_centre<Sync>& bus;
    credit_cache<Sync>& cache;
    std::int64_t chunk;
    bool urgent;

    enum class shortage { none, lane, bus };
    shortage cause = shortage::none;

    template <class SweepLane, class SweepBus>
    [[nodiscard]] std::int64_t run(std::int64_t wanted, SweepLane&& sweep_lane,
                                   SweepBus&& sweep_bus) noexcept {
        const auto lane_floor = urgent ? 0 : lane.reserve();
        const auto bus_floor = urgent ? 0 : bus.reserve();
        const auto goal = std::max(wanted, chunk);
        for (;;) {
            auto from_lane = lane.take(goal, lane_floor);
            if (from_lane == 0) {
                cause = shortage::lane;
                if (sweep_lane() > 0) {
                    continue;
                }
                return 0;
            }
            const auto from_bus = bus.take(from_lane, bus_floor);
            if (from_bus < from_lane) {
                lane.give(from_lane - from_bus);
            }
            if (from_bus == 0) {
                cause = shortage::bus;
                if (sweep_bus() > 0) {
                    continue;
                }
                return 0;
            }
            const auto held = std::min(wanted, from_bus);
            if (from_bus > held) {
                cache.add(from_bus - held);
            }
            cause = shortage::none;
            return held;
        }
    }
};

}  // namespace stentor::inline v0::detail
