// SPDX-License-Identifier: MIT
#include "unit/interceptor/intercepted.hpp"
#include <stentor/bus/redaction.hpp>

#include <gmock/gmock.h>

#include <span>
#include <stdexcept>
#include <vector>

// Interceptors that throw: what it costs, and whom.

namespace {

using namespace stentor_test;
using stentor::call_end;
using stentor::call_view;
using stentor::outgoing_event;
using stentor::publish_status;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

[[noreturn]] void fail() {
    throw std::runtime_error("broken");
}

class throwing_interceptor : public intercepted {
protected:
    void expect_complaint(const std::string& point) {
        EXPECT_EQ(bus->snapshot().interceptors_threw, 1U);
        EXPECT_THAT(log().notices(),
                    ElementsAre("interceptor \"breaks\": its " + point + " threw: broken"));
    }
};

TEST_F(throwing_interceptor, before_a_publish_refuses_it) {
    start({{.name = "breaks", .before_publish = [](outgoing_event&) { fail(); }},
           noting(said, "later")});
    const auto one = bus->subscribe<order_noted>("one", [](const order_noted&) {});
    order_noted mine{"a text that is long enough to be moved"};
    const auto result = bus->publish(std::move(mine));
    EXPECT_EQ(result.status(), publish_status::rejected_interceptor);
    EXPECT_EQ(to_string(result.status()), "rejected_interceptor");
    EXPECT_FALSE(result);
    EXPECT_TRUE(result.id().is_nil());
    EXPECT_EQ(mine.text, "a text that is long enough to be moved");  // NOLINT: it was not moved
    run();
    EXPECT_THAT(said.all(), IsEmpty());
    EXPECT_EQ(bus->audit().publishes.rejected_interceptor, 1);
    EXPECT_THAT(prometheus_text(bus->snapshot()),
                HasSubstr("stentor_publish_results_total{status=\"rejected_interceptor\"} 1\n"));
    expect_complaint("before_publish");
}

TEST_F(throwing_interceptor, before_a_bulk_publish_ends_it) {
    int count = 0;
    start({{.name = "breaks", .before_publish = [&](outgoing_event&) {
                if (++count == 3) {
                    fail();
                }
            }}});
    const auto one = bus->subscribe<order_placed>("one", [](const order_placed&) {});
    const std::vector placed{order_placed{1}, order_placed{2}, order_placed{3}, order_placed{4}};
    EXPECT_EQ(bus->publish_bulk(std::span<const order_placed>(placed)), 2U);
    run();
    EXPECT_EQ(bus->audit().publishes.rejected_interceptor, 1);
}

TEST_F(throwing_interceptor, before_a_handler_costs_nothing) {
    start({{.name = "breaks", .before_handler = [](const call_view&) { fail(); }},
           noting(said, "a")});
    const auto one = bus->subscribe<order_placed>("one", [](const order_placed&) {});
    ASSERT_TRUE(bus->publish(order_placed{1}));
    run();
    EXPECT_THAT(said.all(), ElementsAre("a: publish order.placed", "a: before one 1",
                                        "a: after one 1 completed", "a: settle one 1 completed"));
    expect_complaint("before_handler");
}

TEST_F(throwing_interceptor, after_a_handler_costs_nothing) {
    start({noting(said, "a"),
           {.name = "breaks", .after_handler = [](const call_view&, const call_end&) { fail(); }}});
    const auto one = bus->subscribe<order_placed>("one", [](const order_placed&) {});
    ASSERT_TRUE(bus->publish(order_placed{1}));
    run();
    EXPECT_EQ(said.size(), 4U);
    EXPECT_EQ(bus->audit().subscriptions[0].second.completed, 1);
    expect_complaint("after_handler");
}

TEST_F(throwing_interceptor, after_a_handler_that_threw_leaves_its_failure_as_it_was) {
    expect_failures();
    start({{.name = "breaks", .after_handler = [](const call_view&, const call_end&) { fail(); }}});
    const auto one = bus->subscribe<order_placed>(
        "one", [](const order_placed&) { throw std::runtime_error("the handler's"); });
    ASSERT_TRUE(bus->publish(order_placed{1}));
    run();
    ASSERT_EQ(log().errors().size(), 1U);
    EXPECT_EQ(log().errors()[0].error, "the handler's");
    expect_complaint("after_handler");
}

TEST_F(throwing_interceptor, at_the_end_costs_nothing) {
    start({noting(said, "a"),
           {.name = "breaks", .on_settle = [](const stentor::settled_view&) { fail(); }}});
    const auto one = bus->subscribe<order_placed>("one", [](const order_placed&) {});
    ASSERT_TRUE(bus->publish(order_placed{1}));
    run();
    EXPECT_EQ(said.size(), 4U);
    expect_complaint("on_settle");
}

TEST_F(throwing_interceptor, around_a_handler_inside_publish_costs_nothing) {
    start({{.name = "breaks",
            .before_handler = [](const call_view&) { fail(); },
            .after_handler = [](const call_view&, const call_end&) { fail(); },
            .on_settle = [](const stentor::settled_view&) { fail(); }}});
    const auto one = bus->subscribe<order_placed>("one", [](const order_placed&) {},
                                                  {.execution = stentor::execution::inline_});
    ASSERT_TRUE(bus->publish(order_placed{1}));
    EXPECT_EQ(bus->snapshot().interceptors_threw, 3U);
    EXPECT_EQ(log().notices().size(), 3U);
}

TEST_F(throwing_interceptor, is_named_once_a_minute_and_counted_each_time) {
    start({{.name = "breaks", .on_settle = [](const stentor::settled_view&) { fail(); }}});
    const auto one = bus->subscribe<order_placed>("one", [](const order_placed&) {});
    for (int number = 0; number < 10; ++number) {
        ASSERT_TRUE(bus->publish(order_placed{number}));
    }
    run();
    EXPECT_EQ(bus->snapshot().interceptors_threw, 10U);
    EXPECT_EQ(log().notices().size(), 1U);
    pass(61s);
    ASSERT_TRUE(bus->publish(order_placed{10}));
    run();
    EXPECT_EQ(log().notices().size(), 2U);
    EXPECT_THAT(prometheus_text(bus->snapshot()),
                HasSubstr("stentor_interceptors_threw_total 11\n"));
}

TEST_F(throwing_interceptor, on_an_error_text_withholds_it) {
    expect_failures();
    start({stentor::error_redaction("breaks", [](std::string&) { fail(); })});
    const auto one = bus->subscribe<order_placed>(
        "one", [](const order_placed&) { throw std::runtime_error("a secret"); });
    ASSERT_TRUE(bus->publish(order_placed{1}));
    run();
    ASSERT_EQ(log().errors().size(), 1U);
    EXPECT_EQ(log().errors()[0].error, "(withheld: interceptor \"breaks\" threw on it)");
    ASSERT_EQ(log().notices().size(), 1U);
    EXPECT_EQ(log().notices()[0], "interceptor \"breaks\": its on_error_text threw");
}

}  // namespace
