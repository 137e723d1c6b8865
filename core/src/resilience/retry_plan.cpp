// SPDX-License-Identifier: MIT
#include <stentor/resilience/retry_plan.hpp>

#include "base/attempt.hpp"
#include "resilience/option_check.hpp"
#include "resilience/uniform.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace stentor::inline v0 {

namespace {

using detail::check_number;
using detail::check_share;
using detail::check_time;
using detail::readable;
using detail::wrong_option;
using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr nanoseconds time_max = 24h * 366;
constexpr std::int64_t waiting_max = std::int64_t{1} << 40U;
// Draws of one seed that serve something else than the delay of that number.
constexpr std::uint64_t put_off_draws = std::uint64_t{1} << 63U;

std::optional<error> misfit(std::string_view what) {
    return error(errc::unsupported_combination, "retry: " + std::string(what));
}

std::optional<error> check_combination(const retry_policy& policy) {
    if (policy.backoff == backoff::list && policy.delays.empty()) {
        return misfit("backoff::list has no delays; give some, as in .delays = {1s, 10s}");
    }
    if (policy.backoff != backoff::list && !policy.delays.empty()) {
        return misfit(
            "delays are for backoff::list; add .backoff = backoff::list, or leave the "
            "delays out");
    }
    if (policy.backoff == backoff::decorrelated && policy.jitter != jitter::none) {
        return misfit(
            "backoff::decorrelated is random already; leave the jitter out, or use "
            "backoff::exponential");
    }
    if (policy.backoff != backoff::exponential && policy.factor != retry_policy{}.factor) {
        return misfit(
            "factor is for backoff::exponential; add .backoff = backoff::exponential, or "
            "leave the factor out");
    }
    return std::nullopt;
}

std::optional<error> check_delays(const retry_policy& policy) {
    for (std::size_t at = 0; at < policy.delays.size(); ++at) {
        if (policy.delays[at] < 0ns || policy.delays[at] > policy.cap) {
            return wrong_option("retry", "delays[" + std::to_string(at) + "] is " +
                                             readable(policy.delays[at]) +
                                             "; give 0 to the cap, which is " +
                                             readable(policy.cap) + ", or raise the cap");
        }
    }
    if (policy.base > policy.cap) {
        return wrong_option("retry", "base is " + readable(policy.base) +
                                         ", longer than the cap of " + readable(policy.cap) +
                                         "; lower the base or raise the cap");
    }
    return std::nullopt;
}

std::optional<error> check(const retry_policy& policy) {
    constexpr auto of = "retry";
    if (policy.backoff > backoff::list || policy.jitter > jitter::full) {
        return wrong_option(of, "backoff or jitter is no enumerator; use one");
    }
    if (auto wrong = check_number(of, "max_attempts", policy.max_attempts, 1, INT32_MAX)) {
        return wrong;
    }
    if (auto wrong = check_number(of, "immediate", policy.immediate, 0, 100)) {
        return wrong;
    }
    if (auto wrong = check_time(of, "base", policy.base, 1us, time_max)) {
        return wrong;
    }
    if (auto wrong = check_time(of, "cap", policy.cap, 1us, time_max)) {
        return wrong;
    }
    if (auto wrong = check_delays(policy)) {
        return wrong;
    }
    if (auto wrong = check_share(of, "factor", policy.factor, 1, 100)) {
        return wrong;
    }
    if (policy.jitter != jitter::none) {
        if (auto wrong = check_time(of, "jitter_floor", policy.jitter_floor, 0ns, policy.base)) {
            return wrong;
        }
    }
    if (auto wrong = check_time(of, "max_elapsed", policy.max_elapsed, 1ns, time_max)) {
        return wrong;
    }
    if (auto wrong = check_number(of, "max_waiting", policy.max_waiting, 1, waiting_max)) {
        return wrong;
    }
    if (policy.budget) {
        if (auto wrong = check_share(of, "budget share", policy.budget->share, 0.001, 100)) {
            return wrong;
        }
        if (auto wrong = check_number(of, "budget burst", policy.budget->burst, 1, 1'000'000)) {
            return wrong;
        }
    }
    return check_combination(policy);
}

// So that sums of three of them stay far from overflow.
constexpr std::int64_t bounded(std::int64_t time) noexcept {
    return std::clamp<std::int64_t>(time, 0, std::numeric_limits<std::int64_t>::max() / 4);
}

// How long after the first attempt it is.
std::int64_t elapsed(const retry_progress& progress, std::int64_t now_ns) noexcept {
    return std::max<std::int64_t>(0, bounded(now_ns) - bounded(progress.begun_ns));
}

}  // namespace

