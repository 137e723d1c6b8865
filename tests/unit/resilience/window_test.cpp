// SPDX-License-Identifier: MIT
#include "base/sync.hpp"
#include "resilience/call_window.hpp"
#include "resilience/due_time.hpp"
#include "resilience/time_window.hpp"
#include "resilience/uniform.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <limits>
#include <thread>
#include <vector>

// What a breaker counts in, on one thread against a plain model; tests/litmus explores several.

namespace {

using stentor::detail::call_mark;
using stentor::detail::real_sync;
using call_window = stentor::detail::call_window<real_sync>;
using time_window = stentor::detail::time_window<real_sync>;

TEST(call_window, holds_exactly_the_last_calls) {
    for (const std::int64_t size : {1, 2, 19, 20, 21, 40, 100, 119, 10'000}) {
        call_window window(size);
        std::deque<call_mark> model;
        for (std::uint64_t call = 0; call < 30'000; ++call) {
            const auto draw = stentor::detail::drawn(7, call);
            const call_mark mark{.failed = (draw & 3U) == 0, .slow = (draw & 12U) == 0};
            ASSERT_TRUE(window.record(0, mark));
            model.push_back(mark);
            if (model.size() > static_cast<std::size_t>(size)) {
                model.pop_front();
            }
            if (call % 97 != 0 && call > 200) {
                continue;
            }
            const auto seen = window.tally(0);
            ASSERT_EQ(seen.calls, static_cast<std::int64_t>(model.size())) << size;
            ASSERT_EQ(seen.failed, std::ranges::count_if(model, &call_mark::failed)) << size;
            ASSERT_EQ(seen.slow, std::ranges::count_if(model, &call_mark::slow)) << size;
        }
    }
}

TEST(call_window, takes_several_equal_calls_as_if_they_came_one_by_one) {
    for (const std::int64_t size : {1, 7, 20, 21, 100, 10'000}) {
        call_window one_by_one(size);
        call_window together(size);
        for (std::uint64_t step = 0; step < 3'000; ++step) {
            const auto draw = stentor::detail::drawn(11, step);
            const call_mark mark{.failed = (draw & 3U) == 0, .slow = (draw & 12U) == 0};
            const auto calls = static_cast<std::int64_t>((draw >> 4U) % 70);
            for (std::int64_t call = 0; call < calls; ++call) {
                ASSERT_TRUE(one_by_one.record(0, mark));
            }
            ASSERT_TRUE(together.record(0, mark, calls));
            const auto expected = one_by_one.tally(0);
            const auto seen = together.tally(0);
            ASSERT_EQ(seen.calls, expected.calls) << size << ", step " << step;
            ASSERT_EQ(seen.failed, expected.failed) << size << ", step " << step;
            ASSERT_EQ(seen.slow, expected.slow) << size << ", step " << step;
        }
    }
    call_window of_ten(10);
    EXPECT_TRUE(of_ten.record(0, {}, std::numeric_limits<std::int64_t>::max()));
    EXPECT_EQ(of_ten.tally(0).calls, 10) << "more than it ever holds";
    EXPECT_TRUE(of_ten.record(1, {}));
    EXPECT_FALSE(of_ten.record(0, {}, 3)) << "of a generation that is over";
}

TEST(call_window, begins_afresh_with_each_generation) {
    call_window window(10);
    EXPECT_EQ(window.tally(0).calls, 0);
    EXPECT_TRUE(window.record(0, {.failed = true}));
    EXPECT_EQ(window.tally(3).calls, 0);
    EXPECT_TRUE(window.record(3, {}));
    EXPECT_EQ(window.tally(3).calls, 1);
    EXPECT_EQ(window.tally(3).failed, 0);
    EXPECT_FALSE(window.record(0, {.failed = true})) << "of a generation that is over";
    EXPECT_EQ(window.tally(3).calls, 1);
    EXPECT_EQ(window.tally(0).calls, 0);
    // The numbers wrap.
    for (const std::uint32_t later : {(1U << 27U), (1U << 28U) - 2, 1U}) {
        EXPECT_TRUE(window.record(later, {}));
        EXPECT_EQ(window.tally(later).calls, 1);
    }
    EXPECT_FALSE(window.record((1U << 28U) - 1, {}));
}

TEST(call_window, loses_no_call_of_several_threads) {
    constexpr std::int64_t each = 3'000;
    call_window window(10'000);
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 3; ++caller) {
        callers.emplace_back([&window, fails = caller == 0] {
            for (std::int64_t call = 0; call < each; ++call) {
                EXPECT_TRUE(window.record(0, {.failed = fails}));
            }
        });
    }
    for (auto& caller : callers) {
        caller.join();
    }
    EXPECT_EQ(window.tally(0).calls, 3 * each);
    EXPECT_EQ(window.tally(0).failed, each);
}

constexpr std::int64_t part = 1'000;

TEST(time_window, holds_the_calls_of_its_time) {
    time_window window(60 * part);
    window.record(0, {.failed = true}, 0);
    window.record(0, {.slow = true}, 30 * part);
    EXPECT_EQ(window.tally(0, 30 * part).calls, 2);
    EXPECT_EQ(window.tally(0, 59 * part).calls, 2);
    EXPECT_EQ(window.tally(0, 60 * part).calls, 1) << "the first is as old as the window";
    EXPECT_EQ(window.tally(0, 60 * part).failed, 0);
    EXPECT_EQ(window.tally(0, 60 * part).slow, 1);
    EXPECT_EQ(window.tally(0, 90 * part).calls, 0);
    window.record(0, {}, 120 * part);
    EXPECT_EQ(window.tally(0, 120 * part).calls, 1) << "the place of an old part is used again";
    EXPECT_EQ(window.tally(0, 120 * part).failed, 0);
}

TEST(time_window, begins_afresh_with_each_generation) {
    time_window window(60 * part);
    window.record(0, {.failed = true}, 5);
    EXPECT_EQ(window.tally(1, 5).calls, 0);
    window.record(1, {}, 5);
    EXPECT_EQ(window.tally(1, 5).calls, 1);
    EXPECT_EQ(window.tally(1, 5).failed, 0);
}

TEST(time_window, takes_several_equal_calls_as_if_they_came_one_by_one) {
    time_window one_by_one(60 * part);
    time_window together(60 * part);
    for (std::uint64_t step = 0; step < 3'000; ++step) {
        const auto draw = stentor::detail::drawn(13, step);
        const call_mark mark{.failed = (draw & 3U) == 0, .slow = (draw & 12U) == 0};
        const auto calls = static_cast<std::int64_t>((draw >> 4U) % 300);
        const auto now = static_cast<std::int64_t>(step) * part / 40;  // over full parts, too
        for (std::int64_t call = 0; call < calls; ++call) {
            one_by_one.record(0, mark, now);
        }
        together.record(0, mark, now, calls);
        const auto expected = one_by_one.tally(0, now);
        const auto seen = together.tally(0, now);
        ASSERT_EQ(seen.calls, expected.calls) << step;
        ASSERT_EQ(seen.failed, expected.failed) << step;
        ASSERT_EQ(seen.slow, expected.slow) << step;
    }
}

TEST(time_window, keeps_the_proportions_of_a_part_with_very_many_calls) {
    time_window window(60 * part);
    for (int call = 0; call < 1'000'000; ++call) {
        window.record(0, {.failed = call % 4 == 0, .slow = call % 2 == 0}, 7);
    }
    const auto seen = window.tally(0, 7);
    EXPECT_GE(seen.calls, 2'047);
    EXPECT_LE(seen.calls, 4'095);
    EXPECT_NEAR(static_cast<double>(seen.failed) / static_cast<double>(seen.calls), 0.25, 0.01);
    EXPECT_NEAR(static_cast<double>(seen.slow) / static_cast<double>(seen.calls), 0.5, 0.01);
}

TEST(due_time, keeps_the_first_moment_of_each_generation) {
    constexpr std::int64_t unit = 1 << 14;
    stentor::detail::due_time<real_sync> due;
    EXPECT_FALSE(due.read(1));
    due.put(1, 5 * unit + 3);
    EXPECT_EQ(due.read(1), 5 * unit) << "rounded down";
    due.put(1, 9 * unit);
    EXPECT_EQ(due.read(1), 5 * unit) << "the first counts";
    due.put(3, 2 * unit);
    due.put(2, 9 * unit);
    EXPECT_EQ(due.read(3), 2 * unit) << "what comes late spoils nothing";
    EXPECT_FALSE(due.read(2));
}

TEST(due_time, works_on_when_the_numbers_of_generations_wrap) {
    constexpr std::int64_t unit = 1 << 14;
    stentor::detail::due_time<real_sync> due;
    for (std::uint32_t generation = 1; generation < 200'000; ++generation) {
        due.put(generation, generation * unit);
        ASSERT_EQ(due.read(generation), generation * unit);
    }
    due.put(200'000, std::numeric_limits<std::int64_t>::max());
    EXPECT_GT(due.read(200'000).value_or(0), std::int64_t{1} << 61U) << "146 years";
}

TEST(uniform, stays_within_its_bounds_and_reaches_them) {
    std::vector<int> hits(4);
    for (std::uint64_t draw = 0; draw < 4'000; ++draw) {
        const auto number = stentor::detail::uniform(10, 13, stentor::detail::drawn(1, draw));
        ASSERT_GE(number, 10);
        ASSERT_LE(number, 13);
        ++hits[static_cast<std::size_t>(number - 10)];
    }
    for (const int count : hits) {
        EXPECT_NEAR(count, 1'000, 150);
    }
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(stentor::detail::uniform(0, most, ~std::uint64_t{0}), most);
    EXPECT_EQ(stentor::detail::uniform(0, most, 0), 0);
    EXPECT_EQ(stentor::detail::uniform(5, 4, 77), 5);
    EXPECT_EQ(stentor::detail::product_high(~std::uint64_t{0}, ~std::uint64_t{0}),
              ~std::uint64_t{0} - 1);
}

}  // namespace
