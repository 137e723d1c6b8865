// SPDX-License-Identifier: MIT
#include "unit/async/pausing_coroutines.hpp"

#include <gmock/gmock.h>

#include <coroutine>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// Disabling a handler whose coroutines wait: they stay where they are, whatever comes, and go on
// when it is enabled.

namespace {

using namespace stentor_test;
using stentor::backlog;
using stentor::handler_state;
using ::testing::ElementsAre;

struct question {
    static constexpr std::string_view topic = "test.question";
};
struct answer {
    static constexpr std::string_view topic = "test.answer";
    int value = 0;
};

TEST_F(pausing_coroutines, does_not_wait_for_those_that_wait) {
    auto kept = sleeper(1h);
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    ASSERT_TRUE(bus.publish(order_placed{2}));
    disable();
    EXPECT_EQ(bus.registry().find("sleeper")->state, handler_state::paused);
    EXPECT_EQ(terms("sleeper").held, 2);
    EXPECT_EQ(terms("sleeper").running, 0);
    expect_balance();
    pass(2h);
    EXPECT_THAT(log_, ElementsAre("begins 1"));
    EXPECT_EQ(terms("sleeper").held, 2);
    EXPECT_TRUE(bus.wait_idle(0ns)) << "nobody goes on with what is held";
    enable();
    run();
    EXPECT_THAT(log_, ElementsAre("begins 1", "ends 1", "begins 2"));
    pass(1h);
    EXPECT_EQ(terms("sleeper").completed, 2);
    expect_balance();
}

TEST_F(pausing_coroutines, lets_a_wait_last_that_is_not_over) {
    auto kept = sleeper(1h);
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    disable();
    pass(20min);
    enable();
    pass(30min);
    EXPECT_THAT(log_, ElementsAre("begins 1"));
    pass(10min);
    EXPECT_THAT(log_, ElementsAre("begins 1", "ends 1"));
}

TEST_F(pausing_coroutines, holds_those_that_are_about_to_go_on) {
    auto kept = sleeper(1ms);
    for (int number = 1; number <= 3; ++number) {
        ASSERT_TRUE(bus.publish(order_placed{number}));
    }
    run();
    clock_.advance(1ms);
    while (log_.size() == 3 && executor->step()) {
    }
    ASSERT_EQ(log_.size(), 4U) << "the first one was resumed, the others are ready";
    disable();
    run();
    EXPECT_EQ(log_.size(), 4U);
    EXPECT_EQ(terms("sleeper").held, 2);
    enable();
    disable();
    enable();
    run();
    EXPECT_EQ(log_.size(), 6U);
    EXPECT_EQ(terms("sleeper").completed, 3);
    EXPECT_EQ(book_.destroyed_full, 3);
}

TEST_F(pausing_coroutines, of_its_own_kind_goes_on_to_its_next_wait) {
    auto kept = bus.subscribe<order_placed>(
        "sleeper", [&](const order_placed& it, stentor::context& ctx) -> task {
            co_await ctx.sleep(1ms);
            if (it.number == 1) {
                disable();
                log_.emplace_back("disabled");
            }
            co_await ctx.sleep(0ns);
            log_.push_back("ends " + std::to_string(it.number));
        });
    ASSERT_TRUE(bus.publish(order_placed{1}));
    ASSERT_TRUE(bus.publish(order_placed{2}));
    run();
    pass(1ms);
    EXPECT_EQ(log_.back(), "disabled");
    pass(1h);
    EXPECT_EQ(log_.back(), "disabled");
    const auto paused = terms("sleeper");
    EXPECT_EQ(paused.held + paused.completed, 2);
    EXPECT_GE(paused.held, 1);
    enable();
    run();
    EXPECT_EQ(terms("sleeper").completed, 2);
}

TEST_F(pausing_coroutines, in_the_first_stretch_of_one_ends_with_it) {
    auto kept = bus.subscribe<order_placed>(
        "sleeper", [&](const order_placed& it, stentor::context& ctx) -> task {
            disable();
            log_.push_back("begins " + std::to_string(it.number));
            co_await ctx.sleep(0ns);
            log_.push_back("ends " + std::to_string(it.number));
        });
    for (int number = 1; number <= 3; ++number) {
        ASSERT_TRUE(bus.publish(order_placed{number}));
    }
    run();
    EXPECT_EQ(log_.size(), 1U);
    EXPECT_EQ(terms("sleeper").held, 3);
    expect_balance();
    for (int round = 0; round < 4; ++round) {
        static_cast<void>(bus.registry().enable("sleeper"));
        run();
    }
    EXPECT_EQ(log_.size(), 6U);
    EXPECT_EQ(terms("sleeper").completed, 3);
}

TEST_F(pausing_coroutines, by_another_handler_does_not_wait_either) {
    auto kept = sleeper(1h);
    bool returned = false;
    auto other = bus.subscribe<order_noted>("other", [&](const order_noted&) {
        disable();
        returned = true;
    });
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    ASSERT_TRUE(bus.publish(order_noted{"stop"}));
    run();
    EXPECT_TRUE(returned);
    pass(2h);
    EXPECT_THAT(log_, ElementsAre("begins 1"));
    enable();
    run();
    EXPECT_THAT(log_, ElementsAre("begins 1", "ends 1"));
}

TEST_F(pausing_coroutines, may_turn_from_holding_to_dropping_and_back) {
    auto kept = sleeper(1ms);
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    disable();
    EXPECT_EQ(bus.registry().disable("sleeper", backlog::drop).count(), 0);
    pass(1ms);
    ASSERT_TRUE(bus.registry().disable("sleeper", backlog::hold));
    pass(1ms);
    EXPECT_THAT(log_, ElementsAre("begins 1"));
    enable();
    run();
    EXPECT_THAT(log_, ElementsAre("begins 1", "ends 1"));
}

TEST_F(pausing_coroutines, leaves_them_to_an_unsubscribe) {
    auto kept = sleeper(1ms);
    auto longer = bus.subscribe<order_placed>(
        "longer", [&](const order_placed&, stentor::context& ctx) -> task {
            const counted local(book_);
            co_await ctx.sleep(1h);
        });
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    ASSERT_TRUE(bus.registry().disable(stentor::pattern(">")));
    pass(1ms);
    EXPECT_EQ(book_.alive(), 2);
    EXPECT_EQ(kept.unsubscribe(), stentor::unsubscribe_result::done);
    EXPECT_EQ(longer.unsubscribe(), stentor::unsubscribe_result::done);
    EXPECT_EQ(book_.alive(), 0);
    EXPECT_EQ(bus.audit().removed.cancelled, 2) << bus.audit().to_string();
    expect_balance();
}

TEST_F(pausing_coroutines, leaves_them_to_a_drain_which_says_so) {
    auto kept = sleeper(1h);
    auto dropping = bus.subscribe<order_placed>(
        "dropping", [&](const order_placed&, stentor::context& ctx) -> task {
            const counted local(book_);
            co_await ctx.sleep(1ms);
        });
    auto other = bus.subscribe<order_placed>(
        "other",
        [&](const order_placed&, stentor::context& ctx) -> task { co_await ctx.sleep(0ns); });
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    disable();
    disable(backlog::drop, "dropping");
    pass(1ms);
    clock_.advance(1ms);
    const auto report = bus.drain(1h);
    EXPECT_EQ(book_.alive(), 0);
    EXPECT_FALSE(report.complete);
    ASSERT_EQ(report.suspended.size(), 2U);
    std::vector<std::string> names{report.suspended[0].subscription,
                                   report.suspended[1].subscription};
    EXPECT_THAT(names, ::testing::UnorderedElementsAre("sleeper", "dropping"));
    EXPECT_EQ(report.suspended[0].coroutines, 1);
    EXPECT_EQ(report.suspended[0].waiting_ns, 2'000'000) << "it did not wait for its deadline";
    ASSERT_EQ(report.abandoned.size(), 1U);
    EXPECT_EQ(report.abandoned[0].deliveries, 2);
    EXPECT_EQ(terms("sleeper").cancelled, 1);
    EXPECT_EQ(terms("dropping").cancelled, 1);
    EXPECT_EQ(terms("other").completed, 1);
    expect_balance();
}

TEST_F(pausing_coroutines, keeps_the_answer_to_a_request) {
    auto kept = bus.subscribe<order_placed>(
        "asker", [&](const order_placed&, stentor::context& ctx) -> task {
            const question ask;
            auto got = co_await ctx.try_request<answer>(ask, 1s);
            log_.push_back(got ? std::to_string(got->value) : std::string("none"));
        });
    bool silent = false;
    auto oracle =
        bus.subscribe<question>("oracle", [&](const question&, stentor::context& ctx) -> task {
            co_await ctx.sleep(1ms);
            if (!silent) {
                ctx.reply(answer{42});
            }
        });
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    disable(backlog::hold, "asker");
    pass(1ms);
    pass(2s);
    EXPECT_TRUE(log_.empty());
    enable("asker");
    run();
    EXPECT_THAT(log_, ElementsAre("42")) << "it came before the timeout";
    silent = true;
    ASSERT_TRUE(bus.publish(order_placed{2}));
    run();
    disable(backlog::hold, "asker");
    pass(2s);
    EXPECT_EQ(log_.size(), 1U);
    enable("asker");
    run();
    EXPECT_THAT(log_, ElementsAre("42", "none"));
}

TEST_F(pausing_coroutines, of_who_answers_lets_the_request_time_out) {
    auto kept = bus.subscribe<order_placed>(
        "asker", [&](const order_placed&, stentor::context& ctx) -> task {
            const question ask;
            auto got = co_await ctx.try_request<answer>(ask, 1s);
            log_.push_back(got ? std::to_string(got->value) : std::string("none"));
        });
    auto oracle =
        bus.subscribe<question>("oracle", [&](const question&, stentor::context& ctx) -> task {
            co_await ctx.sleep(1ms);
            log_.emplace_back(ctx.reply(answer{42}) == stentor::reply_status::late ? "late"
                                                                                   : "new");
        });
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    disable(backlog::hold, "oracle");
    pass(2s);
    EXPECT_THAT(log_, ElementsAre("none"));
    enable("oracle");
    run();
    EXPECT_THAT(log_, ElementsAre("none", "late"));
}

// Something that the engine does not know.
struct signal {
    std::coroutine_handle<> who;
    struct wait {
        signal& of;
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> one) const { of.who = one; }
        int await_resume() const noexcept { return 7; }
    };
    wait operator co_await() noexcept { return {*this}; }
};

