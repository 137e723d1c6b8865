// SPDX-License-Identifier: MIT
#include "base/semaphore.hpp"

#include <climits>
#include <ctime>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace stentor::inline v0::detail {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

namespace {

long futex(const std::atomic<std::uint32_t>& word, int operation, std::uint32_t value,
           const timespec* timeout) noexcept {
    return ::syscall(SYS_futex, reinterpret_cast<const std::uint32_t*>(&word),
                     operation | FUTEX_PRIVATE_FLAG, value, timeout, nullptr, 0);
}

std::int64_t monotonic_ns() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t seen,
                std::int64_t timeout_ns) noexcept {
    if (timeout_ns < 0) {
        futex(word, FUTEX_WAIT, seen, nullptr);
        return;
    }
    const timespec timeout{.tv_sec = static_cast<time_t>(timeout_ns / 1'000'000'000),
                           .tv_nsec = static_cast<long>(timeout_ns % 1'000'000'000)};
    futex(word, FUTEX_WAIT, seen, &timeout);
}

void futex_wake_all(const std::atomic<std::uint32_t>& word) noexcept {
    futex(word, FUTEX_WAKE, INT_MAX, nullptr);
}

bool semaphore::try_take() noexcept {
    auto permits = permits_.load(std::memory_order_relaxed);
    while (permits > 0) {
        if (permits_.compare_exchange_weak(permits, permits - 1, std::memory_order_acquire,
                                           std::memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

bool semaphore::wait(std::int64_t timeout_ns) noexcept {
    if (try_take()) {
        return true;
    }
    const auto deadline = timeout_ns < 0 ? 0 : monotonic_ns() + timeout_ns;
    // seq_cst against post(): either the poster sees the sleeper, or the kernel sees the permit.
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    bool taken = try_take();
    while (!taken) {
        const auto left = timeout_ns < 0 ? -1 : deadline - monotonic_ns();
        if (timeout_ns >= 0 && left <= 0) {
            break;
        }
        futex_wait(permits_, 0, left);
        taken = try_take();
    }
    sleepers_.fetch_sub(1, std::memory_order_relaxed);
    return taken;
}

void semaphore::post(std::uint32_t permits) noexcept {
    permits_.fetch_add(permits, std::memory_order_seq_cst);
    if (sleepers_.load(std::memory_order_seq_cst) > 0) {
        futex(permits_, FUTEX_WAKE, permits, nullptr);
    }
}

}  // namespace stentor::inline v0::detail
