// SPDX-License-Identifier: MIT
#include "simulation/stall_watch.hpp"
#include "simulation/world.hpp"
#include <stentor/testing/matchers.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>

// Whole scenarios with the engine that ships, one step at a time.

namespace {

using stentor_test::world;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
    const auto* text = std::getenv(variable);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

// What scenarios came across, and how many there were: few need not come across everything.
struct findings {
    std::uint64_t seeds = 0;
    stentor_test::shadow::tally seen{};

    [[nodiscard]] bool enough() const { return seeds >= 500; }
};

findings expect_promises_kept(const world::plan& how) {
    const auto seeds = number_from("STENTOR_SIMULATION_SEEDS", 10'000);
    std::int64_t deliveries = 0;
    findings found;
    stentor_test::stall_watch stalls;
    const auto search = stentor::testing::for_each_seed(
        how.redrives ? std::max<std::uint64_t>(seeds / 3, 1) : seeds,  // they are long
        [&](std::uint64_t seed) {
            stalls.begins(seed);
            world one(seed, how);
            EXPECT_TRUE(one.run()) << one.complaint();
            deliveries += one.model().deliveries();
            found.seen += one.model().seen();
        },
        number_from("STENTOR_SIMULATION_BASE", 1));
    EXPECT_TRUE(search) << "after " << search.ran << " seeds";
    std::cout << search.ran << " schedules, " << deliveries << " deliveries\n";
    EXPECT_GT(deliveries, 0);
    found.seeds = search.ran;
    return found;
}

constexpr world::plan in_the_pool{.ordered = true, .coroutines = true, .pauses = true};
constexpr world::plan elsewhere{
    .ordered = true, .coroutines = true, .pauses = true, .places = true, .inlines = true};
constexpr world::plan again{
    .ordered = true, .coroutines = true, .pauses = true, .places = true, .retries = true};
constexpr world::plan gated{.ordered = true,
                            .coroutines = true,
                            .pauses = true,
                            .places = true,
                            .retries = true,
                            .gates = true};
constexpr world::plan lettered{
    .ordered = true, .coroutines = true, .places = true, .retries = true, .letters = true};
constexpr world::plan redriven{.ordered = true,
                               .coroutines = true,
                               .pauses = true,
                               .places = true,
                               .retries = true,
                               .gates = true,
                               .letters = true,
                               .redrives = true};
constexpr world::plan with_last_places{.ordered = true,
                                       .coroutines = true,
                                       .pauses = true,
                                       .retries = true,
                                       .letters = true,
                                       .redrives = true,
                                       .last_places = true};
constexpr world::plan in_shared_lanes{.pauses = true, .shares = true};
constexpr world::plan inside_publish{.pauses = true, .inlines = true};

TEST(engine, keeps_its_promises_at_every_step_of_every_seed) {
    expect_promises_kept({});
}

TEST(engine, keeps_order_at_every_step_of_every_seed) {
    expect_promises_kept({.ordered = true});
}

TEST(engine, keeps_its_promises_to_coroutines_at_every_step) {
    expect_promises_kept({.coroutines = true});
}

TEST(engine, keeps_its_promises_wherever_handlers_run) {
    expect_promises_kept(elsewhere);
}

TEST(engine, keeps_its_promises_when_handlers_run_inside_publish) {
    expect_promises_kept(inside_publish);
}

TEST(engine, keeps_its_promises_when_much_happens_at_once) {
    expect_promises_kept(in_the_pool);
}

TEST(engine, keeps_its_promises_to_handlers_that_share_a_lane) {
    expect_promises_kept(in_shared_lanes);
}

TEST(engine, keeps_its_promises_to_deliveries_with_several_attempts) {
    expect_promises_kept(again);
}

TEST(engine, keeps_its_promises_behind_breakers_and_rates) {
    const auto found = expect_promises_kept(gated);
    if (found.enough()) {
        EXPECT_GT(found.seen.opened, 0);
        EXPECT_GT(found.seen.trials, 0);
    }
}

TEST(engine, keeps_its_promises_when_dead_letters_have_no_room) {
    const auto found = expect_promises_kept(lettered);
    if (found.enough()) {
        EXPECT_GT(found.seen.expired, 0);
        EXPECT_GT(found.seen.behind, 0);
    }
}

TEST(engine, keeps_its_promises_to_redriven_events) {
    const auto found = expect_promises_kept(redriven);
    if (found.enough()) {
        const auto& seen = found.seen;
        EXPECT_GT(seen.redriven, 0);
        EXPECT_GT(seen.returned, 0);
        EXPECT_GT(seen.cut_short, 0);
        EXPECT_GT(seen.held, 0);
        EXPECT_GT(seen.refused, 0);
        EXPECT_GT(seen.stopped, 0);
        EXPECT_GT(seen.pending, 0);
        EXPECT_GT(seen.mended, 0);
        EXPECT_GT(seen.retried, 0);
        EXPECT_GT(seen.expired, 0);
        EXPECT_GT(seen.behind, 0);
        EXPECT_GT(seen.waiting, 0);
        EXPECT_GT(seen.trials, 0);
    }
}

TEST(engine, keeps_its_promises_when_fallbacks_fail_and_events_are_critical) {
    const auto found = expect_promises_kept(with_last_places);
    if (found.enough()) {
        const auto& seen = found.seen;
        EXPECT_GT(seen.redriven, 0);
        EXPECT_GT(seen.fell_back, 0);
        EXPECT_GT(seen.fell_through, 0);
        EXPECT_GT(seen.saved, 0);
        EXPECT_GT(seen.waiting, 0);
    }
}

TEST(engine, does_the_same_again_for_a_seed) {
    for (const auto& how : {world::plan(), in_the_pool, elsewhere, inside_publish, again, gated,
                            lettered, redriven, with_last_places}) {
        for (std::uint64_t seed = 1; seed <= 50; ++seed) {
            world first(seed, how);
            world second(seed, how);
            EXPECT_TRUE(first.run()) << first.complaint();
            EXPECT_TRUE(second.run()) << second.complaint();
            EXPECT_EQ(first.model().deliveries(), second.model().deliveries()) << "seed " << seed;
            EXPECT_EQ(first.trace(), second.trace()) << "seed " << seed;
        }
    }
}

// The model is told of all calls but a few, and must miss them. `quiet`: in so many scenarios
// nobody could, because the only one was put off, and what was put off was cancelled.
void expect_found_out(world::plan how, int at_least, int quiet = 0) {
    how.lies = 10;
    int found = 0;
    int told = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        world one(seed, how);
        const bool held = one.run();
        EXPECT_TRUE(held || one.lied()) << one.complaint();
        found += held ? 0 : 1;
        told += one.lied() ? 1 : 0;
    }
    EXPECT_GT(found, at_least);
    EXPECT_LE(told - found, quiet);
}

TEST(engine, is_found_out_when_a_call_is_kept_secret) {
    expect_found_out({}, 100);
}

TEST(engine, is_found_out_when_a_coroutine_is_kept_secret) {
    expect_found_out({.coroutines = true}, 100);
}

TEST(engine, is_found_out_when_an_attempt_is_kept_secret) {
    expect_found_out({.retries = true}, 100);
}

TEST(engine, is_found_out_when_a_call_of_a_redrive_is_kept_secret) {
    expect_found_out({.retries = true, .letters = true, .redrives = true}, 100, 2);
}

TEST(engine, is_found_out_when_a_call_inside_publish_is_kept_secret) {
    expect_found_out({.inlines = true}, 100);
}

}  // namespace
