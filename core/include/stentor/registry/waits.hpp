// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/registry/coroutine_delivery.hpp>

#include <chrono>
#include <coroutine>

namespace stentor::inline v0::detail {

// What context::sleep() returns. Trivially destructible, because GCC 12 destroys some temporaries
// of a co_await expression twice.
class sleep_wait {
public:
    using stentor_awaitable = void;
    explicit sleep_wait(std::chrono::nanoseconds time) noexcept : time_(time) {}

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> sleeper) const noexcept {
        auto& delivery = *sleeper.promise().delivery;
        delivery.suspend_at(sleeper);
        delivery.wait_for(time_);
    }
    void await_resume() const noexcept {}

private:
    std::chrono::nanoseconds time_;
};

}  // namespace stentor::inline v0::detail
