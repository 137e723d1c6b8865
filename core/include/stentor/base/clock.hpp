// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/export.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>

// Time comes in through a parameter, so that a test can own it. Everything that waits, times out or
// stamps asks a clock: the steady reading decides (it never goes back), the system reading is for
// people and for the wire (it may jump).
//
// Threads: all functions may be called by any thread. Progress: wait-free.

namespace stentor::inline v0 {

class STENTOR_EXPORT clock {
public:
    clock() = default;
    clock(const clock&) = delete;
    clock& operator=(const clock&) = delete;
    virtual ~clock();

    // Nanoseconds since some fixed moment; never decreases.
    [[nodiscard]] virtual std::int64_t steady_ns() noexcept = 0;
    // Nanoseconds since 1970-01-01T00:00:00Z.
    [[nodiscard]] virtual std::int64_t system_ns() noexcept = 0;
    // True when time moves only by being told to: then nobody may sleep until a moment comes.
    [[nodiscard]] virtual bool is_virtual() const noexcept { return false; }
};

// The machine's clock. It is never destroyed, so that threads which outlive main() may still ask.
[[nodiscard]] STENTOR_EXPORT clock& system_clock_source() noexcept;

// A clock that stands still until it is advanced.
class STENTOR_EXPORT virtual_clock final : public clock {
public:
    // Noon of 2024-01-01 UTC: a plausible date that no test can mistake for now.
    static constexpr std::int64_t default_system_ns = 1'704'110'400'000'000'000;

    explicit virtual_clock(std::int64_t system_start_ns = default_system_ns) noexcept
        : system_(system_start_ns) {}
    ~virtual_clock() override;

    [[nodiscard]] std::int64_t steady_ns() noexcept override;
    [[nodiscard]] std::int64_t system_ns() noexcept override;
    [[nodiscard]] bool is_virtual() const noexcept override { return true; }

    // Moves both readings forward. A negative step is a broken contract: steady time never goes
    // back.
    void advance(std::chrono::nanoseconds step) noexcept;
    // Moves the system reading alone, either way: somebody set the machine's clock.
    void jump_system(std::chrono::nanoseconds step) noexcept;

private:
    // Written by whoever drives the test, read by every thread. Relaxed: what a thread may conclude
    // from the time is ordered by whatever made it look, never by the time itself.
    std::atomic<std::int64_t> steady_{0};
    std::atomic<std::int64_t> system_;
};

}  // namespace stentor::inline v0
