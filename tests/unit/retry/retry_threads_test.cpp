// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/patience.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

// Retries on many threads at once.

namespace {

using namespace stentor_test;
using namespace std::chrono_literals;

struct job {
    static constexpr std::string_view topic = "test.job";
    int number = 0;
};

stentor::retry_policy quick(std::int32_t attempts) {
    stentor::retry_policy policy;
    policy.max_attempts = attempts;
    policy.immediate = 1;
    policy.backoff = stentor::backoff::fixed;
    policy.base = 1ms;
    policy.budget = {};
    return policy;
}

class retrying_at_work : public bus_fixture {
protected:
    retrying_at_work() { expect_failures(); }
};

TEST_F(retrying_at_work, loses_nothing_and_keeps_the_order_of_keys) {
    constexpr int jobs = 20'000;
    constexpr int keys = 50;
    auto& bus = make_bus();
    std::vector<std::atomic<int>> last(keys);
    std::atomic<int> out_of_order{0};
    std::atomic<int> attempts{0};
    auto keyed = bus.subscribe<job>(
        "keyed",
        [&](const job& it, stentor::context& ctx) {
            attempts.fetch_add(1);
            // Every seventh fails once, every forty-ninth twice.
            const int failures = (it.number % 7 == 0 ? 1 : 0) + (it.number % 49 == 0 ? 1 : 0);
            if (ctx.attempt() <= failures) {
                throw std::runtime_error("not yet");
            }
            auto& before = last[static_cast<std::size_t>(it.number % keys)];
            out_of_order.fetch_add(before.exchange(it.number) >= it.number ? 1 : 0);
        },
        {.order = stentor::by_key([](const job& it) { return it.number % keys; }),
         .capacity = 4'096,
         .when_full = stentor::when_full::block{patience},
         .retry = quick(5)});
    for (int number = 1; number <= jobs; ++number) {
        ASSERT_TRUE(bus.publish(job{number}));
    }
    ASSERT_TRUE(bus.wait_idle(patience));
    const auto terms = bus.audit().subscriptions.front().second;
    EXPECT_EQ(terms.completed, jobs);
    EXPECT_EQ(terms.failed, 0);
    EXPECT_EQ(out_of_order.load(), 0);
    EXPECT_EQ(attempts.load(), jobs + jobs / 7 + jobs / 49);
}

TEST_F(retrying_at_work, calls_again_where_the_handler_belongs) {
    auto& bus = make_bus();
    std::mutex lock;
    std::vector<std::thread::id> blocking;
    std::vector<std::thread::id> polled;
    const auto note = [&](std::vector<std::thread::id>& to, stentor::context& ctx) {
        {
            const std::lock_guard held(lock);
            to.push_back(std::this_thread::get_id());
        }
        if (ctx.attempt() < 3) {
            throw std::runtime_error("not yet");
        }
    };
    auto one = bus.subscribe<job>("blocking",
                                  [&](const job&, stentor::context& ctx) { note(blocking, ctx); },
                                  {.execution = stentor::execution::blocking, .retry = quick(3)});
    auto two =
        bus.subscribe<job>("polled", [&](const job&, stentor::context& ctx) { note(polled, ctx); },
                           {.execution = stentor::execution::polled, .retry = quick(3)});
    std::thread::id pool;
    auto three = bus.subscribe<job>("pool", [&](const job&) { pool = std::this_thread::get_id(); });
    ASSERT_TRUE(bus.publish(job{1}));
    ASSERT_TRUE(eventually([&] {
        static_cast<void>(bus.poll());
        const std::lock_guard held(lock);
        return blocking.size() == 3 && polled.size() == 3;
    }));
    ASSERT_TRUE(bus.wait_idle(patience));
    for (std::size_t at = 0; at < 3; ++at) {
        EXPECT_EQ(polled[at], std::this_thread::get_id());
        EXPECT_NE(blocking[at], pool);
        EXPECT_NE(blocking[at], std::this_thread::get_id());
    }
}

TEST_F(retrying_at_work, is_waited_for_by_a_drain_that_has_the_time) {
    auto& bus = make_bus();
    std::atomic<int> attempts{0};
    auto kept = bus.subscribe<job>("flaky",
                                   [&](const job&, stentor::context& ctx) {
                                       attempts.fetch_add(1);
                                       if (ctx.attempt() < 4) {
                                           throw std::runtime_error("not yet");
                                       }
                                   },
                                   {.retry = quick(5)});
    ASSERT_TRUE(bus.publish(job{1}));
    const auto report = bus.drain(patience);
    EXPECT_TRUE(report.complete);
    EXPECT_EQ(report.retries_waiting, 0);
    EXPECT_EQ(attempts.load(), 4);
}

// Ends and pauses come while others publish, fail and become due.
TEST_F(retrying_at_work, may_be_paused_and_ended_at_any_moment) {
    auto& bus = make_bus();
    std::atomic<bool> stop{false};
    std::jthread publisher([&] {
        for (int number = 0; !stop.load(); ++number) {
            static_cast<void>(bus.publish(job{number}));
            std::this_thread::yield();
        }
    });
    for (int round = 0; round < 40; ++round) {
        auto kept =
            bus.subscribe<job>("flaky",
                               [](const job& it, stentor::context& ctx) {
                                   if ((it.number + ctx.attempt()) % 3 != 0) {
                                       throw std::runtime_error("not yet");
                                   }
                               },
                               {.max_concurrency = round % 2 == 0 ? 0 : 1, .retry = quick(4)});
        std::this_thread::sleep_for(2ms);
        EXPECT_TRUE(bus.registry().disable("flaky"));
        std::this_thread::sleep_for(1ms);
        EXPECT_TRUE(bus.registry().enable("flaky"));
        std::this_thread::sleep_for(2ms);
        EXPECT_EQ(kept.unsubscribe(), stentor::unsubscribe_result::done);
    }
    stop.store(true);
    publisher.join();
    EXPECT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(bus.audit().unaccounted(), 0) << bus.audit().to_string();
}

}  // namespace
