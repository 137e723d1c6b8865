// SPDX-License-Identifier: MIT
#include <stentor/resilience/retry_plan.hpp>

#include "base/sync.hpp"
#include "resilience/retry_allowance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using stentor::backoff;
using stentor::errc;
using stentor::failed_attempt;
using stentor::failure_class;
using stentor::jitter;
using stentor::retry_plan;
using stentor::retry_policy;
using stentor::retry_progress;
using stentor::retry_verdict;
using testing::HasSubstr;

namespace {

retry_plan plan_of(retry_policy policy) {
    auto made = retry_plan::make(std::move(policy));
    EXPECT_TRUE(made) << made.error().message();
    return std::move(made).value();
}

std::vector<nanoseconds> first_delays(const retry_plan& plan, int count, std::uint64_t seed = 1) {
    std::vector<nanoseconds> all;
    nanoseconds last{};
    for (int retry = 1; retry <= count; ++retry) {
        all.push_back(last = plan.delay(retry, last, seed));
    }
    return all;
}

using delays = std::vector<nanoseconds>;

retry_policy without_chance(backoff how) {
    retry_policy policy;
    policy.immediate = 0;
    policy.backoff = how;
    policy.cap = 1s;
    return policy;
}

// --- schedules ----------------------------------------------------------------------------------

TEST(retry_schedule, retries_at_once_first_by_default) {
    const auto plan = plan_of({});
    EXPECT_EQ(plan.delay(1, {}, 7), 0ns);
    EXPECT_GE(plan.delay(2, {}, 7), 100ms);
}

TEST(retry_schedule, is_fixed) {
    EXPECT_EQ(first_delays(plan_of(without_chance(backoff::fixed)), 3),
              (delays{100ms, 100ms, 100ms}));
}

TEST(retry_schedule, grows_linearly_to_the_cap) {
    auto policy = without_chance(backoff::linear);
    policy.cap = 250ms;
    EXPECT_EQ(first_delays(plan_of(policy), 4), (delays{100ms, 200ms, 250ms, 250ms}));
}

TEST(retry_schedule, grows_exponentially_to_the_cap) {
    auto policy = without_chance(backoff::exponential);
    EXPECT_EQ(first_delays(plan_of(policy), 5), (delays{100ms, 200ms, 400ms, 800ms, 1s}));
    policy.factor = 3.0;
    EXPECT_EQ(first_delays(plan_of(policy), 4), (delays{100ms, 300ms, 900ms, 1s}));
    policy.factor = 1.0;
    EXPECT_EQ(first_delays(plan_of(policy), 2), (delays{100ms, 100ms}));
}

TEST(retry_schedule, follows_a_list_and_repeats_its_last) {
    auto policy = without_chance(backoff::list);
    policy.delays = {0ns, 10ms, 1s};
    EXPECT_EQ(first_delays(plan_of(policy), 5), (delays{0ns, 10ms, 1s, 1s, 1s}));
}

TEST(retry_schedule, begins_after_the_immediate_retries) {
    auto policy = without_chance(backoff::linear);
    policy.immediate = 2;
    EXPECT_EQ(first_delays(plan_of(policy), 4), (delays{0ns, 0ns, 100ms, 200ms}));
}

TEST(retry_schedule, decorrelates_within_three_times_the_last_delay) {
    auto policy = without_chance(backoff::decorrelated);
    const auto plan = plan_of(policy);
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        nanoseconds last{};
        for (int retry = 1; retry < 20; ++retry) {
            const auto next = plan.delay(retry, last, seed);
            EXPECT_GE(next, 100ms);
            EXPECT_LE(next, std::min<nanoseconds>(1s, 3 * std::max<nanoseconds>(last, 100ms)));
            last = next;
        }
    }
}

TEST(retry_schedule, jitters_within_its_bounds) {
    for (const auto how : {jitter::equal, jitter::full}) {
        auto policy = without_chance(backoff::exponential);
        policy.jitter = how;
        policy.jitter_floor = 5ms;
        const auto plan = plan_of(policy);
        const auto whole = plan_of(without_chance(backoff::exponential));
        std::set<nanoseconds> seen;
        for (std::uint64_t seed = 0; seed < 500; ++seed) {
            const auto full = whole.delay(3, {}, seed);
            const auto next = plan.delay(3, {}, seed);
            EXPECT_LE(next, full);
            EXPECT_GE(next, how == jitter::equal ? full / 2 : 5ms);
            seen.insert(next);
        }
        EXPECT_GT(seen.size(), 490U) << "another seed, another delay";
        EXPECT_LT(*seen.begin(), 400ms * (how == jitter::equal ? 0.52 : 0.05));
        EXPECT_GT(*seen.rbegin(), 400ms * 0.98);
    }
}

