// SPDX-License-Identifier: MIT
#include "lane/credit_pool.hpp"

#include "base/sync.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>

// The rules of admission on one thread; tests/litmus explores them on several.

namespace {

using stentor::detail::real_sync;
using credit_centre = stentor::detail::credit_centre<real_sync>;
using credit_cache = stentor::detail::credit_cache<real_sync>;
using refill = stentor::detail::refill<real_sync>;

constexpr auto outside = [] { return false; };
constexpr auto inside = [] { return true; };
std::int64_t sweep(credit_cache& cache, bool (*owner_inside)()) {
    return stentor::detail::sweep_caches<real_sync>(
        [&](auto&& visit) { visit(cache, owner_inside); });
}
constexpr auto finds_nothing = [] { return std::int64_t{0}; };

TEST(credit_centre, never_gives_more_than_it_has) {
    credit_centre centre(10);
    EXPECT_EQ(centre.take(4, 0), 4);
    EXPECT_EQ(centre.take(100, 0), 6);
    EXPECT_EQ(centre.take(1, 0), 0);
    centre.give(3);
    EXPECT_EQ(centre.available(), 3);
}

TEST(credit_centre, keeps_a_tenth_for_handlers) {
    for (const std::int64_t capacity : {1, 2, 9, 10, 19, 20, 1000}) {
        credit_centre centre(capacity);
        EXPECT_EQ(centre.reserve(), capacity / 10);
        EXPECT_EQ(centre.take(capacity, centre.reserve()), capacity - capacity / 10);
        EXPECT_EQ(centre.take(1, centre.reserve()), 0);
        EXPECT_EQ(centre.take(capacity, 0), capacity / 10);
    }
}

TEST(credit_cache, is_swept_only_while_its_owner_is_outside) {
    credit_cache cache;
    ASSERT_TRUE(cache.add(5));
    EXPECT_TRUE(cache.take_one());
    EXPECT_EQ(sweep(cache, inside), 0) << "the owner may be about to use them";
    EXPECT_EQ(cache.held(), 4);
    EXPECT_EQ(sweep(cache, outside), 4);
    EXPECT_EQ(cache.held(), 0);
    EXPECT_FALSE(cache.take_one());
    EXPECT_EQ(sweep(cache, outside), 0);
}

TEST(credit_cache, is_swept_with_any_number_of_others) {
    std::array<credit_cache, 150> caches;
    for (std::size_t index = 0; index < caches.size(); index += 2) {
        ASSERT_TRUE(caches[index].add(1));
    }
    const auto all = [&](auto&& visit) {
        for (std::size_t index = 0; index < caches.size(); ++index) {
            visit(caches[index], [index] { return index % 3 == 0; });
        }
    };
    EXPECT_EQ(stentor::detail::sweep_caches<real_sync>(all), 50) << "75, less those inside";
    for (std::size_t index = 0; index < caches.size(); ++index) {
        EXPECT_EQ(caches[index].held(), index % 6 == 0 ? 1 : 0) << index;
        EXPECT_TRUE(caches[index].add(1)) << "nothing stays frozen";
    }
}

TEST(credit_cache, can_be_emptied_when_nobody_uses_it) {
    credit_cache cache;
    ASSERT_TRUE(cache.add(5));
    EXPECT_EQ(cache.take_all(), 5);
    EXPECT_EQ(cache.take(1), 0);
}

TEST(refill, leaves_a_chunk_in_the_cache) {
    credit_centre lane(10'000);
    credit_centre bus(10'000);
    credit_cache cache;
    refill attempt{.lane = lane, .bus = bus, .cache = cache, .chunk = 16, .urgent = false};
    EXPECT_EQ(attempt.run(1, finds_nothing, finds_nothing), 1);
    EXPECT_EQ(cache.held(), 15);
    EXPECT_EQ(lane.available(), 9'984);
    EXPECT_EQ(bus.available(), 9'984);
    EXPECT_EQ(attempt.cause, refill::shortage::none);
}

TEST(refill, says_whether_the_lane_or_the_bus_is_full) {
    credit_centre small(1);
    credit_centre large(1000);
    credit_cache cache;
    ASSERT_EQ(small.take(1, 0), 1);
    refill lane_full{.lane = small, .bus = large, .cache = cache, .chunk = 16, .urgent = true};
    EXPECT_EQ(lane_full.run(1, finds_nothing, finds_nothing), 0);
    EXPECT_EQ(lane_full.cause, refill::shortage::lane);
    refill bus_full{.lane = large, .bus = small, .cache = cache, .chunk = 16, .urgent = true};
    EXPECT_EQ(bus_full.run(1, finds_nothing, finds_nothing), 0);
    EXPECT_EQ(bus_full.cause, refill::shortage::bus);
    EXPECT_EQ(large.available(), 1000) << "what was taken from the lane went back";
}

TEST(refill, tries_again_with_what_a_sweep_found) {
    credit_centre lane(1);
    credit_centre bus(10);
    credit_cache cache;
    ASSERT_EQ(lane.take(1, 0), 1);
    int sweeps = 0;
    refill attempt{.lane = lane, .bus = bus, .cache = cache, .chunk = 1, .urgent = false};
    EXPECT_EQ(attempt.run(
                  1,
                  [&] {
                      ++sweeps;
                      lane.give(1);
                      return std::int64_t{1};
                  },
                  finds_nothing),
              1);
    EXPECT_EQ(sweeps, 1);
}

TEST(refill, takes_what_there_is_when_there_is_less_than_wanted) {
    credit_centre lane(3);
    credit_centre bus(1000);
    credit_cache cache;
    refill attempt{.lane = lane, .bus = bus, .cache = cache, .chunk = 16, .urgent = true};
    EXPECT_EQ(attempt.run(10, finds_nothing, finds_nothing), 3);
    EXPECT_EQ(bus.available(), 997);
}

}  // namespace
