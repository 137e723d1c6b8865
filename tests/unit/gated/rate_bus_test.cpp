// SPDX-License-Identifier: MIT
#include "unit/gated/gated.hpp"

#include <gmock/gmock.h>

// A limit on how often a subscription's handler is called.

namespace {

using namespace stentor_test;
using ::testing::ElementsAre;

TEST_F(gated, calls_no_more_often_than_the_rate) {
    down = false;
    auto kept = bus.subscribe<order_placed>(
        "mail", sometimes(), {.rate = stentor::rate_limit{.permits = 10, .per = 1s, .burst = 2}});
    publish(1, 6);
    EXPECT_EQ(calls.size(), 2U) << "the burst";
    pass(99ms);
    EXPECT_EQ(calls.size(), 2U);
    pass(1ms);
    EXPECT_EQ(calls.size(), 3U);
    pass(100ms);
    pass(100ms);
    EXPECT_EQ(calls.size(), 5U);
    pass(1s);
    EXPECT_THAT(numbers(), ElementsAre(1, 2, 3, 4, 5, 6));
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(gated, spends_no_token_at_an_open_breaker) {
    auto kept = bus.subscribe<order_placed>(
        "mail", sometimes(),
        {.breaker = quick_breaker(),
         .rate = stentor::rate_limit{.permits = 1, .per = 1h, .burst = 3}});
    bus.registry().breaker("mail")->force_open();
    publish(1, 5);
    pass(1s);
    EXPECT_TRUE(calls.empty());
    down = false;
    bus.registry().breaker("mail")->force_close();
    pass(50ms);
    EXPECT_EQ(calls.size(), 3U) << "all three tokens are there";
    give_up();
}

}  // namespace
