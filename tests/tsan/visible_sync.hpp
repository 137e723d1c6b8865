// SPDX-License-Identifier: MIT
#pragma once

#include <sanitizer/tsan_interface.h>

#include <array>
#include <atomic>
#include <cstddef>

// Atomics whose fences ThreadSanitizer can see. It knows what an acquire load and a release store
// order, but nothing of fences, so code that is right by its fences looks wrong to it. Here
//   an acquire fence acquires what the relaxed loads before it have read, and
//   a release fence makes releases of the relaxed stores behind it; at most of a block's worth, so
//     that it does not stand in for one that is missing elsewhere.
// Nothing else is changed: an operation that is too weak without any fence is still reported.
//
// Threads: any. A build with ThreadSanitizer only.
namespace stentor::visible {

// Per thread, what its next fence or its last one is about.
struct fence_state {
    static constexpr std::size_t loads_max = 128;
    static constexpr int stores_max = 32;

    std::array<const volatile void*, loads_max> loads{};
    std::size_t next_load = 0;
    int stores_left = 0;

    void loaded(const volatile void* from) noexcept { loads[next_load++ % loads_max] = from; }
    void acquire() noexcept {
        for (auto& one : loads) {
            if (one != nullptr) {
                __tsan_acquire(const_cast<void*>(one));
                one = nullptr;
            }
        }
    }
    bool releases() noexcept { return stores_left > 0 && stores_left-- > 0; }
};
inline thread_local fence_state fences;

inline void atomic_thread_fence(std::memory_order order) noexcept {
    if (order != std::memory_order_release) {
        fences.acquire();
    }
    if (order != std::memory_order_acquire && order != std::memory_order_consume) {
        fences.stores_left = fence_state::stores_max;
    }
}

template <class T>
class atomic {
public:
    atomic() noexcept = default;
    constexpr atomic(T value) noexcept : inner_(value) {}  // NOLINT: as std::atomic does it
    atomic(const atomic&) = delete;
    atomic& operator=(const atomic&) = delete;
    T operator=(T value) noexcept {  // NOLINT: as std::atomic does it
        inner_.store(value);
        return value;
    }
    operator T() const noexcept { return inner_.load(); }  // NOLINT: as std::atomic does it

    T load(std::memory_order order = std::memory_order_seq_cst) const noexcept {
        return noted(inner_.load(order), order);
    }
    void store(T value, std::memory_order order = std::memory_order_seq_cst) noexcept {
        inner_.store(value, released(order));
    }
    T exchange(T value, std::memory_order order = std::memory_order_seq_cst) noexcept {
        return noted(inner_.exchange(value, released(order)), order);
    }
    template <class U>
    T fetch_add(U amount, std::memory_order order = std::memory_order_seq_cst) noexcept {
        return noted(inner_.fetch_add(amount, released(order)), order);
    }
    template <class U>
    T fetch_sub(U amount, std::memory_order order = std::memory_order_seq_cst) noexcept {
        return noted(inner_.fetch_sub(amount, released(order)), order);
    }
    bool compare_exchange_weak(T& expected, T value, std::memory_order success,
                               std::memory_order failure) noexcept {
        return compare_exchange_strong(expected, value, success, failure);
    }
    bool compare_exchange_strong(T& expected, T value, std::memory_order success,
                                 std::memory_order failure) noexcept {
        const bool done =
            inner_.compare_exchange_strong(expected, value, released(success), failure);
        noted(expected, done ? success : failure);
        return done;
    }
    bool compare_exchange_weak(T& expected, T value,
                               std::memory_order order = std::memory_order_seq_cst) noexcept {
        return compare_exchange_strong(expected, value, order, weaker(order));
    }
    bool compare_exchange_strong(T& expected, T value,
                                 std::memory_order order = std::memory_order_seq_cst) noexcept {
        return compare_exchange_strong(expected, value, order, weaker(order));
    }

private:
    static constexpr std::memory_order weaker(std::memory_order order) noexcept {
        return order == std::memory_order_acq_rel   ? std::memory_order_acquire
               : order == std::memory_order_release ? std::memory_order_relaxed
                                                    : order;
    }
    static std::memory_order released(std::memory_order order) noexcept {
        if (order == std::memory_order_relaxed) {
            return fences.releases() ? std::memory_order_release : order;
        }
        return order;
    }
    T noted(T value, std::memory_order order) const noexcept {
        if (order == std::memory_order_relaxed || order == std::memory_order_release) {
            fences.loaded(&inner_);
        }
        return value;
    }

    std::atomic<T> inner_;
};

}  // namespace stentor::visible
