// SPDX-License-Identifier: MIT
#include "support/counted.hpp"
#include "unit/retry/flaky.hpp"

#include <gmock/gmock.h>

#include <memory>

// Pauses and ends, while deliveries wait for another attempt.

namespace {

using namespace stentor_test;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(retrying, in_a_pause_waits_on_and_counts_no_attempt) {
    auto kept = bus.subscribe<order_placed>("flaky", failing(2), {.retry = every_100ms(3)});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    ASSERT_TRUE(bus.registry().disable("flaky"));
    pass(10s);
    EXPECT_EQ(calls.size(), 1U);
    EXPECT_EQ(terms("flaky").retry_waiting, 1);
    ASSERT_TRUE(bus.registry().enable("flaky"));
    run();
    EXPECT_THAT(calls, ElementsAre(seen_call{1, 1}, seen_call{1, 2}));
    pass(100ms);
    EXPECT_EQ(terms("flaky").completed, 1);
}

TEST_F(retrying, that_is_due_when_a_pause_begins_keeps_its_attempts) {
    auto kept = bus.subscribe<order_placed>("flaky", failing(1), {.retry = every_100ms(2)});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    clock_.advance(100ms);
    ASSERT_TRUE(executor->step() || true);  // the moment is noticed, the call is not made yet
    ASSERT_TRUE(bus.registry().disable("flaky"));
    run();
    ASSERT_TRUE(bus.registry().enable("flaky"));
    run();
    EXPECT_THAT(calls, ElementsAre(seen_call{1, 1}, seen_call{1, 2}));
    EXPECT_EQ(terms("flaky").completed, 1);
}

// The handler pauses its own subscription, so the attempt after it finds the pause.
TEST_F(retrying, that_fails_in_a_pause_waits_for_its_end) {
    auto kept = bus.subscribe<order_placed>("flaky",
                                            [&](const order_placed& it, stentor::context& ctx) {
                                                calls.push_back({it.number, ctx.attempt()});
                                                if (ctx.attempt() == 1) {
                                                    EXPECT_TRUE(bus.registry().disable("flaky"));
                                                    throw std::runtime_error("not yet");
                                                }
                                            },
                                            {.retry = every_100ms()});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    pass(1s);
    EXPECT_EQ(calls.size(), 1U);
    ASSERT_TRUE(bus.registry().enable("flaky"));
    run();
    EXPECT_THAT(calls, ElementsAre(seen_call{1, 1}, seen_call{1, 2}));
}

TEST_F(retrying, in_a_pause_that_drops_waits_on_and_what_is_behind_it_goes) {
    for (const auto& where : {stentor::execution::pool, stentor::execution::polled}) {
        const auto name = where == stentor::execution::pool ? "pool" : "polled";
        const auto everything = [&] {
            run();
            static_cast<void>(bus.poll());
        };
        calls.clear();
        auto kept = bus.subscribe<order_placed>(
            name, failing(1),
            {.order = stentor::order::serial, .execution = where, .retry = every_100ms()});
        for (const int number : {1, 2, 3}) {
            ASSERT_TRUE(bus.publish(order_placed{number}));
        }
        everything();
        ASSERT_TRUE(bus.registry().disable(name, stentor::backlog::drop));
        everything();
        EXPECT_EQ(terms(name).dropped_disabled, 2);
        EXPECT_EQ(terms(name).retry_waiting, 1);
        ASSERT_TRUE(bus.registry().enable(name));
        clock_.advance(100ms);
        everything();
        EXPECT_THAT(calls, ElementsAre(seen_call{1, 1}, seen_call{1, 2}));
        EXPECT_EQ(kept.unsubscribe(), stentor::unsubscribe_result::done);
    }
}

TEST_F(retrying, is_cancelled_with_its_subscription) {
    ledger book;
    {
        auto watched = std::make_shared<counted>(book);
        auto kept = bus.subscribe<order_placed>(
            "flaky", [watched](const order_placed&) { throw std::runtime_error("not yet"); },
            {.retry = every_100ms()});
        for (const int number : {1, 2, 3}) {
            ASSERT_TRUE(bus.publish(order_placed{number}));
        }
        run();
        EXPECT_EQ(terms("flaky").retry_waiting, 3);
        watched.reset();
        EXPECT_EQ(kept.unsubscribe(), stentor::unsubscribe_result::done);
    }
    EXPECT_EQ(book.alive(), 0) << "nothing keeps the handler";
    EXPECT_EQ(bus.audit().removed.cancelled, 3);
    pass(1h);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(retrying, that_is_due_is_cancelled_with_its_subscription) {
    auto kept = bus.subscribe<order_placed>("flaky", failing(9), {.retry = every_100ms()});
    auto other = bus.subscribe<order_placed>("other", [](const order_placed&) {});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    clock_.advance(1h);
    EXPECT_EQ(kept.unsubscribe(), stentor::unsubscribe_result::done);
    run();
    EXPECT_EQ(calls.size(), 1U);
    EXPECT_EQ(bus.audit().removed.cancelled, 1);
}

TEST_F(retrying, ends_with_its_owner) {
    auto owner = std::make_shared<int>(0);
    auto kept = bus.subscribe<order_placed>(
        "flaky", failing(9), {.retry = every_100ms(), .owner = std::weak_ptr<const void>(owner)});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    owner.reset();
    pass(100ms);
    EXPECT_EQ(calls.size(), 1U);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(retrying, is_cancelled_and_named_by_a_drain_that_has_not) {
    auto kept = bus.subscribe<order_placed>("flaky", failing(9), {.retry = every_100ms()});
    auto paused = bus.subscribe<order_placed>("paused", failing(9), {.retry = every_100ms()});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    ASSERT_TRUE(bus.registry().disable("paused"));
    const auto report = bus.drain(50ms);
    EXPECT_EQ(report.retries_waiting, 2);
    EXPECT_EQ(terms("flaky").cancelled, 1);
    EXPECT_EQ(terms("paused").cancelled, 1);
    EXPECT_EQ(calls.size(), 2U);
}

TEST_F(retrying, expires_while_it_waits) {
    auto kept = bus.subscribe<order_placed>("flaky", failing(9),
                                            {.retry = every_100ms(), .dead_letters = false});
    const std::chrono::system_clock::time_point now{
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            std::chrono::nanoseconds(clock_.system_ns()))};
    ASSERT_TRUE(bus.publish(order_placed{1}, {.expires_at = now + 50ms}));
    run();
    pass(100ms);
    EXPECT_EQ(calls.size(), 1U);
    EXPECT_EQ(terms("flaky").expired, 1);
}

}  // namespace
