// SPDX-License-Identifier: MIT
#include "support/counted.hpp"
#include "unit/async/manual_bus.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

// Coroutines whose subscription or bus ends while they wait: destroyed once, where they are, and
// counted.

namespace {

using namespace stentor_test;
using ::testing::HasSubstr;

class cancelled : public manual_bus {
protected:
    ledger book_;
};

TEST_F(cancelled, by_unsubscribing_while_they_sleep) {
    bool resumed = false;
    auto kept = bus.subscribe<order_placed>(
        "sleeper", [&](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            const counted local(book_);
            co_await ctx.sleep(1h);
            resumed = true;
        });
    for (int number = 0; number < 10; ++number) {
        bus.publish(order_placed{number});
    }
    run();
    EXPECT_EQ(book_.alive(), 10);
    EXPECT_EQ(terms("sleeper").running, 10);
    EXPECT_EQ(kept.unsubscribe(), stentor::unsubscribe_result::done);
    EXPECT_EQ(book_.alive(), 0) << "unsubscribe is a barrier";
    EXPECT_EQ(book_.destroyed_full, 10);
    EXPECT_EQ(bus.until_next_timer(), std::nullopt) << "their timers are gone";
    pass(2h);
    EXPECT_FALSE(resumed);
    EXPECT_EQ(bus.audit().removed.cancelled, 10);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

// Its runners have no counters of their own in subscriptions that were there before it.
TEST_F(cancelled, by_a_handler_of_a_crew_that_began_later) {
    auto sleeper = bus.subscribe<order_placed>(
        "sleeper", [&](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            const counted local(book_);
            co_await ctx.sleep(1h);
        });
    bus.publish(order_placed{});
    run();
    ASSERT_EQ(book_.alive(), 1);
    auto writer = bus.subscribe<order_placed>("writer", [](const order_placed&) {},
                                              {.execution = stentor::execution::blocking});
    auto window = bus.subscribe<order_placed>(
        "window", [&](const order_placed&) { static_cast<void>(sleeper.unsubscribe()); },
        {.execution = stentor::execution::polled});
    bus.publish(order_placed{});
    EXPECT_EQ(bus.poll(), 1U);
    run();
    EXPECT_EQ(book_.alive(), 0);
    EXPECT_EQ(bus.audit().removed.cancelled, 2);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(cancelled, when_they_are_about_to_go_on) {
    bool resumed = false;
    auto kept = bus.subscribe<order_placed>(
        "sleeper", [&](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            const counted local(book_);
            co_await ctx.sleep(1ms);
            resumed = true;
        });
    bus.publish(order_placed{});
    run();
    clock_.advance(1ms);
    ASSERT_TRUE(executor->step()) << "the timer";
    EXPECT_EQ(kept.unsubscribe(), stentor::unsubscribe_result::done);
    EXPECT_EQ(book_.alive(), 0);
    run();
    EXPECT_FALSE(resumed);
}

TEST_F(cancelled, by_themselves_at_their_next_wait) {
    std::optional<stentor::subscription> mine;
    bool resumed = false;
    std::optional<stentor::unsubscribe_result> answer;
    mine = bus.subscribe<order_placed>(
        "self", [&](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            const counted local(book_);
            co_await ctx.sleep(1ms);
            answer = mine->unsubscribe();
            co_await ctx.sleep(1ms);
            resumed = true;
        });
    bus.publish(order_placed{1});
    bus.publish(order_placed{2});
    run();
    EXPECT_EQ(book_.alive(), 2);
    pass(1ms);
    EXPECT_EQ(answer, stentor::unsubscribe_result::deferred);
    EXPECT_EQ(book_.alive(), 0);
    pass(10ms);
    EXPECT_FALSE(resumed);
}

TEST_F(cancelled, inside_the_tasks_that_they_await) {
    struct nested {
        static stentor::task<int> inner(stentor::context& ctx, ledger& book) {
            const counted local(book);
            co_await ctx.sleep(1h);
            co_return 1;
        }
        static stentor::task<int> middle(stentor::context& ctx, ledger& book) {
            const counted local(book);
            co_return co_await inner(ctx, book);
        }
    };
    auto kept = bus.subscribe<order_placed>(
        "nested", [&](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            const counted local(book_);
            co_await nested::middle(ctx, book_);
        });
    bus.publish(order_placed{});
    run();
    EXPECT_EQ(book_.alive(), 3);
    kept.unsubscribe();
    EXPECT_EQ(book_.alive(), 0);
}

TEST_F(cancelled, by_a_drain_that_says_which_and_where) {
    auto kept = bus.subscribe<order_placed>(
        "for.ever", [&](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            const counted local(book_);
            co_await ctx.sleep(1h);
        });
    bus.publish(order_placed{});
    bus.publish(order_placed{});
    run();
    clock_.advance(3s);
    const auto report = bus.drain(1s);
    EXPECT_FALSE(report.complete);
    ASSERT_EQ(report.suspended.size(), 1U);
    EXPECT_EQ(report.suspended[0].subscription, "for.ever");
    EXPECT_EQ(report.suspended[0].coroutines, 2);
    EXPECT_EQ(report.suspended[0].waiting_ns, 3'000'000'000);
    EXPECT_THAT(report.suspended[0].location.file_name(), HasSubstr("cancel_test.cpp"));
    ASSERT_EQ(report.abandoned.size(), 1U);
    EXPECT_EQ(report.abandoned[0].deliveries, 2);
    EXPECT_EQ(book_.alive(), 0);
    EXPECT_TRUE(report.stuck.empty());
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(cancelled, when_their_owner_is_gone) {
    // The coroutine keeps the owner alive, so it goes with the last one that was called.
    auto owner = std::make_shared<int>(1);
    auto kept = bus.subscribe<order_placed>(
        "owned",
        [&](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            co_await ctx.sleep(1ms);
        },
        {.owner = owner});
    bus.publish(order_placed{});
    run();
    owner.reset();
    pass(1ms);
    bus.publish(order_placed{});
    run();
    EXPECT_FALSE(kept.active());
    pass(1ms);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(cancelled, coroutines_are_asked_to_stop_first) {
    std::vector<std::stop_token> tokens;
    auto kept = bus.subscribe<order_placed>(
        "asked", [&](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            const auto token = ctx.stop_token();
            tokens.push_back(token);
            const std::stop_callback told(token, [&] { EXPECT_EQ(book_.alive(), 1); });
            const counted local(book_);
            co_await ctx.sleep(1h);
        });
    auto plain = bus.subscribe<order_placed>(
        "plain",
        [&](const order_placed&, stentor::context& ctx) { tokens.push_back(ctx.stop_token()); });
    bus.publish(order_placed{});
    run();
    ASSERT_EQ(tokens.size(), 2U);
    EXPECT_TRUE(tokens[0].stop_possible() && tokens[1].stop_possible());
    EXPECT_FALSE(tokens[0].stop_requested() || tokens[1].stop_requested());
    kept.unsubscribe();
    plain.unsubscribe();
    EXPECT_TRUE(tokens[0].stop_requested() && tokens[1].stop_requested());
    EXPECT_EQ(book_.alive(), 0);
}

TEST_F(cancelled, coroutines_may_end_other_subscriptions_as_they_go) {
    std::optional<stentor::subscription> other = bus.subscribe<order_noted>(
        "other", [&](const order_noted&, stentor::context& ctx) -> stentor::task<> {
            const counted local(book_);
            co_await ctx.sleep(1h);
        });
    struct ends_it {
        std::optional<stentor::subscription>& which;
        ~ends_it() { which.reset(); }
    };
    auto kept = bus.subscribe<order_placed>(
        "first", [&](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            const ends_it local{other};
            co_await ctx.sleep(1h);
        });
    bus.publish(order_noted{"x"});
    bus.publish(order_placed{});
    run();
    EXPECT_EQ(book_.alive(), 1);
    EXPECT_EQ(kept.unsubscribe(), stentor::unsubscribe_result::done);
    run();
    EXPECT_EQ(book_.alive(), 0);
    EXPECT_FALSE(other.has_value());
}

}  // namespace
