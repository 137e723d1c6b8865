// SPDX-License-Identifier: MIT
#include "unit/retry/flaky.hpp"

#include <gmock/gmock.h>

#include <string>

// What waits behind a delivery that waits for another attempt, and what does not.

namespace {

using namespace stentor_test;
using ::testing::ElementsAre;

constexpr auto tens = [](const order_placed& it) { return it.number / 10; };

TEST_F(retrying, holds_its_key_and_no_other) {
    auto kept =
        bus.subscribe<order_placed>("flaky",
                                    [&](const order_placed& it, stentor::context& ctx) {
                                        calls.push_back({it.number, ctx.attempt()});
                                        if (it.number == 10 && ctx.attempt() < 3) {
                                            throw std::runtime_error("not yet");
                                        }
                                    },
                                    {.order = stentor::by_key(tens), .retry = every_100ms()});
    for (const int number : {10, 11, 20, 12, 21}) {
        ASSERT_TRUE(bus.publish(order_placed{number}));
    }
    run();
    EXPECT_THAT(calls, ElementsAre(seen_call{10, 1}, seen_call{20, 1}, seen_call{21, 1}));
    pass(100ms);
    EXPECT_EQ(calls.back(), (seen_call{10, 2}));
    ASSERT_TRUE(bus.publish(order_placed{13}));
    run();
    pass(100ms);
    EXPECT_THAT(
        calls, ElementsAre(seen_call{10, 1}, seen_call{20, 1}, seen_call{21, 1}, seen_call{10, 2},
                           seen_call{10, 3}, seen_call{11, 1}, seen_call{12, 1}, seen_call{13, 1}));
    EXPECT_EQ(terms("flaky").completed, 6);
}

TEST_F(retrying, of_a_serial_handler_holds_all) {
    auto kept =
        bus.subscribe<order_placed>("flaky",
                                    [&](const order_placed& it, stentor::context& ctx) {
                                        calls.push_back({it.number, ctx.attempt()});
                                        if (ctx.attempt() == 1) {
                                            throw std::runtime_error("not yet");
                                        }
                                    },
                                    {.order = stentor::order::serial, .retry = every_100ms()});
    for (const int number : {1, 2}) {
        ASSERT_TRUE(bus.publish(order_placed{number}));
    }
    run();
    EXPECT_THAT(calls, ElementsAre(seen_call{1, 1}));
    pass(100ms);
    EXPECT_THAT(calls, ElementsAre(seen_call{1, 1}, seen_call{1, 2}, seen_call{2, 1}));
    pass(100ms);
    EXPECT_EQ(calls.back(), (seen_call{2, 2}));
}

TEST_F(retrying, lets_a_key_go_when_it_has_failed) {
    auto kept =
        bus.subscribe<order_placed>("flaky",
                                    [&](const order_placed& it, stentor::context& ctx) {
                                        calls.push_back({it.number, ctx.attempt()});
                                        if (it.number == 10) {
                                            throw std::runtime_error("never");
                                        }
                                    },
                                    {.order = stentor::by_key(tens), .retry = every_100ms(2)});
    for (const int number : {10, 11}) {
        ASSERT_TRUE(bus.publish(order_placed{number}));
    }
    run();
    pass(100ms);
    EXPECT_THAT(calls, ElementsAre(seen_call{10, 1}, seen_call{10, 2}, seen_call{11, 1}));
    EXPECT_EQ(terms("flaky").dead_lettered, 1);
}

TEST_F(retrying, of_coroutines_keeps_the_key_through_both_kinds_of_waiting) {
    auto kept = bus.subscribe<order_placed>(
        "flaky",
        [&](const order_placed& it, stentor::context& ctx) -> stentor::task<> {
            co_await ctx.sleep(10ms);
            calls.push_back({it.number, ctx.attempt()});
            if (it.number == 10 && ctx.attempt() == 1) {
                throw std::runtime_error("not yet");
            }
        },
        {.order = stentor::by_key(tens), .retry = every_100ms()});
    for (const int number : {10, 11, 20}) {
        ASSERT_TRUE(bus.publish(order_placed{number}));
    }
    run();
    for (int times = 0; times < 30; ++times) {
        pass(10ms);
    }
    EXPECT_THAT(
        calls, ElementsAre(seen_call{10, 1}, seen_call{20, 1}, seen_call{10, 2}, seen_call{11, 1}));
}

// Those that come after it wait until it has ended, however often it is tried.
TEST_F(retrying, is_waited_for_by_those_that_come_after) {
    std::vector<std::string> said;
    auto first =
        bus.subscribe<order_placed>("journal",
                                    [&](const order_placed&, stentor::context& ctx) {
                                        said.push_back("journal " + std::to_string(ctx.attempt()));
                                        if (ctx.attempt() < 3) {
                                            throw std::runtime_error("not yet");
                                        }
                                    },
                                    {.retry = every_100ms()});
    auto second = bus.subscribe<order_placed>(
        "mail",
        [&](const order_placed&, stentor::context& ctx) {
            said.push_back("mail " + std::to_string(ctx.attempt()));
            if (ctx.attempt() < 2) {
                throw std::runtime_error("not yet");
            }
        },
        {.after = "journal", .require_success = true, .retry = every_100ms()});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    for (int times = 0; times < 5; ++times) {
        pass(100ms);
    }
    EXPECT_THAT(said, ElementsAre("journal 1", "journal 2", "journal 3", "mail 1", "mail 2"));
    EXPECT_EQ(terms("mail").completed, 1);
}

TEST_F(retrying, counts_in_capacity) {
    auto kept =
        bus.subscribe<order_placed>("flaky", failing(1), {.capacity = 2, .retry = every_100ms()});
    for (const int number : {1, 2}) {
        ASSERT_TRUE(bus.publish(order_placed{number}));
    }
    run();
    EXPECT_EQ(bus.publish(order_placed{3}).status(), stentor::publish_status::rejected_full);
    pass(100ms);
    EXPECT_TRUE(bus.publish(order_placed{3}));
    run();
    pass(100ms);
    EXPECT_EQ(terms("flaky").completed, 3);
}

}  // namespace
