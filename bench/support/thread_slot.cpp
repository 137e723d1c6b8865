// SPDX-License-Identifier: MIT
#include "support/thread_slot.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <pthread.h>
#include <sched.h>

namespace bench::detail {
namespace {

std::atomic<std::uint64_t> taken{0};

void give_back(void* bit) noexcept {
    // Release: the next owner's writes to this slot's cells come after ours.
    taken.fetch_and(~reinterpret_cast<std::uintptr_t>(bit), std::memory_order_release);
    current_slot = no_slot;
}

// A key and not a thread_local with a destructor, which would allocate once per thread: programs
// that count allocations use this too.
pthread_key_t make_key() noexcept {
    pthread_key_t key{};
    if (pthread_key_create(&key, give_back) != 0) {
        std::abort();
    }
    return key;
}

const pthread_key_t slot_key = make_key();

}  // namespace

unsigned claim_thread_slot() noexcept {
    std::uint64_t seen = taken.load(std::memory_order_relaxed);
    for (;;) {
        const auto slot = static_cast<unsigned>(std::countr_one(seen));
        if (slot >= thread_slots) {
            std::fputs("bench: more than 64 threads handle events at once\n", stderr);
            std::abort();
        }
        // Acquire pairs with the release of the slot's last owner.
        if (taken.compare_exchange_weak(seen, seen | (std::uint64_t{1} << slot),
                                        std::memory_order_acquire, std::memory_order_relaxed)) {
            pthread_setspecific(slot_key, reinterpret_cast<void*>(std::uintptr_t{1} << slot));
            current_slot = slot;
            return slot;
        }
    }
}

}  // namespace bench::detail

namespace bench {

std::uint64_t current_cpu_bit() noexcept {
    const int cpu = sched_getcpu();
    return std::uint64_t{1} << static_cast<unsigned>(std::clamp(cpu, 0, 63));
}

}  // namespace bench
