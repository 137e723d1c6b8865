// SPDX-License-Identifier: MIT
#include "support/stress/round.hpp"
#include "support/stress/settings.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>

// Every accepted event is handled once by every subscription that gets it, or ends in a counted
// way; each test dwells on another way to make that hard, and takes its share of the events.
namespace stentor::stress {
namespace {

void run_part(part what, double share) {
    const auto goal = static_cast<std::uint64_t>(static_cast<double>(events_of_run()) * share);
    const auto began = std::chrono::steady_clock::now();
    const auto seed = seed_of_run();
    std::uint64_t rounds = 0;
    round_result sums;
    while ((rounds == 0 || sums.published < goal) && rounds < rounds_max()) {
        const auto drawn = draw(what, seed + rounds);
        ++rounds;
        const auto result = run(drawn);
        sums.published += result.published;
        sums.deliveries += result.deliveries;
        ASSERT_EQ(result.wrong, "")
            << "again: STENTOR_STRESS_SEED=" << drawn.seed << " STENTOR_STRESS_ROUNDS=1 "
            << "stentor_stress_ledger --gtest_filter=*" << name_of(what);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::printf("%s: %llu rounds from seed %llu, %llu events, %llu deliveries, %.1f s\n",
                name_of(what), static_cast<unsigned long long>(rounds),
                static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(sums.published),
                static_cast<unsigned long long>(sums.deliveries), took.count());
}

TEST(balance, holds_for_small_events_and_quick_handlers__slots) {
    run_part(part::slots, 0.88);
}
TEST(balance, holds_for_envelopes_texts_and_metadata__boxed) {
    run_part(part::boxed, 0.04);
}
TEST(balance, holds_for_many_subscriptions_and_patterns__fan_out) {
    run_part(part::fan_out, 0.01);
}
TEST(balance, holds_when_lanes_are_full__full) {
    run_part(part::full, 0.03);
}
TEST(balance, holds_when_handlers_throw_dawdle_and_publish__trouble) {
    run_part(part::trouble, 0.01);
}
TEST(balance, holds_when_drained_at_any_point__drained) {
    run_part(part::drained, 0.01);
}
TEST(balance, holds_in_the_order_of_each_key__ordered) {
    run_part(part::ordered, 0.02);
}
TEST(balance, holds_for_deliveries_that_wait_for_others__meshes) {
    run_part(part::meshes, 0.01);
}

}  // namespace
}  // namespace stentor::stress