TEST(retry_schedule, never_lifts_a_short_delay_to_the_floor_of_its_jitter) {
    auto policy = without_chance(backoff::list);
    policy.delays = {1us};
    policy.jitter = jitter::full;
    policy.jitter_floor = 1ms;
    EXPECT_EQ(plan_of(policy).delay(1, {}, 3), 1us);
}

TEST(retry_schedule, is_the_same_for_the_same_seed) {
    const auto plan = plan_of({});
    const auto again = plan_of({});
    EXPECT_EQ(first_delays(plan, 20, 42), first_delays(again, 20, 42));
    EXPECT_NE(first_delays(plan, 20, 42), first_delays(again, 20, 43));
}

TEST(retry_schedule, stays_within_the_cap_for_every_number) {
    constexpr auto last = std::numeric_limits<std::int64_t>::max();
    for (const auto how : {backoff::fixed, backoff::linear, backoff::exponential,
                           backoff::decorrelated, backoff::list}) {
        for (const nanoseconds cap : {nanoseconds{100ms}, nanoseconds{24h * 366}}) {
            auto policy = without_chance(how);
            policy.cap = cap;
            if (how == backoff::list) {
                policy.delays = {100ms, cap};
            }
            const auto plan = plan_of(policy);
            auto before = how == backoff::decorrelated ? 0ns : plan.delay(1, {}, 9);
            for (const std::int64_t number :
                 {std::int64_t{1}, std::int64_t{2}, std::int64_t{31}, std::int64_t{32},
                  std::int64_t{63}, std::int64_t{64}, std::int64_t{1'000'000},
                  std::int64_t{1} << 31, last - 1, last}) {
                const auto next = plan.delay(number, nanoseconds{last}, 9);
                EXPECT_GE(next, 100ms) << number;
                EXPECT_LE(next, cap) << number;
                if (how != backoff::decorrelated) {
                    EXPECT_GE(next, before) << "never shorter than the one before: " << number;
                    before = next;
                }
            }
            EXPECT_GE(plan.delay(std::numeric_limits<std::int64_t>::min(), nanoseconds{-last}, 9),
                      0ns);
        }
    }
}

// --- decisions ----------------------------------------------------------------------------------

constexpr failed_attempt transient{};

TEST(retry_plan, counts_attempts_and_stops_at_the_last) {
    const auto plan = plan_of({.max_attempts = 3});
    auto progress = retry_progress::begun(1000);
    EXPECT_EQ(progress.attempt(), 1);
    auto next = plan.decide(progress, transient, 1000, 5);
    EXPECT_EQ(next.verdict, retry_verdict::retry);
    EXPECT_EQ(next.progress.attempt(), 2);
    next = plan.decide(next.progress, transient, 1000, 5);
    EXPECT_EQ(next.verdict, retry_verdict::retry);
    EXPECT_EQ(next.progress.attempt(), 3);
    next = plan.decide(next.progress, transient, 1000, 5);
    EXPECT_EQ(next.verdict, retry_verdict::attempts_exhausted);
    EXPECT_EQ(next.progress.attempts, 3);
}

TEST(retry_plan, makes_one_attempt_when_told_so) {
    const auto plan = plan_of(retry_policy::none());
    EXPECT_EQ(plan.decide({}, transient, 0, 1).verdict, retry_verdict::attempts_exhausted);
}

TEST(retry_plan, is_not_changed_by_asking) {
    const auto plan = plan_of({});
    const auto progress = retry_progress::begun(7);
    const auto once = plan.decide(progress, transient, 9, 1);
    const auto again = plan.decide(progress, transient, 9, 1);
    EXPECT_EQ(once.delay, again.delay);
    EXPECT_EQ(progress.attempts, 0);
}

TEST(retry_plan, gives_up_at_once_on_what_is_permanent) {
    const auto plan = plan_of({});
    const auto next = plan.decide({}, {.kind = failure_class::permanent}, 0, 1);
    EXPECT_EQ(next.verdict, retry_verdict::permanent);
    EXPECT_EQ(next.progress.attempts, 1);
}

TEST(retry_plan, takes_the_handlers_word_for_the_delay_within_ten_caps) {
    const auto plan = plan_of({.base = 100ms, .cap = 1s});
    EXPECT_EQ(plan.decide({}, {.retry_after = 7s}, 0, 1).delay, 7s);
    EXPECT_EQ(plan.decide({}, {.retry_after = 1h}, 0, 1).delay, 10s);
    EXPECT_EQ(plan.decide({}, {.retry_after = -1s}, 0, 1).delay, 0ns) << "the immediate retry";
}

