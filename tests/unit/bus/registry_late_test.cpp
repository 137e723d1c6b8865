// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include "support/recorder.hpp"
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// The watchdog names calls and hooks that last too long, and a refused loop is drawn.

namespace {

using namespace stentor_test;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
namespace sys = stentor::system;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};
struct order_created {
    static constexpr std::string_view topic = "order.created";
};
struct stock_changed {
    static constexpr std::string_view topic = "stock.changed";
};
struct first_step {
    static constexpr std::string_view topic = "way.in";
};

class watchdog : public bus_fixture {
protected:
    stentor::bus& manual_bus(std::chrono::nanoseconds late_after = 5s) {
        auto options = small_bus();
        options.executor = executor_;
        options.clock = &clock_;
        options.late_after = late_after;
        return make_bus(std::move(options));
    }

    std::shared_ptr<stentor::manual_executor> executor_ =
        std::make_shared<stentor::manual_executor>(1);
};

TEST_F(watchdog, names_a_call_that_lasts_too_long) {
    auto options = small_bus();
    options.late_after = 20ms;
    auto& bus = make_bus(std::move(options));
    recorder<sys::handler_late> late;
    gate door;
    auto listener = bus.subscribe<sys::handler_late>(
        "listener", [&](const sys::handler_late& it) { late.add(it); });
    auto slow = bus.subscribe<tick>("slow", [&](const tick& it) {
        if (it.number == 3) {
            EXPECT_TRUE(door.pass());
        }
    });
    const open_at_end let_go(door);
    std::vector<stentor::event_id> ids;
    for (int number = 0; number < 6; ++number) {
        const auto result = bus.publish(tick{number});
        ASSERT_TRUE(result);
        ids.push_back(result.id());
    }
    ASSERT_TRUE(late.await(1));
    const auto it = late.all().front();
    EXPECT_EQ(it.name, "slow");
    EXPECT_EQ(it.event_id, ids[3]);
    EXPECT_EQ(it.event_topic, "test.tick");
    EXPECT_THAT(it.file, HasSubstr("registry_late_test.cpp"));
    EXPECT_GT(it.line, 0U);
    EXPECT_EQ(it.hook, "");
    EXPECT_GE(it.age, 20ms);
    ASSERT_TRUE(eventually([&] { return !log().notices().empty(); }));
    EXPECT_THAT(log().notices().front(), HasSubstr("\"slow\""));
    EXPECT_THAT(log().notices().front(), HasSubstr(ids[3].to_string()));
    door.open();
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(bus.registry().find("slow")->late, 1) << "once a call";
    EXPECT_EQ(late.size(), 1U);
}

// Nobody but the publisher is awake: the watchdog is so on its own.
TEST_F(watchdog, names_an_inline_call_that_lasts_too_long) {
    auto options = small_bus();
    options.late_after = 20ms;
    auto& bus = make_bus(std::move(options));
    recorder<sys::handler_late> late;
    gate door;
    auto listener = bus.subscribe<sys::handler_late>(
        "listener", [&](const sys::handler_late& it) { late.add(it); });
    auto quick = bus.subscribe<tick>("quick", [](const tick&) {},
                                     {.execution = stentor::execution::inline_});
    auto slow = bus.subscribe<tick>("slow",
                                    [&](const tick& it) {
                                        if (it.number == 3) {
                                            EXPECT_TRUE(door.pass());
                                        }
                                    },
                                    {.execution = stentor::execution::inline_});
    std::vector<stentor::event_id> ids;
    {
        const std::jthread publisher([&] {
            for (int number = 0; number < 6; ++number) {
                const auto result = bus.publish(tick{number});
                EXPECT_TRUE(result);
                ids.push_back(result.id());
            }
        });
        const open_at_end let_go(door);
        ASSERT_TRUE(late.await(1));
    }
    const auto it = late.all().front();
    EXPECT_EQ(it.name, "slow");
    EXPECT_EQ(it.event_id, ids[3]);
    EXPECT_EQ(it.event_topic, "test.tick");
    EXPECT_THAT(it.file, HasSubstr("registry_late_test.cpp"));
    EXPECT_GE(it.age, 20ms);
    EXPECT_EQ(bus.registry().find("slow")->late, 1) << "once a call";
    EXPECT_EQ(bus.registry().find("quick")->late, 0);
}

