// SPDX-License-Identifier: MIT
#include <stentor/base/strong_id.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <type_traits>
#include <unordered_set>

namespace {

using lane_id = stentor::strong_id<struct lane_id_tag, std::uint32_t>;
using route_id = stentor::strong_id<struct route_id_tag, std::uint32_t>;

}  // namespace

TEST(strong_id, does_not_convert_to_another_id_or_a_number) {
    static_assert(!std::is_convertible_v<lane_id, route_id>);
    static_assert(!std::is_constructible_v<lane_id, route_id>);
    static_assert(!std::is_convertible_v<std::uint32_t, lane_id>);
    static_assert(!std::is_convertible_v<lane_id, std::uint32_t>);
    static_assert(std::is_trivially_copyable_v<lane_id> && sizeof(lane_id) == 4);
}

TEST(strong_id, compares_by_value) {
    static_assert(lane_id(3) == lane_id(3));
    static_assert(lane_id(3) != lane_id(4));
    static_assert(lane_id(3) < lane_id(4));
    static_assert(lane_id().value() == 0);
}

TEST(strong_id, hashes_as_its_number) {
    std::unordered_set<lane_id> seen{lane_id(1), lane_id(2), lane_id(1)};
    EXPECT_EQ(seen.size(), 2U);
    EXPECT_TRUE(seen.contains(lane_id(2)));
    EXPECT_FALSE(seen.contains(lane_id(3)));
}