TEST(retry_plan, goes_on_in_its_schedule_after_the_handlers_word) {
    auto policy = without_chance(backoff::linear);
    const auto plan = plan_of(policy);
    auto next = plan.decide({}, {.retry_after = 7s}, 0, 1);
    EXPECT_EQ(next.delay, 7s);
    EXPECT_EQ(next.progress.last_delay, 0ns);
    EXPECT_EQ(plan.decide(next.progress, transient, 0, 1).delay, 200ms);
}

TEST(retry_plan, begins_no_attempt_after_its_time) {
    auto policy = without_chance(backoff::fixed);
    policy.max_elapsed = 1s;
    const auto plan = plan_of(policy);
    const auto progress = retry_progress::begun(nanoseconds{5s}.count());
    const auto at = [](nanoseconds time) { return time.count(); };
    EXPECT_EQ(plan.decide(progress, transient, at(5s + 900ms), 1).verdict, retry_verdict::retry);
    const auto late = plan.decide(progress, transient, at(5s + 900ms + 1ns), 1);
    EXPECT_EQ(late.verdict, retry_verdict::time_exhausted);
    EXPECT_EQ(late.delay, 0ns);
    EXPECT_EQ(plan.decide(progress, {.retry_after = 2s}, at(5s), 1).verdict,
              retry_verdict::time_exhausted);
}

TEST(retry_plan, survives_clocks_and_counts_at_their_ends) {
    constexpr auto last = std::numeric_limits<std::int64_t>::max();
    constexpr auto first = std::numeric_limits<std::int64_t>::min();
    const auto plan = plan_of({.max_attempts = INT32_MAX});
    EXPECT_EQ(plan.decide(retry_progress::begun(0), transient, last, 1).verdict,
              retry_verdict::time_exhausted);
    EXPECT_EQ(plan.decide(retry_progress::begun(last), transient, first, 1).verdict,
              retry_verdict::retry);
    const auto end = plan.decide({INT32_MAX, 0, {}}, transient, 0, 1);
    EXPECT_EQ(end.verdict, retry_verdict::attempts_exhausted);
    EXPECT_EQ(end.progress.attempts, INT32_MAX);
}

TEST(retry_plan, keeps_its_promises_over_a_million_attempts) {
    const auto plan =
        plan_of({.max_attempts = 1'000'001, .base = 1ms, .cap = 30ms, .max_elapsed = 24h * 366});
    auto progress = retry_progress::begun(0);
    std::int64_t now = 0;
    for (;;) {
        const auto next = plan.decide(progress, transient, now, 99);
        ASSERT_EQ(next.progress.attempts, progress.attempts + 1);
        progress = next.progress;
        if (next.verdict != retry_verdict::retry) {
            EXPECT_EQ(next.verdict, retry_verdict::attempts_exhausted);
            break;
        }
        ASSERT_LE(next.delay, 30ms);
        ASSERT_GE(next.delay, progress.attempts == 1 ? 0ms : 1ms);
        now += next.delay.count();
    }
    EXPECT_EQ(progress.attempts, 1'000'001);
}

TEST(retry_plan, puts_a_retry_off_without_a_token_and_never_loses_it) {
    const auto plan = plan_of({.base = 100ms, .cap = 10s, .max_elapsed = 60s});
    const auto progress = retry_progress::begun(0);
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const auto wanted = plan.decide(progress, transient, 0, seed);
        const auto later = plan.put_off(wanted, 0, seed);
        EXPECT_EQ(later.verdict, retry_verdict::retry);
        EXPECT_GE(later.delay, 5s);
        EXPECT_LE(later.delay, 10s);
        const auto now = nanoseconds{58s}.count();
        const auto near_the_end =
            plan.put_off(plan.decide(progress, transient, now, seed), now, seed);
        EXPECT_EQ(near_the_end.delay, 2s) << "no later than it may";
    }
}

TEST(retry_plan, leaves_what_is_late_already_or_over_as_it_is) {
    const auto plan = plan_of({.base = 100ms, .cap = 1s});
    const auto late = plan.decide({}, {.retry_after = 5s}, 0, 1);
    EXPECT_EQ(plan.put_off(late, 0, 1).delay, 5s);
    const auto over = plan.decide({}, {.kind = failure_class::permanent}, 0, 1);
    EXPECT_EQ(plan.put_off(over, 0, 1).verdict, retry_verdict::permanent);
    EXPECT_EQ(plan.put_off(over, 0, 1).delay, 0ns);
}

