// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

// Counters. They count and order nothing: whoever needs to see the effect of what was counted must
// be ordered with it by other means (at quiescence, by the drain). Counting up only; a sum over
// many counters is exact once their writers stand still.
//
// Threads: see each class. Progress: wait-free.

namespace stentor::inline v0 {

// For one writing thread at a time and any number of readers: a plain add that readers may watch.
// Use it in stripes; padding against false sharing is the stripe's business.
class counter {
public:
    void add(std::uint64_t amount = 1) noexcept {
        // Relaxed, and no read-modify-write: nobody else writes, so nothing can be lost between.
        value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }

    // One more than its owner has just read.
    void add_to(std::uint64_t seen) noexcept { value_.store(seen + 1, std::memory_order_relaxed); }

    // As add(), and whoever reads the new value with read_acquire() sees what came before it.
    void add_release(std::uint64_t amount = 1) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_release);
    }
    [[nodiscard]] std::uint64_t read_acquire() const noexcept {
        return value_.load(std::memory_order_acquire);
    }

    [[nodiscard]] std::uint64_t read() const noexcept {
        return value_.load(std::memory_order_relaxed);
    }

private:
    std::atomic<std::uint64_t> value_{0};  // written by the owner of the stripe, read by snapshots
};

// For any number of writing threads: an atomic read-modify-write, so for what is rare.
class shared_counter {
public:
    void add(std::uint64_t amount = 1) noexcept {
        value_.fetch_add(amount, std::memory_order_relaxed);
    }

    [[nodiscard]] std::uint64_t read() const noexcept {
        return value_.load(std::memory_order_relaxed);
    }

private:
    std::atomic<std::uint64_t> value_{0};  // written by every thread, read by snapshots
};

}  // namespace stentor::inline v0