TEST_F(pausing_coroutines, keeps_what_foreign_awaitables_bring) {
    signal bell;
    auto kept = bus.subscribe<order_placed>("sleeper", [&](const order_placed&) -> task {
        const int got = co_await bell;
        log_.push_back(std::to_string(got));
    });
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    disable();
    bell.who.resume();
    run();
    EXPECT_TRUE(log_.empty());
    enable();
    run();
    EXPECT_THAT(log_, ElementsAre("7"));
}

TEST_F(pausing_coroutines, holds_again_what_a_hook_keeps_from_going_on) {
    expect_failures();
    bool ready = false;
    auto kept = sleeper(1ms, {.on_resume = [&] {
                            if (!ready) {
                                throw std::runtime_error("not yet");
                            }
                        }});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    disable();
    EXPECT_FALSE(bus.registry().enable("sleeper"));
    pass(1s);
    EXPECT_THAT(log_, ElementsAre("begins 1"));
    ready = true;
    enable();
    run();
    EXPECT_THAT(log_, ElementsAre("begins 1", "ends 1"));
}

TEST_F(pausing_coroutines, holds_what_is_given_back) {
    int calls = 0;
    auto kept = bus.subscribe<order_placed>(
        "sleeper",
        [&](const order_placed&, stentor::context& ctx) -> stentor::task<stentor::outcome> {
            co_await ctx.sleep(1ms);
            ++calls;
            if (calls == 1) {
                disable();
                co_return stentor::outcome::release();
            }
            co_return stentor::outcome::done();
        });
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    pass(1ms);
    pass(1s);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(terms("sleeper").held, 1);
    enable();
    run();
    pass(1ms);
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(terms("sleeper").completed, 1);
}

}  // namespace
