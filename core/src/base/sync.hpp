// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <mutex>

// The atomics, fences and locks that the protocol kernels (lane_state, credit_pool, ready_set,
// parking, read_sections, call_guard, held_turns) are templated on. Production uses real_sync; the
// tests substitute a policy whose every operation is a scheduling point, and one for a weak-memory
// model checker.
//
// The light/heavy pair is an asymmetric fence: together they order like two sequentially
// consistent fences, but the light side costs nothing where the kernel offers
// membarrier(PRIVATE_EXPEDITED), which makes every running thread of the process execute a full
// fence (Linux man page membarrier(2)). Where it does not, both sides are full fences.
namespace stentor::inline v0::detail {

struct real_sync {
    template <class T>
    using atomic = std::atomic<T>;
    using mutex = std::mutex;

    // Frequent side: a compiler barrier when membarrier serves the other side.
    static void light_fence() noexcept {
        if (asymmetric_) {
            std::atomic_signal_fence(std::memory_order_seq_cst);
        } else {
            std::atomic_thread_fence(std::memory_order_seq_cst);
        }
    }
    // Light fences are compiler barriers from now on: who asks once, for several fences, takes them
    // from `behind_membarrier`, which asks no more.
    [[nodiscard]] static bool asymmetric() noexcept { return asymmetric_; }
    struct behind_membarrier {
        static void light_fence() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }
    };
    // Rare side; a system call, 0.5 to 20 us.
    static void heavy_fence() noexcept;
    static void full_fence() noexcept { std::atomic_thread_fence(std::memory_order_seq_cst); }
    static void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        asm volatile("yield");
#endif
    }

private:
    // Written once, when the library is loaded. A bus made by an earlier static constructor sees
    // false and pays for full fences; heavy_fence() serves both kinds at any time.
    static bool asymmetric_;
};

}  // namespace stentor::inline v0::detail
