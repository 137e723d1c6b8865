// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/resilience/failure.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

// Whether, how often and when a failed attempt is made again. retry_plan::make() says what is wrong
// with a policy, and how to mend it.
//
// Threads: values; copies share the classifier. Progress: copying allocates for `delays`.
namespace stentor::inline v0 {

// How the delays grow, from the first delayed retry on, never beyond the cap:
//   fixed         base, base, base
//   linear        base, 2 base, 3 base
//   exponential   base, factor base, factor^2 base
//   decorrelated  at random between base and three times the delay before: grows like exponential,
//                 and retries that failed together do not come back together (Marc Brooker,
//                 "Exponential Backoff And Jitter", AWS Architecture Blog, 2015)
//   list          as in `delays`; the last one again and again
enum class backoff : std::uint8_t { fixed, linear, exponential, decorrelated, list };

// What chance does to a delay d of the other kinds:
//   none   d
//   equal  between d / 2 and d
//   full   between 0 and d
enum class jitter : std::uint8_t { none, equal, full };

// Keeps retries from multiplying the load on what fails: a retry takes a token, an attempt that is
// no retry brings a part of one. Without a token the retry is put off, never lost.
struct retry_budget {
    // Tokens for each first attempt: retries are at most that share of them. 0.001 to 100.
    double share = 0.2;
    // How many can be saved up, and are there at first: 1 to 1 000 000.
    std::int64_t burst = 100;
};

struct retry_policy {
    // In all, the first one included: 1 (no retry) to 2^31 - 1.
    std::int32_t max_attempts = 5;
    // So many retries come at once, before the delayed ones: 0 to 100.
    std::int32_t immediate = 1;
    stentor::backoff backoff = stentor::backoff::decorrelated;
    // The first delay, and the longest: 1 us to 366 days, base <= cap.
    std::chrono::nanoseconds base = std::chrono::milliseconds{100};
    std::chrono::nanoseconds cap = std::chrono::seconds{30};
    // Of backoff::exponential: 1 to 100.
    double factor = 2.0;
    // Of backoff::list: each 0 to cap.
    std::vector<std::chrono::nanoseconds> delays{};
    // Not with backoff::decorrelated, which is random already.
    stentor::jitter jitter = stentor::jitter::none;
    // Jitter makes no delay shorter than this; one that is shorter without it stays as it is: 0 to
    // base.
    std::chrono::nanoseconds jitter_floor = std::chrono::milliseconds{1};
    // No retry begins later than this after the first attempt began: above 0, to 366 days.
    std::chrono::nanoseconds max_elapsed = std::chrono::minutes{5};
    // So many deliveries of the subscription wait for another attempt, at most; one more is given
    // up (`retry_capacity` in its dead letter). What waits also counts in the subscription's
    // capacity. 1 to 2^40.
    std::int64_t max_waiting = 100'000;
    // Empty: none.
    std::optional<retry_budget> budget = retry_budget{};
    // Empty: see classify().
    failure_classifier classifier{};
    // False: as if there were no policy. In options a policy that is not given is this one, so that
    // one that is given may be written as `{.max_attempts = 3}`.
    bool enabled = true;

    // How far a handler's own `retry{after}` may go, in caps.
    static constexpr int after_caps = 10;

    // One attempt and no more.
    [[nodiscard]] static retry_policy none() noexcept {
        retry_policy made;
        made.max_attempts = 1;
        return made;
    }
    // No policy at all.
    [[nodiscard]] static retry_policy disabled() noexcept {
        auto made = none();
        made.enabled = false;
        return made;
    }
};

}  // namespace stentor::inline v0
