// SPDX-License-Identifier: MIT
#pragma once

#include "support/explore/explore.hpp"
#include "support/explore/sync.hpp"

#include <cstdint>

namespace stentor::explore {

// Follows core/src/base/semaphore.cpp, without its time-out.
class semaphore_model {
public:
    semaphore_model() {
        permits_.name("permits");
        sleepers_.name("sleepers");
    }

    void wait() {
        if (try_take()) {
            return;
        }
        sleepers_.fetch_add(1, std::memory_order_seq_cst);
        while (!try_take() && !stopping()) {
            futex_wait(permits_, 0);
        }
        sleepers_.fetch_sub(1, std::memory_order_relaxed);
    }
    void post() {
        permits_.fetch_add(1, std::memory_order_seq_cst);
        if (sleepers_.load(std::memory_order_seq_cst) > 0) {
            futex_wake(permits_, 1);
        }
    }

private:
    bool try_take() {
        auto permits = permits_.load(std::memory_order_relaxed);
        while (permits > 0) {
            if (permits_.compare_exchange_weak(permits, permits - 1, std::memory_order_acquire,
                                               std::memory_order_relaxed)) {
                return true;
            }
        }
        return false;
    }

    explored_sync::atomic<std::uint32_t> permits_{0};
    explored_sync::atomic<std::uint32_t> sleepers_{0};
};

}  // namespace stentor::explore
