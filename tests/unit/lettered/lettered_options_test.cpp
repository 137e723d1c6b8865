// SPDX-License-Identifier: MIT
#include "unit/lettered/lettered.hpp"

#include <gmock/gmock.h>

#include <span>
#include <string>

// What cannot be kept is refused when the subscription is made; what is asked wrongly, when it is.

namespace {

using namespace stentor_test;
using ::testing::HasSubstr;

void ignore_one(const order_placed&) {}

TEST_F(lettered, goes_neither_with_spans_nor_inside_publish_nor_in_a_shared_lane) {
    const auto spans = bus.try_subscribe<order_placed>(
        "spans", [](std::span<const order_placed* const>) {}, {.dead_letters = true});
    ASSERT_FALSE(spans);
    EXPECT_EQ(spans.error().code(), stentor::errc::unsupported_combination);
    EXPECT_THAT(std::string(spans.error().message()), HasSubstr("take one event"));
    const auto inlined = bus.try_subscribe<order_placed>(
        "inlined", &ignore_one, {.execution = stentor::execution::inline_, .dead_letters = true});
    ASSERT_FALSE(inlined);
    EXPECT_EQ(inlined.error().code(), stentor::errc::unsupported_combination);
    const auto shared = bus.try_subscribe<order_placed>(
        "shared", &ignore_one, {.dead_letters = true, .placement = stentor::placement::shared});
    ASSERT_FALSE(shared);
    EXPECT_EQ(shared.error().code(), stentor::errc::unsupported_combination);
}

TEST_F(lettered, is_not_for_the_engines_own_events) {
    const auto system = bus.try_subscribe<stentor::system::handler_paused>(
        "system", [](const stentor::system::handler_paused&) {}, {.dead_letters = true});
    ASSERT_FALSE(system);
    EXPECT_EQ(system.error().code(), stentor::errc::unsupported_combination);
    auto retried = bus.subscribe<stentor::system::handler_started>(
        "retried", [](const stentor::system::handler_started&) { throw std::runtime_error("no"); },
        {.retry = every_100ms(1)});
    auto other = bus.subscribe<order_placed>("other", &ignore_one);
    run();
    EXPECT_EQ(terms("retried").failed, 1) << "and none is kept because there is a retry policy";
}

TEST_F(lettered, says_what_is_wrong_with_a_filter) {
    try {
        static_cast<void>(bus.dead_letters().list({.topic = "order..placed"}));
        FAIL() << "a malformed pattern was taken";
    } catch (const stentor::bus_error& wrong) {
        EXPECT_EQ(wrong.details().code(), stentor::errc::invalid_option);
        EXPECT_THAT(wrong.what(), HasSubstr("the dead letters cannot be listed"));
    }
    const auto unconfirmed =
        bus.dead_letters().purge({.subscription = "picky"}, stentor::purge_confirmation::none);
    ASSERT_FALSE(unconfirmed);
    EXPECT_EQ(unconfirmed.error().code, stentor::dead_letter_errc::not_confirmed);
    const auto nobody = bus.dead_letters().get(7);
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().code, stentor::dead_letter_errc::not_found);
}

TEST_F(lettered, groups_what_failed_alike) {
    poison = {1, 2, 3};
    auto kept = bus.subscribe<order_placed>("picky", picky(), {.dead_letters = true});
    publish(1, 4);
    const auto groups = bus.dead_letters().stats().value();
    ASSERT_EQ(groups.size(), 1U);
    EXPECT_EQ(groups.front().count, 3U);
}

}  // namespace
