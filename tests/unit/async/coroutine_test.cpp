// SPDX-License-Identifier: MIT
#include "support/counted.hpp"
#include "unit/async/manual_bus.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

// Coroutine handlers step by step: when they run, what they see, how they end.

namespace {

using namespace stentor_test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class coroutine : public manual_bus {
protected:
    std::vector<std::string> log_;
    void note(std::string text) { log_.push_back(std::move(text)); }
};

TEST_F(coroutine, that_never_waits_is_a_handler_like_any_other) {
    auto kept =
        bus.subscribe<order_placed>("plain", [this](const order_placed& it) -> stentor::task<> {
            note(std::to_string(it.number));
            co_return;
        });
    for (int number = 1; number <= 3; ++number) {
        bus.publish(order_placed{number});
    }
    run();
    EXPECT_THAT(log_, ElementsAre("1", "2", "3"));
    EXPECT_EQ(terms("plain").completed, 3);
    EXPECT_EQ(bus.until_next_timer(), std::nullopt);
}

TEST_F(coroutine, sleeps_as_long_as_it_says) {
    auto kept = bus.subscribe<order_placed>(
        "sleeper", [this](const order_placed& it, stentor::context& ctx) -> stentor::task<> {
            note("before");
            co_await ctx.sleep(50ms);
            note("after " + std::to_string(it.number));
        });
    bus.publish(order_placed{7});
    run();
    EXPECT_THAT(log_, ElementsAre("before"));
    EXPECT_EQ(terms("sleeper").running, 1);
    EXPECT_EQ(terms("sleeper").queued, 0);
    EXPECT_EQ(bus.until_next_timer(), 50ms);
    pass(49ms);
    EXPECT_THAT(log_, ElementsAre("before"));
    pass(1ms);
    EXPECT_THAT(log_, ElementsAre("before", "after 7"));
    EXPECT_EQ(terms("sleeper").completed, 1);
    EXPECT_EQ(terms("sleeper").running, 0);
}

TEST_F(coroutine, sleeping_no_time_lets_others_have_a_turn) {
    auto kept = bus.subscribe<order_placed>(
        "polite", [this](const order_placed& it, stentor::context& ctx) -> stentor::task<> {
            note("a" + std::to_string(it.number));
            co_await ctx.sleep(0ns);
            note("b" + std::to_string(it.number));
        });
    bus.publish(order_placed{1});
    bus.publish(order_placed{2});
    run();
    EXPECT_EQ(log_.size(), 4U);
    EXPECT_EQ(terms("polite").completed, 2);
}

// The event of a coroutine that waits: in its slot, in an envelope, and as a pattern sees it.
TEST_F(coroutine, keeps_its_event) {
    auto boxed = bus.subscribe<order_noted>(
        "boxed", [this](const order_noted& it, stentor::context& ctx) -> stentor::task<> {
            co_await ctx.sleep(1ms);
            note(it.text);
        });
    auto any = bus.subscribe(
        "any", stentor::pattern("order.*"),
        [this](const stentor::any_event& it, stentor::context& ctx) -> stentor::task<> {
            co_await ctx.sleep(1ms);
            note(std::string(it.topic()) + " " + std::string(ctx.subscription()));
        });
    bus.publish(order_noted{"a text that is longer than any string keeps inside itself"});
    run();
    EXPECT_EQ(bus.audit().envelopes_alive, 1);
    pass(1ms);
    EXPECT_THAT(
        log_, ::testing::UnorderedElementsAre(
                  "a text that is longer than any string keeps inside itself", "order.noted any"));
    EXPECT_EQ(bus.audit().envelopes_alive, 0);
}

stentor::task<int> twice(stentor::context& ctx, int number) {
    co_await ctx.sleep(1ms);
    co_return 2 * number;
}

stentor::task<int> four_times(stentor::context& ctx, int number) {
    const int half = co_await twice(ctx, number);
    co_return co_await twice(ctx, half);
}

TEST_F(coroutine, awaits_other_tasks) {
    auto kept = bus.subscribe<order_placed>(
        "sum", [this](const order_placed& it, stentor::context& ctx) -> stentor::task<> {
            auto first = four_times(ctx, it.number);
            note(std::to_string(co_await std::move(first)));
            note(std::to_string(co_await four_times(ctx, 10)));
        });
    bus.publish(order_placed{3});
    run();
    for (int step = 0; step < 4; ++step) {
        pass(1ms);
    }
    EXPECT_THAT(log_, ElementsAre("12", "40"));
}

stentor::task<> count_down(int left) {
    if (left > 0) {
        co_await count_down(left - 1);
    }
}

TEST_F(coroutine, nests_and_returns_without_growing_the_stack) {
    auto kept = bus.subscribe<order_placed>("deep", [this](const order_placed&) -> stentor::task<> {
        for (int round = 0; round < 200'000; ++round) {
            co_await count_down(1);
        }
        co_await count_down(10'000);
        note("done");
    });
    bus.publish(order_placed{});
    run();
    EXPECT_THAT(log_, ElementsAre("done"));
}

TEST_F(coroutine, publishes_as_its_event_s_effect_also_after_it_waited) {
    stentor::event_id cause;
    auto kept = bus.subscribe<order_placed>(
        "cause", [&](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            cause = ctx.id();
            co_await ctx.sleep(5ms);
            ctx.publish(order_noted{"effect"});
        });
    auto seen =
        bus.subscribe<order_noted>("effect", [&](const order_noted&, stentor::context& ctx) {
            const auto about = ctx.metadata();
            note(std::string(about.correlation_id) + " " + std::string(about.traceparent));
            EXPECT_EQ(about.causation_id, cause);
            EXPECT_EQ(about.depth, 1);
        });
    bus.publish(order_placed{}, {.correlation_id = "c-1", .traceparent = "00-trace"});
    run();
    pass(5ms);
    EXPECT_THAT(log_, ElementsAre("c-1 00-trace"));
}

TEST_F(coroutine, failure_before_and_after_a_wait_is_its_delivery_s_alone) {
    expect_failures();
    auto kept = bus.subscribe<order_placed>(
        "thrower", [this](const order_placed& it, stentor::context& ctx) -> stentor::task<> {
            if (it.number == 1) {
                throw std::runtime_error("at once");
            }
            co_await ctx.sleep(1ms);
            if (it.number == 2) {
                throw 42;
            }
            note("fine");
        });
    for (int number = 1; number <= 3; ++number) {
        bus.publish(order_placed{number});
    }
    run();
    EXPECT_EQ(terms("thrower").failed, 1);
    pass(1ms);
    EXPECT_EQ(terms("thrower").failed, 2);
    EXPECT_EQ(terms("thrower").completed, 1);
    EXPECT_THAT(log_, ElementsAre("fine"));
    const auto errors = log().errors();
    ASSERT_EQ(errors.size(), 2U);
    EXPECT_THAT(errors[0].error, HasSubstr("at once"));
    EXPECT_EQ(errors[1].subscription, "thrower");
}

stentor::task<int> broken(stentor::context& ctx) {
    co_await ctx.sleep(1ms);
    throw std::runtime_error("inner");
}

TEST_F(coroutine, gets_what_an_awaited_task_threw) {
    auto kept = bus.subscribe<order_placed>(
        "catcher", [this](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            try {
                co_await broken(ctx);
            } catch (const std::runtime_error& why) {
                note(why.what());
            }
        });
    bus.publish(order_placed{});
    run();
    pass(1ms);
    EXPECT_THAT(log_, ElementsAre("inner"));
    EXPECT_EQ(terms("catcher").completed, 1);
}

TEST_F(coroutine, that_awaits_an_empty_task_fails_with_a_message) {
    expect_failures();
    auto kept = bus.subscribe<order_placed>(
        "empty", [](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            auto once = twice(ctx, 1);
            co_await std::move(once);
            co_await std::move(once);
        });
    bus.publish(order_placed{});
    run();
    pass(1ms);
    EXPECT_EQ(terms("empty").failed, 1);
    ASSERT_EQ(log().errors().size(), 1U);
    EXPECT_THAT(log().errors()[0].error, HasSubstr("awaited once"));
}

stentor::task<int> awaits(std::optional<stentor::task<int>>& what) {
    co_return co_await std::move(*what);
}

TEST_F(coroutine, that_awaits_itself_fails_with_a_message) {
    expect_failures();
    auto kept = bus.subscribe<order_placed>("self", [](const order_placed&) -> stentor::task<> {
        std::optional<stentor::task<int>> self;
        self = awaits(self);
        co_await std::move(*self);
    });
    bus.publish(order_placed{});
    run();
    EXPECT_EQ(terms("self").failed, 1);
    ASSERT_EQ(log().errors().size(), 1U);
    EXPECT_THAT(log().errors()[0].error, HasSubstr("awaited before"));
}

TEST_F(coroutine, handler_that_returns_none_has_failed) {
    expect_failures();
    auto kept = bus.subscribe<order_placed>("lazy", [](const order_placed& it) -> stentor::task<> {
        if (it.number == 1) {
            throw std::runtime_error("no coroutine");
        }
        return {};
    });
    bus.publish(order_placed{1});
    bus.publish(order_placed{2});
    run();
    EXPECT_EQ(terms("lazy").failed, 2);
}

TEST_F(coroutine, may_answer_with_an_outcome) {
    expect_failures();
    auto kept = bus.subscribe<order_placed>(
        "answers",
        [](const order_placed& it, stentor::context& ctx) -> stentor::task<stentor::outcome> {
            if (it.number >= 10) {
                co_await ctx.sleep(1ms);
            }
            switch (it.number % 10) {
                case 0: co_return stentor::outcome::done();
                case 1: co_return stentor::outcome::ignore("not mine");
                default: co_return stentor::outcome::reject("bad number");
            }
        });
    for (const int number : {0, 1, 2, 10, 11, 12}) {
        bus.publish(order_placed{number});
    }
    run();
    EXPECT_EQ(terms("answers").completed, 2);
    EXPECT_EQ(terms("answers").failed, 1);
    pass(1ms);
    EXPECT_EQ(terms("answers").completed, 4);
    EXPECT_EQ(terms("answers").failed, 2);
    EXPECT_EQ(bus.snapshot().subscriptions.at(0).ignored, 2);
    ASSERT_EQ(log().errors().size(), 2U);
    EXPECT_THAT(log().errors()[1].error, HasSubstr("bad number"));
}

TEST_F(coroutine, that_gives_its_event_back_is_called_again) {
    int calls = 0;
    auto kept = bus.subscribe<order_noted>(
        "again",
        [&](const order_noted& it, stentor::context& ctx) -> stentor::task<stentor::outcome> {
            ++calls;
            if (calls == 2) {
                co_await ctx.sleep(1ms);
            }
            if (calls < 4) {
                co_return stentor::outcome::release();
            }
            note(it.text);
            co_return stentor::outcome::done();
        },
        {.max_concurrency = 1});
    bus.publish(order_noted{"a text that is longer than any string keeps inside itself"});
    for (int step = 0; step < 10; ++step) {
        pass(1ms);
    }
    EXPECT_EQ(calls, 4);
    EXPECT_THAT(log_, ElementsAre("a text that is longer than any string keeps inside itself"));
    EXPECT_EQ(terms("again").completed, 1);
    EXPECT_EQ(bus.snapshot().subscriptions.at(0).released, 3);
    EXPECT_EQ(bus.audit().envelopes_alive, 0);
}

}  // namespace
