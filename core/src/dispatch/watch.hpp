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
class watch {
public:
    static constexpr std::int64_t tick_ns = 1'000'000;
    static constexpr int quiet_ticks = 20;  // before it sleeps

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
    void sleep_until_needed() noexcept;
    [[nodiscard]] std::int64_t patience() const noexcept;
    [[nodiscard]] bool watches_inlines() const noexcept;

    scheduler& shared_;
    std::function<void(bool)> maintain_;
    std::vector<runner*> runners_;
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

}  // namespace stentor::inline v0::detail
