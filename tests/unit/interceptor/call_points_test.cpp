// SPDX-License-Identifier: MIT
#include "unit/interceptor/intercepted.hpp"

#include <gmock/gmock.h>

#include <span>
#include <stdexcept>

// Which points an event passes, in which order, for each form that a handler may have.

namespace {

using namespace stentor_test;
using stentor::context;
using stentor::execution;
using stentor::outcome;
using stentor::task;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Of one interceptor called "a" and one subscription called "one".
std::vector<std::string> of_one_call(const std::string& end = "completed") {
    return {"a: publish order.placed", "a: before one 1", "a: after one 1 " + end,
            "a: settle one 1 " + end};
}

class call_points : public intercepted {
protected:
    template <class Handler>
    void expect_points(Handler handler, const std::vector<std::string>& points,
                       stentor::subscription_options options = {}) {
        start({noting(said, "a")});
        const auto one = bus->subscribe<order_placed>("one", std::move(handler), options);
        ASSERT_TRUE(bus->publish(order_placed{1}));
        run();
        pass(1s);
        EXPECT_THAT(said.all(), ElementsAreArray(points));
    }
};

TEST_F(call_points, lie_around_each_other_as_layers) {
    start({noting(said, "a"), noting(said, "b")});
    const auto one = bus->subscribe<order_placed>(
        "one", [this](const order_placed&) { said.add("the handler"); });
    ASSERT_TRUE(bus->publish(order_placed{1}));
    run();
    EXPECT_THAT(said.all(), ElementsAre("a: publish order.placed", "b: publish order.placed",
                                        "a: before one 1", "b: before one 1", "the handler",
                                        "b: after one 1 completed", "a: after one 1 completed",
                                        "b: settle one 1 completed", "a: settle one 1 completed"));
}

TEST_F(call_points, of_a_handler_with_a_context) {
    expect_points([](const order_placed&, context&) {}, of_one_call());
}

TEST_F(call_points, of_a_handler_that_answers) {
    expect_points([](const order_placed&) { return outcome::ignore(); }, of_one_call("ignored"));
}

TEST_F(call_points, of_a_coroutine_that_does_not_wait) {
    expect_points([](const order_placed&) -> task<> { co_return; }, of_one_call());
}

TEST_F(call_points, of_a_coroutine_lie_before_its_beginning_and_after_its_end) {
    start({noting(said, "a")});
    const auto one =
        bus->subscribe<order_placed>("one", [this](const order_placed&, context& ctx) -> task<> {
            said.add("begins");
            co_await ctx.sleep(10ms);
            said.add("ends");
        });
    ASSERT_TRUE(bus->publish(order_placed{1}));
    run();
    EXPECT_THAT(said.all(), ElementsAre("a: publish order.placed", "a: before one 1", "begins"));
    pass(1s);
    EXPECT_THAT(said.all(),
                ElementsAre("a: publish order.placed", "a: before one 1", "begins", "ends",
                            "a: after one 1 completed", "a: settle one 1 completed"));
}

TEST_F(call_points, of_a_coroutine_that_is_cancelled_where_it_waits) {
    start({noting(said, "a")});
    auto one = bus->subscribe<order_placed>(
        "one", [](const order_placed&, context& ctx) -> task<> { co_await ctx.sleep(1h); });
    ASSERT_TRUE(bus->publish(order_placed{1}));
    run();
    one.unsubscribe();
    run();
    EXPECT_THAT(said.all(), ElementsAre("a: publish order.placed", "a: before one 1",
                                        "a: after one 1 cancelled", "a: settle one 0 cancelled"));
}

TEST_F(call_points, of_a_coroutine_that_waits_and_fails) {
    expect_failures();
    expect_points(
        [](const order_placed&, context& ctx) -> task<> {
            co_await ctx.sleep(10ms);
            throw std::runtime_error("no");
        },
        of_one_call("failed"));
}

TEST_F(call_points, of_a_handler_inside_publish) {
    expect_points([](const order_placed&) {}, of_one_call(), {.execution = execution::inline_});
}

TEST_F(call_points, of_a_handler_inside_publish_that_fails) {
    expect_failures();
    expect_points([](const order_placed&) { throw std::runtime_error("no"); },
                  of_one_call("failed"), {.execution = execution::inline_});
}

TEST_F(call_points, of_a_handler_inside_publish_by_every_later_publish) {
    start({noting(said, "a")});
    int calls = 0;
    const auto one = bus->subscribe<order_placed>("one", [&](const order_placed&) { ++calls; },
                                                  {.execution = execution::inline_});
    for (int number = 0; number < 5; ++number) {
        ASSERT_TRUE(bus->publish(order_placed{number}));
    }
    EXPECT_EQ(calls, 5);
    EXPECT_EQ(said.size(), 5 * of_one_call().size());
}

TEST_F(call_points, of_a_blocking_handler) {
    auto options = small_bus();
    options.interceptors = {noting(said, "a")};
    auto& real = make_bus(std::move(options));
    const auto one = real.subscribe<order_placed>("one", [](const order_placed&) {},
                                                  {.execution = execution::blocking});
    ASSERT_TRUE(real.publish(order_placed{1}));
    ASSERT_TRUE(said.await(4));
    EXPECT_THAT(said.all(), ElementsAreArray(of_one_call()));
}

TEST_F(call_points, of_a_handler_that_is_polled) {
    expect_points([](const order_placed&) {}, of_one_call());
    auto polled = bus->subscribe<order_noted>("polled", [](const order_noted&) {},
                                              {.execution = execution::polled});
    ASSERT_TRUE(bus->publish(order_noted{"text"}));
    EXPECT_EQ(bus->poll(), 1U);
    EXPECT_EQ(said.all().back(), "a: settle polled 1 completed");
}

TEST_F(call_points, of_a_span_come_once_for_all_of_it) {
    std::vector<std::size_t> counts;
    start(
        {{.name = "a",
          .before_handler = [&](const stentor::call_view& one) { counts.push_back(one.events()); },
          .after_handler = [&](const stentor::call_view& one,
                               const stentor::call_end&) { counts.push_back(one.events()); }},
         book.writer()});
    std::size_t handled = 0;
    const auto one = bus->subscribe<order_placed>(
        "one", [&](std::span<const order_placed* const> all) { handled += all.size(); });
    for (int number = 0; number < 10; ++number) {
        ASSERT_TRUE(bus->publish(order_placed{number}));
    }
    run();
    std::size_t told = 0;
    for (const auto each : counts) {
        told += each;
    }
    EXPECT_EQ(handled, 10U);
    EXPECT_EQ(told, 20U);
    EXPECT_LT(counts.size(), 20U) << "once for several";
    EXPECT_EQ(book.count("one", stentor::settlement::completed), 10);
    book.expect_balance(bus->audit());
}

TEST_F(call_points, come_for_each_event_of_a_batch) {
    start({noting(said, "a")});
    const auto one = bus->subscribe<order_placed>(
        "one", [this](const order_placed& it) { said.add(std::to_string(it.number)); });
    for (int number = 0; number < 200; ++number) {
        ASSERT_TRUE(bus->publish(order_placed{number}));
    }
    run();
    const auto all = said.all();
    ASSERT_EQ(all.size(), 200U * 5);
    for (std::size_t number = 0; number < 200; ++number) {
        const auto* at = all.data() + 200 + number * 4;
        EXPECT_EQ(at[0], "a: before one 1");
        EXPECT_EQ(at[1], std::to_string(number));
        EXPECT_EQ(at[2], "a: after one 1 completed");
        EXPECT_EQ(at[3], "a: settle one 1 completed");
    }
}

TEST_F(call_points, come_for_each_of_several_subscriptions) {
    start({noting(said, "a")});
    const auto one = bus->subscribe<order_placed>("one", [](const order_placed&) {});
    const auto two =
        bus->subscribe("two", stentor::pattern("order.*"), [](const stentor::any_event&) {});
    ASSERT_TRUE(bus->publish(order_placed{1}));
    run();
    EXPECT_THAT(said.all(),
                ::testing::UnorderedElementsAre(
                    "a: publish order.placed", "a: before one 1", "a: after one 1 completed",
                    "a: settle one 1 completed", "a: before two 1", "a: after two 1 completed",
                    "a: settle two 1 completed"));
}

TEST_F(call_points, lie_around_each_attempt) {
    expect_failures();
    start({noting(said, "a")});
    const auto one = bus->subscribe<order_placed>("one",
                                                  [](const order_placed&, context& ctx) {
                                                      if (ctx.attempt() < 3) {
                                                          throw std::runtime_error("not yet");
                                                      }
                                                  },
                                                  {.retry = attempts_of(5)});
    ASSERT_TRUE(bus->publish(order_placed{1}));
    run();
    pass(1s);
    pass(1s);
    EXPECT_THAT(said.all(),
                ElementsAre("a: publish order.placed", "a: before one 1", "a: after one 1 failed",
                            "a: before one 2", "a: after one 2 failed", "a: before one 3",
                            "a: after one 3 completed", "a: settle one 3 completed"));
}

TEST_F(call_points, of_what_is_given_back_come_again) {
    int calls = 0;
    expect_points(
        [&](const order_placed&) { return ++calls == 1 ? outcome::release() : outcome::done(); },
        {"a: publish order.placed", "a: before one 1", "a: after one 1 released", "a: before one 1",
         "a: after one 1 completed", "a: settle one 1 completed"});
}

TEST_F(call_points, number_each_call) {
    std::vector<std::uint64_t> before;
    std::vector<std::uint64_t> after;
    start(
        {{.name = "a",
          .before_handler = [&](const stentor::call_view& one) { before.push_back(one.number()); },
          .after_handler = [&](const stentor::call_view& one,
                               const stentor::call_end&) { after.push_back(one.number()); }}});
    int calls = 0;
    const auto one = bus->subscribe<order_placed>("one", [&](const order_placed&) {
        return ++calls == 1 ? outcome::release() : outcome::done();
    });
    const auto two = bus->subscribe<order_placed>("two", [](const order_placed&) {});
    ASSERT_TRUE(bus->publish(order_placed{1}));
    run();
    ASSERT_EQ(before.size(), 3U);
    EXPECT_THAT(before, ::testing::UnorderedElementsAreArray(after));
    EXPECT_NE(before[0], before[1]);
    EXPECT_NE(before[1], before[2]);
    EXPECT_NE(before[0], before[2]);
    EXPECT_THAT(before, ::testing::Each(::testing::Ne(0U)));
}

TEST_F(call_points, see_event_and_metadata) {
    int number = 0;
    std::string user;
    stentor::event_id id;
    start({{.name = "a", .before_handler = [&](const stentor::call_view& one) {
                const auto* event = one.get_if<order_placed>();
                number = event != nullptr ? event->number : -1;
                EXPECT_EQ(one.get_if<order_noted>(), nullptr);
                user = one.metadata().user_id;
                id = one.id();
                EXPECT_EQ(one.topic(), "order.placed");
            }}});
    const auto one = bus->subscribe<order_placed>("one", [](const order_placed&) {});
    const auto result = bus->publish(order_placed{7}, {.user_id = "ann"});
    run();
    EXPECT_EQ(number, 7);
    EXPECT_EQ(user, "ann");
    EXPECT_EQ(id, result.id());
}

TEST_F(call_points, tell_how_long_a_call_took_and_why_it_failed) {
    expect_failures();
    std::chrono::nanoseconds took{};
    std::chrono::system_clock::time_point at{};
    std::string error;
    start({{.name = "a",
            .after_handler = [&](const stentor::call_view&, const stentor::call_end& end) {
                took = end.duration;
                at = end.at;
                error = end.error;
            }}});
    const auto one = bus->subscribe<order_placed>("one", [this](const order_placed&) {
        clock_.advance(25ms);
        throw std::runtime_error("out of stock");
    });
    ASSERT_TRUE(bus->publish(order_placed{1}));
    run();
    EXPECT_EQ(took, 25ms);
    EXPECT_EQ(at.time_since_epoch(), std::chrono::nanoseconds(clock_.system_ns()));
    EXPECT_EQ(error, "out of stock");
}

TEST_F(call_points, are_for_the_topics_of_their_pattern) {
    auto narrow = noting(said, "a");
    narrow.pattern = "order.noted";
    start({narrow});
    const auto one = bus->subscribe<order_placed>("one", [](const order_placed&) {});
    const auto two = bus->subscribe<order_noted>("two", [](const order_noted&) {});
    ASSERT_TRUE(bus->publish(order_placed{1}));
    run();
    EXPECT_THAT(said.all(), IsEmpty());
    ASSERT_TRUE(bus->publish(order_noted{"text"}));
    run();
    EXPECT_THAT(said.all(), ElementsAre("a: publish order.noted", "a: before two 1",
                                        "a: after two 1 completed", "a: settle two 1 completed"));
}

TEST_F(call_points, leave_the_engines_own_events_alone) {
    start({noting(said, "a")});
    int heard = 0;
    const auto listener = bus->subscribe("listener", stentor::pattern("stentor.>"),
                                         [&](const stentor::any_event&) { ++heard; });
    const auto one = bus->subscribe<order_placed>("one", [](const order_placed&) {});
    run();
    EXPECT_GT(heard, 0);
    EXPECT_THAT(said.all(), IsEmpty());
}

// The call that was announced is made, though the subscription ends in between.
TEST_F(call_points, end_what_they_began_when_an_interceptor_unsubscribes) {
    stentor::subscription one;
    stentor::unsubscribe_result result{};
    auto first = noting(said, "a");
    first.before_handler = [&](const stentor::call_view&) {
        said.add("a: before");
        result = one.unsubscribe();
    };
    start({first});
    one = bus->subscribe<order_placed>("one",
                                       [this](const order_placed&) { said.add("the handler"); });
    ASSERT_TRUE(bus->publish(order_placed{1}));
    ASSERT_TRUE(bus->publish(order_placed{2}));
    run();
    EXPECT_EQ(result, stentor::unsubscribe_result::deferred);
    EXPECT_THAT(said.all(), ElementsAre("a: publish order.placed", "a: publish order.placed",
                                        "a: before", "the handler", "a: after one 1 completed",
                                        "a: settle one 1 completed", "a: settle one 0 cancelled"));
}

}  // namespace
