// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/callback.hpp>
#include <stentor/export.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

// What a circuit breaker is told and what it tells; circuit_breaker.hpp is the breaker itself.
//
// Threads: values. Progress: copying the options may allocate, for their name.
namespace stentor::inline v0 {

//   closed         calls go through and are watched
//   open           none goes through until its time is up
//   half_open      so many trial calls go through, and decide
//   forced_open    none goes through until somebody says otherwise
//   forced_closed  all go through, nothing is watched, until somebody says otherwise
enum class breaker_state : std::uint8_t { closed, open, half_open, forced_open, forced_closed };

// The enumerator's name; "unknown" for a value that is none.
[[nodiscard]] STENTOR_EXPORT std::string_view to_string(breaker_state state) noexcept;

struct breaker_change {
    std::string_view name{};  // the breaker's, valid during the call
    breaker_state from = breaker_state::closed;
    breaker_state to = breaker_state::closed;
    // Changes of one breaker have numbers that go up; two that follow closely may be told by two
    // threads, in either order.
    std::uint32_t number = 0;
};

// Options of a circuit breaker. Each has a default; circuit_breaker::make() says what is wrong.
struct breaker {
    // Of a breaker that several subscriptions share. At most 128 characters of [a-z0-9_.-]; empty:
    // no one else's.
    std::string name{};
    // How many of the latest calls are judged: 1 to 10 000.
    std::int32_t window = 100;
    // Other than 0: the calls of that much time are judged instead. 60 ms to 1 day.
    std::chrono::nanoseconds window_time{};
    // Nothing is judged before so many calls are in the window: 1 to `window`.
    std::int32_t min_calls = 20;
    // It opens when this share of the calls in the window has failed: above 0, to 1. It is looked
    // at when a call fails or was slow, so a success never opens a breaker.
    double failure_rate = 0.5;
    // A call that lasts that long is slow, whether or not it fails. 0: none is.
    std::chrono::nanoseconds slow_after{};
    // It also opens when this share of the calls in the window was slow: above 0, to 1.
    double slow_rate = 1.0;
    // How long it stays open: at first, and at most. It doubles each time the trials fail. A fifth
    // of it is jitter, taken off, so that many breakers do not try at one moment. 1 ms to 1 day.
    std::chrono::nanoseconds open_for = std::chrono::seconds{5};
    std::chrono::nanoseconds open_max = std::chrono::minutes{5};
    // Calls that are let through half open, exactly, and judged by the same rates as soon as those
    // that have ended decide it: 1 to 127.
    std::int32_t trials = 10;
    // A trial that is under way for longer counts as failed, and what becomes of it as nothing:
    // 1 ms to 1 day.
    std::chrono::nanoseconds trial_max = std::chrono::seconds{30};
    // Decides the jitter.
    std::uint64_t seed = 0;
    // Told of each change, once, by the thread that made it: any that uses the breaker, also two at
    // once, and not under a lock. What it throws is swallowed.
    callback<void(const breaker_change&)> on_change{};
};

// A breaker at one moment.
struct breaker_report {
    breaker_state state = breaker_state::closed;
    // Goes up with every change, modulo 2^28.
    std::uint32_t generation = 0;
    // In the window when it is closed, of the trials when it is half open; else 0.
    std::int64_t calls = 0;
    std::int64_t failed = 0;
    std::int64_t slow = 0;
    std::int64_t trials_under_way = 0;
    std::uint64_t refused = 0;  // calls that were not let through, ever
    // When it is open: how long until a trial may go through.
    std::chrono::nanoseconds open_left{};
};

}  // namespace stentor::inline v0
