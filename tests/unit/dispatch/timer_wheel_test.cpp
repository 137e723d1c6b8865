// SPDX-License-Identifier: MIT
#include "dispatch/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <utility>
#include <vector>

// The wheel against a list that is searched from end to end.

namespace {

using wheel = stentor::detail::timer_wheel;
constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t hour = 3'600'000 * ms;

struct alarm : wheel::timer {
    explicit alarm(int number_of = 0) : number(number_of) {}
    int number;
};

std::vector<int> taken(wheel& timers) {
    std::vector<int> numbers;
    while (auto* one = timers.take_due()) {
        numbers.push_back(static_cast<alarm*>(one)->number);
    }
    return numbers;
}

TEST(timer_wheel, is_never_early) {
    wheel timers;
    alarm one(1);
    timers.set(one, 5 * ms + 1);
    timers.advance(5 * ms + 999'999);
    EXPECT_EQ(timers.take_due(), nullptr);
    timers.advance(6 * ms);
    EXPECT_EQ(timers.take_due(), &one);
    EXPECT_FALSE(one.is_set());
    EXPECT_TRUE(timers.empty());
}

TEST(timer_wheel, knows_a_moment_that_has_passed_as_due) {
    wheel timers;
    timers.advance(50 * ms);
    alarm past(1);
    alarm before_time(2);
    alarm now(3);
    timers.set(past, 20 * ms);
    timers.set(before_time, std::numeric_limits<std::int64_t>::min());
    timers.set(now, 50 * ms);
    EXPECT_EQ(timers.next_look(), 50 * ms);
    EXPECT_EQ(taken(timers), (std::vector<int>{1, 2, 3}));
}

TEST(timer_wheel, keeps_the_order_of_one_tick_whatever_level_they_came_from) {
    wheel timers;
    std::vector<std::unique_ptr<alarm>> all;
    const auto set = [&](std::int64_t at) {
        all.push_back(std::make_unique<alarm>(static_cast<int>(all.size())));
        timers.set(*all.back(), at);
    };
    set(5000 * ms);
    timers.advance(2000 * ms);
    set(5000 * ms);
    timers.advance(4990 * ms);
    set(5000 * ms);
    set(4999 * ms + 1);
    timers.advance(6000 * ms);
    EXPECT_EQ(taken(timers), (std::vector<int>{0, 1, 2, 3}));
}

TEST(timer_wheel, forgets_what_is_cancelled) {
    wheel timers;
    alarm near(1);
    alarm far(2);
    alarm due(3);
    timers.set(near, 3 * ms);
    timers.set(far, 3 * hour);
    timers.set(due, 0);
    EXPECT_EQ(timers.size(), 3U);
    EXPECT_TRUE(timers.cancel(far));
    EXPECT_TRUE(timers.cancel(due));
    EXPECT_FALSE(timers.cancel(far));
    EXPECT_TRUE(timers.cancel(near));
    EXPECT_EQ(timers.next_look(), wheel::never);
    EXPECT_EQ(timers.next_expiry(), wheel::never);
    timers.advance(4 * hour);
    EXPECT_EQ(timers.take_due(), nullptr);
}

TEST(timer_wheel, says_when_to_look_next) {
    wheel timers;
    EXPECT_EQ(timers.next_look(), wheel::never);
    alarm far(1);
    timers.set(far, 10 * hour + 1);
    EXPECT_LE(timers.next_look(), 10 * hour + ms);
    EXPECT_EQ(timers.next_expiry(), 10 * hour + ms);
    int looks = 0;
    for (; timers.take_due() == nullptr; ++looks) {
        const auto next = timers.next_look();
        ASSERT_LE(next, 10 * hour + ms);
        timers.advance(next);
    }
    EXPECT_LE(looks, 7) << "a timer moves down once per level at most";
}

TEST(timer_wheel, reaches_to_the_end_of_time) {
    wheel timers;
    alarm last(1);
    alarm years(2);
    timers.set(last, std::numeric_limits<std::int64_t>::max());
    timers.set(years, 100 * 365 * 24 * hour);
    timers.advance(100 * 365 * 24 * hour);
    EXPECT_EQ(taken(timers), (std::vector<int>{2}));
    EXPECT_TRUE(last.is_set());
    EXPECT_EQ(timers.next_expiry(), wheel::never) << "the largest time is no moment";
}

TEST(timer_wheel, does_not_go_back) {
    wheel timers;
    timers.advance(100 * ms);
    timers.advance(10 * ms);
    alarm one(1);
    timers.set(one, 50 * ms);
    EXPECT_EQ(timers.take_due(), &one);
}

// Times near and far, set, cancelled and let pass in any order; the reference is a plain list.
class against_a_list : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(against_a_list, agrees) {
    std::mt19937_64 random(GetParam());
    const auto below = [&](std::uint64_t end) { return static_cast<std::int64_t>(random() % end); };
    constexpr std::int64_t spans[] = {2 * ms, 70 * ms, 5'000 * ms, 300'000 * ms, 30 * hour};
    wheel timers;
    std::vector<std::unique_ptr<alarm>> alarms;
    std::vector<std::pair<std::int64_t, int>> waiting;  // moment, number
    std::int64_t now = 0;
    for (int step = 0; step < 4000; ++step) {
        const auto what = below(10);
        if (what < 5) {
            const auto at = now + below(static_cast<std::uint64_t>(spans[below(5)])) - ms;
            alarms.push_back(std::make_unique<alarm>(static_cast<int>(alarms.size())));
            timers.set(*alarms.back(), at);
            waiting.emplace_back(at, alarms.back()->number);
        } else if (what < 6 && !waiting.empty()) {
            const auto place = waiting.begin() + below(waiting.size());
            ASSERT_TRUE(timers.cancel(*alarms[static_cast<std::size_t>(place->second)]));
            waiting.erase(place);
        } else {
            now += below(static_cast<std::uint64_t>(spans[below(5)]));
            timers.advance(now);
        }
        const auto present = now / ms;  // in ticks
        const auto due = [&](std::int64_t at) { return (at + ms - 1) / ms <= present; };
        for (auto* one = timers.take_due(); one != nullptr; one = timers.take_due()) {
            const auto number = static_cast<alarm*>(one)->number;
            const auto place = std::find_if(waiting.begin(), waiting.end(),
                                            [&](const auto& it) { return it.second == number; });
            ASSERT_NE(place, waiting.end()) << "handed out twice, or after it was cancelled";
            ASSERT_TRUE(due(place->first)) << "early";
            waiting.erase(place);
        }
        ASSERT_EQ(timers.size(), waiting.size());
        auto first = wheel::never;
        for (const auto& [at, number] : waiting) {
            ASSERT_FALSE(due(at)) << "late";
            first = std::min(first, (at + ms - 1) / ms * ms);
        }
        ASSERT_EQ(timers.next_expiry(), first);
        ASSERT_LE(timers.next_look(), first);
    }
}

INSTANTIATE_TEST_SUITE_P(timer_wheel, against_a_list, ::testing::Range<std::uint64_t>(0, 20));

TEST(timer_wheel, holds_a_million) {
    wheel timers;
    const auto alarms = std::make_unique<alarm[]>(1'000'000);
    std::mt19937_64 random(7);
    for (std::size_t index = 0; index < 1'000'000; ++index) {
        timers.set(alarms[index], static_cast<std::int64_t>(random() % (24 * hour)));
    }
    for (std::size_t index = 0; index < 1'000'000; index += 2) {
        ASSERT_TRUE(timers.cancel(alarms[index]));
    }
    std::size_t count = 0;
    for (std::int64_t now = 0; now <= 24 * hour; now += hour / 4) {
        timers.advance(now);
        while (timers.take_due() != nullptr) {
            ++count;
        }
    }
    EXPECT_EQ(count, 500'000U);
    EXPECT_TRUE(timers.empty());
}

TEST(timer_wheel, keeps_a_moment_until_the_timer_is_set) {
    wheel timers;
    alarm one(1);
    one.aim(7 * ms + 1);
    EXPECT_EQ(one.moment(), 8 * ms);
    EXPECT_FALSE(one.is_set());
    timers.set(one, one.moment());
    EXPECT_EQ(timers.next_expiry(), 8 * ms);
}

TEST(timer_wheel, tells_kinds_apart) {
    const wheel::timer other(7);
    const wheel::timer usual;
    EXPECT_EQ(other.kind(), 7);
    EXPECT_EQ(usual.kind(), 0);
}

TEST(timer_chain, keeps_timers_that_are_not_set_in_order) {
    wheel::chain chain;
    EXPECT_TRUE(chain.empty());
    EXPECT_EQ(chain.front(), nullptr);
    alarm one(1);
    alarm two(2);
    alarm three(3);
    chain.push_back(two);
    chain.push_back(three);
    chain.push_front(one);
    EXPECT_EQ(chain.front(), &one);
    EXPECT_EQ(chain.behind(one), &two);
    EXPECT_EQ(chain.behind(three), nullptr);
    EXPECT_FALSE(one.is_set());
    wheel timers;
    EXPECT_FALSE(timers.cancel(two)) << "it is in no wheel";
    chain.remove(two);
    EXPECT_EQ(chain.behind(one), &three);
    timers.set(two, 5 * ms);
    EXPECT_TRUE(timers.cancel(two));
    chain.remove(one);
    chain.remove(three);
    EXPECT_TRUE(chain.empty());
}

// Time goes on between the lists, so that timers move while they are looked for.
TEST(timer_wheel, gives_all_that_are_wanted_whatever_time_does_meanwhile) {
    std::mt19937 random(20'261'127);
    for (int round = 0; round < 50; ++round) {
        wheel timers;
        std::vector<std::unique_ptr<alarm>> all;
        for (int number = 0; number < 500; ++number) {
            all.push_back(std::make_unique<alarm>(number));
            timers.set(*all.back(), static_cast<std::int64_t>(random() % 400'000) * ms);
        }
        wheel::chain found;
        std::int64_t now = 0;
        const auto odd = [](wheel::timer& one) { return static_cast<alarm&>(one).number % 2 == 1; };
        for (auto list = wheel::lists; list-- > 0;) {
            timers.take_from(list, odd, found);
            now += static_cast<std::int64_t>(random() % 1'000) * ms;
            timers.advance(now);
        }
        timers.take_from(wheel::lists, odd, found);
        std::vector<bool> seen(all.size());
        while (auto* one = found.front()) {
            found.remove(*one);
            seen[static_cast<std::size_t>(static_cast<alarm*>(one)->number)] = true;
        }
        for (std::size_t number = 0; number < all.size(); ++number) {
            ASSERT_EQ(seen[number], number % 2 == 1) << number;
            ASSERT_EQ(all[number]->is_set(), number % 2 == 0) << number;
        }
        EXPECT_EQ(timers.size(), all.size() / 2);
    }
}

}  // namespace
