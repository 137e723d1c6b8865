// SPDX-License-Identifier: MIT
#include "unit/async/manual_bus.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

// What the options of a subscription mean for a coroutine.

namespace {

using namespace stentor_test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class coroutine_option : public manual_bus {
protected:
    std::vector<std::string> log_;
    void note(std::string text) { log_.push_back(std::move(text)); }
};

TEST_F(coroutine_option, limit_counts_those_that_wait) {
    auto kept = bus.subscribe<order_placed>(
        "two",
        [this](const order_placed& it, stentor::context& ctx) -> stentor::task<> {
            note(std::to_string(it.number));
            co_await ctx.sleep(std::chrono::milliseconds(it.number));
        },
        {.max_concurrency = 2});
    for (int number = 1; number <= 5; ++number) {
        bus.publish(order_placed{number});
    }
    run();
    EXPECT_THAT(log_, ElementsAre("1", "2"));
    EXPECT_EQ(terms("two").running, 2);
    EXPECT_EQ(terms("two").queued, 3);
    pass(1ms);
    EXPECT_THAT(log_, ElementsAre("1", "2", "3"));
    pass(1ms);
    EXPECT_EQ(log_.size(), 4U);
    pass(10ms);
    pass(10ms);
    EXPECT_EQ(log_.size(), 5U);
    pass(10ms);
    EXPECT_EQ(terms("two").completed, 5);
}

TEST_F(coroutine_option, that_is_serial_ends_before_the_next_one_begins) {
    auto kept = bus.subscribe<order_placed>(
        "serial",
        [this](const order_placed& it, stentor::context& ctx) -> stentor::task<> {
            note("begin " + std::to_string(it.number));
            co_await ctx.sleep(5ms);
            note("end " + std::to_string(it.number));
        },
        {.order = stentor::order::serial});
    bus.publish(order_placed{1});
    bus.publish(order_placed{2});
    run();
    EXPECT_THAT(log_, ElementsAre("begin 1"));
    pass(5ms);
    EXPECT_THAT(log_, ElementsAre("begin 1", "end 1", "begin 2"));
    pass(5ms);
    EXPECT_THAT(log_, ElementsAre("begin 1", "end 1", "begin 2", "end 2"));
}

TEST_F(coroutine_option, keeps_its_key_until_it_ends) {
    auto kept = bus.subscribe<order_placed>(
        "keyed",
        [this](const order_placed& it, stentor::context& ctx) -> stentor::task<> {
            note("begin " + std::to_string(it.number));
            co_await ctx.sleep(5ms);
            note("end " + std::to_string(it.number));
        },
        {.order = stentor::by_key(&order_placed::number)});
    for (const int number : {1, 2, 1}) {
        bus.publish(order_placed{number});
    }
    run();
    EXPECT_THAT(log_, ElementsAre("begin 1", "begin 2"));
    pass(5ms);
    EXPECT_EQ(log_.size(), 5U);
    EXPECT_EQ(log_.back(), "begin 1");
    pass(5ms);
    EXPECT_EQ(terms("keyed").completed, 3);
}

TEST_F(coroutine_option, runs_on_the_pool_only) {
    const auto made = bus.try_subscribe<order_placed>(
        "blocking", [](const order_placed&) -> stentor::task<> { co_return; },
        {.execution = stentor::execution::blocking});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), stentor::errc::unsupported_combination);
    EXPECT_THAT(made.error().message(), HasSubstr("resume_on"));
}

TEST_F(coroutine_option, is_not_put_into_a_shared_lane) {
    const auto made = bus.try_subscribe<order_placed>(
        "shared", [](const order_placed&) -> stentor::task<> { co_return; },
        {.placement = stentor::placement::shared});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), stentor::errc::unsupported_combination);
    EXPECT_THAT(made.error().message(), HasSubstr("coroutine"));
    auto cheap = bus.subscribe<order_placed>(
        "cheap", [](const order_placed&) -> stentor::task<> { co_return; });
    for (int number = 0; number < 500; ++number) {
        bus.publish(order_placed{number});
        run();
    }
    EXPECT_EQ(bus.snapshot().subscriptions.at(0).placement, "own");
}

TEST_F(coroutine_option, keeps_its_owner_alive_until_it_ends) {
    auto owner = std::make_shared<int>(5);
    auto kept = bus.subscribe<order_placed>(
        "owned",
        [this, raw = owner.get()](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            co_await ctx.sleep(1ms);
            note(std::to_string(*raw));
        },
        {.owner = owner});
    bus.publish(order_placed{});
    run();
    const std::weak_ptr<int> watched = owner;
    owner.reset();
    EXPECT_FALSE(watched.expired());
    pass(1ms);
    EXPECT_THAT(log_, ElementsAre("5"));
    EXPECT_TRUE(watched.expired());
}

}  // namespace
