// SPDX-License-Identifier: MIT
#include "litmus/engine_scenarios.hpp"
#include "support/explore/expect.hpp"

#include <gtest/gtest.h>

// No lost wake-up (C6): lane_state, ready_set and parking together, under every strategy.
namespace {

using namespace stentor::explore;

plan holds(const char* name) {
    plan made;
    made.name = std::string("engine.") + name;
    return made;
}

TEST(engine, loses_no_event_of_one_publisher) {
    expect_holds(holds("one_to_one"),
                 quick_events<explored_sync>({{.runners = 1, .workers = 1}, {{0, 0, 0}}}));
}

TEST(engine, loses_no_event_of_two_publishers) {
    expect_holds(holds("two_to_one"),
                 quick_events<explored_sync>({{.runners = 1, .workers = 1}, {{0, 0}, {0}}}));
}

TEST(engine, loses_no_event_between_two_runners) {
    expect_holds(holds("two_to_two"),
                 quick_events<explored_sync>({{.runners = 2, .workers = 2}, {{0, 0}, {0}}}));
}

TEST(engine, loses_no_event_when_two_runners_share_a_lane) {
    expect_holds(holds("shared_lane"),
                 quick_events<explored_sync>(
                     {{.runners = 2, .workers = 2, .runners_per_lane = 2}, {{0, 0}, {0}}}));
}

TEST(engine, loses_no_event_of_two_lanes) {
    expect_holds(holds("two_lanes"),
                 quick_events<explored_sync>({{.runners = 2, .workers = 2}, {{0, 1}, {1}}}));
}

TEST(engine, loses_no_event_of_a_lane_that_was_left_in_debt) {
    expect_holds(holds("debt"),
                 quick_events<explored_sync>({{.runners = 1, .workers = 1}, {{0, 1, 0}, {1}}}));
}

TEST(engine, loses_no_event_when_runners_search) {
    expect_holds(holds("searching"),
                 quick_events<explored_sync>(
                     {{.runners = 2, .workers = 2, .search_rounds = 2}, {{0, 1}, {0}}}));
}

TEST(engine, loses_no_event_when_one_of_two_runners_works) {
    expect_holds(holds("spare_runner"),
                 quick_events<explored_sync>({{.runners = 2, .workers = 1}, {{0, 1}, {0}}}));
}

TEST(engine, loses_no_event_when_a_runner_calls_for_help) {
    expect_holds(holds("help"),
                 quick_events<explored_sync>(
                     {{.runners = 2, .workers = 2, .runners_per_lane = 2, .calls_for_help = true},
                      {{0, 0}, {0}}}));
}

TEST(engine, lets_slow_calls_take_turns) {
    expect_holds(holds("slow_turns"),
                 quick_events<explored_sync>({.limits = {.runners = 2, .workers = 1},
                                              .publishers = {{0, 1}, {1}},
                                              .slow_lanes = {0, 1}}));
}

TEST(engine, serves_another_lane_during_a_slow_call) {
    expect_holds(holds("slow_call"),
                 slow_call<explored_sync>({.runners = 2, .workers = 1}, {0}, 1, true));
}

TEST(engine, serves_a_lane_that_was_left_in_debt_during_a_slow_call) {
    expect_holds(holds("slow_call_in_debt"),
                 slow_call<explored_sync>({.runners = 2, .workers = 1}, {0, 1}, 0, true));
}

TEST(engine, serves_the_same_lane_during_a_slow_call) {
    expect_holds(holds("slow_call_same_lane"),
                 slow_call<explored_sync>({.runners = 3, .workers = 1, .runners_per_lane = 2}, {0},
                                          0, true));
}

TEST(engine, serves_another_lane_during_a_slow_call_when_runners_search) {
    expect_holds(
        holds("slow_call_searching"),
        slow_call<explored_sync>({.runners = 2, .workers = 1, .search_rounds = 2}, {0}, 1, true));
}

TEST(engine, serves_another_lane_during_a_call_that_is_slow_by_surprise) {
    expect_holds(
        holds("slow_by_surprise"),
        slow_call<explored_sync>({.runners = 2, .workers = 2, .search_rounds = 2}, {0}, 1, false));
}

}  // namespace
