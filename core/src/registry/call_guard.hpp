// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>

// The unsubscribe barrier: which subscription each runner is calling, and whether a closed one is
// still being called. A runner pays a plain store when it turns to another subscription and a load
// per call; the unsubscriber pays a heavy fence.
//
//   runner:        enter(s); while (calls left && !closed(s)) call; exit()
//   unsubscriber:  closed(s) = true; heavy fence; wait while any guard holds s
//
// Why no call runs after the wait.
//   (E) the runner's store of s, then (L) its light fence, then (C) its look at closed(s)
//   (X) the unsubscriber's store of closed(s), then (H) its heavy fence, then (G) its look at E
//   H and L order like two full fences. If G misses E, then L is after H, so C sees X: no call. If
//   G sees E, the unsubscriber waits until the runner's exit(), whose release it acquires: the call
//   and all its effects happened before. Later looks C of the same entry see X as well, because H
//   made it visible to every running thread: at most one call is waited for.
namespace stentor::inline v0::detail {

template <class Sync, class Subscription>
class call_guard {
public:
    // Runner only. Returns what it held before: a handler that steps the engine itself nests.
    const Subscription* enter(const Subscription* subscription) noexcept {
        const auto* before = held_.load(std::memory_order_relaxed);
        turn_to(subscription);
        return before;
    }

    // The same, where nobody asks what it held. `Fences`: whose light fence, see real_sync.
    template <class Fences = Sync>
    void turn_to(const Subscription* subscription) noexcept {
        held_.store(subscription, std::memory_order_release);  // E [PAIR barrier]
        Fences::light_fence();                                 // L [PAIR barrier]
    }

    void exit(const Subscription* before) noexcept {
        held_.store(before, std::memory_order_release);  // [PAIR barrier]
    }

    // Any thread.
    [[nodiscard]] bool holds(const Subscription* subscription) const noexcept {
        return held_.load(std::memory_order_acquire) == subscription;  // G [PAIR barrier]
    }
    [[nodiscard]] const Subscription* held() const noexcept {
        return held_.load(std::memory_order_acquire);
    }

private:
    // Written by the runner, read by unsubscribers and by the watch tick.
    typename Sync::template atomic<const Subscription*> held_{nullptr};
};

}  // namespace stentor::inline v0::detail
