// SPDX-License-Identifier: MIT
#include "unit/async/pausing_coroutines.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <string>
#include <vector>

// Disabling a handler whose coroutines wait: they keep their keys, their flights and their credits.

namespace {

using namespace stentor_test;
using stentor::backlog;
using ::testing::ElementsAre;

TEST_F(pausing_coroutines, keeps_their_keys) {
    auto kept = sleeper(
        1ms, {.order = stentor::by_key([](const order_placed& it) { return it.number % 2; })});
    for (int number = 1; number <= 6; ++number) {
        ASSERT_TRUE(bus.publish(order_placed{number}));
    }
    run();
    ASSERT_EQ(log_.size(), 2U);
    std::vector<std::string> odd;
    std::vector<std::string> even;
    for (int round = 0; round < 4; ++round) {
        disable();
        pass(1ms);
        enable();
        run();
    }
    for (const auto& one : log_) {
        ((one.back() - '0') % 2 != 0 ? odd : even).push_back(one);
    }
    EXPECT_THAT(odd, ElementsAre("begins 1", "ends 1", "begins 3", "ends 3", "begins 5", "ends 5"));
    EXPECT_THAT(even,
                ElementsAre("begins 2", "ends 2", "begins 4", "ends 4", "begins 6", "ends 6"));
}

TEST_F(pausing_coroutines, keeps_the_order_of_a_serial_handler) {
    auto kept = sleeper(1ms, {.order = stentor::order::serial});
    for (int number = 1; number <= 3; ++number) {
        ASSERT_TRUE(bus.publish(order_placed{number}));
    }
    run();
    disable();
    pass(1s);
    EXPECT_THAT(log_, ElementsAre("begins 1"));
    EXPECT_EQ(terms("sleeper").held, 3);
    EXPECT_TRUE(bus.wait_idle(0ns)) << "also what waits behind it is held";
    enable();
    run();
    pass(1ms);
    pass(1ms);
    EXPECT_THAT(log_,
                ElementsAre("begins 1", "ends 1", "begins 2", "ends 2", "begins 3", "ends 3"));
}

TEST_F(pausing_coroutines, counts_them_and_keeps_their_credits) {
    auto kept = sleeper(1ms, {.max_concurrency = 2, .capacity = 4});
    for (int number = 1; number <= 4; ++number) {
        ASSERT_TRUE(bus.publish(order_placed{number}));
    }
    run();
    disable();
    EXPECT_FALSE(bus.publish(order_placed{5})) << "four are outstanding";
    pass(1s);
    EXPECT_EQ(terms("sleeper").held, 4);
    EXPECT_TRUE(bus.wait_idle(0ns));
    EXPECT_EQ(book_.alive(), 2);
    enable();
    EXPECT_FALSE(bus.publish(order_placed{6}));
    while (executor->step()) {
        EXPECT_LE(book_.alive(), 2);
    }
    EXPECT_EQ(book_.alive(), 2) << "two more have begun";
    EXPECT_TRUE(bus.publish(order_placed{7}));
    pass(1ms);
    pass(1ms);
    EXPECT_EQ(terms("sleeper").completed, 5);
    expect_balance();
}

TEST_F(pausing_coroutines, with_drop_holds_what_has_begun) {
    auto kept = sleeper(1ms, {.max_concurrency = 1});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    ASSERT_TRUE(bus.publish(order_placed{2}));
    run();
    disable(backlog::drop);
    ASSERT_TRUE(bus.publish(order_placed{3}));
    pass(1s);
    EXPECT_THAT(log_, ElementsAre("begins 1"));
    EXPECT_EQ(terms("sleeper").held, 1);
    EXPECT_EQ(terms("sleeper").dropped_disabled, 2) << "though there is no flight for them";
    EXPECT_TRUE(bus.wait_idle(0ns));
    enable();
    ASSERT_TRUE(bus.publish(order_placed{4}));
    run();
    EXPECT_EQ(log_.at(1), "ends 1");
    pass(1ms);
    EXPECT_EQ(terms("sleeper").completed, 2);
    EXPECT_THAT(log_, ElementsAre("begins 1", "ends 1", "begins 4", "ends 4"));
    expect_balance();
}

TEST_F(pausing_coroutines, with_drop_also_drops_what_waits_for_their_keys) {
    std::int64_t told = 0;
    auto kept = sleeper(
        1ms, {.order = stentor::by_key([](const order_placed& it) { return it.number % 2; }),
              .on_drop = [&](const stentor::gap& lost) { told += lost.count; }});
    for (int number = 1; number <= 6; ++number) {
        ASSERT_TRUE(bus.publish(order_placed{number}));
    }
    run();
    ASSERT_THAT(log_, ElementsAre("begins 1", "begins 2"));
    disable(backlog::drop);
    ASSERT_TRUE(bus.publish(order_placed{7}));
    pass(1s);
    EXPECT_EQ(terms("sleeper").held, 2);
    EXPECT_EQ(terms("sleeper").dropped_disabled, 5);
    EXPECT_EQ(told, 5);
    ASSERT_TRUE(bus.registry().disable("sleeper", backlog::hold));
    ASSERT_TRUE(bus.publish(order_placed{8}));
    run();
    EXPECT_EQ(terms("sleeper").held, 3);
    enable();
    run();
    pass(1ms);
    EXPECT_THAT(log_,
                ElementsAre("begins 1", "begins 2", "ends 1", "ends 2", "begins 8", "ends 8"));
    expect_balance();
}

}  // namespace
