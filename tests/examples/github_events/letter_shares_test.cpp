// SPDX-License-Identifier: MIT

#include "letter_shares.hpp"

#include "conformance/dead_letter_suite.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace conformance {

// Without shares, and with one that nobody in the rules has.
struct without_shares {
    static std::unique_ptr<stentor::dead_letter_store> make() {
        return std::make_unique<github::letter_shares>(github::letter_shares::shares{});
    }
};
struct with_a_share_for_others {
    static std::unique_ptr<stentor::dead_letter_store> make() {
        return std::make_unique<github::letter_shares>(github::letter_shares::shares{{"none", 1}});
    }
};

INSTANTIATE_TYPED_TEST_SUITE_P(letter_shares, dead_letter_stores, without_shares);
INSTANTIATE_TYPED_TEST_SUITE_P(letter_shares_of_others, dead_letter_stores,
                               with_a_share_for_others);

}  // namespace conformance

namespace {

using conformance::letter_of;

TEST(letter_shares, is_full_for_whom_the_share_is_used_up) {
    github::letter_shares store({{"alerts", 2}});
    EXPECT_TRUE(store.put(letter_of(1, "alerts")));
    EXPECT_TRUE(store.put(letter_of(2, "alerts")));
    const auto third = store.put(letter_of(3, "alerts"));
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().code, stentor::dead_letter_errc::full);
    EXPECT_EQ(third.error().message, "the share of alerts is used up");
    EXPECT_TRUE(store.put(letter_of(3, "board"))) << "the others have room";
    EXPECT_EQ(store.room().letters, 3U);
}

TEST(letter_shares, takes_a_second_failure_of_a_letter_that_is_there) {
    github::letter_shares store({{"alerts", 1}});
    const auto first = store.put(letter_of(1, "alerts"));
    const auto again = store.put(letter_of(1, "alerts"));
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, *first);
    EXPECT_EQ(store.room().letters, 1U);
}

TEST(letter_shares, has_room_again_when_a_letter_is_gone) {
    github::letter_shares store({{"alerts", 1}});
    const auto number = store.put(letter_of(1, "alerts"));
    EXPECT_FALSE(store.put(letter_of(2, "alerts")));
    store.finish(store.claim(number.value()).value()).value();
    EXPECT_TRUE(store.put(letter_of(2, "alerts")));
}

TEST(letter_shares, lifts_a_share) {
    github::letter_shares store({{"alerts", 1}, {"chat", 1}});
    static_cast<void>(store.put(letter_of(1, "alerts")));
    static_cast<void>(store.put(letter_of(1, "chat")));
    store.lift_share_of("alerts");
    store.lift_share_of("nobody");
    EXPECT_TRUE(store.put(letter_of(2, "alerts")));
    EXPECT_FALSE(store.put(letter_of(2, "chat")));
}

}  // namespace
