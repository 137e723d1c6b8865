// SPDX-License-Identifier: MIT
#include "unit/lettered/lettered.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <stop_token>
#include <string>
#include <vector>

// What a redrive does with each letter, and what it says of it.

namespace {

using namespace stentor_test;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class redrive : public lettered {
protected:
    // As many letters, of orders from 1 on.
    void fail(int count) {
        for (int number = 1; number <= count; ++number) {
            poison.insert(number);
        }
        publish(1, count);
        poison.clear();
        calls.clear();
    }
    [[nodiscard]] stentor::redrive_report redriven(const stentor::redrive_options& options = {}) {
        auto report = bus.dead_letters().redrive({}, options);
        EXPECT_TRUE(report) << (report ? "" : report.error().message());
        return report ? *report : stentor::redrive_report{};
    }
    [[nodiscard]] stentor::errc refusal(const stentor::redrive_options& options) {
        const auto report = bus.dead_letters().redrive({}, options);
        return report ? stentor::errc::busy : report.error().code();
    }

    static inline const stentor::subscription_options kept{.dead_letters = true};
};

TEST_F(redrive, tries_again_what_failed_and_removes_what_was_handled) {
    auto mail = bus.subscribe<order_placed>("mail", picky(), kept);
    fail(3);
    ASSERT_THAT(letters(), SizeIs(3));
    const auto report = redriven();
    EXPECT_TRUE(report);
    EXPECT_EQ(report.matched, 3U);
    EXPECT_EQ(report.redriven, 3U);
    EXPECT_EQ(report.pending, 0U);
    EXPECT_FALSE(report.stopped);
    EXPECT_THAT(calls, ElementsAre(seen_call{1, 1}, seen_call{2, 1}, seen_call{3, 1}));
    EXPECT_THAT(letters(), IsEmpty());
    EXPECT_EQ(terms("mail").completed, 3);
    EXPECT_EQ(terms("mail").dead_lettered, 3);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(redrive, is_for_the_one_subscription_that_failed) {
    int others = 0;
    auto mail = bus.subscribe<order_placed>("mail", picky(), kept);
    auto audit = bus.subscribe<order_placed>("audit", [&](const order_placed&) { ++others; });
    auto all =
        bus.subscribe("all", stentor::pattern(">"), [&](const stentor::any_event&) { ++others; });
    fail(2);
    ASSERT_EQ(others, 4);
    EXPECT_EQ(redriven().redriven, 2U);
    EXPECT_EQ(others, 4);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(redrive, of_what_fails_again_keeps_the_letter_with_its_history) {
    auto mail = bus.subscribe<order_placed>("mail", picky(), kept);
    fail(2);
    const auto before = letters();
    poison = {1};
    const auto report = redriven();
    EXPECT_FALSE(report);
    EXPECT_EQ(report.redriven, 1U);
    EXPECT_EQ(report.returned, 1U);
    ASSERT_THAT(letters(), SizeIs(1));
    const auto letter = letters().front();
    EXPECT_EQ(letter.number, before.front().number);
    EXPECT_EQ(letter.id, before.front().id);
    EXPECT_EQ(letter.redrives, 1U);
    EXPECT_EQ(letter.attempts_total, 2U);
    ASSERT_THAT(letter.attempts, SizeIs(2));
    EXPECT_EQ(letter.attempts.back().number, 2) << "of all attempts, not of those of the redrive";
    EXPECT_EQ(redriven().returned, 1U);
    EXPECT_EQ(letters().front().redrives, 2U);
    poison.clear();
    EXPECT_TRUE(redriven());
    EXPECT_THAT(letters(), IsEmpty());
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(redrive, has_the_attempts_that_the_policy_gives) {
    auto mail = bus.subscribe<order_placed>("mail", picky(), {.retry = every_100ms(3)});
    poison = {1};
    publish(1, 1);
    pass(100ms);
    pass(100ms);
    ASSERT_THAT(letters(), SizeIs(1));
    calls.clear();
    const auto report = redriven();
    EXPECT_EQ(report.pending, 1U) << "it waits for its second attempt, and time stands still";
    EXPECT_TRUE(report.stopped);
    EXPECT_EQ(bus.dead_letters().store().room().claimed, 1U);
    poison.clear();
    pass(100ms);
    EXPECT_THAT(calls, ElementsAre(seen_call{1, 1}, seen_call{1, 2}));
    EXPECT_THAT(letters(), IsEmpty()) << "it ends with its delivery, though nobody waits any more";
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(redrive, takes_only_what_the_filter_finds) {
    auto mail = bus.subscribe<order_placed>("mail", picky(), kept);
    auto stock = bus.subscribe<order_placed>("stock", picky(), kept);
    fail(2);
    ASSERT_THAT(letters(), SizeIs(4));
    const auto report = bus.dead_letters().redrive({.subscription = "stock"});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->matched, 2U);
    EXPECT_EQ(report->redriven, 2U);
    ASSERT_THAT(letters(), SizeIs(2));
    EXPECT_EQ(letters().front().subscription, "mail");
}

TEST_F(redrive, dry_changes_nothing_and_says_what_would_be_refused) {
    auto mail = bus.subscribe<order_placed>("mail", picky(), kept);
    {
        auto gone = bus.subscribe<order_placed>("gone", picky(), kept);
        fail(2);
    }
    const auto before = letters();
    const auto report = redriven({.dry_run = true});
    EXPECT_EQ(report.matched, 4U);
    EXPECT_EQ(report.redriven, 2U);
    EXPECT_EQ(report.refused, 2U);
    ASSERT_THAT(report.refusals, SizeIs(2));
    EXPECT_THAT(report.refusals.front().message,
                AllOf(HasSubstr("no subscription is called gone"), HasSubstr("::to")));
    EXPECT_THAT(calls, IsEmpty());
    EXPECT_EQ(letters(), before);
    EXPECT_EQ(bus.dead_letters().store().room().claimed, 0U);
}

TEST_F(redrive, of_a_renamed_subscription_needs_its_new_name) {
    {
        auto mail = bus.subscribe<order_placed>("mail", picky(), kept);
        fail(2);
    }
    auto post = bus.subscribe<order_placed>("post", picky(), kept);
    EXPECT_EQ(redriven().refused, 2U);
    EXPECT_THAT(calls, IsEmpty());
    poison = {2};
    const auto report = redriven({.to = "post"});
    EXPECT_EQ(report.redriven, 1U);
    EXPECT_EQ(report.returned, 1U);
    ASSERT_THAT(letters(), SizeIs(1)) << "the old one has become the new one's";
    EXPECT_EQ(letters().front().subscription, "post");
}

TEST_F(redrive, refuses_whom_the_topic_does_not_concern) {
    auto mail = bus.subscribe<order_placed>("mail", picky(), kept);
    auto notes = bus.subscribe<order_noted>("notes", [](const order_noted&) {}, kept);
    auto plain = bus.subscribe<order_placed>("plain", picky());
    fail(1);
    ASSERT_THAT(redriven({.to = "notes"}).refusals, SizeIs(1));
    EXPECT_THAT(redriven({.to = "notes"}).refusals.front().message,
                HasSubstr("does not listen to topic order.placed"));
    EXPECT_THAT(letters(), SizeIs(1));
}

TEST_F(redrive, stops_when_asked) {
    auto mail = bus.subscribe<order_placed>("mail", picky(), kept);
    fail(5);
    std::stop_source stop;
    std::vector<std::uint64_t> handled;
    const auto report = redriven({.progress =
                                      [&](const stentor::redrive_report& now) {
                                          handled.push_back(now.redriven + now.pending);
                                          if (handled.size() == 2) {
                                              stop.request_stop();
                                          }
                                      },
                                  .stop = stop.get_token()});
    EXPECT_TRUE(report.stopped);
    EXPECT_EQ(report.redriven, 2U);
    EXPECT_EQ(report.pending, 0U);
    EXPECT_THAT(handled, ElementsAre(1U, 2U));
    EXPECT_THAT(letters(), SizeIs(3));
    EXPECT_EQ(bus.dead_letters().store().room().claimed, 0U);
}

TEST_F(redrive, leaves_alone_what_somebody_else_has_claimed) {
    auto mail = bus.subscribe<order_placed>("mail", picky(), kept);
    fail(2);
    auto& store = bus.dead_letters().store();
    const auto claim = store.claim(letters().front().number);
    ASSERT_TRUE(claim);
    const auto report = redriven();
    EXPECT_EQ(report.skipped, 1U);
    EXPECT_EQ(report.redriven, 1U);
    ASSERT_TRUE(store.release(*claim));
    EXPECT_EQ(redriven().redriven, 1U);
}

TEST_F(redrive, waits_in_a_paused_subscription_as_any_delivery) {
    auto mail = bus.subscribe<order_placed>("mail", picky(), kept);
    fail(2);
    ASSERT_TRUE(bus.registry().disable("mail"));
    const auto report = redriven();
    EXPECT_EQ(report.pending, 2U);
    EXPECT_TRUE(report.stopped);
    EXPECT_EQ(terms("mail").held, 2);
    EXPECT_EQ(redriven().skipped, 2U) << "they have a redrive";
    ASSERT_TRUE(bus.registry().enable("mail"));
    run();
    EXPECT_THAT(calls, SizeIs(2));
    EXPECT_THAT(letters(), IsEmpty());
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(redrive, that_its_subscription_ends_is_as_if_it_had_not_been) {
    auto mail = bus.subscribe<order_placed>("mail", picky(), kept);
    fail(2);
    const auto before = letters();
    ASSERT_TRUE(bus.registry().disable("mail"));
    EXPECT_EQ(redriven().pending, 2U);
    mail.unsubscribe();
    run();
    EXPECT_EQ(letters(), before);
    EXPECT_EQ(bus.dead_letters().store().room().claimed, 0U);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(redrive, that_the_bus_ends_is_as_if_it_had_not_been) {
    auto mail = bus.subscribe<order_placed>("mail", picky(), kept);
    fail(2);
    ASSERT_TRUE(bus.registry().disable("mail"));
    EXPECT_EQ(redriven().pending, 2U);
    static_cast<void>(bus.drain());
    EXPECT_THAT(letters(), SizeIs(2));
    EXPECT_EQ(bus.dead_letters().store().room().claimed, 0U);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
    EXPECT_EQ(refusal({}), stentor::errc::closed);
}

TEST_F(redrive, gives_back_what_another_event_displaced) {
    auto mail = bus.subscribe<order_placed>(
        "mail", picky(),
        {.capacity = 1, .when_full = stentor::when_full::drop_oldest, .dead_letters = true});
    poison = {1};
    publish(1, 1);
    ASSERT_THAT(letters(), SizeIs(1));
    poison.clear();
    ASSERT_TRUE(bus.registry().disable("mail"));
    EXPECT_EQ(redriven().pending, 1U);
    ASSERT_TRUE(bus.publish(order_placed{2}));
    ASSERT_TRUE(bus.registry().enable("mail"));
    run();
    EXPECT_THAT(letters(), SizeIs(1));
    EXPECT_EQ(bus.dead_letters().store().room().claimed, 0U);
    EXPECT_EQ(redriven().redriven, 1U);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(redrive, refuses_what_makes_no_sense) {
    using stentor::errc;
    EXPECT_EQ(refusal({.per_second = -1}), errc::invalid_option);
    EXPECT_EQ(refusal({.per_second = 2e6}), errc::invalid_option);
    EXPECT_EQ(refusal({.per_second = std::numeric_limits<double>::quiet_NaN()}),
              errc::invalid_option);
    EXPECT_EQ(refusal({.patience = -1s}), errc::invalid_option);
    const auto report = bus.dead_letters().redrive({.topic = "order..placed"});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code(), errc::invalid_option);
    EXPECT_THAT(report.error().message(), HasSubstr("order..placed"));
    auto inside = errc::busy;
    auto mail = bus.subscribe<order_placed>(
        "mail", [&](const order_placed&) { inside = refusal({}); }, kept);
    publish(1, 1);
    EXPECT_EQ(inside, errc::unsupported_combination);
}

class redrive_full : public lettered_full {};

// It would wait behind the pause that it is to end.
TEST_F(redrive_full, is_refused_until_somebody_makes_room) {
    auto mail = bus.subscribe<order_placed>("mail", picky(), {.dead_letters = true});
    poison = {1, 2};
    publish(1, 3);
    ASSERT_THAT(letters(), SizeIs(1));
    ASSERT_EQ(row("mail").state, stentor::handler_state::paused);
    poison.clear();
    const auto report = bus.dead_letters().redrive({});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->refused, 1U);
    EXPECT_THAT(report->refusals.front().message, HasSubstr("enable"));
    purge_all();
    ASSERT_THAT(letters(), SizeIs(1)) << "the one that waited";
    EXPECT_TRUE(bus.dead_letters().redrive({}).value());
    EXPECT_THAT(letters(), IsEmpty());
}

// What is redriven takes no room meanwhile, so that what fails then need not wait for its end.
TEST_F(redrive_full, makes_room_for_what_fails_meanwhile) {
    auto mail = bus.subscribe<order_placed>("mail", picky(), {.dead_letters = true});
    poison = {1, 2, 3};
    publish(1, 1);
    const auto report = bus.dead_letters().redrive({}, {.transform = [&](stentor::dead_letter&) {
                                                       publish(2, 2);
                                                       return true;
                                                   }});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->returned, 1U);
    EXPECT_THAT(letters(), SizeIs(2)) << "the one that came back is over the bound";
    EXPECT_EQ(row("mail").state, stentor::handler_state::running);
    publish(3, 3);
    EXPECT_EQ(row("mail").by, "dead_letters");
    purge_all();
    EXPECT_EQ(row("mail").state, stentor::handler_state::running);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

}  // namespace