TEST(retry_allowance, gives_a_share_of_first_attempts) {
    stentor::detail::retry_allowance<stentor::detail::real_sync> budget({.share = 0.2, .burst = 3});
    for (int count = 0; count < 3; ++count) {
        EXPECT_TRUE(budget.take(0)) << "what is saved up at first";
    }
    EXPECT_FALSE(budget.take(0));
    EXPECT_FALSE(budget.take(4));
    EXPECT_TRUE(budget.take(5));
    EXPECT_FALSE(budget.take(5));
    std::int64_t taken = 0;
    for (std::int64_t attempts = 5; attempts <= 1005; ++attempts) {
        taken += budget.take(attempts) ? 1 : 0;
    }
    EXPECT_EQ(taken, 200);
    taken = 0;
    while (budget.take(std::numeric_limits<std::int64_t>::max())) {
        ++taken;
    }
    EXPECT_EQ(taken, 3) << "no more than that is saved up";
}

// --- refusals -----------------------------------------------------------------------------------

void expect_refused(retry_policy policy, errc code, const std::string& text) {
    const auto made = retry_plan::make(std::move(policy));
    ASSERT_FALSE(made) << text;
    EXPECT_EQ(made.error().code(), code) << made.error().message();
    EXPECT_THAT(made.error().message(), HasSubstr(text));
}

TEST(retry_plan, refuses_numbers_outside_their_range) {
    expect_refused({.max_attempts = 0}, errc::invalid_option,
                   "retry: max_attempts is 0; give 1 to 2147483647");
    expect_refused({.immediate = -1}, errc::invalid_option, "immediate is -1; give 0 to 100");
    expect_refused({.base = 0ns}, errc::invalid_option, "base is 0; give 1 us to 366 days");
    expect_refused({.cap = -3s}, errc::invalid_option, "cap is -3 s; give");
    expect_refused({.cap = 24h * 367}, errc::invalid_option, "cap is 367 days; give");
    expect_refused({.max_elapsed = 0ns}, errc::invalid_option, "max_elapsed is 0; give 1 ns to");
    expect_refused({.budget = stentor::retry_budget{.share = 0}}, errc::invalid_option,
                   "budget share is 0; give 0.001 to 100");
    expect_refused({.budget = stentor::retry_budget{.burst = 0}}, errc::invalid_option,
                   "budget burst is 0; give 1 to");
    for (const double wrong : {0.5, std::nan(""), std::numeric_limits<double>::infinity()}) {
        expect_refused({.backoff = backoff::exponential, .factor = wrong}, errc::invalid_option,
                       "give 1 to 100");
    }
    expect_refused({.backoff = static_cast<backoff>(9)}, errc::invalid_option, "no enumerator");
}

TEST(retry_plan, refuses_what_does_not_go_together) {
    expect_refused({.base = 2s, .cap = 1s}, errc::invalid_option,
                   "base is 2 s, longer than the cap of 1 s; lower the base or raise the cap");
    expect_refused({.backoff = backoff::list, .delays = {1s, 40s}}, errc::invalid_option,
                   "delays[1] is 40 s; give 0 to the cap, which is 30 s, or raise the cap");
    expect_refused({.backoff = backoff::fixed, .jitter = jitter::full, .jitter_floor = 1s},
                   errc::invalid_option, "jitter_floor is 1 s; give 0 to 100 ms");
    expect_refused({.backoff = backoff::list}, errc::unsupported_combination, "has no delays");
    expect_refused({.delays = {1s}}, errc::unsupported_combination, "add .backoff = backoff::list");
    expect_refused({.jitter = jitter::full}, errc::unsupported_combination,
                   "is random already; leave the jitter out");
    expect_refused({.factor = 3}, errc::unsupported_combination,
                   "add .backoff = backoff::exponential");
}

TEST(retry_plan, allows_no_budget) {
    EXPECT_TRUE(retry_plan::make({.budget = std::nullopt}));
}

TEST(retry_verdict, has_a_name) {
    EXPECT_EQ(to_string(retry_verdict::retry), "retry");
    EXPECT_EQ(to_string(retry_verdict::permanent), "permanent");
    EXPECT_EQ(to_string(retry_verdict::attempts_exhausted), "attempts_exhausted");
    EXPECT_EQ(to_string(retry_verdict::time_exhausted), "time_exhausted");
    EXPECT_EQ(to_string(static_cast<retry_verdict>(99)), "unknown");
}

}  // namespace
