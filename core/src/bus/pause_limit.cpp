// SPDX-License-Identifier: MIT
#include "bus/pause_limit.hpp"

#include "dispatch/scheduler.hpp"
#include "registry/subscription_record.hpp"

#include <utility>

namespace stentor::inline v0::detail {

void pause_limit::arm(std::int64_t at_ns, std::shared_ptr<subscription_record> paused) noexcept {
    if (paused_ != nullptr && !shared_.clock_work.cancel(*this)) {
        return;  // it has gone off: who takes it up looks at the pause as it is then
    }
    paused_ = std::move(paused);
    shared_.set_timer(*this, at_ns);
}

void pause_limit::disarm() noexcept {
    if (paused_ != nullptr && shared_.clock_work.cancel(*this)) {
        paused_.reset();
    }
}

std::shared_ptr<subscription_record> pause_limit::take() noexcept {
    return std::exchange(paused_, nullptr);
}

// Under the timers' lock.
void pause_limit::ring(timed_action& self) noexcept {
    auto& mine = static_cast<pause_limit&>(self);
    mine.shared_.post(mine);
}

// Also at the end of the bus, for which nothing is due any more.
void pause_limit::take_up(continuation& self, fate) noexcept {
    auto& mine = static_cast<pause_limit&>(self);
    mine.passed_(mine, mine.of_);
}

}  // namespace stentor::inline v0::detail
