// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include "support/recorder.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Events without a C++ type: a topic and a text.

namespace {

using namespace stentor_test;
using stentor::publish_status;

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    int number = 0;
};

class untyped : public bus_fixture {};

TEST_F(untyped, text_arrives_at_patterns) {
    auto& bus = make_bus();
    recorder<std::pair<std::string, std::string>> seen;
    auto handler = bus.subscribe(
        "all", stentor::pattern("sensor.*.temperature"), [&](const stentor::any_event& event) {
            EXPECT_EQ(event.type(), nullptr);
            EXPECT_EQ(event.as<order_placed>(), nullptr);
            seen.add({std::string(event.topic()), std::string(event.text())});
        });
    const std::string large(200'000, 'j');
    EXPECT_EQ(bus.publish(stentor::topic("sensor.kitchen.temperature"), R"({"c": 21})").status(),
              publish_status::accepted);
    EXPECT_EQ(bus.publish(stentor::topic("sensor.cellar.temperature"), large).status(),
              publish_status::accepted);
    EXPECT_EQ(bus.publish(stentor::topic("sensor.kitchen.humidity"), "{}").status(),
              publish_status::no_subscribers);
    EXPECT_EQ(bus.publish(stentor::topic("sensor.attic.temperature"), "").status(),
              publish_status::accepted);
    ASSERT_TRUE(seen.await(3));
    auto all = seen.all();
    std::sort(all.begin(), all.end());
    EXPECT_EQ(all, (std::vector<std::pair<std::string, std::string>>{
                       {"sensor.attic.temperature", ""},
                       {"sensor.cellar.temperature", large},
                       {"sensor.kitchen.temperature", R"({"c": 21})"}}));
}

TEST_F(untyped, text_of_a_typed_event_is_empty) {
    auto& bus = make_bus();
    recorder<std::string> seen;
    auto handler =
        bus.subscribe("all", stentor::pattern(">"), [&](const stentor::any_event& event) {
            EXPECT_NE(event.type(), nullptr);
            seen.add(std::string(event.text()));
        });
    ASSERT_TRUE(bus.publish(order_placed{1}, {.user_id = "u"}));
    ASSERT_TRUE(seen.await(1));
    EXPECT_EQ(seen.all().front(), "");
}

TEST_F(untyped, events_carry_metadata_and_cause_others) {
    auto& bus = make_bus();
    recorder<std::string> seen;
    auto echo = bus.subscribe("echo", stentor::pattern("question.*"),
                              [](const stentor::any_event& event, stentor::context& ctx) {
                                  EXPECT_EQ(event.text(), "why?");
                                  EXPECT_TRUE(ctx.publish(stentor::topic("answer.all"), "because"));
                              });
    auto last =
        bus.subscribe("last", stentor::pattern("answer.>"), [&](const stentor::any_event& event) {
            seen.add(std::string(event.text()));
            seen.add(std::string(event.metadata().correlation_id));
            seen.add(std::string(event.metadata().user_id));
        });
    ASSERT_TRUE(bus.publish(stentor::topic("question.one"), "why?",
                            {.correlation_id = "c-1", .user_id = "u-1"}));
    ASSERT_TRUE(seen.await(3));
    EXPECT_EQ(seen.all(), (std::vector<std::string>{"because", "c-1", "u-1"}));
}

// Topic names can come from outside, so the table of them is bounded; what is forgotten comes back.
TEST_F(untyped, topics_without_number_are_all_served) {
    auto options = small_bus();
    options.untyped_topics = 8;
    auto& bus = make_bus(std::move(options));
    tally calls;
    auto handler = bus.subscribe("all", stentor::pattern("tenant.>"),
                                 [&](const stentor::any_event&) { calls.add(); });
    constexpr int topics = 300;
    constexpr int rounds = 3;
    for (int round = 0; round < rounds; ++round) {
        for (int tenant = 0; tenant < topics; ++tenant) {
            const stentor::topic name("tenant.t" + std::to_string(tenant));
            ASSERT_EQ(bus.publish(name, std::to_string(tenant)).status(), publish_status::accepted);
        }
    }
    EXPECT_TRUE(calls.await(topics * rounds));
}

TEST_F(untyped, topic_stays_without_type_while_the_bus_remembers_it) {
    auto& bus = make_bus();
    ASSERT_TRUE(bus.publish(stentor::topic("order.placed"), "{}"));
    const auto made = bus.try_subscribe<order_placed>("typed", [](const order_placed&) {});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), stentor::errc::type_mismatch);
}

}  // namespace
