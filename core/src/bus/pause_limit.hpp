// SPDX-License-Identifier: MIT
#pragma once

#include "dispatch/continuations.hpp"
#include "dispatch/timers.hpp"

#include <cstdint>
#include <memory>

namespace stentor::inline v0::detail {

class scheduler;
class subscription_record;

// The moment at which a pause ends by itself. The timer posts a continuation, so that the hooks of
// the resume run on a runner, like any code of the user's.
//
// Once its timer has gone off it cannot be called back: what the continuation finds of the pause
// then decides. So it says nothing about which pause it was for, and a later one sets it anew, or
// leaves it to the continuation to do so.
//
// Threads: arm(), disarm() and take() with the registry's lock held. It keeps its subscription
// while the timer is set or the continuation on its way.
class pause_limit final : private timed_action, private continuation {
public:
    // On a runner, without a lock: calls take(), and does what is due.
    using function = void (*)(pause_limit&, void* of) noexcept;

    pause_limit(scheduler& shared, function passed, void* of) noexcept
        : timed_action(&ring), continuation(&take_up), shared_(shared), passed_(passed), of_(of) {}

    void arm(std::int64_t at_ns, std::shared_ptr<subscription_record> paused) noexcept;
    void disarm() noexcept;
    // By what it calls, once.
    [[nodiscard]] std::shared_ptr<subscription_record> take() noexcept;

private:
    static void ring(timed_action& self) noexcept;
    static void take_up(continuation& self, fate how) noexcept;

    scheduler& shared_;
    const function passed_;
    void* const of_;
    std::shared_ptr<subscription_record> paused_;  // null: neither set nor on its way
};

}  // namespace stentor::inline v0::detail
