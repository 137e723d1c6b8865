// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/error.hpp>
#include <stentor/base/result.hpp>
#include <stentor/export.hpp>
#include <stentor/resilience/retry_policy.hpp>

#include <chrono>
#include <cstdint>

// A retry policy that has been checked: decides after each failed attempt what comes next. It keeps
// no state of its own and reads no clock; what there is to know of one piece of work is its
// retry_progress, which the caller keeps and which asking does not change.
//
//     auto plan = stentor::retry_plan::make({.max_attempts = 3}).value();
//     auto progress = stentor::retry_progress::begun(clock.steady_ns());
//     while (!try_it()) {
//         const auto next = plan.decide(progress, {}, clock.steady_ns(), seed);
//         if (next.verdict != stentor::retry_verdict::retry) { break; }
//         progress = next.progress;
//         wait(next.delay);
//     }
//
// Threads: const functions by any number at once. Progress: wait-free; make() allocates.
namespace stentor::inline v0 {

// What is known of one piece of work. `attempts` is how many have failed; one that was given back,
// or cut short by a pause or the end, is none.
struct retry_progress {
    std::int32_t attempts = 0;
    std::int64_t begun_ns = 0;  // steady time when the first attempt began
    std::chrono::nanoseconds last_delay{};

    [[nodiscard]] static constexpr retry_progress begun(std::int64_t steady_ns) noexcept {
        return {0, steady_ns, {}};
    }
    // The number of the attempt that is under way or comes next: 1, 2, ...
    [[nodiscard]] constexpr std::int32_t attempt() const noexcept {
        return attempts == INT32_MAX ? attempts : attempts + 1;
    }
};

// How an attempt failed.
struct failed_attempt {
    failure_class kind = failure_class::transient;
    // When the handler says when: other than 0 it takes the schedule's place, up to ten caps.
    std::chrono::nanoseconds retry_after{};
};

enum class retry_verdict : std::uint8_t {
    retry,               // after the delay
    permanent,           // another attempt cannot help
    attempts_exhausted,  // this was the last of max_attempts
    time_exhausted,      // the next would begin more than max_elapsed after the first
};

// The enumerator's name; "unknown" for a value that is none.
[[nodiscard]] STENTOR_EXPORT std::string_view to_string(retry_verdict verdict) noexcept;

struct retry_decision {
    retry_verdict verdict = retry_verdict::retry;
    std::chrono::nanoseconds delay{};  // from now; 0: at once
    retry_progress progress{};         // with this failure in it
};

class STENTOR_EXPORT retry_plan {
public:
    // errc::invalid_option, errc::unsupported_combination, or errc::no_memory.
    [[nodiscard]] static result<retry_plan, error> make(retry_policy policy) noexcept;

    // What follows the failure of the attempt that `so_far` says is under way. `seed` should be
    // another for each piece of work, and the same for all its attempts.
    [[nodiscard]] retry_decision decide(const retry_progress& so_far, const failed_attempt& failed,
                                        std::int64_t now_ns, std::uint64_t seed) const noexcept;

    // The same retry without a token of the budget: put off to somewhere between half the cap and
    // the cap, or as it is if that is later; but never beyond max_elapsed, which would lose it.
    [[nodiscard]] retry_decision put_off(retry_decision decided, std::int64_t now_ns,
                                         std::uint64_t seed) const noexcept;

    // What the schedule says about retry number 1, 2, ..., which follows a delay of `last`. Within
    // [0, cap] for every number.
    [[nodiscard]] std::chrono::nanoseconds delay(std::int64_t retry, std::chrono::nanoseconds last,
                                                 std::uint64_t seed) const noexcept;

    [[nodiscard]] const retry_policy& policy() const noexcept { return policy_; }

private:
    explicit retry_plan(retry_policy policy) noexcept : policy_(std::move(policy)) {}

    [[nodiscard]] std::int64_t scheduled(std::int64_t number, std::int64_t last,
                                         std::uint64_t draw) const noexcept;

    retry_policy policy_;
};

}  // namespace stentor::inline v0
