// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

// A counting semaphore on a Linux futex. Not std::condition_variable: that of glibc 2.36 can lose a
// signal (glibc bug 25847). Any thread may post; any may wait.
namespace stentor::inline v0::detail {

class semaphore {
public:
    // Takes a permit, waiting for at most `timeout_ns` (negative: for ever). False: timed out.
    bool wait(std::int64_t timeout_ns) noexcept;
    void post(std::uint32_t permits = 1) noexcept;
    // Permits that nobody has taken yet, and who waits for one; as of a moment ago.
    [[nodiscard]] std::uint32_t unclaimed() const noexcept {
        return permits_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint32_t sleepers() const noexcept {
        return sleepers_.load(std::memory_order_relaxed);
    }

private:
    bool try_take() noexcept;

    // Posted (release) by wakers, taken (acquire) by sleepers; the futex word. [PAIR permit]
    std::atomic<std::uint32_t> permits_{0};
    std::atomic<std::uint32_t> sleepers_{0};  // spares the system call when nobody sleeps
};

// Waits until `word` is not `seen` any more, or the timeout; may return early.
void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t seen,
                std::int64_t timeout_ns) noexcept;
void futex_wake_all(const std::atomic<std::uint32_t>& word) noexcept;

}  // namespace stentor::inline v0::detail