TEST_F(watchdog, works_under_a_virtual_clock) {
    auto& bus = manual_bus();
    auto slow = bus.subscribe<tick>(
        "slow", [&](const tick& it) { clock_.advance(it.number == 1 ? 6s : 1s); });
    for (int number = 0; number < 3; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    clock_.advance(10s);
    executor_->run_until_idle();
    EXPECT_EQ(bus.registry().find("slow")->late, 1) << "waiting in the lane is not being late";
    ASSERT_EQ(log().notices().size(), 1U);
    EXPECT_THAT(log().notices().front(), HasSubstr("has lasted 6.0 s"));
}

TEST_F(watchdog, sees_a_call_that_steps_the_executor) {
    auto& bus = manual_bus();
    auto slow = bus.subscribe<tick>("slow", [&](const tick&) {
        clock_.advance(6s);
        executor_->step();
        EXPECT_EQ(log().notices().size(), 1U);
        clock_.advance(6s);
        executor_->step();
    });
    ASSERT_TRUE(bus.publish(tick{1}));
    executor_->run_until_idle();
    EXPECT_EQ(log().notices().size(), 1U) << "once a call";
}

TEST_F(watchdog, can_be_switched_off) {
    auto& bus = manual_bus(0s);
    auto slow = bus.subscribe<tick>("slow", [&](const tick&) { clock_.advance(60s); });
    ASSERT_TRUE(bus.publish(tick{1}));
    executor_->run_until_idle();
    EXPECT_TRUE(log().notices().empty());
    EXPECT_EQ(bus.registry().find("slow")->late, 0);
}

TEST_F(watchdog, names_a_hook_that_hangs) {
    auto options = small_bus();
    options.late_after = 20ms;
    auto& bus = make_bus(std::move(options));
    gate door;
    std::thread subscriber([&] {
        bus.keep(bus.subscribe<tick>("slow", [](const tick&) {},
                                     {.on_start = [&] { EXPECT_TRUE(door.pass()); }}));
    });
    EXPECT_TRUE(eventually([&] { return !log().notices().empty(); }));
    EXPECT_EQ(bus.registry().find("slow")->state, stentor::handler_state::starting);
    EXPECT_EQ(bus.publish(tick{1}).status(), stentor::publish_status::no_subscribers);
    door.open();
    subscriber.join();
    ASSERT_EQ(log().notices().size(), 1U);
    EXPECT_THAT(log().notices().front(), HasSubstr("its on_start has lasted"));
    EXPECT_EQ(bus.registry().find("slow")->late, 1);
}

class causal_loop : public watchdog {};

TEST_F(causal_loop, is_drawn_when_it_is_refused) {
    auto& bus = manual_bus();
    auto orders = bus.subscribe<order_created>(
        "orders",
        [](const order_created&, stentor::context& ctx) { ctx.publish(stock_changed{}); });
    auto stock = bus.subscribe<stock_changed>(
        "stock", [](const stock_changed&, stentor::context& ctx) { ctx.publish(order_created{}); });
    auto start = bus.subscribe<first_step>(
        "start", [](const first_step&, stentor::context& ctx) { ctx.publish(order_created{}); });
    ASSERT_TRUE(bus.publish(first_step{}));
    executor_->run_until_idle();
    ASSERT_EQ(log().notices().size(), 1U);
    EXPECT_THAT(log().notices().front(),
                ::testing::AnyOf(HasSubstr("order.created -> stock.changed -> order.created"),
                                 HasSubstr("stock.changed -> order.created -> stock.changed")));
    EXPECT_THAT(log().notices().front(), Not(HasSubstr("way.in")));
    EXPECT_EQ(bus.audit().publishes.rejected_too_deep, 1);
}

TEST_F(causal_loop, is_reported_once_a_minute_and_topic) {
    auto& bus = manual_bus();
    auto loop = bus.subscribe<order_created>(
        "loop", [](const order_created&, stentor::context& ctx) { ctx.publish(order_created{}); });
    for (int round = 0; round < 3; ++round) {
        ASSERT_TRUE(bus.publish(order_created{}));
        executor_->run_until_idle();
    }
    EXPECT_EQ(log().notices().size(), 1U);
    EXPECT_THAT(log().notices().front(), HasSubstr("order.created -> order.created"));
    clock_.advance(61s);
    ASSERT_TRUE(bus.publish(order_created{}));
    executor_->run_until_idle();
    EXPECT_EQ(log().notices().size(), 2U);
    EXPECT_EQ(bus.audit().publishes.rejected_too_deep, 4);
}

}  // namespace
