// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// With a manual executor and a virtual clock a whole engine is a deterministic program.

namespace {

using namespace stentor_test;
using namespace std::chrono_literals;
using stentor::publish_status;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};
struct tock {
    static constexpr std::string_view topic = "test.tock";
    int number = 0;
};

// One program: chains over several subscriptions. Returns who was called for what, in order.
std::vector<std::string> run_program(std::uint64_t seed) {
    stentor::virtual_clock clock;
    auto executor = std::make_shared<stentor::manual_executor>(seed);
    auto options = small_bus();
    options.executor = executor;
    options.clock = &clock;
    stentor::bus bus(std::move(options));
    std::vector<std::string> order;
    std::vector<stentor::subscription> handlers;
    for (const char name : {'a', 'b', 'c'}) {
        handlers.push_back(bus.subscribe<tick>(
            std::string(1, name), [&order, name](const tick& it, stentor::context& ctx) {
                order.push_back(name + std::to_string(it.number));
                if (name == 'b' && it.number % 3 == 0) {
                    static_cast<void>(ctx.publish(tock{it.number}));
                }
            }));
    }
    handlers.push_back(bus.subscribe<tock>("d", [&](const tock& it) {
        clock.advance(std::chrono::microseconds(it.number));
        order.push_back('d' + std::to_string(it.number));
    }));
    for (int number = 0; number < 30; ++number) {
        EXPECT_TRUE(bus.publish(tick{number}));
        clock.advance(10us);
        executor->step();
    }
    executor->run_until_idle();
    EXPECT_TRUE(bus.wait_idle(patience));
    settle_accounts(bus);
    EXPECT_EQ(order.size(), 100U);
    return order;
}

class determinism : public bus_fixture {};

TEST_F(determinism, same_seed_gives_the_same_order) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        EXPECT_EQ(run_program(seed), run_program(seed)) << "seed " << seed;
    }
}

TEST_F(determinism, seeds_explore_different_orders) {
    std::set<std::vector<std::string>> orders;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        orders.insert(run_program(seed));
    }
    EXPECT_GT(orders.size(), 1U);
}

class manual : public bus_fixture {
protected:
    stentor::bus_options options() {
        auto made = small_bus();
        made.executor = executor_;
        made.clock = &clock_;
        return made;
    }

    std::shared_ptr<stentor::manual_executor> executor_ =
        std::make_shared<stentor::manual_executor>(1);
};

TEST_F(manual, executor_runs_handlers_only_when_it_is_stepped) {
    auto& bus = make_bus(options());
    int calls = 0;
    auto handler = bus.subscribe<tick>("any", [&](const tick&) { ++calls; });
    for (int number = 0; number < 10; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    EXPECT_EQ(calls, 0);
    EXPECT_TRUE(executor_->step());
    EXPECT_GT(calls, 0);
    EXPECT_GT(executor_->run_until_idle() + 1, 0U);
    EXPECT_EQ(calls, 10);
    EXPECT_FALSE(executor_->step());
}

TEST_F(manual, executor_runs_handlers_on_the_thread_that_steps) {
    auto& bus = make_bus(options());
    std::thread::id id;
    auto handler =
        bus.subscribe<tick>("any", [&](const tick&) { id = std::this_thread::get_id(); });
    ASSERT_TRUE(bus.publish(tick{1}));
    executor_->run_until_idle();
    EXPECT_EQ(id, std::this_thread::get_id());
}

TEST_F(manual, waits_step_the_executor) {
    auto& bus = make_bus(options());
    int calls = 0;
    auto handler = bus.subscribe<tick>("any", [&](const tick&) { ++calls; });
    ASSERT_TRUE(bus.publish(tick{1}));
    EXPECT_TRUE(bus.wait_idle(0ns));
    EXPECT_EQ(calls, 1);
    ASSERT_TRUE(bus.publish(tick{2}));
    EXPECT_TRUE(bus.drain(0ns).complete);
    EXPECT_EQ(calls, 2);
}

TEST_F(manual, publisher_that_waits_for_room_steps_the_executor) {
    auto& bus = make_bus(options());
    int calls = 0;
    auto handler = bus.subscribe<tick>("small", [&](const tick&) { ++calls; },
                                       {.capacity = 1, .when_full = stentor::when_full::block{1s}});
    for (int number = 0; number < 10; ++number) {
        ASSERT_EQ(bus.publish(tick{number}).status(), publish_status::accepted);
    }
    executor_->run_until_idle();
    EXPECT_EQ(calls, 10);
}

TEST_F(manual, handler_may_unsubscribe_and_subscribe) {
    auto& bus = make_bus(options());
    std::vector<std::string> order;
    stentor::subscription first;
    stentor::subscription second;
    first = bus.subscribe<tick>("first", [&](const tick& it) {
        order.push_back("first " + std::to_string(it.number));
        second = bus.subscribe<tick>("second", [&](const tick& inner) {
            order.push_back("second " + std::to_string(inner.number));
        });
        EXPECT_EQ(first.unsubscribe(), stentor::unsubscribe_result::deferred);
    });
    ASSERT_TRUE(bus.publish(tick{1}));
    executor_->run_until_idle();
    ASSERT_TRUE(bus.publish(tick{2}));
    executor_->run_until_idle();
    EXPECT_EQ(order, (std::vector<std::string>{"first 1", "second 2"}));
}

TEST_F(manual, bus_measures_at_the_clocks_first_moment_too) {
    auto& bus = make_bus(options());
    auto handler = bus.subscribe<tick>("any", [](const tick&) {});
    for (int number = 0; number < 10; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    executor_->run_until_idle();
    EXPECT_EQ(bus.snapshot().subscriptions.front().service.count, 10U);
}

}  // namespace
