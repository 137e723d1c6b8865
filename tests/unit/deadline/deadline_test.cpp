// SPDX-License-Identifier: MIT
#include "unit/async/manual_bus.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

// The deadline of an attempt, for handlers that are functions: step by step, on a clock that goes
// on when a handler says so.

namespace {

using namespace stentor_test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class deadline : public manual_bus {
protected:
    [[nodiscard]] std::uint64_t overdue() const {
        return bus.snapshot().subscriptions.front().overdue;
    }
    static stentor::retry_policy at_once(std::int32_t attempts) {
        stentor::retry_policy policy;
        policy.max_attempts = attempts;
        policy.immediate = attempts;
        policy.budget = {};
        return policy;
    }
};

TEST_F(deadline, tells_the_token_of_the_attempt_when_its_time_is_over) {
    std::vector<bool> told;
    auto kept = bus.subscribe<order_placed>("careful",
                                            [&](const order_placed&, stentor::context& ctx) {
                                                told.push_back(ctx.stop_token().stop_requested());
                                                clock_.advance(49ms);
                                                told.push_back(ctx.stop_token().stop_requested());
                                                clock_.advance(1ms);
                                                told.push_back(ctx.stop_token().stop_requested());
                                                return stentor::outcome::done();
                                            },
                                            {.deadline = 50ms});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    ASSERT_TRUE(bus.publish(order_placed{2}));
    run();
    EXPECT_THAT(told, ElementsAre(false, false, true, false, false, true))
        << "each attempt has its own";
    EXPECT_EQ(terms("careful").completed, 2) << "it said so";
    EXPECT_EQ(overdue(), 2U);
    EXPECT_EQ(bus.until_next_timer(), std::nullopt) << "its timer is gone";
}

TEST_F(deadline, fails_the_attempt_of_a_handler_that_gave_up_without_a_word) {
    expect_failures();
    int calls = 0;
    auto kept = bus.subscribe<order_placed>("polite",
                                            [&](const order_placed&, stentor::context& ctx) {
                                                ++calls;
                                                while (!ctx.stop_token().stop_requested()) {
                                                    clock_.advance(10ms);
                                                }
                                            },
                                            {.deadline = 50ms, .retry = at_once(2)});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    EXPECT_EQ(calls, 2) << "it is tried again as after any failure";
    EXPECT_EQ(terms("polite").dead_lettered, 1);
    const auto errors = log().errors();
    ASSERT_EQ(errors.size(), 2U);
    EXPECT_EQ(errors[0].error, "deadline of 50 ms exceeded");
    EXPECT_TRUE(errors[0].timed_out);
    EXPECT_EQ(errors[0].duration, 50ms);
    EXPECT_EQ(overdue(), 2U);
}

TEST_F(deadline, leaves_the_work_of_a_handler_that_never_asked_done) {
    auto kept = bus.subscribe<order_placed>(
        "deaf", [&](const order_placed&) { clock_.advance(60ms); }, {.deadline = 50ms});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    EXPECT_EQ(terms("deaf").completed, 1) << "another attempt would do it twice";
    EXPECT_EQ(overdue(), 1U) << "but it is counted";
}

TEST_F(deadline, changes_nothing_for_a_handler_that_asked_and_was_in_time) {
    auto kept = bus.subscribe<order_placed>("quick",
                                            [&](const order_placed&, stentor::context& ctx) {
                                                EXPECT_FALSE(ctx.stop_token().stop_requested());
                                                clock_.advance(49ms);
                                            },
                                            {.deadline = 50ms});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    EXPECT_EQ(terms("quick").completed, 1);
    EXPECT_EQ(overdue(), 0U);
}

TEST_F(deadline, marks_what_a_late_handler_throws) {
    expect_failures();
    std::vector<bool> marked;
    auto policy = at_once(3);
    policy.classifier = [&](const stentor::failure& what) {
        marked.push_back(what.timed_out);
        return stentor::failure_class::transient;
    };
    auto kept = bus.subscribe<order_placed>("late",
                                            [&](const order_placed&, stentor::context& ctx) {
                                                clock_.advance(ctx.attempt() == 1 ? 60ms : 10ms);
                                                throw std::runtime_error("no connection");
                                            },
                                            {.deadline = 50ms, .retry = policy});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    EXPECT_THAT(marked, ElementsAre(true, false, false));
    const auto errors = log().errors();
    ASSERT_EQ(errors.size(), 3U);
    EXPECT_EQ(errors[0].error, "no connection");
    EXPECT_TRUE(errors[0].timed_out);
    EXPECT_FALSE(errors[1].timed_out);
}

TEST_F(deadline, that_was_exceeded_has_a_type_for_classifiers) {
    expect_failures();
    bool typed = false;
    auto policy = at_once(5);
    policy.classifier = [&](const stentor::failure& what) {
        try {
            std::rethrow_exception(what.exception);
        } catch (const stentor::deadline_exceeded&) {
            typed = true;
        }
        return stentor::failure_class::permanent;
    };
    auto kept = bus.subscribe<order_placed>("polite",
                                            [&](const order_placed&, stentor::context& ctx) {
                                                const auto token = ctx.stop_token();
                                                clock_.advance(2s);
                                            },
                                            {.deadline = 1500ms, .retry = policy});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    EXPECT_TRUE(typed);
    EXPECT_EQ(log().errors().front().error, "deadline of 1.5 s exceeded");
}

TEST_F(deadline, of_one_event_says_nothing_about_the_next) {
    expect_failures();
    auto kept = bus.subscribe<order_placed>("mixed",
                                            [&](const order_placed& it, stentor::context& ctx) {
                                                const auto token = ctx.stop_token();
                                                clock_.advance(it.number % 2 == 0 ? 60ms : 10ms);
                                            },
                                            {.deadline = 50ms});
    for (int number = 0; number < 10; ++number) {
        ASSERT_TRUE(bus.publish(order_placed{number}));
    }
    run();
    EXPECT_EQ(terms("mixed").completed, 5);
    EXPECT_EQ(terms("mixed").failed, 5);
    EXPECT_EQ(overdue(), 5U);
}

TEST_F(deadline, holds_for_the_call_of_a_span) {
    expect_failures();
    std::vector<std::size_t> spans;
    auto kept = bus.subscribe<order_placed>(
        "spans",
        [&](std::span<const order_placed* const> many, stentor::context& ctx) {
            const auto token = ctx.stop_token();
            spans.push_back(many.size());
            clock_.advance(60ms);
        },
        {.deadline = 50ms});
    for (int number = 0; number < 4; ++number) {
        ASSERT_TRUE(bus.publish(order_placed{number}));
    }
    run();
    EXPECT_EQ(terms("spans").failed, 4);
    EXPECT_EQ(overdue(), spans.size()) << "one attempt a call";
    EXPECT_EQ(log().errors().front().deliveries, spans.front());
}

TEST_F(deadline, is_not_the_only_one_who_stops_an_attempt) {
    std::optional<stentor::subscription> kept;
    bool told = false;
    kept = bus.subscribe<order_placed>("quitter",
                                       [&](const order_placed&, stentor::context& ctx) {
                                           const auto token = ctx.stop_token();
                                           EXPECT_FALSE(token.stop_requested());
                                           static_cast<void>(kept->unsubscribe());
                                           told = token.stop_requested();
                                       },
                                       {.deadline = 1h});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    EXPECT_TRUE(told) << "its subscription ends";
    EXPECT_EQ(bus.audit().removed.completed, 1);
}

TEST_F(deadline, is_what_makes_a_call_late_for_the_watchdog) {
    auto slow = bus.subscribe<order_placed>(
        "slow", [&](const order_placed&) { clock_.advance(3s); }, {.deadline = 2s});
    auto patient = bus.subscribe<order_noted>(
        "patient", [&](const order_noted&) { clock_.advance(9s); }, {.deadline = 10s});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    ASSERT_TRUE(bus.publish(order_noted{"a"}));
    run();
    EXPECT_THAT(log().notices(), ElementsAre(HasSubstr("subscription \"slow\"")));
    EXPECT_EQ(bus.registry().find("slow")->late, 1);
    EXPECT_EQ(bus.registry().find("patient")->late, 0) << "it was given longer than the others";
}

TEST_F(deadline, stands_in_the_metrics) {
    auto kept = bus.subscribe<order_placed>(
        "deaf", [&](const order_placed&) { clock_.advance(60ms); }, {.deadline = 50ms});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    EXPECT_THAT(stentor::prometheus_text(bus.snapshot()),
                HasSubstr("stentor_attempts_overdue_total{subscription=\"deaf\"} 1"));
}

}  // namespace
