// SPDX-License-Identifier: MIT
#include "lane/lane_state.hpp"

#include "base/sync.hpp"

#include <gtest/gtest.h>

// The rules of lane_state on one thread; tests/litmus explores them on several.

namespace {

using lane_state = stentor::detail::lane_state<stentor::detail::real_sync>;

constexpr auto something = [] { return true; };
constexpr auto nothing = [] { return false; };

TEST(lane_state, is_claimed_once_per_idle_to_busy_edge) {
    lane_state state(2);
    EXPECT_TRUE(state.idle());
    EXPECT_TRUE(state.claim_after_enqueue());
    EXPECT_FALSE(state.claim_after_enqueue()) << "it is scheduled already";
    EXPECT_FALSE(state.idle());
    ASSERT_TRUE(state.enter());
    EXPECT_FALSE(state.claim_after_enqueue()) << "a runner attends it";
    EXPECT_FALSE(state.leave(nothing));
    EXPECT_TRUE(state.idle());
    EXPECT_TRUE(state.claim_after_enqueue());
}

TEST(lane_state, is_claimed_by_a_runner_that_leaves_something) {
    lane_state state(2);
    ASSERT_TRUE(state.claim_after_enqueue());
    ASSERT_TRUE(state.enter());
    EXPECT_TRUE(state.leave(something));
    EXPECT_FALSE(state.claim_after_enqueue());
    EXPECT_TRUE(state.enter());
    EXPECT_FALSE(state.leave(nothing));
}

TEST(lane_state, is_claimed_during_a_long_call) {
    lane_state state(2);
    ASSERT_TRUE(state.claim_after_enqueue());
    ASSERT_TRUE(state.enter());
    EXPECT_FALSE(state.step_out(nothing));
    EXPECT_TRUE(state.claim_after_enqueue()) << "its runner is away in a call";
    EXPECT_TRUE(state.enter());
    EXPECT_EQ(state.runners_inside(), 2U);
    state.step_in();
    EXPECT_FALSE(state.leave(nothing));
    EXPECT_FALSE(state.leave(nothing));
    EXPECT_TRUE(state.idle());
}

TEST(lane_state, lets_in_no_more_than_its_limit) {
    lane_state state(1);
    ASSERT_TRUE(state.claim_after_enqueue());
    ASSERT_TRUE(state.enter());
    EXPECT_FALSE(state.step_out(something)) << "the only one allowed is inside, and comes back";
    EXPECT_FALSE(state.claim_after_enqueue());
    EXPECT_FALSE(state.call_for_help());
    state.step_in();
    EXPECT_TRUE(state.leave(something)) << "then it looks again";
    EXPECT_TRUE(state.enter());
    EXPECT_FALSE(state.enter()) << "full";
    EXPECT_FALSE(state.leave(nothing));
}

TEST(lane_state, calls_for_help_once) {
    lane_state state(3);
    ASSERT_TRUE(state.claim_after_enqueue());
    ASSERT_TRUE(state.enter());
    EXPECT_TRUE(state.call_for_help());
    EXPECT_FALSE(state.call_for_help());
    ASSERT_TRUE(state.enter());
    EXPECT_EQ(state.runners_inside(), 2U);
    EXPECT_FALSE(state.leave(something)) << "the other one attends";
    EXPECT_TRUE(state.leave(something));
}

}  // namespace
