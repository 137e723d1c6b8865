// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/patience.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string_view>

// Deadlines on real threads and the real clock.

namespace {

using namespace stentor_test;
using namespace std::chrono_literals;

struct job {
    static constexpr std::string_view topic = "test.job";
    int number = 0;
};

class deadline_at_work : public bus_fixture {
protected:
    deadline_at_work() { expect_failures(); }
    static stentor::delivery_terms terms(const stentor::bus& bus) {
        return bus.audit().subscriptions.front().second;
    }
};

// As a handler does that waits for a server: until it has an answer, or is told to stop.
TEST_F(deadline_at_work, wakes_a_handler_that_waits_with_its_token) {
    auto& bus = make_bus();
    std::atomic<int> woken{0};
    auto kept = bus.subscribe<job>(
        "waiter",
        [&](const job&, stentor::context& ctx) {
            std::mutex mutex;
            std::condition_variable_any answer;
            std::unique_lock lock(mutex);
            static_cast<void>(answer.wait(lock, ctx.stop_token(), [] { return false; }));
            woken.fetch_add(1);
        },
        {.execution = stentor::execution::blocking, .max_concurrency = 4, .deadline = 5ms});
    for (int number = 0; number < 20; ++number) {
        ASSERT_TRUE(bus.publish(job{number}));
    }
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(woken.load(), 20);
    EXPECT_EQ(terms(bus).failed, 20);
}

TEST_F(deadline_at_work, races_with_the_end_of_each_attempt_and_loses_nothing) {
    auto& bus = make_bus();
    constexpr int jobs = 3'000;
    std::atomic<int> told{0};
    auto kept = bus.subscribe<job>(
        "close",
        [&](const job& it, stentor::context& ctx) {
            const std::stop_callback ring(ctx.stop_token(), [&] { told.fetch_add(1); });
            const auto until =
                std::chrono::steady_clock::now() + std::chrono::microseconds(it.number % 3'000);
            while (std::chrono::steady_clock::now() < until) {
            }
        },
        {.deadline = 1ms});
    for (int number = 0; number < jobs; ++number) {
        ASSERT_TRUE(bus.publish(job{number}));
    }
    ASSERT_TRUE(bus.wait_idle(patience));
    const auto seen = terms(bus);
    EXPECT_EQ(seen.completed + seen.failed, jobs);
    EXPECT_GT(seen.failed, 0) << "two thirds of them last longer";
    EXPECT_GT(told.load(), 0);
    EXPECT_LE(told.load(), static_cast<int>(bus.snapshot().subscriptions.front().overdue));
}

TEST_F(deadline_at_work, ends_coroutines_at_any_moment) {
    auto& bus = make_bus();
    constexpr int jobs = 3'000;
    std::atomic<int> alive{0};
    struct local {
        std::atomic<int>& count;
        explicit local(std::atomic<int>& of) : count(of) { count.fetch_add(1); }
        local(const local&) = delete;
        local& operator=(const local&) = delete;
        ~local() { count.fetch_sub(1); }
    };
    auto kept = bus.subscribe<job>("sleeper",
                                   [&](const job& it, stentor::context& ctx) -> stentor::task<> {
                                       const local mine(alive);
                                       const auto token = ctx.stop_token();
                                       for (int turn = 0; turn < it.number % 8; ++turn) {
                                           co_await ctx.sleep(1ms);
                                       }
                                   },
                                   {.deadline = 4ms});
    for (int number = 0; number < jobs; ++number) {
        ASSERT_TRUE(bus.publish(job{number}));
    }
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(alive.load(), 0);
    const auto seen = terms(bus);
    EXPECT_EQ(seen.completed + seen.failed, jobs);
    EXPECT_GT(seen.failed, 0);
    EXPECT_GT(seen.completed, 0);
}

}  // namespace
