// SPDX-License-Identifier: MIT

// [snippet includes]
#include <stentor/stentor.hpp>
#include <stentor/testing/matchers.hpp>
#include <stentor/testing/testing.hpp>
// [end]

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

using namespace std::chrono_literals;

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
    long cents = 0;
};

struct stock_reserved {
    static constexpr std::string_view topic = "stock.reserved";
    std::string order;
    int shelf = 0;
};

struct order_confirmed {
    static constexpr std::string_view topic = "order.confirmed";
    std::string order;
};

// [snippet handlers]
void reserve_stock(const order_placed& order, stentor::context& ctx) {
    if (order.cents > 0) {
        ctx.publish(stock_reserved{order.id, 7});
    }
}

void confirm_order(const stock_reserved& stock, stentor::context& ctx) {
    ctx.publish(order_confirmed{stock.order});
}
// [end]

// [snippet first]
TEST(shop, confirms_an_order_that_is_in_stock) {
    stentor::testing::test_bus bus{{.seed = 42}};
    auto reserve = bus.subscribe<order_placed>("reserve", reserve_stock);
    auto confirm = bus.subscribe<stock_reserved>("confirm", confirm_order);

    bus.publish(order_placed{"o-1", 4200});
    bus.settle();

    using stentor::testing::expect_chain;
    using stentor::testing::expect_published;
    expect_published<stock_reserved>(bus, ::testing::Field(&stock_reserved::shelf, 7));
    expect_published<order_confirmed>(bus);
    expect_chain(bus, {"order.placed", "stock.reserved", "order.confirmed"});
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}
// [end]

// [snippet failure]
TEST(shop, counts_an_order_that_could_not_be_reserved) {
    stentor::testing::test_bus bus;
    auto reserve = bus.subscribe<order_placed>("reserve", reserve_stock);

    bus.fail_next("reserve", 1, std::runtime_error{"the warehouse does not answer"});
    bus.publish(order_placed{"o-1", 4200});
    bus.publish(order_placed{"o-2", 4200});
    bus.settle();

    EXPECT_EQ(bus.attempts("reserve"), 2);
    EXPECT_EQ(bus.failures("reserve"), 1);
    EXPECT_EQ(bus.published<stock_reserved>().size(), 1U);
}
// [end]

// [snippet alone]
TEST(reserve_stock, reserves_nothing_for_nothing) {
    stentor::testing::recording_context call{order_placed{"o-1", 0},
                                             {.metadata = {.user_id = "u-17"}}};
    reserve_stock(call.event(), call.context());
    stentor::testing::expect_not_published<stock_reserved>(call);
}
// [end]

// [snippet time]
TEST(shop, forgets_orders_that_expired) {
    stentor::testing::test_bus bus;
    auto reserve = bus.subscribe<order_placed>("reserve", reserve_stock);

    const auto noon = std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            std::chrono::nanoseconds(bus.clock().system_ns())));
    bus.publish(order_placed{"o-1", 4200}, {.expires_at = noon + 5s});
    bus.clock().advance(6s);  // time passes, and nobody works
    bus.settle();

    EXPECT_EQ(bus.attempts("reserve"), 0);
    EXPECT_EQ(bus.terms("reserve").expired, 1);
}
// [end]

// [snippet seeds]
TEST(shop, confirms_each_order_once_in_any_order_of_work) {
    stentor::testing::for_each_seed(1'000, [](std::uint64_t seed) {
        stentor::testing::test_bus bus{{.seed = seed}};
        auto reserve = bus.subscribe<order_placed>("reserve", reserve_stock);
        auto confirm = bus.subscribe<stock_reserved>("confirm", confirm_order);
        bus.publish(order_placed{"o-1", 1});
        bus.publish(order_placed{"o-2", 2});
        bus.settle();
        EXPECT_EQ(bus.published<order_confirmed>().size(), 2U);
    });
}
// [end]

int main(int count, char** arguments) {
    ::testing::InitGoogleTest(&count, arguments);
    auto& listeners = ::testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());  // it prints times
    const auto status = RUN_ALL_TESTS();
    const auto& tests = *::testing::UnitTest::GetInstance();
    std::cout << tests.successful_test_count() << " of " << tests.total_test_count()
              << " tests passed\n";

    // [snippet history]
    stentor::testing::test_bus bus;
    auto reserve = bus.subscribe<order_placed>("reserve", reserve_stock);
    bus.publish(order_placed{"o-1", 4200});
    bus.settle();
    std::cout << bus.history().to_string();
    // [end]
    return status;
}
