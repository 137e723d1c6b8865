// SPDX-License-Identifier: MIT
#include <stentor/testing/matchers.hpp>

#include "unit/testing/events.hpp"
#include <stentor/stentor.hpp>
#include <stentor/testing/testing.hpp>

#include <gtest/gtest-spi.h>

#include <string>

// Each assertion holds where it should, and where it should not it fails with the history.

namespace {

using stentor::testing::expect_caused;
using stentor::testing::expect_chain;
using stentor::testing::expect_not_published;
using stentor::testing::expect_published;
using stentor::testing::test_bus;
using stentor_test::order_confirmed;
using stentor_test::order_placed;
using stentor_test::parcel;
using stentor_test::stock_reserved;
using ::testing::Field;

// order.placed -> stock.reserved -> order.confirmed
struct shop {
    test_bus bus;
    stentor::subscription stock = bus.subscribe<order_placed>(
        "stock",
        [](const order_placed&, stentor::context& ctx) { ctx.publish(stock_reserved{7}); });
    stentor::subscription confirm = bus.subscribe<stock_reserved>(
        "confirm",
        [](const stock_reserved&, stentor::context& ctx) { ctx.publish(order_confirmed{"o-1"}); });

    shop() {
        bus.publish(order_placed{"o-1", 42});
        bus.settle();
    }
};

// What one assertion says when it does not hold; empty when it does.
template <class Assertion>
std::string complaint_of(Assertion&& assertion) {
    ::testing::TestPartResultArray results;
    bool held = false;
    {
        const ::testing::ScopedFakeTestPartResultReporter reporter(
            ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results);
        held = assertion();
    }
    EXPECT_EQ(held, results.size() == 0);
    return results.size() == 0 ? std::string() : results.GetTestPartResult(0).message();
}

void expect_says(const std::string& complaint, std::initializer_list<std::string_view> parts) {
    for (const auto part : parts) {
        EXPECT_NE(complaint.find(part), std::string::npos) << "'" << part << "' in:\n" << complaint;
    }
}

TEST(expect_published, holds_for_what_went_out) {
    const shop one;
    EXPECT_TRUE(expect_published<order_placed>(one.bus));
    EXPECT_TRUE(expect_published<order_placed>(one.bus, order_placed{"o-1", 42}));
    EXPECT_TRUE(expect_published<order_placed>(one.bus, Field(&order_placed::cents, 42)));
    EXPECT_TRUE(expect_published<stock_reserved>(one.bus, stock_reserved{7}));
}

TEST(expect_published, shows_what_there_was_instead) {
    const shop one;
    const auto complaint = complaint_of(
        [&] { return expect_published<order_placed>(one.bus, Field(&order_placed::cents, 43)); });
    expect_says(complaint, {"expected an event of order.placed that is an object whose",
                            "there were 1", "o-1 for 42", "#1 order.placed from outside",
                            "#2 stock.reserved by stock, caused by #1 order.placed",
                            "#3 order.confirmed by confirm, caused by #2 stock.reserved: "
                            "no_subscribers"});
    expect_says(complaint_of([&] { return expect_published<parcel>(one.bus); }),
                {"expected an event of parcel.sent", "what was published:"});
    test_bus silent;
    expect_says(complaint_of([&] { return expect_published<parcel>(silent); }),
                {"nothing was published"});
}

TEST(expect_published, counts_events_that_cannot_be_copied) {
    test_bus bus;
    bus.publish(parcel{nullptr});
    EXPECT_TRUE(expect_published<parcel>(bus));
}

TEST(expect_published, is_not_content_with_what_was_refused) {
    test_bus bus;
    bus.drain();
    bus.publish(stock_reserved{1});
    expect_says(complaint_of([&] { return expect_published<stock_reserved>(bus); }),
                {"#1 stock.reserved from outside: closed"});
    EXPECT_TRUE(expect_not_published<stock_reserved>(bus));
}

TEST(expect_not_published, holds_and_fails) {
    const shop one;
    EXPECT_TRUE(expect_not_published<parcel>(one.bus));
    EXPECT_TRUE(expect_not_published<stock_reserved>(one.bus, stock_reserved{8}));
    expect_says(complaint_of([&] { return expect_not_published<stock_reserved>(one.bus); }),
                {"expected no event of stock.reserved", "#2 stock.reserved by stock"});
    expect_says(complaint_of([&] {
                    return expect_not_published<order_placed>(one.bus,
                                                              Field(&order_placed::id, "o-1"));
                }),
                {"expected no such event of order.placed", "o-1 for 42"});
}

TEST(expect_caused, follows_causes_over_several_steps) {
    const shop one;
    const bool direct = expect_caused<order_placed, stock_reserved>(one.bus);
    const bool over_one = expect_caused<order_placed, order_confirmed>(one.bus);
    EXPECT_TRUE(direct && over_one);
}

TEST(expect_caused, shows_the_chains_that_there_are) {
    shop one;
    one.bus.publish(parcel{nullptr});
    expect_says(complaint_of([&] { return expect_caused<parcel, order_confirmed>(one.bus); }),
                {"expected order.confirmed to be caused by parcel.sent",
                 "order.placed -> stock.reserved -> order.confirmed"});
    expect_says(complaint_of([&] { return expect_caused<order_placed, parcel>(one.bus); }),
                {"it was caused like this:\n    parcel.sent"});
    expect_says(complaint_of([&] { return expect_caused<order_confirmed, order_placed>(one.bus); }),
                {"expected order.placed to be caused by order.confirmed"});
}

TEST(expect_chain, holds_for_topics_and_patterns_in_a_row) {
    const shop one;
    EXPECT_TRUE(expect_chain(one.bus, {"order.placed", "stock.reserved", "order.confirmed"}));
    EXPECT_TRUE(expect_chain(one.bus, {"stock.reserved", "order.confirmed"}));
    EXPECT_TRUE(expect_chain(one.bus, {"order.*", "stock.>", "order.*"}));
}

TEST(expect_chain, is_strict_about_what_lies_between) {
    const shop one;
    expect_says(
        complaint_of([&] { return expect_chain(one.bus, {"order.placed", "order.confirmed"}); }),
        {"expected the chain order.placed -> order.confirmed", "the chains are:",
         "order.placed -> stock.reserved -> order.confirmed", "what was published:"});
}

TEST(expect_published, takes_a_recording_context_as_well) {
    stentor::testing::recording_context call{order_placed{"o-1", 1}};
    call.context().publish(stock_reserved{3});
    EXPECT_TRUE(expect_published<stock_reserved>(call, stock_reserved{3}));
}

}  // namespace
