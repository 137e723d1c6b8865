// SPDX-License-Identifier: MIT
#include "unit/lettered/lettered.hpp"
#include <stentor/event/json.hpp>

#include <gmock/gmock.h>

#include <chrono>
#include <cstdint>
#include <string>

// Letters of deliveries that no handler failed for good: their events expired, there was no room to
// wait in; and of events that cannot be read.

namespace {

using namespace stentor_test;
using stentor::dead_letter_reason;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct parcel {
    std::string id{};
    std::int32_t pieces = 0;
};
STENTOR_FIELDS(parcel, id, pieces);

class lettered_reasons : public lettered {
protected:
    [[nodiscard]] std::chrono::system_clock::time_point in(std::chrono::nanoseconds time) {
        return std::chrono::system_clock::time_point(
            std::chrono::duration_cast<std::chrono::system_clock::duration>(
                std::chrono::nanoseconds(clock_.system_ns()) + time));
    }
    void expect_settled() {
        const auto books = bus.audit();
        EXPECT_EQ(books.unaccounted(), 0);
        for (const auto& [name, each] : books.subscriptions) {
            EXPECT_EQ(each.outstanding(), 0) << name;
        }
    }
};

// --- expired -------------------------------------------------------------------------------------

TEST_F(lettered_reasons, expired_before_it_was_handled) {
    auto kept = bus.subscribe<order_placed>("picky", picky(), {.dead_letters = true});
    auto plain = bus.subscribe<order_placed>("plain", [](const order_placed&) {});
    ASSERT_TRUE(bus.publish(order_placed{1}, {.key = "k", .expires_at = in(10ms)}));
    pass(20ms);
    EXPECT_THAT(calls, IsEmpty());
    EXPECT_EQ(terms("picky").dead_lettered, 1);
    EXPECT_EQ(terms("picky").expired, 0);
    EXPECT_EQ(terms("plain").expired, 1) << "which keeps none";
    ASSERT_THAT(letters(), SizeIs(1));
    const auto letter = letters().front();
    EXPECT_EQ(letter.reason, dead_letter_reason::expired);
    EXPECT_EQ(letter.subscription, "picky");
    EXPECT_EQ(letter.key, "k");
    EXPECT_EQ(letter.attempts_total, 0U);
    EXPECT_THAT(letter.attempts, IsEmpty());
    EXPECT_EQ(letter.last_failed, in(0ns));
    EXPECT_EQ(stentor::event_in<order_placed>(letter)->number, 1);
    expect_settled();
}

TEST_F(lettered_reasons, expired_between_two_attempts_with_those_behind_it) {
    poison = {1};
    auto kept = bus.subscribe<order_placed>("picky", picky(), {.retry = every_100ms()});
    ASSERT_TRUE(bus.publish(order_placed{1}, {.expires_at = in(150ms)}));
    run();
    pass(100ms);
    pass(100ms);
    EXPECT_THAT(calls, SizeIs(2));
    ASSERT_THAT(letters(), SizeIs(1));
    const auto letter = letters().front();
    EXPECT_EQ(letter.reason, dead_letter_reason::expired);
    EXPECT_EQ(letter.attempts_total, 2U);
    ASSERT_THAT(letter.attempts, SizeIs(2));
    EXPECT_THAT(letter.attempts[1].errors, ElementsAre("order 1 is poison"));
    EXPECT_EQ(letter.last_failed - letter.first_failed, 200ms);
    EXPECT_EQ(terms("picky").retry_waiting, 0);
    expect_settled();
}

TEST_F(lettered_reasons, expired_and_is_redriven_all_the_same) {
    auto kept = bus.subscribe<order_placed>("picky", picky(), {.dead_letters = true});
    ASSERT_TRUE(bus.publish(order_placed{1}, {.expires_at = in(10ms)}));
    pass(20ms);
    EXPECT_EQ(bus.dead_letters().redrive({}).value().redriven, 1U);
    EXPECT_THAT(calls, ElementsAre(seen_call{1, 1}));
    EXPECT_THAT(letters(), IsEmpty());
    expect_settled();
}

TEST_F(lettered_reasons, expired_in_a_lane_with_an_order_frees_its_key) {
    auto keyed = bus.subscribe<order_placed>(
        "keyed", picky(),
        {.order = stentor::by_key([](const order_placed&) { return 7; }), .dead_letters = true});
    ASSERT_TRUE(bus.publish(order_placed{1}, {.expires_at = in(10ms)}));
    ASSERT_TRUE(bus.publish(order_placed{2}));
    pass(20ms);
    EXPECT_THAT(calls, ElementsAre(seen_call{2, 1}));
    EXPECT_THAT(letters(), SizeIs(1));
    expect_settled();
}

TEST_F(lettered_reasons, expired_is_what_a_waiting_publisher_is_told_is_a_letter) {
    auto kept = bus.subscribe<order_placed>("picky", picky(), {.dead_letters = true});
    ASSERT_TRUE(bus.registry().disable("picky"));
    ASSERT_TRUE(bus.publish(order_placed{1}, {.expires_at = in(10ms)}));
    pass(20ms);
    EXPECT_THAT(letters(), IsEmpty()) << "who is paused gets nothing, letters neither";
    ASSERT_TRUE(bus.registry().enable("picky"));
    run();
    EXPECT_THAT(letters(), SizeIs(1));
    expect_settled();
}

class lettered_reasons_full : public lettered_full {};

TEST_F(lettered_reasons_full, expired_waits_for_room_as_others_do) {
    auto kept = bus.subscribe<order_placed>("picky", picky(), {.dead_letters = true});
    const auto soon = std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            std::chrono::nanoseconds(clock_.system_ns()) + 10ms));
    for (const int number : {1, 2, 3}) {
        ASSERT_TRUE(bus.publish(order_placed{number}, {.expires_at = soon}));
    }
    pass(20ms);
    EXPECT_EQ(terms("picky").dead_lettered, 1);
    EXPECT_EQ(row("picky").by, "dead_letters");
    purge_all();
    purge_all();
    EXPECT_EQ(terms("picky").dead_lettered, 3);
    EXPECT_EQ(terms("picky").expired, 0);
    EXPECT_THAT(calls, IsEmpty());
    EXPECT_EQ(letters().front().attempts_total, 0U) << "waiting for room is no attempt";
}

