// SPDX-License-Identifier: MIT
#pragma once

#include "dispatch/crew.hpp"
#include "dispatch/runner.hpp"
#include <stentor/registry/execution.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace stentor::inline v0::detail {

// The one runner of execution::polled, or of a loop: it works inside bus.poll(), on whatever thread
// calls that, and counts as parked in between. So a loop is told once when its lanes become ready,
// as a sleeping runner would be.
//
// Threads: called() by any, lock-free; poll() by any, one at a time: a second one finds it busy.
class polled_crew final : public crew {
public:
    polled_crew(const crew_size& given, std::shared_ptr<loop> whom)
        : crew(given), loop_(std::move(whom)) {
        idle.begin_park(false);
    }

    void take(runner& only) noexcept { only_ = &only; }
    [[nodiscard]] const loop* whom() const noexcept { return loop_.get(); }
    [[nodiscard]] polled_crew* as_polled() noexcept override { return this; }
    [[nodiscard]] bool at_rest() const noexcept override { return true; }
    // A thread is inside poll().
    [[nodiscard]] bool busy() const noexcept { return busy_.load(std::memory_order_acquire); }

    // Runs up to `max` deliveries; how many.
    std::size_t poll(std::size_t max) noexcept {
        if (busy_.exchange(true, std::memory_order_acquire)) {  // [PAIR poll]
            return 0;
        }
        const auto done = only_->poll(max);
        busy_.store(false, std::memory_order_release);  // [PAIR poll]
        return done;
    }

private:
    void called() noexcept override {
        if (loop_ != nullptr) {
            loop_->wake();
        }
    }

    const std::shared_ptr<loop> loop_;
    runner* only_ = nullptr;
    // Written by the thread that polls, read by others that want to, and by drains. [PAIR poll]
    std::atomic<bool> busy_{false};
};

}  // namespace stentor::inline v0::detail
