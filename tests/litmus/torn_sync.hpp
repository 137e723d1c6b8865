// SPDX-License-Identifier: MIT
#pragma once

#include "support/explore/sync.hpp"

#include <atomic>
#include <source_location>

// A sync policy whose read-modify-writes are a load and a store: what a protocol becomes whose
// author forgot that others act in between. A kernel that needs its exchanges fails over it.
namespace stentor::explore {

template <class T>
class torn_atomic : private atomic<T> {
public:
    using here = std::source_location;
    using atomic<T>::atomic;
    using atomic<T>::load;
    using atomic<T>::store;

    bool compare_exchange_strong(T& expected, T desired, std::memory_order, std::memory_order,
                                 here caller = here::current()) noexcept {
        const T found = load(std::memory_order_seq_cst, caller);
        if (found != expected) {
            expected = found;
            return false;
        }
        store(desired, std::memory_order_seq_cst, caller);
        return true;
    }
    bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
                               std::memory_order failure, here caller = here::current()) noexcept {
        return compare_exchange_strong(expected, desired, success, failure, caller);
    }
    T fetch_sub(T value, std::memory_order, here caller = here::current()) noexcept {
        const T found = load(std::memory_order_seq_cst, caller);
        store(static_cast<T>(found - value), std::memory_order_seq_cst, caller);
        return found;
    }
    T fetch_and(T value, std::memory_order, here caller = here::current()) noexcept {
        const T found = load(std::memory_order_seq_cst, caller);
        store(static_cast<T>(found & value), std::memory_order_seq_cst, caller);
        return found;
    }
};

struct torn_sync : explored_sync {
    template <class T>
    using atomic = torn_atomic<T>;
};

}  // namespace stentor::explore
