// SPDX-License-Identifier: MIT
#include "unit/testing/events.hpp"
#include <stentor/stentor.hpp>
#include <stentor/testing/test_bus.hpp>

#include <gtest/gtest.h>

#include <span>
#include <vector>

// The kit publishes a bulk event by event, and refuses it as a whole all the same.

namespace {

using stentor::testing::test_bus;
using stentor_test::order_placed;

TEST(test_bus, validates_a_whole_bulk_as_a_bus_does) {
    test_bus bus;
    const auto rule =
        bus.validate<order_placed>([](const order_placed& one, stentor::violations& found) {
            if (one.id.empty()) {
                found.add("id", "required", "an order has an id");
            }
        });
    const std::vector<order_placed> orders{{"o-1", 1}, {"", 1}, {"o-3", 1}, {"", 1}};
    stentor::violations found;
    EXPECT_EQ(bus.publish_bulk(std::span{orders}, &found), 0U);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].path, "[1].id");
    EXPECT_EQ(found[1].path, "[3].id");
    EXPECT_EQ(bus.audit().publishes.rejected_invalid, 2);
    EXPECT_EQ(bus.publish_bulk(std::span{orders}.first(1), &found), 1U);
    EXPECT_FALSE(bus.publish(orders[1]));
    bus.settle();
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

}  // namespace
