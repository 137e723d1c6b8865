// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/patience.hpp"
#include <stentor/stentor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Handlers that register themselves.

namespace {

using namespace stentor_test;
using stentor::errc;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    long cents = 0;
};

std::atomic<long> points{0};
std::atomic<long> letters{0};
std::atomic<int> noted{0};
std::atomic<int> starts{0};

void subscribe_to_news(const order_placed&) {
    ++letters;
}

STENTOR_HANDLER(order_placed, "loyalty.points",
                {.tags = {"loyalty", "found"}, .on_start = [] { ++starts; }})
(const order_placed& order, stentor::context& ctx) {
    EXPECT_EQ(ctx.subscription(), "loyalty.points");
    points += order.cents / 100;
}

STENTOR_HANDLER(order_placed, "bare")(const order_placed&, stentor::context&) {}

const stentor::static_handler<order_placed> newsletter{
    "newsletter",
    subscribe_to_news,
    {.tags = {"mail", "found"}, .start_after = {"loyalty.points"}}};

const stentor::static_handler<stentor::any_event> notes{
    "a.notes",
    "order.>",
    [](const stentor::any_event&) { ++noted; },
    {.tags = {"found"}, .start_after = {"newsletter"}}};

class discovery : public bus_fixture {};

TEST_F(discovery, subscribes_what_registered_itself_in_the_order_of_starts) {
    auto& bus = make_bus();
    const auto loaded = bus.registry().load(
        {.expect = {"loyalty.points", "newsletter", "a.notes"}, .tags = {"found"}});
    ASSERT_TRUE(loaded) << loaded.error().message();
    EXPECT_THAT(loaded->loaded, ElementsAre("loyalty.points", "newsletter", "a.notes"));
    EXPECT_TRUE(loaded->failed.empty());
    points = 0;
    letters = 0;
    noted = 0;
    ASSERT_TRUE(bus.publish(order_placed{4200}));
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(points.load(), 42);
    EXPECT_EQ(letters.load(), 1);
    EXPECT_EQ(noted.load(), 1);
    const auto row = bus.registry().find("loyalty.points");
    ASSERT_TRUE(row);
    EXPECT_THAT(row->location.file_name(), HasSubstr("registry_load_test.cpp"));
    EXPECT_THAT(row->tags, Contains("loyalty"));
}

TEST_F(discovery, is_as_good_twice_as_once_and_on_every_bus) {
    for (int round = 0; round < 2; ++round) {
        auto& bus = make_bus();
        const auto before = starts.load();
        ASSERT_TRUE(bus.registry().load({.tags = {"found"}}));
        EXPECT_EQ(starts.load(), before + 1) << "hooks serve every bus";
        const auto again = bus.registry().load({.tags = {"found"}});
        ASSERT_TRUE(again) << again.error().message();
        EXPECT_TRUE(again->loaded.empty());
        EXPECT_EQ(again->present.size(), 3U);
        EXPECT_EQ(bus.registry().list().size(), 3U);
        letters = 0;
        ASSERT_TRUE(bus.publish(order_placed{1}));
        ASSERT_TRUE(bus.wait_idle(patience));
        EXPECT_EQ(letters.load(), 1);
    }
}

TEST_F(discovery, loads_all_when_no_tag_is_given) {
    auto& bus = make_bus();
    const auto loaded = bus.registry().load();
    ASSERT_TRUE(loaded) << loaded.error().message();
    EXPECT_THAT(loaded->loaded, Contains("bare"));
}

TEST_F(discovery, names_what_is_missing_and_subscribes_nothing) {
    auto& bus = make_bus();
    const auto loaded = bus.registry().load({.expect = {"loyalty.points", "fraud.check"}});
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code(), errc::not_found);
    EXPECT_THAT(loaded.error().message(), HasSubstr("\"fraud.check\""));
    EXPECT_THAT(loaded.error().message(), HasSubstr("stentor_link_handlers"));
    EXPECT_TRUE(bus.registry().list().empty());
}

TEST_F(discovery, names_both_places_of_a_name_that_is_there_twice) {
    const stentor::static_handler<order_placed> second{"bare", [](const order_placed&) {}};
    auto& bus = make_bus();
    const auto loaded = bus.registry().load();
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code(), errc::duplicate_name);
    const auto text = loaded.error().message();
    const auto first_place = text.find("registry_load_test.cpp:");
    ASSERT_NE(first_place, std::string::npos);
    EXPECT_NE(text.find("registry_load_test.cpp:", first_place + 1), std::string::npos);
    EXPECT_TRUE(bus.registry().list().empty());
}

TEST_F(discovery, forgets_a_handler_that_is_gone) {
    {
        const stentor::static_handler<order_placed> guest{"guest", [](const order_placed&) {}};
    }
    auto& bus = make_bus();
    const auto loaded = bus.registry().load({.expect = {"guest"}});
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code(), errc::not_found);
}

TEST_F(discovery, names_a_circle_of_starts) {
    const auto ignore = [](const order_placed&) {};
    const stentor::static_handler<order_placed> one{
        "one", ignore, {.tags = {"circle"}, .start_after = {"three"}}};
    const stentor::static_handler<order_placed> two{
        "two", ignore, {.tags = {"circle"}, .start_after = {"one"}}};
    const stentor::static_handler<order_placed> three{
        "three", ignore, {.tags = {"circle"}, .start_after = {"two"}}};
    auto& bus = make_bus();
    const auto loaded = bus.registry().load({.tags = {"circle"}});
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code(), errc::invalid_option);
    EXPECT_THAT(loaded.error().message(), HasSubstr("one -> two -> three -> one"));
    EXPECT_TRUE(bus.registry().list().empty());
}

TEST_F(discovery, leaves_nothing_behind_when_one_of_them_cannot_be_subscribed) {
    const stentor::static_handler<order_placed> good{
        "good", [](const order_placed&) {}, {.tags = {"pair"}}};
    const stentor::static_handler<order_placed> wrong{
        "wrong", [](const order_placed&) {}, {.capacity = -1, .tags = {"pair"}}};
    auto& bus = make_bus();
    const auto loaded = bus.registry().load({.tags = {"pair"}});
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code(), errc::invalid_option);
    EXPECT_TRUE(bus.registry().list().empty());
}

}  // namespace
