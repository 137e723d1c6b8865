// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

// Admission. A credit stands for one entry that may be outstanding. Credits live in three kinds of
// places: the centre of a lane, the centre of the bus, and the cache that each publisher keeps for
// a lane. A cached credit was taken from both centres.
//
// Exact: a credit is taken from one place before it is added to another, so the sum of what is held
// by entries and what lies in the places never exceeds the capacity: outstanding <= capacity.
// Nobody is refused while a credit is free, unless another publisher is in the middle of a publish:
// before a refusal the caches of all others are swept.
//
// The cache costs its owner plain loads and stores: a read-modify-write would wait until the stores
// of the previous enqueue have left for the other core, which costs more than all the rest.
// The price is the sweeper's:
//   owner:    enters its read section (O, light fence L), looks at `frozen` (F), uses the cache
//   sweeper:  sets `frozen` (Z) of one cache or several, heavy fence (H), looks of each whether the
//             owner is inside (S)
//   L and H order like two full fences. If S sees the owner outside, then either its next L comes
//   after H, so its F sees Z (or the sweeper's release of it, and with that the emptied cache); or
//   it has left before, and S acquires what it did. If S sees it inside, the sweeper takes nothing.
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
    // The owner, inside its read section.
    [[nodiscard]] bool take_one() noexcept { return take(1) == 1; }

    [[nodiscard]] std::int64_t take(std::int64_t wanted) noexcept {
        if (frozen_.load(std::memory_order_acquire)) {  // F [PAIR sweep]
            return 0;
        }
        const auto held = held_.load(std::memory_order_relaxed);
        const auto amount = std::min(held, wanted);
        held_.store(held - amount, std::memory_order_relaxed);
        return amount;
    }

    // The owner, inside its read section. False: a sweeper is here; the centres get the credits.
    [[nodiscard]] bool add(std::int64_t amount) noexcept {
        if (frozen_.load(std::memory_order_acquire)) {  // F [PAIR sweep]
            return false;
        }
        held_.store(held_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
        return true;
    }

    // Any publisher that would otherwise be refused: freezes caches, calls Sync::heavy_fence() once
    // (H), and collects from each of them. False: nothing there, or another sweeper is at it.
    [[nodiscard]] bool freeze() noexcept {
        return held_.load(std::memory_order_relaxed) != 0 &&
               !frozen_.exchange(true, std::memory_order_seq_cst);  // Z [PAIR sweep]
    }
    // `owner_inside` looks at the owner's section (S).
    template <class OwnerInside>
    [[nodiscard]] std::int64_t collect(OwnerInside&& owner_inside) noexcept {
        std::int64_t found = 0;
        if (!owner_inside()) {  // S
            found = held_.load(std::memory_order_relaxed);
            held_.store(0, std::memory_order_relaxed);
        }
        frozen_.store(false, std::memory_order_release);  // [PAIR sweep]
        return found;
    }

    // When nobody can use the cache any more.
    [[nodiscard]] std::int64_t take_all() noexcept {
        return held_.exchange(0, std::memory_order_acquire);
    }

    [[nodiscard]] std::int64_t held() const noexcept {
        return held_.load(std::memory_order_acquire);
    }

private:
    // Written by the owner, and by a sweeper while `frozen` keeps the owner away.
    typename Sync::template atomic<std::int64_t> held_{0};
    // Written by sweepers, read by the owner.
    typename Sync::template atomic<bool> frozen_{false};
};

// Of all caches that `each(visit)` visits as visit(cache, owner_inside). Returns how many credits
// it took out of them. Progress: as the fence, which waits for nobody.
template <class Sync, class Each>
[[nodiscard]] std::int64_t sweep_caches(Each&& each) noexcept {
    constexpr std::size_t at_once = 64;  // caches for a fence
    std::array<bool, at_once> frozen{};
    std::int64_t moved = 0;
    for (std::size_t begin = 0;; begin += at_once) {
        std::size_t seen = 0;
        bool any = false;
        each([&](credit_cache<Sync>& cache, auto&&) {
            const auto place = seen++;
            if (place >= begin && place < begin + at_once) {
                frozen[place - begin] = cache.freeze();
                any = any || frozen[place - begin];
            }
        });
        if (any) {
            Sync::heavy_fence();  // H [PAIR sweep]
            std::size_t place = 0;
            each([&](credit_cache<Sync>& cache, auto&& owner_inside) {
                const auto mine = place++;
                if (mine >= begin && mine < begin + at_once && frozen[mine - begin]) {
                    moved += cache.collect(owner_inside);
                }
            });
        }
        if (seen <= begin + at_once) {
            return moved;
        }
    }
}

// Takes `wanted` credits (or fewer) for a publisher whose cache ran out, and leaves up to a chunk
// in its cache. `sweep_lane` and `sweep_bus` return what they moved from caches back to both
// centres. `urgent` callers (handlers) may use the reserves. Returns how many the caller holds now.
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
        for (;;) {
            const auto from_lane = take(lane, std::max(wanted, chunk), wanted);
            if (from_lane == 0) {
                cause = shortage::lane;
                if (sweep_lane() > 0) {
                    continue;
                }
                return 0;
            }
            const auto from_bus = take(bus, from_lane, std::min(wanted, from_lane));
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
            if (from_bus > held && !cache.add(from_bus - held)) {
                lane.give(from_bus - held);
                bus.give(from_bus - held);
            }
            cause = shortage::none;
            return held;
        }
    }

private:
    // Of the reserve only what the caller needs now: what it caches is anybody's.
    [[nodiscard]] std::int64_t take(credit_centre<Sync>& from, std::int64_t most,
                                    std::int64_t wanted) const noexcept {
        const auto taken = from.take(most, from.reserve());
        return taken == 0 && urgent ? from.take(wanted, 0) : taken;
    }
};

}  // namespace stentor::inline v0::detail
