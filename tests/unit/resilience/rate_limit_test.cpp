// SPDX-License-Identifier: MIT
#include <stentor/resilience/rate_limit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using stentor::errc;
using stentor::rate_limit;
using stentor::rate_limiter;
using testing::HasSubstr;

namespace {

std::shared_ptr<rate_limiter> limiter_of(rate_limit options, stentor::clock& time) {
    auto made = rate_limiter::make(options, time);
    EXPECT_TRUE(made) << made.error().message();
    return std::move(made).value();
}

int take_all(rate_limiter& limiter) {
    int taken = 0;
    while (auto permit = limiter.try_acquire()) {
        permit.use();
        ++taken;
    }
    return taken;
}

TEST(rate_limiter, gives_its_burst_and_then_its_rate) {
    stentor::virtual_clock time;
    const auto limiter = limiter_of({.permits = 10, .per = 1s, .burst = 3}, time);
    EXPECT_EQ(limiter->available(), 3);
    EXPECT_EQ(take_all(*limiter), 3);
    EXPECT_EQ(limiter->try_acquire().wait(), 100ms);
    time.advance(99ms);
    EXPECT_EQ(limiter->try_acquire().wait(), 1ms);
    time.advance(1ms);
    EXPECT_EQ(take_all(*limiter), 1);
    time.advance(250ms);
    EXPECT_EQ(take_all(*limiter), 2) << "the half that has come back is kept";
    time.advance(50ms);
    EXPECT_EQ(take_all(*limiter), 1);
    time.advance(1h);
    EXPECT_EQ(take_all(*limiter), 3) << "no more than the burst is saved up";
}

TEST(rate_limiter, saves_up_as_many_as_come_in_its_time_by_default) {
    stentor::virtual_clock time;
    EXPECT_EQ(take_all(*limiter_of({.permits = 7}, time)), 7);
}

TEST(rate_limiter, takes_back_what_was_not_used) {
    stentor::virtual_clock time;
    const auto limiter = limiter_of({.permits = 10, .per = 1s, .burst = 1}, time);
    {
        auto permit = limiter->try_acquire();
        ASSERT_TRUE(permit);
        EXPECT_EQ(permit.wait(), 0ns);
        EXPECT_FALSE(limiter->try_acquire());
        auto moved = std::move(permit);
        EXPECT_FALSE(permit);  // NOLINT(bugprone-use-after-move): is the subject
        EXPECT_TRUE(moved);
    }
    auto again = limiter->try_acquire();
    EXPECT_TRUE(again) << "the token came back";
    again.give_back();
    again.give_back();
    EXPECT_EQ(take_all(*limiter), 1) << "and came back once";
}

TEST(rate_limiter, makes_no_token_of_one_that_comes_back_late) {
    stentor::virtual_clock time;
    const auto limiter = limiter_of({.permits = 10, .per = 1s, .burst = 2}, time);
    {
        const auto permit = limiter->try_acquire();
        ASSERT_TRUE(permit);
        time.advance(1h);  // the bucket is full again
    }
    EXPECT_EQ(take_all(*limiter), 2);
}

TEST(rate_limiter, is_given_another_permit_by_assignment) {
    stentor::virtual_clock time;
    const auto limiter = limiter_of({.permits = 2, .per = 1s}, time);
    auto permit = limiter->try_acquire();
    permit = limiter->try_acquire();
    EXPECT_TRUE(permit);
    EXPECT_EQ(limiter->available(), 1) << "the first one went back";
    permit.use();
    EXPECT_EQ(limiter->available(), 1);
}

TEST(rate_limiter, looks_at_no_clock_but_the_steady_one) {
    stentor::virtual_clock time;
    const auto limiter = limiter_of({.permits = 1, .per = 1s}, time);
    EXPECT_EQ(take_all(*limiter), 1);
    time.jump_system(24h * 365);
    EXPECT_EQ(take_all(*limiter), 0);
    time.jump_system(-24h * 730);
    time.advance(1s);
    EXPECT_EQ(take_all(*limiter), 1);
}

TEST(rate_limiter, keeps_its_rate_for_several_threads) {
    stentor::virtual_clock time;
    const auto limiter = limiter_of({.permits = 1'000, .per = 1s, .burst = 500}, time);
    std::atomic<int> taken{0};
    std::vector<std::thread> takers;
    for (int taker = 0; taker < 3; ++taker) {
        takers.emplace_back([&] {
            for (int step = 0; step < 500; ++step) {
                if (auto permit = limiter->try_acquire()) {
                    permit.use();
                    taken.fetch_add(1, std::memory_order_relaxed);
                }
                if (step % 5 == 0) {
                    time.advance(1ms);
                }
                std::ignore = limiter->try_acquire();  // and back
            }
        });
    }
    for (auto& taker : takers) {
        taker.join();
    }
    EXPECT_LE(taken.load(), 500 + 300);
    taken.fetch_add(take_all(*limiter));
    EXPECT_LE(taken.load(), 500 + 300);
    EXPECT_GE(taken.load(), 300 + 200);
}

void expect_refused(rate_limit options, const char* text) {
    const auto made = rate_limiter::make(options);
    ASSERT_FALSE(made) << text;
    EXPECT_EQ(made.error().code(), errc::invalid_option);
    EXPECT_THAT(made.error().message(), HasSubstr(text));
}

TEST(rate_limiter, refuses_what_it_cannot_keep) {
    expect_refused({.permits = 0}, "rate limit: permits is 0; give 1 to 1000000000");
    expect_refused({.permits = -5}, "permits is -5");
    expect_refused({.per = 0s}, "per is 0; give 1 us to 366 days");
    expect_refused({.burst = -1}, "burst is -1; give 0 to");
    expect_refused({.permits = 100, .per = 1us}, "more than ten million a second");
    expect_refused({.permits = 1, .per = 24h * 366, .burst = 11},
                   "burst is 11, more than ten years bring; give a smaller burst");
}

TEST(rate_limiter, takes_the_largest_numbers_that_it_allows) {
    stentor::virtual_clock time;
    const auto fast = limiter_of({.permits = 10, .per = 1us, .burst = 1'000'000'000}, time);
    EXPECT_EQ(fast->available(), 1'000'000'000);
    time.advance(24h * 36'500);
    EXPECT_EQ(fast->available(), 1'000'000'000);
    const auto slow = limiter_of({.permits = 1, .per = 24h * 366, .burst = 10}, time);
    EXPECT_EQ(take_all(*slow), 10);
    EXPECT_EQ(slow->try_acquire().wait(), 24h * 366);
}

}  // namespace
