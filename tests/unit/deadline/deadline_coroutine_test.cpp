// SPDX-License-Identifier: MIT
#include "support/counted.hpp"
#include "unit/async/manual_bus.hpp"

#include <gmock/gmock.h>

#include <coroutine>
#include <optional>
#include <stop_token>
#include <string_view>
#include <vector>

// The deadline of an attempt, for coroutines: one that waits is ended where it waits.

namespace {

using namespace stentor_test;
using ::testing::ElementsAre;

class coroutine_deadline : public manual_bus {
protected:
    coroutine_deadline() { expect_failures(); }
    [[nodiscard]] std::uint64_t overdue() const {
        return bus.snapshot().subscriptions.front().overdue;
    }
    ledger book_;
};

TEST_F(coroutine_deadline, ends_it_where_it_waits) {
    bool resumed = false;
    auto kept = bus.subscribe<order_placed>(
        "sleeper",
        [&](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            const counted local(book_);
            co_await ctx.sleep(1h);
            resumed = true;
        },
        {.deadline = 50ms});
    for (int number = 0; number < 10; ++number) {
        ASSERT_TRUE(bus.publish(order_placed{number}));
    }
    run();
    pass(49ms);
    EXPECT_EQ(book_.alive(), 10);
    pass(1ms);
    EXPECT_EQ(book_.alive(), 0);
    EXPECT_EQ(terms("sleeper").failed, 10);
    EXPECT_EQ(overdue(), 10U);
    const auto errors = log().errors();
    ASSERT_EQ(errors.size(), 10U);
    EXPECT_EQ(errors[0].error, "deadline of 50 ms exceeded");
    EXPECT_TRUE(errors[0].timed_out);
    EXPECT_EQ(bus.until_next_timer(), std::nullopt);
    pass(2h);
    EXPECT_FALSE(resumed);
}

TEST_F(coroutine_deadline, counts_for_each_attempt_anew) {
    std::vector<std::int32_t> attempts;
    stentor::retry_policy policy;
    policy.max_attempts = 3;
    policy.immediate = 0;
    policy.backoff = stentor::backoff::fixed;
    policy.base = 1s;
    policy.budget = {};
    auto kept = bus.subscribe<order_placed>(
        "flaky",
        [&](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            attempts.push_back(ctx.attempt());
            co_await ctx.sleep(ctx.attempt() < 3 ? 1h : 40ms);
        },
        {.deadline = 50ms, .retry = policy});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    pass(50ms);
    pass(1s);
    pass(50ms);
    pass(1s);
    pass(40ms);
    EXPECT_THAT(attempts, ElementsAre(1, 2, 3));
    EXPECT_EQ(terms("flaky").completed, 1);
    EXPECT_EQ(overdue(), 2U);
}

TEST_F(coroutine_deadline, ends_one_whose_wait_was_over_when_its_turn_had_not_come) {
    bool resumed = false;
    auto kept = bus.subscribe<order_placed>(
        "sleeper",
        [&](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            co_await ctx.sleep(40ms);
            resumed = true;
        },
        {.deadline = 50ms});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    pass(60ms);  // both moments at once
    EXPECT_FALSE(resumed);
    EXPECT_EQ(terms("sleeper").failed, 1);
}

TEST_F(coroutine_deadline, tells_its_token_and_lets_it_end_itself_while_it_runs) {
    bool told = false;
    auto kept = bus.subscribe<order_placed>(
        "worker",
        [&](const order_placed&, stentor::context& ctx) -> stentor::task<stentor::outcome> {
            const auto token = ctx.stop_token();
            co_await ctx.sleep(10ms);
            clock_.advance(60ms);
            told = ctx.stop_token().stop_requested();
            co_return stentor::outcome::done();
        },
        {.deadline = 50ms});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    pass(10ms);
    EXPECT_TRUE(told);
    EXPECT_EQ(terms("worker").completed, 1);
    EXPECT_EQ(overdue(), 1U);
}

TEST_F(coroutine_deadline, fails_one_that_asked_and_returned_too_late) {
    auto kept = bus.subscribe<order_placed>(
        "worker",
        [&](const order_placed& it, stentor::context& ctx) -> stentor::task<> {
            const auto token = ctx.stop_token();
            if (it.number == 2) {
                co_await ctx.sleep(1ms);
            }
            clock_.advance(60ms);
        },
        {.deadline = 50ms});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    EXPECT_EQ(terms("worker").failed, 1) << "it never waited";
    ASSERT_TRUE(bus.publish(order_placed{2}));
    run();
    pass(1ms);
    EXPECT_EQ(terms("worker").failed, 2);
    EXPECT_EQ(terms("worker").completed, 0);
}

TEST_F(coroutine_deadline, is_held_up_by_a_pause_like_all_that_goes_on) {
    auto kept = bus.subscribe<order_placed>(
        "sleeper",
        [&](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            const counted local(book_);
            co_await ctx.sleep(1h);
        },
        {.deadline = 50ms});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    ASSERT_TRUE(bus.registry().disable("sleeper"));
    pass(60ms);
    EXPECT_EQ(book_.alive(), 1);
    ASSERT_TRUE(bus.registry().enable("sleeper"));
    run();
    EXPECT_EQ(book_.alive(), 0);
    EXPECT_EQ(terms("sleeper").failed, 1);
}

TEST_F(coroutine_deadline, is_gone_with_the_subscription) {
    auto kept = bus.subscribe<order_placed>(
        "sleeper",
        [&](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            const auto token = ctx.stop_token();
            const counted local(book_);
            co_await ctx.sleep(1h);
        },
        {.deadline = 50ms});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    EXPECT_EQ(kept.unsubscribe(), stentor::unsubscribe_result::done);
    EXPECT_EQ(book_.alive(), 0);
    EXPECT_EQ(bus.until_next_timer(), std::nullopt);
    pass(60ms);
    EXPECT_EQ(bus.audit().removed.cancelled, 1);
}

// Somebody else's event, which may come after the coroutine is gone.
struct bell {
    std::vector<std::coroutine_handle<>> waiting;