std::string_view to_string(retry_verdict verdict) noexcept {
    switch (verdict) {
        case retry_verdict::retry: return "retry";
        case retry_verdict::permanent: return "permanent";
        case retry_verdict::attempts_exhausted: return "attempts_exhausted";
        case retry_verdict::time_exhausted: return "time_exhausted";
    }
    return "unknown";
}

result<retry_plan, error> retry_plan::make(retry_policy policy) noexcept {
    std::optional<error> wrong;
    if (!detail::attempt([&] { wrong = check(policy); })) {
        return unexpected(error::out_of_memory());
    }
    if (wrong) {
        return unexpected(*std::move(wrong));
    }
    return retry_plan(std::move(policy));
}

retry_decision retry_plan::decide(const retry_progress& so_far, const failed_attempt& failed,
                                  std::int64_t now_ns, std::uint64_t seed) const noexcept {
    retry_decision next;
    next.progress = so_far;
    next.progress.attempts = so_far.attempt();
    if (failed.kind == failure_class::permanent) {
        next.verdict = retry_verdict::permanent;
        return next;
    }
    if (next.progress.attempts >= policy_.max_attempts) {
        next.verdict = retry_verdict::attempts_exhausted;
        return next;
    }
    const std::int64_t retry = next.progress.attempts;
    if (failed.retry_after > 0ns) {
        next.delay = std::min(failed.retry_after, policy_.cap * retry_policy::after_caps);
    } else {
        next.delay = delay(retry, so_far.last_delay, seed);
        if (retry > policy_.immediate) {
            next.progress.last_delay = next.delay;
        }
    }
    if (elapsed(so_far, now_ns) + next.delay.count() > policy_.max_elapsed.count()) {
        next.verdict = retry_verdict::time_exhausted;
        next.delay = {};
    }
    return next;
}

retry_decision retry_plan::put_off(retry_decision decided, std::int64_t now_ns,
                                   std::uint64_t seed) const noexcept {
    if (decided.verdict != retry_verdict::retry) {
        return decided;
    }
    const auto cap = policy_.cap.count();
    const auto number = static_cast<std::uint64_t>(decided.progress.attempts) | put_off_draws;
    const auto later = detail::uniform(cap / 2, cap, detail::drawn(seed, number));
    const auto left = policy_.max_elapsed.count() - elapsed(decided.progress, now_ns);
    decided.delay = std::max(decided.delay, nanoseconds{std::min(later, left)});
    return decided;
}

nanoseconds retry_plan::delay(std::int64_t retry, nanoseconds last,
                              std::uint64_t seed) const noexcept {
    const std::int64_t number = std::max<std::int64_t>(retry, 1) - policy_.immediate;
    if (number < 1) {
        return {};
    }
    const auto draw = detail::drawn(seed, static_cast<std::uint64_t>(number));
    const auto whole = scheduled(number, bounded(last.count()), draw);
    const auto floor = std::min(policy_.jitter_floor.count(), whole);
    switch (policy_.jitter) {
        case jitter::equal:
            return nanoseconds{detail::uniform(std::max(floor, whole / 2), whole, draw)};
        case jitter::full: return nanoseconds{detail::uniform(floor, whole, draw)};
        default: return nanoseconds{whole};
    }
}

std::int64_t retry_plan::scheduled(std::int64_t number, std::int64_t last,
                                   std::uint64_t draw) const noexcept {
    const auto base = policy_.base.count();
    const auto cap = policy_.cap.count();
    switch (policy_.backoff) {
        case backoff::linear: return number > cap / base ? cap : number * base;
        case backoff::exponential: {
            // Infinity, for large numbers, is more than the cap as well.
            const auto grown = static_cast<double>(base) *
                               std::pow(policy_.factor, static_cast<double>(number - 1));
            return grown < static_cast<double>(cap)
                       ? std::clamp(static_cast<std::int64_t>(grown), base, cap)
                       : cap;
        }
        case backoff::decorrelated: {
            const auto from = std::clamp(last, base, cap);
            return detail::uniform(base, from > cap / 3 ? cap : from * 3, draw);
        }
        case backoff::list: {
            const auto at = static_cast<std::uint64_t>(number - 1);
            return policy_.delays[std::min<std::uint64_t>(at, policy_.delays.size() - 1)].count();
        }
        default: return base;
    }
}

}  // namespace stentor::inline v0
