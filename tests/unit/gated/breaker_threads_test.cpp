// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/patience.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

// Breakers and rates on many threads at once.

namespace {

using namespace stentor_test;
using namespace std::chrono_literals;

struct job {
    static constexpr std::string_view topic = "test.job";
    int number = 0;
};

class gated_at_work : public bus_fixture {
protected:
    gated_at_work() { expect_failures(); }
};

TEST_F(gated_at_work, loses_nothing_while_breakers_open_and_close) {
    constexpr int jobs = 20'000;
    auto& bus = make_bus();
    stentor::breaker options;
    options.window = 20;
    options.min_calls = 4;
    options.open_for = 1ms;
    options.open_max = 2ms;
    options.trials = 3;
    std::atomic<int> opened{0};
    options.on_change = [&](const stentor::breaker_change& change) {
        opened.fetch_add(change.to == stentor::breaker_state::open ? 1 : 0);
    };
    stentor::retry_policy policy;
    policy.max_attempts = 1'000;
    policy.immediate = 0;
    policy.backoff = stentor::backoff::fixed;
    policy.base = 1ms;
    policy.max_elapsed = 1h;
    policy.budget = {};
    std::atomic<bool> down{false};
    std::atomic<int> done{0};
    const auto handler = [&](const job&) {
        if (down.load()) {
            throw std::runtime_error("down");
        }
        done.fetch_add(1);
    };
    auto first = bus.subscribe<job>("first", handler, {.retry = policy, .breaker = options});
    auto second = bus.subscribe<job>(
        "second", handler,
        {.order = stentor::by_key<job>(&job::number), .retry = policy, .breaker = options});
    std::jthread weather([&](const std::stop_token& over) {
        while (!over.stop_requested()) {
            down = !down;
            std::this_thread::sleep_for(2ms);
        }
        down = false;
    });
    std::vector<std::jthread> publishers;
    for (int thread = 0; thread < 2; ++thread) {
        publishers.emplace_back([&bus, thread] {
            for (int number = 0; number < jobs / 2; ++number) {
                ASSERT_TRUE(bus.publish_for(job{number * 2 + thread}, 1min));
                if (number % 200 == 0) {
                    std::this_thread::sleep_for(1ms);
                }
            }
        });
    }
    publishers.clear();
    weather.request_stop();
    weather.join();
    ASSERT_TRUE(bus.wait_idle(1min));
    EXPECT_EQ(done.load(), 2 * jobs);
    EXPECT_GT(opened.load(), 0);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

}  // namespace
