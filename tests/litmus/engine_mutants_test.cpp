// SPDX-License-Identifier: MIT
#include "litmus/engine_scenarios.hpp"
#include "litmus/weakened_sync.hpp"
#include "support/explore/expect.hpp"

#include <gtest/gtest.h>

// Each rule, fence and order that the engine's proof rests on, taken away: the explorer must
// notice.
namespace {

using namespace stentor::explore;

const std::string lost = "lost wake-up";

plan found(const char* name, std::vector<memory_model> models) {
    plan made;
    made.name = std::string("engine_mutant.") + name;
    made.models = std::move(models);
    return made;
}

const std::vector<memory_model> every_model{memory_model::sc, memory_model::tso,
                                            memory_model::weak};
const engine_load one_to_one{{.runners = 1, .workers = 1}, {{0, 0}}};
const engine_load two_lanes{{.runners = 1, .workers = 1}, {{0, 1, 0}}};

// x86 forgives the light fence, since the processor is fenced from outside; a compiler would not.
TEST(engine_mutant, without_the_light_fence_of_lane_state_is_found) {
    expect_found(found("no_light_fence", {memory_model::weak}),
                 quick_events<weakened_sync<without_light_fence>>(one_to_one), lost);
}

// The publisher's enqueue must stay unseen through two looks, the one before the fence and the one
// behind it.
TEST(engine_mutant, without_the_heavy_fence_of_lane_state_is_found) {
    auto rare = found("no_heavy_fence", {memory_model::tso, memory_model::weak});
    rare.searches = {search::pct};
    expect_found(rare, quick_events<weakened_sync<without_heavy_fence>>(one_to_one), lost);
}

TEST(engine_mutant, that_parks_in_debt_is_found) {
    expect_found(found("parks_in_debt", {memory_model::tso, memory_model::weak}),
                 quick_events<explored_sync>(two_lanes, {.pays_before_park = false}), lost);
}

TEST(engine_mutant, that_begins_a_slow_call_in_debt_is_found) {
    expect_found(found("slow_in_debt", {memory_model::tso, memory_model::weak}),
                 slow_call<explored_sync>({.runners = 2, .workers = 1}, {0, 1}, 0, true,
                                          {.pays_before_slow_call = false}),
                 lost);
}

TEST(engine_mutant, without_a_total_order_in_parking_is_found) {
    expect_found(found("no_total_order", {memory_model::weak}),
                 quick_events<weakened_sync<without_total_order>>(one_to_one), lost);
}

TEST(engine_mutant, that_looks_before_it_parks_is_found) {
    expect_found(found("look_first", every_model),
                 quick_events<explored_sync>(one_to_one, {.parks_before_look = false}), lost);
}

TEST(engine_mutant, that_does_not_look_before_it_sleeps_is_found) {
    expect_found(found("no_look", every_model),
                 quick_events<explored_sync>(one_to_one, {.looks_before_sleep = false}), lost);
}

TEST(engine_mutant, that_parks_with_a_lane_in_hand_is_found) {
    expect_found(found("keeps_lane", every_model),
                 quick_events<explored_sync>(one_to_one, {.lets_go_before_park = false}), lost);
}

TEST(engine_mutant, that_does_not_recount_when_it_leaves_is_found) {
    expect_found(found("no_recount", every_model),
                 quick_events<explored_sync>(one_to_one, {.recounts_at_leave = false}), lost);
}

TEST(engine_mutant, that_calls_nobody_when_it_ends_its_search_is_found) {
    expect_found(found("no_look_after_search", every_model),
                 slow_call<explored_sync>({.runners = 2, .workers = 2}, {0}, 1, false,
                                          {.looks_after_search = false}),
                 lost);
}

TEST(engine_mutant, that_calls_nobody_when_it_gave_up_parking_is_found) {
    expect_found(found("no_look_after_cancel", every_model),
                 slow_call<explored_sync>({.runners = 2, .workers = 2, .search_rounds = 1}, {0}, 1,
                                          false, {.looks_after_cancel = false}),
                 lost);
}

TEST(engine_mutant, that_calls_nobody_before_a_slow_call_is_found) {
    expect_found(found("no_look_after_block", every_model),
                 slow_call<explored_sync>({.runners = 2, .workers = 1}, {0}, 1, true,
                                          {.looks_after_block = false}),
                 lost);
}

const engine_load slow_lanes{
    .limits = {.runners = 2, .workers = 1}, .publishers = {{0, 1}}, .slow_lanes = {0, 1}};

TEST(engine_mutant, that_admits_nobody_after_a_slow_call_is_found) {
    expect_found(found("no_admission", every_model),
                 quick_events<explored_sync>(slow_lanes, {.admits_after_slow_call = false}), lost);
}

TEST(engine_mutant, that_admits_nobody_when_a_lane_begins_to_wait_is_found) {
    expect_found(found("no_late_admission", every_model),
                 quick_events<explored_sync>(slow_lanes, {.admits_after_waiting = false}), lost);
}

}  // namespace
