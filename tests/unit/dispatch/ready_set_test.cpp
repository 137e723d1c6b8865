// SPDX-License-Identifier: MIT
#include "dispatch/ready_set.hpp"

#include "base/sync.hpp"
#include "dispatch/parking.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <vector>

// The rules of the ready set and of parking on one thread; tests/litmus explores them on several.

namespace {

using ready_set = stentor::detail::ready_set<stentor::detail::real_sync>;
using parking = stentor::detail::parking<stentor::detail::real_sync>;

TEST(ready_set, gives_each_lane_once) {
    ready_set ready(200);
    ready.cover(200);
    EXPECT_TRUE(ready.empty());
    for (const std::size_t lane : {0U, 1U, 63U, 64U, 127U, 128U, 199U}) {
        ready.insert(lane);
    }
    EXPECT_FALSE(ready.empty());
    std::size_t cursor = 0;
    std::size_t lane = 0;
    std::vector<std::size_t> taken;
    while (ready.take(cursor, lane)) {
        taken.push_back(lane);
    }
    EXPECT_EQ(taken, (std::vector<std::size_t>{0, 1, 63, 64, 127, 128, 199}));
    EXPECT_TRUE(ready.empty());
}

TEST(ready_set, goes_round_from_where_it_was) {
    ready_set ready(200);
    ready.cover(200);
    std::size_t cursor = 100;
    std::size_t lane = 0;
    for (const std::size_t one : {5U, 99U, 100U, 150U}) {
        ready.insert(one);
    }
    std::vector<std::size_t> taken;
    while (ready.take(cursor, lane)) {
        taken.push_back(lane);
    }
    EXPECT_EQ(taken, (std::vector<std::size_t>{100, 150, 5, 99}));
}

TEST(ready_set, tells_whether_others_are_in_it) {
    ready_set ready(200);
    ready.cover(200);
    EXPECT_TRUE(ready.empty_but_for(70));
    ready.insert(70);
    EXPECT_TRUE(ready.empty_but_for(70));
    for (const std::size_t other : {6U, 71U, 134U}) {
        ready.insert(other);
        EXPECT_FALSE(ready.empty_but_for(70)) << other;
        std::size_t cursor = other;
        std::size_t lane = 0;
        ASSERT_TRUE(ready.take(cursor, lane));
        EXPECT_EQ(lane, other);
        EXPECT_TRUE(ready.empty_but_for(70));
    }
}

// However busy one lane is, another that is ready is passed over once at most.
TEST(ready_set, passes_nobody_over_twice) {
    ready_set ready(70);
    ready.cover(70);
    std::size_t cursor = 0;
    std::size_t lane = 0;
    ready.insert(7);
    ASSERT_TRUE(ready.take(cursor, lane));
    ready.insert(7);
    ready.insert(3);
    ready.insert(69);
    std::vector<std::size_t> taken;
    for (int turn = 0; turn < 3; ++turn) {
        ASSERT_TRUE(ready.take(cursor, lane));
        taken.push_back(lane);
        ready.insert(7);
    }
    EXPECT_NE(std::find(taken.begin(), taken.end(), 3U), taken.end());
    EXPECT_NE(std::find(taken.begin(), taken.end(), 69U), taken.end());
}

TEST(ready_set, of_no_lanes_is_empty) {
    ready_set ready(10);
    std::size_t cursor = 0;
    std::size_t lane = 0;
    EXPECT_TRUE(ready.empty());
    EXPECT_FALSE(ready.take(cursor, lane));
}

TEST(parking, wakes_only_who_is_parked) {
    parking idle(2, 2);
    EXPECT_FALSE(idle.notify()) << "both runners are at work";
    idle.begin_park(false);
    EXPECT_TRUE(idle.notify());
    EXPECT_FALSE(idle.notify()) << "the one that was woken searches";
    idle.stop_searching();
    EXPECT_FALSE(idle.notify()) << "nobody is parked";
}

TEST(parking, wakes_nobody_while_somebody_searches) {
    parking idle(3, 3);
    idle.begin_park(false);
    idle.begin_park(false);
    ASSERT_TRUE(idle.try_search());
    EXPECT_FALSE(idle.try_search()) << "one searcher at a time";
    EXPECT_FALSE(idle.notify());
    idle.stop_searching();
    EXPECT_TRUE(idle.notify());
}

TEST(parking, wakes_spare_runners_only_for_blocked_ones) {
    parking idle(3, 1);
    idle.begin_park(false);
    idle.begin_park(false);
    EXPECT_FALSE(idle.notify()) << "one worker is at work, which is all that may be";
    idle.enter_blocked();
    EXPECT_TRUE(idle.notify());
    idle.stop_searching();
    EXPECT_FALSE(idle.notify());
    idle.leave_blocked();
    EXPECT_TRUE(idle.try_park_surplus()) << "two are active now, one too many";
    EXPECT_FALSE(idle.try_park_surplus());
}

// What the backstop of a sleeper asks before it calls anything a lost wake-up.
TEST(parking, knows_whether_somebody_should_be_woken) {
    parking idle(3, 2);
    EXPECT_FALSE(idle.would_wake()) << "nobody is parked";
    idle.begin_park(false);
    EXPECT_FALSE(idle.would_wake()) << "both workers are at work, the spare one sleeps";
    idle.begin_park(false);
    EXPECT_TRUE(idle.would_wake());
    ASSERT_TRUE(idle.try_search());
    EXPECT_FALSE(idle.would_wake()) << "the searcher comes to it";
    idle.stop_searching();
    EXPECT_TRUE(idle.would_wake());
    ASSERT_TRUE(idle.notify());
    EXPECT_FALSE(idle.would_wake()) << "the one that was woken searches";
}

TEST(parking, can_be_cancelled_until_a_permit_is_issued) {
    parking idle(1, 1);
    idle.begin_park(false);
    EXPECT_TRUE(idle.cancel_park());
    idle.begin_park(false);
    ASSERT_TRUE(idle.notify());
    EXPECT_FALSE(idle.cancel_park());
}

TEST(parking, knows_when_all_sleep) {
    parking idle(2, 2);
    EXPECT_FALSE(idle.all_parked());
    idle.begin_park(false);
    idle.begin_park(false);
    EXPECT_TRUE(idle.all_parked());
}

}  // namespace
