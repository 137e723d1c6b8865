// SPDX-License-Identifier: MIT
#pragma once

#include "support/explore/sync.hpp"

#include <atomic>
#include <source_location>

// Sync policies that are wrong on purpose: a kernel is run over them, and the explorer must notice.
// This shows that each order and each fence of the kernel is needed, and that the test would see it
// go.
namespace stentor::explore {

// What a weakened policy does with the orders and fences that the kernel asks for.
struct as_asked {
    static constexpr bool light_fence = true;
    static constexpr bool heavy_fence = true;
    static constexpr bool full_fence = true;
    static constexpr std::memory_order map(std::memory_order order) { return order; }
};
struct without_full_fence : as_asked {
    static constexpr bool full_fence = false;
};
struct without_light_fence : as_asked {
    static constexpr bool light_fence = false;
};
struct without_heavy_fence : as_asked {
    static constexpr bool heavy_fence = false;
};
// seq_cst gets what acq_rel gives.
struct without_total_order : as_asked {
    static constexpr std::memory_order map(std::memory_order order) {
        return order == std::memory_order::seq_cst ? std::memory_order::acq_rel : order;
    }
};
struct without_release : as_asked {
    static constexpr std::memory_order map(std::memory_order order) {
        switch (order) {
            case std::memory_order::release: return std::memory_order::relaxed;
            case std::memory_order::acq_rel: return std::memory_order::acquire;
            default: return order;
        }
    }
};
struct without_acquire : as_asked {
    static constexpr std::memory_order map(std::memory_order order) {
        switch (order) {
            case std::memory_order::acquire: return std::memory_order::relaxed;
            case std::memory_order::acq_rel: return std::memory_order::release;
            default: return order;
        }
    }
};

template <class Weakness, class T>
class weakened_atomic : private atomic<T> {
public:
    using here = std::source_location;
    using atomic<T>::atomic;
    using atomic<T>::name;
    using atomic<T>::where;

    T load(std::memory_order order, here caller = here::current()) const noexcept {
        return atomic<T>::load(Weakness::map(order), caller);
    }
    void store(T value, std::memory_order order, here caller = here::current()) noexcept {
        atomic<T>::store(value, Weakness::map(order), caller);
    }
    T exchange(T value, std::memory_order order, here caller = here::current()) noexcept {
        return atomic<T>::exchange(value, Weakness::map(order), caller);
    }
    bool compare_exchange_strong(T& expected, T desired, std::memory_order success,
                                 std::memory_order failure,
                                 here caller = here::current()) noexcept {
        return atomic<T>::compare_exchange_strong(expected, desired, Weakness::map(success),
                                                  Weakness::map(failure), caller);
    }
    bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
                               std::memory_order failure, here caller = here::current()) noexcept {
        return compare_exchange_strong(expected, desired, success, failure, caller);
    }
    T fetch_add(T value, std::memory_order order, here caller = here::current()) noexcept {
        return atomic<T>::fetch_add(value, Weakness::map(order), caller);
    }
    T fetch_sub(T value, std::memory_order order, here caller = here::current()) noexcept {
        return atomic<T>::fetch_sub(value, Weakness::map(order), caller);
    }
    T fetch_or(T value, std::memory_order order, here caller = here::current()) noexcept {
        return atomic<T>::fetch_or(value, Weakness::map(order), caller);
    }
    T fetch_and(T value, std::memory_order order, here caller = here::current()) noexcept {
        return atomic<T>::fetch_and(value, Weakness::map(order), caller);
    }
};

template <class Weakness>
struct weakened_sync {
    template <class T>
    using atomic = weakened_atomic<Weakness, T>;
    using mutex = explored_sync::mutex;  // no kernel's business
    using here = std::source_location;

    static void light_fence(here caller = here::current()) noexcept {
        if constexpr (Weakness::light_fence) {
            explored_sync::light_fence(caller);
        }
    }
    static void heavy_fence(here caller = here::current()) noexcept {
        if constexpr (Weakness::heavy_fence) {
            explored_sync::heavy_fence(caller);
        }
    }
    static void full_fence(here caller = here::current()) noexcept {
        if constexpr (Weakness::full_fence) {
            explored_sync::full_fence(caller);
        }
    }
    static void pause(here caller = here::current()) noexcept { explored_sync::pause(caller); }
};

}  // namespace stentor::explore
