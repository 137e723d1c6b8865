// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/clock.hpp>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string_view>

// A service downstream as they are: a fifth of the calls fail, and once it is down for two seconds.
// Which calls fail is decided by a seed and the number of the call, so that a run can be repeated;
// how long two seconds are is decided by the clock of the bus.
//
// Threads: any. Progress: a mutex around some additions.

namespace github {

class chat_service {
public:
    static constexpr int failing_percent = 20;
    static constexpr std::chrono::seconds down_for{2};

    struct account {
        std::int64_t calls = 0;
        std::int64_t failed = 0;   // of these: by chance
        std::int64_t refused = 0;  // and because it was down
    };

    // It goes down at the call of that number, counted from 1.
    chat_service(stentor::clock& time, std::uint64_t seed, std::uint64_t down_at)
        : clock_(time), seed_(seed), down_at_(down_at) {}

    // Throws std::runtime_error.
    void post(std::string_view text);

    // From now on no call fails.
    void repair();

    [[nodiscard]] account told() const;

private:
    [[nodiscard]] bool fails_by_chance(std::uint64_t call) const noexcept;

    stentor::clock& clock_;
    const std::uint64_t seed_;
    const std::uint64_t down_at_;
    mutable std::mutex mutex_;
    account told_;
    std::int64_t up_at_ns_ = 0;  // by clock_
    bool repaired_ = false;
};

}  // namespace github
