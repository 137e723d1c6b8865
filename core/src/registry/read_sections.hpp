// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

// Publishers read routes without a lock; a replaced route is freed when no publisher can still hold
// it. Read-copy-update with one counter per publisher slot (the "memory barrier" flavour of
// userspace RCU: Desnoyers et al., "User-Level Implementations of Read-Copy Update", IEEE TPDS
// 2012) and an asymmetric fence, so that a publisher pays two plain stores.
//
// Why a retired route is not in use when its grace period has elapsed.
//   (W) the writer's swap of the route, then (H) its heavy fence, then (S) its look at a counter
//   (O) a reader's store of an odd count, then (L) its light fence, then (R) its load of the route
//   H and L order like two full fences. If S misses O, then L is after H, so R sees W: the reader
//   has the new route. If S sees O, the grace period waits until the counter moves on; that store
//   is a release and its reading here an acquire, so the reader's uses happened before.
namespace stentor::inline v0::detail {

template <class Sync>
class read_section {
public:
    // One thread at a time is inside a section; sections do not nest. `Fences`: whose light fence,
    // see real_sync.
    template <class Fences = Sync>
    void enter() noexcept {
        // Only this slot's holder writes. Release, because a writer may see this store instead of
        // the exit() before it; the light fence orders it before the loads.
        const auto count = count_.load(std::memory_order_relaxed);
        count_.store(count + 1, std::memory_order_release);  // O [PAIR grace]
        Fences::light_fence();                               // L [PAIR grace]
    }

    void exit() noexcept {
        const auto count = count_.load(std::memory_order_relaxed);
        count_.store(count + 1, std::memory_order_release);  // [PAIR grace]
    }

    // Its holder only: in the middle of a section already, so that another may not begin.
    [[nodiscard]] bool entered() const noexcept {
        return inside(count_.load(std::memory_order_relaxed));
    }

    [[nodiscard]] std::uint64_t count() const noexcept {
        return count_.load(std::memory_order_acquire);  // S [PAIR grace]
    }
    [[nodiscard]] static bool inside(std::uint64_t count) noexcept { return (count & 1) != 0; }

private:
    // Written by the slot's holder, read by writers of routes.
    typename Sync::template atomic<std::uint64_t> count_{0};
};

// The readers that were inside when it was begun. Not thread-safe; made and asked under the
// registry's lock. begin() after the swap, and after Sync::heavy_fence().
template <class Sync>
class grace_period {
public:
    grace_period() = default;
    // Has room for so many readers: then observe() does not allocate.
    explicit grace_period(std::size_t readers_max) { waiting_.reserve(readers_max); }

    void observe(const read_section<Sync>& section) {
        if (const auto count = section.count(); read_section<Sync>::inside(count)) {
            waiting_.push_back({&section, count});
        }
    }

    // A reader that may take along what it holds: it enters `second` before it leaves `first`.
    // So who is seen inside `first` is looked for in `second` when he has left it, and not before:
    // he may not have entered it yet. One seen outside `first` has entered `second` before it left,
    // so a look at `second` afterwards sees that.
    void observe(const read_section<Sync>& first, const read_section<Sync>& second) {
        if (const auto count = first.count(); read_section<Sync>::inside(count)) {
            waiting_.push_back({&first, count, &second});
        } else {
            observe(second);
        }
    }

    // Forgets the readers that have gone. True: none is left. Never blocks.
    [[nodiscard]] bool elapsed() noexcept {
        for (auto& one : waiting_) {
            one.look();
        }
        std::erase_if(waiting_, [](const reader& one) { return one.section == nullptr; });
        return waiting_.empty();
    }

private:
    struct reader {
        const read_section<Sync>* section;  // null: gone
        std::uint64_t count;
        const read_section<Sync>* next = nullptr;

        void look() noexcept {
            if (section->count() == count) {
                return;
            }
            section = std::exchange(next, nullptr);
            if (section != nullptr) {
                count = section->count();
                section = read_section<Sync>::inside(count) ? section : nullptr;
            }
        }
    };
    std::vector<reader> waiting_;
};

}  // namespace stentor::inline v0::detail
