// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

// Counts runners that began and that returned. Shared by an executor and its threads, so that a
// thread which never returns keeps it alive. Waiting is by time slices: a lost signal costs one.
namespace stentor::inline v0::detail {

class start_gate {
public:
    void began() noexcept { change(began_); }
    void ended() noexcept { change(ended_); }

    // Returns how many began within the time, at most `all`.
    std::size_t wait_begun(std::size_t all, std::chrono::milliseconds patience) {
        wait(began_, all, patience);
        const std::lock_guard lock(mutex_);
        return began_;
    }
    bool wait_ended(std::size_t all, std::chrono::nanoseconds deadline) {
        return wait(ended_, all, deadline);
    }

private:
    void change(std::size_t& count) noexcept {
        const std::lock_guard lock(mutex_);
        ++count;
        changed_.notify_all();
    }
    bool wait(const std::size_t& count, std::size_t all, std::chrono::nanoseconds patience) {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        std::unique_lock lock(mutex_);
        while (count < all) {
            const auto now = std::chrono::steady_clock::now();
            if (now >= deadline) {
                return false;
            }
            const auto slice =
                std::min<std::chrono::nanoseconds>(deadline - now, std::chrono::milliseconds(20));
            changed_.wait_for(lock, slice);
        }
        return true;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t began_ = 0;
    std::size_t ended_ = 0;
};

}  // namespace stentor::inline v0::detail
