// SPDX-License-Identifier: MIT
#include "dispatch/attempt_limit.hpp"

#include "dispatch/detached_delivery.hpp"
#include "dispatch/scheduler.hpp"
#include "dispatch/waiting_room.hpp"
#include "registry/subscription_record.hpp"
#include <stentor/resilience/failure.hpp>

#include <chrono>
#include <cstdio>

namespace stentor::inline v0::detail {

attempt_limit::attempt_limit(scheduler& shared, subscription_record& to,
                             detached_delivery* of) noexcept
    : timed_action(&happen), shared_(shared), to_(to), of_(of) {}

void attempt_limit::open() noexcept {
    close();
    due_ns_ = shared_.moment_after(std::chrono::nanoseconds(to_.deadline_ns));
    running_ = true;
}

void attempt_limit::close() noexcept {
    if (!running_) {
        return;
    }
    running_ = false;
    if (over()) {
        to_.overdue.add();
    }
    if (timed_) {
        shared_.clock_work.cancel(*this);  // and it is not happening either
    }
    if (timed_ || asked_) {
        follows_.reset();
        shared_.stops.withdraw(stop_);
        stop_source_ = std::stop_source(std::nostopstate);
    }
    timed_ = asked_ = false;
}

bool attempt_limit::over() const noexcept {
    return shared_.now() >= due_ns_;
}

void attempt_limit::watch_over() noexcept {
    set_timer();
}

void attempt_limit::set_timer() noexcept {
    if (!timed_) {
        timed_ = true;
        shared_.set_timer(*this, due_ns_);  // it may happen at once
    }
}

// Without memory for a stop state: the subscription's token, which may be none.
std::stop_token attempt_limit::token() noexcept {
    if (stop_source_.stop_possible()) {
        if (over()) {
            stop_source_.request_stop();  // where nobody looks at the timers meanwhile
        }
        return stop_source_.get_token();
    }
    auto whole = to_.stop.token();
    stop_source_ = make_stop_source();
    if (!stop_source_.stop_possible()) {
        return whole;
    }
    asked_ = true;
    follows_.emplace(whole, forward{stop_source_});
    const bool late = shared_.stops.arm(stop_, stop_source_);
    if (late || over()) {
        stop_source_.request_stop();
    } else {
        set_timer();
    }
    return stop_source_.get_token();
}

// Under the timers' lock.
void attempt_limit::happen(timed_action& self) noexcept {
    auto& mine = static_cast<attempt_limit&>(self);
    mine.shared_.stops.push(mine.stop_);
    if (mine.of_ != nullptr) {
        mine.to_.room->end_overdue(*mine.of_);
    }
}

std::string deadline_text(const subscription_record& to) {
    const auto ns = static_cast<double>(to.deadline_ns);
    char text[64];
    if (to.deadline_ns < 1'000'000) {
        std::snprintf(text, sizeof text, "deadline of %g us exceeded", ns * 1e-3);
    } else if (to.deadline_ns < 1'000'000'000) {
        std::snprintf(text, sizeof text, "deadline of %g ms exceeded", ns * 1e-6);
    } else {
        std::snprintf(text, sizeof text, "deadline of %g s exceeded", ns * 1e-9);
    }
    return text;
}

#if defined(__cpp_exceptions)
void throw_deadline_exceeded(const subscription_record& to) {
    throw deadline_exceeded(deadline_text(to));
}
#endif

}  // namespace stentor::inline v0::detail