// Nobody will make room any more: it ends as any other that expires.
TEST_F(lettered_reasons_full, expired_ends_without_a_letter_where_the_bus_ends) {
    auto kept = bus.subscribe<order_placed>("picky", picky(), {.dead_letters = true});
    const auto soon = std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            std::chrono::nanoseconds(clock_.system_ns()) + 10ms));
    for (const int number : {1, 2}) {
        ASSERT_TRUE(bus.publish(order_placed{number}, {.expires_at = soon}));
    }
    pass(20ms);
    static_cast<void>(bus.drain(0s));
    EXPECT_EQ(terms("picky").dead_lettered, 1);
    EXPECT_EQ(terms("picky").cancelled + terms("picky").expired, 1);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

// --- max_waiting ---------------------------------------------------------------------------------

TEST_F(lettered_reasons, retry_capacity_when_as_many_wait_as_may) {
    poison = {1, 2, 3, 4};
    auto policy = every_100ms(2);
    policy.max_waiting = 2;
    auto kept = bus.subscribe<order_placed>("picky", picky(), {.retry = policy});
    publish(1, 4);
    EXPECT_EQ(terms("picky").retry_waiting, 2);
    ASSERT_THAT(letters(), SizeIs(2));
    for (const auto& one : letters()) {
        EXPECT_EQ(one.reason, dead_letter_reason::retry_capacity);
        EXPECT_EQ(one.attempts_total, 1U);
    }
    poison = {};
    pass(100ms);
    EXPECT_EQ(terms("picky").completed, 2) << "and whoever waits has its attempt";
    poison = {5, 6, 7};
    publish(5, 7);
    EXPECT_EQ(terms("picky").retry_waiting, 2) << "there is room again";
    EXPECT_THAT(letters(), SizeIs(3));
    pass(100ms);
    expect_settled();
}

