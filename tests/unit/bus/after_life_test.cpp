// SPDX-License-Identifier: MIT
#include "unit/bus/coming_after.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

// Subscriptions that come after others, when those others, they themselves or the bus end, pause or
// are full.

namespace {

using namespace stentor_test;
using namespace std::chrono_literals;
using stentor::backlog;
using stentor::publish_status;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

TEST_F(coming_after, starts_when_the_other_one_is_unsubscribed) {
    auto act = subscribe("act", {.after = "journal"});
    auto strict = subscribe("strict", {.after = "journal", .require_success = true});
    auto journal = sleeper("journal");
    ASSERT_TRUE(bus.publish(tick{60'000}));
    run();
    ASSERT_TRUE(bus.publish(tick{60'001}));  // this one is still queued there
    journal = {};
    run();
    EXPECT_THAT(seen, ElementsAre("act 60000", "act 60001"));
    EXPECT_EQ(terms("strict").dropped_dependency, 2);
}

TEST_F(coming_after, is_cancelled_with_its_subscription_while_it_waits) {
    auto act = subscribe("act", {.after = "journal"});
    auto notify = subscribe("notify", {.after = "act"});
    auto journal = sleeper("journal");
    ASSERT_TRUE(bus.publish(tick{10}));
    run();
    act = {};
    run();
    EXPECT_THAT(seen, ElementsAre("notify 10")) << "the end of act is an end";
    EXPECT_EQ(bus.audit().removed.cancelled, 1) << "it need not wait for the journal";
    EXPECT_EQ(bus.audit().unaccounted(), 0);
    pass(10ms);
    EXPECT_THAT(seen, ElementsAre("notify 10", "journal 10"));
}

TEST_F(coming_after, counts_what_the_other_one_drops_as_settled) {
    auto act = subscribe("act", {.after = "journal"});
    auto strict = subscribe("strict", {.after = "journal", .require_success = true});
    auto journal = sleeper("journal", {.capacity = 1});
    auto lossy = sleeper("lossy", {.capacity = 1, .when_full = stentor::when_full::drop_newest});
    auto behind = subscribe("behind", {.after = "lossy"});
    auto oldest = bus.subscribe<tick>(
        "oldest", writes("oldest"), {.capacity = 1, .when_full = stentor::when_full::drop_oldest});
    auto late = subscribe("late", {.after = "oldest", .require_success = true});
    ASSERT_TRUE(bus.registry().disable("oldest"));
    ASSERT_TRUE(bus.publish(tick{1}));
    EXPECT_EQ(bus.publish(tick{2}).status(), publish_status::accepted_partial);
    run();
    EXPECT_THAT(seen, UnorderedElementsAre("act 2", "behind 2"));
    EXPECT_EQ(terms("strict").dropped_dependency, 1);
    EXPECT_EQ(terms("late").dropped_dependency, 1) << "its event 1 was dropped as the oldest";
    EXPECT_EQ(bus.audit().unaccounted(), 0);
    ASSERT_TRUE(bus.registry().enable("oldest"));
    pass(2ms);
    EXPECT_EQ(terms("act").completed, 2);
    EXPECT_EQ(terms("late").completed, 1);
}

TEST_F(coming_after, keeps_its_capacity) {
    auto act = subscribe("act", {.after = "journal", .capacity = 2});
    auto recent = subscribe(
        "recent",
        {.after = "journal", .capacity = 2, .when_full = stentor::when_full::drop_oldest});
    auto journal = sleeper("journal");
    for (int number = 1; number <= 3; ++number) {
        static_cast<void>(bus.publish(tick{number}));
        run();
        EXPECT_LE(terms("act").outstanding(), 2);
    }
    EXPECT_EQ(terms("act").held, 2);
    EXPECT_EQ(terms("act").dropped_full, 1);
    EXPECT_EQ(terms("recent").dropped_oldest + terms("recent").dropped_newest, 1);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
    pass(3ms);
    EXPECT_EQ(terms("act").completed, 2);
    EXPECT_EQ(terms("recent").completed, 2);
}

TEST_F(coming_after, holds_over_pauses_of_both) {
    auto act = subscribe("act", {.after = "journal"});
    auto journal = sleeper("journal");
    ASSERT_TRUE(bus.publish(tick{1}));
    ASSERT_TRUE(bus.publish(tick{2}));
    run();
    ASSERT_TRUE(bus.registry().disable("act"));
    pass(1ms);
    EXPECT_THAT(seen, ElementsAre("journal 1"));
    EXPECT_EQ(terms("act").held, 2);
    ASSERT_TRUE(bus.registry().enable("act"));
    run();
    EXPECT_THAT(seen, ElementsAre("journal 1", "act 1")) << "and not act 2";
    pass(1ms);
    EXPECT_EQ(seen.back(), "act 2");
    ASSERT_TRUE(bus.registry().disable("journal"));
    ASSERT_TRUE(bus.publish(tick{3}));
    pass(5ms);
    EXPECT_EQ(seen.back(), "act 2");
    EXPECT_EQ(terms("act").held, 1);
    EXPECT_TRUE(bus.wait_idle(0ms)) << "what waits for who is paused waits for the resume";
    ASSERT_TRUE(bus.registry().disable("journal", backlog::drop));
    run();
    EXPECT_EQ(seen.back(), "act 3") << "dropped is an end";
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(coming_after, is_not_idle_while_the_other_one_is_at_it) {
    auto act = subscribe("act", {.after = "journal"});
    auto journal = sleeper("journal");
    ASSERT_TRUE(bus.publish(tick{1}));
    run();
    EXPECT_FALSE(bus.wait_idle(0ms));
    pass(1ms);
    EXPECT_TRUE(bus.wait_idle(0ms));
}

TEST_F(coming_after, is_dropped_by_a_pause_that_drops) {
    auto act = subscribe("act", {.after = "journal"});
    auto journal = sleeper("journal");
    ASSERT_TRUE(bus.publish(tick{1}));
    run();
    ASSERT_TRUE(bus.registry().disable("act", backlog::drop));
    pass(1ms);
    EXPECT_EQ(terms("act").dropped_disabled, 1);
    EXPECT_THAT(seen, ElementsAre("journal 1"));
}

TEST_F(coming_after, is_drained) {
    auto act = subscribe("act", {.after = "journal"});
    auto journal = subscribe("journal");
    ASSERT_TRUE(bus.registry().disable("journal"));
    ASSERT_TRUE(bus.publish(tick{1}));
    run();
    const auto report = bus.drain(1s);
    EXPECT_EQ(terms("journal").cancelled, 1) << "nobody resumes it";
    EXPECT_THAT(seen, ElementsAre("act 1")) << "which is an end";
    EXPECT_EQ(bus.audit().unaccounted(), 0);
    ASSERT_EQ(report.abandoned.size(), 1U);
    EXPECT_EQ(report.abandoned[0].deliveries, 1);
}

TEST_F(coming_after, is_cancelled_at_the_deadline_of_a_drain) {
    auto act = subscribe("act", {.after = "journal"});
    auto notify = subscribe("notify", {.order = stentor::order::serial, .after = "act"});
    auto journal = sleeper("journal");
    ASSERT_TRUE(bus.publish(tick{60'000}));
    ASSERT_TRUE(bus.publish(tick{60'001}));
    run();
    EXPECT_FALSE(bus.drain(0ms).complete);
    EXPECT_TRUE(seen.empty());
    EXPECT_EQ(terms("journal").cancelled, 2);
    EXPECT_EQ(terms("act").cancelled, 2);
    EXPECT_EQ(terms("notify").cancelled, 2);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
    EXPECT_EQ(bus.audit().envelopes_alive, 0);
}

}  // namespace