    struct wait {
        bell& of;
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> who) const { of.waiting.push_back(who); }
        void await_resume() const noexcept {}
    };
    wait operator co_await() noexcept { return {*this}; }
};

TEST_F(coroutine_deadline, ends_it_whatever_it_waits_for) {
    bell never;
    bool resumed = false;
    auto kept = bus.subscribe<order_placed>("listener",
                                            [&](const order_placed&) -> stentor::task<> {
                                                const counted local(book_);
                                                co_await never;
                                                resumed = true;
                                            },
                                            {.deadline = 50ms});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    ASSERT_EQ(never.waiting.size(), 1U);
    pass(50ms);
    EXPECT_EQ(book_.alive(), 0);
    EXPECT_EQ(terms("listener").failed, 1);
    never.waiting.front().resume();  // too late
    run();
    EXPECT_FALSE(resumed);
}

struct stock_asked {
    static constexpr std::string_view topic = "stock.asked";
    int number = 0;
};
struct stock_told {
    static constexpr std::string_view topic = "stock.told";
    int shelf = 0;
};

TEST_F(coroutine_deadline, ends_one_that_waits_for_an_answer_which_comes_too_late) {
    bool answered = false;
    auto asker = bus.subscribe<order_placed>(
        "asker",
        [&](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            const stock_asked wanted{1};
            static_cast<void>(co_await ctx.try_request<stock_told>(wanted, 1h));
            answered = true;
        },
        {.deadline = 50ms});
    auto desk = bus.subscribe<stock_asked>(
        "desk", [](const stock_asked&, stentor::context& ctx) -> stentor::task<> {
            co_await ctx.sleep(60ms);
            ctx.reply(stock_told{4});
        });
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    pass(50ms);
    EXPECT_EQ(terms("asker").failed, 1);
    pass(10ms);
    EXPECT_FALSE(answered);
    EXPECT_EQ(terms("desk").completed, 1);
    EXPECT_EQ(bus.snapshot().late_replies, 1U);
}

}  // namespace