TEST_F(lettered_reasons, retry_capacity_ends_as_failed_where_no_letters_are_kept) {
    poison = {1, 2};
    auto policy = every_100ms(2);
    policy.max_waiting = 1;
    auto kept =
        bus.subscribe<order_placed>("picky", picky(), {.retry = policy, .dead_letters = false});
    publish(1, 2);
    EXPECT_EQ(terms("picky").retry_waiting, 1);
    EXPECT_EQ(terms("picky").failed, 1);
    pass(100ms);
    expect_settled();
}

TEST_F(lettered_reasons, retry_capacity_of_one_lets_the_same_one_wait_again) {
    poison = {1};
    auto policy = every_100ms(4);
    policy.max_waiting = 1;
    auto kept = bus.subscribe<order_placed>("picky", picky(), {.retry = policy});
    publish(1, 1);
    for (int round = 0; round < 3; ++round) {
        pass(100ms);
    }
    EXPECT_THAT(calls, SizeIs(4));
    ASSERT_THAT(letters(), SizeIs(1));
    EXPECT_EQ(letters().front().reason, dead_letter_reason::exhausted);
    expect_settled();
}

TEST_F(lettered_reasons, retry_capacity_is_checked) {
    for (const std::int64_t wrong : {std::int64_t{0}, std::int64_t{-1}, INT64_MAX}) {
        auto policy = every_100ms();
        policy.max_waiting = wrong;
        const auto made = bus.try_subscribe<order_placed>("picky", picky(), {.retry = policy});
        ASSERT_FALSE(made) << wrong;
        EXPECT_EQ(made.error().code(), stentor::errc::invalid_option);
        EXPECT_THAT(std::string(made.error().message()), HasSubstr("max_waiting"));
    }
}

// --- decode_error --------------------------------------------------------------------------------

TEST_F(lettered_reasons, decode_error_of_bytes_that_become_an_event_after_a_fix) {
    bool lenient = false;
    std::int32_t pieces = 0;
    auto reader = bus.subscribe("reader", stentor::pattern("raw.*"),
                                [&](const stentor::any_event& event) {
                                    if (lenient) {
                                        pieces = 2;
                                        return;
                                    }
                                    const auto one = stentor::from_json<parcel>(event.text());
                                    if (!one) {
                                        throw stentor::decode_error(one.error());
                                    }
                                    pieces = one->pieces;
                                },
                                {.retry = every_100ms()});
    ASSERT_TRUE(bus.publish(stentor::topic("raw.parcel"), R"({"id":"p-1","pieces":"two"})"));
    run();
    EXPECT_EQ(terms("reader").dead_lettered, 1);
    EXPECT_EQ(terms("reader").retry_waiting, 0) << "no attempt can help";
    ASSERT_THAT(letters(), SizeIs(1));
    const auto letter = letters().front();
    EXPECT_EQ(letter.reason, dead_letter_reason::decode_error);
    EXPECT_EQ(letter.payload.bytes, R"({"id":"p-1","pieces":"two"})");
    EXPECT_EQ(letter.payload.content, stentor::dead_letter_content::json);
    EXPECT_THAT(std::string(stentor::last_error(letter)),
                AllOf(HasSubstr("pieces"), HasSubstr("two")));
    lenient = true;
    EXPECT_EQ(
        bus.dead_letters().redrive({.reason = dead_letter_reason::decode_error}).value().redriven,
        1U);
    EXPECT_EQ(pieces, 2);
    expect_settled();
}

TEST_F(lettered_reasons, decode_error_may_be_called_transient) {
    auto policy = every_100ms(2);
    policy.classifier = [](const stentor::failure&) { return stentor::failure_class::transient; };
    auto reader = bus.subscribe<order_placed>(
        "reader", [](const order_placed&) { throw stentor::decode_error("half of it is missing"); },
        {.retry = policy});
    publish(1, 1);
    pass(100ms);
    ASSERT_THAT(letters(), SizeIs(1));
    EXPECT_EQ(letters().front().reason, dead_letter_reason::exhausted);
    EXPECT_EQ(letters().front().attempts_total, 2U);
}

}  // namespace
