// SPDX-License-Identifier: MIT
#include "unit/interceptor/intercepted.hpp"

#include <gmock/gmock.h>

#include <span>
#include <stdexcept>

// Attempts with a deadline, as interceptors see them.

namespace {

using namespace stentor_test;
using stentor::context;
using stentor::task;
using ::testing::ElementsAre;

class deadline_points : public intercepted {
protected:
    deadline_points() { expect_failures(); }
};

TEST_F(deadline_points, of_calls_in_time_are_as_ever) {
    start({noting(said, "a"), book.writer()});
    const auto one =
        bus->subscribe<order_placed>("one", [](const order_placed&) {}, {.deadline = 100ms});
    for (int number = 0; number < 3; ++number) {
        ASSERT_TRUE(bus->publish(order_placed{number}));
    }
    run();
    EXPECT_EQ(said.size(), 12U);
    book.expect_balance(bus->audit());
}

TEST_F(deadline_points, of_a_call_that_gave_up_say_that_it_failed) {
    std::string error;
    auto first = noting(said, "a");
    first.on_error_text = [&](std::string& text) { error = text; };
    start({first, book.writer()});
    const auto one =
        bus->subscribe<order_placed>("one",
                                     [this](const order_placed&, context& ctx) {
                                         const auto stop = ctx.stop_token();
                                         clock_.advance(200ms);
                                         EXPECT_TRUE(ctx.stop_token().stop_requested());
                                     },
                                     {.deadline = 100ms});
    ASSERT_TRUE(bus->publish(order_placed{1}));
    run();
    EXPECT_THAT(said.all(), ElementsAre("a: publish order.placed", "a: before one 1",
                                        "a: after one 1 failed", "a: settle one 1 failed"));
    EXPECT_EQ(error, "deadline of 100 ms exceeded");
    book.expect_balance(bus->audit());
}

TEST_F(deadline_points, of_a_coroutine_that_is_ended_where_it_waits_say_that_it_failed) {
    start({noting(said, "a"), book.writer()});
    const auto one = bus->subscribe<order_placed>(
        "one", [](const order_placed&, context& ctx) -> task<> { co_await ctx.sleep(1h); },
        {.deadline = 100ms});
    ASSERT_TRUE(bus->publish(order_placed{1}));
    run();
    pass(200ms);
    EXPECT_THAT(said.all(), ElementsAre("a: publish order.placed", "a: before one 1",
                                        "a: after one 1 failed", "a: settle one 1 failed"));
    book.expect_balance(bus->audit());
}

// The call that was announced is made, also where each is looked at for its deadline.
TEST_F(deadline_points, end_what_they_began_when_an_interceptor_unsubscribes) {
    stentor::subscription one;
    auto first = noting(said, "a");
    first.before_handler = [&](const stentor::call_view&) {
        said.add("a: before");
        one.unsubscribe();
    };
    start({first, book.writer()});
    one = bus->subscribe<order_placed>(
        "one", [this](const order_placed&) { said.add("the handler"); }, {.deadline = 100ms});
    ASSERT_TRUE(bus->publish(order_placed{1}));
    run();
    EXPECT_THAT(said.all(), ElementsAre("a: publish order.placed", "a: before", "the handler",
                                        "a: after one 1 completed", "a: settle one 1 completed"));
}

}  // namespace
