// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

// A small number for the calling thread, unique among the threads alive, given back when the
// thread ends. Wait-free after a thread's first call; more than `thread_slots` threads abort.

namespace bench {

inline constexpr unsigned thread_slots = 64;

namespace detail {

inline constexpr unsigned no_slot = thread_slots;
constinit inline thread_local unsigned current_slot = no_slot;

unsigned claim_thread_slot() noexcept;

}  // namespace detail

[[nodiscard]] inline unsigned thread_slot() noexcept {
    if (detail::current_slot == detail::no_slot) [[unlikely]] {
        return detail::claim_thread_slot();
    }
    return detail::current_slot;
}

// The CPU the caller runs on, as one bit (CPUs above 63 share the last).
[[nodiscard]] std::uint64_t current_cpu_bit() noexcept;

}  // namespace bench
