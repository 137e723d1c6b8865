// SPDX-License-Identifier: MIT
#pragma once

#include "dispatch/runner.hpp"

#include <atomic>
#include <functional>
#include <span>
#include <thread>
#include <vector>

namespace stentor::inline v0::detail {

// The coarse tick: a thread that looks every millisecond while any runner is awake, and sleeps when
// all are parked, until a timer is due if one is set. It keeps the coarse time, notices calls that
// last too long, looks at the timers, and does the engine's maintenance (placement, reclamation),
// which runners only ask for.
//
// A look costs a runner its processor where all are taken, about 30 us on a virtual machine. So
// after some looks that found nothing to do it naps: for as long as it takes that a call which is
// then found to last is known for one within 5 ms.
class watch {
public:
    static constexpr std::int64_t tick_ns = 1'000'000;
    static constexpr int quiet_ticks = 20;  // before it sleeps
    static constexpr std::int64_t nap_ns = 4'000'000;
    static constexpr int calm_ticks = 8;  // before it naps

    // `maintain(idle)`: idle when all runners have been parked for a while.
    watch(scheduler& shared, std::function<void(bool)> maintain)
        : shared_(shared), maintain_(std::move(maintain)) {}
    ~watch() { stop(); }

    // False: no thread could be had.
    [[nodiscard]] bool start(std::span<runner* const> runners) noexcept;
    void stop() noexcept;

private:
    void run() noexcept;
    void tick() noexcept;
    void wait_for_tick(std::uint32_t epoch) noexcept;
    [[nodiscard]] bool nothing_due() const noexcept;
    void sleep_until_needed() noexcept;
    [[nodiscard]] std::int64_t patience() const noexcept;
    [[nodiscard]] bool watches_inlines() const noexcept;

    scheduler& shared_;
    std::function<void(bool)> maintain_;
    std::vector<runner*> runners_;
    int calm_ = 0;         // ticks in a row that found nothing to do
    bool inside_ = false;  // at the last tick some runner was in a call
    bool napped_ = false;  // before the last tick
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

}  // namespace stentor::inline v0::detail
