// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

// Something that is broken until somebody repairs it. This example does so when all is published,
// or when it has been met so often that what fails for it would not fit the memory of a long run.
//
// Threads: any. Progress: one relaxed operation.

namespace github {

class fault {
public:
    explicit fault(std::int64_t times_max) noexcept : times_left_(times_max) {}

    // Is it still there? To be asked where it would do harm.
    [[nodiscard]] bool strikes() noexcept {
        return times_left_.fetch_sub(1, std::memory_order_relaxed) > 0;
    }
    [[nodiscard]] bool is_there() const noexcept {
        return times_left_.load(std::memory_order_relaxed) > 0;
    }
    void repair() noexcept { times_left_.store(0, std::memory_order_relaxed); }

private:
    // Written and read by handlers and by who repairs; nothing else hangs on it.
    std::atomic<std::int64_t> times_left_;
};

}  // namespace github
