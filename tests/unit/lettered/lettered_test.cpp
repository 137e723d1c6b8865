// SPDX-License-Identifier: MIT
#include "unit/lettered/lettered.hpp"

#include <gmock/gmock.h>

#include <exception>
#include <memory>
#include <string>
#include <vector>

// What becomes of a delivery that nobody attempts again.

namespace {

using namespace stentor_test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct sealed {
    static constexpr std::string_view topic = "test.sealed";
    std::unique_ptr<int> number{};
};

TEST_F(lettered, keeps_what_has_had_all_its_attempts) {
    poison = {1};
    auto kept = bus.subscribe<order_placed>("picky", picky(), {.retry = every_100ms(3)});
    ASSERT_TRUE(
        bus.publish(order_placed{1},
                    {.correlation_id = "c-1", .user_id = "u-1", .source = "shop", .key = "k-1"}));
    run();
    pass(100ms);
    EXPECT_THAT(letters(), IsEmpty());
    pass(100ms);
    const auto terms_now = terms("picky");
    EXPECT_EQ(terms_now.dead_lettered, 1);
    EXPECT_EQ(terms_now.failed, 0);
    EXPECT_EQ(terms_now.outstanding(), 0);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
    ASSERT_THAT(letters(), SizeIs(1));
    const auto letter = letters().front();
    EXPECT_EQ(letter.subscription, "picky");
    EXPECT_EQ(letter.topic, "order.placed");
    EXPECT_THAT(letter.type_name, HasSubstr("order_placed"));
    EXPECT_EQ(letter.reason, stentor::dead_letter_reason::exhausted);
    EXPECT_EQ(letter.attempts_total, 3U);
    ASSERT_THAT(letter.attempts, SizeIs(3)) << "with all that came before";
    for (std::size_t at = 0; at < 3; ++at) {
        EXPECT_EQ(letter.attempts[at].number, static_cast<std::int32_t>(at) + 1);
        EXPECT_THAT(letter.attempts[at].errors, ElementsAre("order 1 is poison"));
        EXPECT_EQ(letter.attempts[at].at - letter.attempts[0].at, at * 100ms);
    }
    EXPECT_EQ(letter.last_failed - letter.first_failed, 200ms);
    EXPECT_EQ(letter.correlation_id, "c-1");
    EXPECT_EQ(letter.user_id, "u-1");
    EXPECT_EQ(letter.source, "shop");
    EXPECT_EQ(letter.key, "k-1");
    EXPECT_FALSE(letter.payload.missing());
    EXPECT_EQ(log().errors().size(), 3U) << "each attempt is recorded, the last one, too";
    EXPECT_EQ(log().errors().back().retry_in, std::nullopt);
}

TEST_F(lettered, keeps_what_was_rejected_with_its_reason) {
    auto kept = bus.subscribe<order_placed>(
        "strict",
        [](const order_placed& it) {
            return it.number == 1 ? stentor::outcome::reject("no such customer")
                                  : stentor::outcome::done();
        },
        {.retry = every_100ms(3)});
    publish(1, 2);
    ASSERT_THAT(letters(), SizeIs(1));
    EXPECT_EQ(letters().front().reason, stentor::dead_letter_reason::rejected);
    EXPECT_EQ(letters().front().attempts_total, 1U);
    EXPECT_THAT(stentor::last_error(letters().front()), HasSubstr("no such customer"));
    EXPECT_EQ(terms("strict").completed, 1);
    EXPECT_EQ(terms("strict").dead_lettered, 1);
}

TEST_F(lettered, keeps_the_chain_of_what_was_thrown) {
    auto kept = bus.subscribe<order_placed>(
        "nested",
        [](const order_placed&) {
            try {
                throw std::runtime_error("connection refused");
            } catch (...) {
                std::throw_with_nested(std::runtime_error("mail was not sent"));
            }
        },
        {.dead_letters = true});
    publish(1, 1);
    ASSERT_THAT(letters(), SizeIs(1));
    EXPECT_THAT(letters().front().attempts.front().errors,
                ElementsAre("mail was not sent", "connection refused"));
    EXPECT_EQ(log().errors().back().error, "mail was not sent: connection refused");
}

TEST_F(lettered, needs_no_retries_and_can_be_switched_off) {
    poison = {1};
    auto once = bus.subscribe<order_placed>("once", picky(), {.dead_letters = true});
    auto never = bus.subscribe<order_placed>("never", picky(),
                                             {.retry = every_100ms(1), .dead_letters = false});
    auto plain = bus.subscribe<order_placed>("plain", picky());
    publish(1, 2);
    EXPECT_EQ(terms("once").dead_lettered, 1);
    EXPECT_EQ(terms("once").completed, 1);
    EXPECT_EQ(terms("never").failed, 1);
    EXPECT_EQ(terms("plain").failed, 1);
    ASSERT_THAT(letters(), SizeIs(1));
    EXPECT_EQ(letters().front().subscription, "once");
}

TEST_F(lettered, keeps_coroutines_that_fail_at_once_and_late) {
    auto kept = bus.subscribe<order_placed>(
        "slow",
        [](const order_placed& it, stentor::context& ctx) -> stentor::task<> {
            if (it.number == 1) {
                throw std::runtime_error("at once");
            }
            co_await ctx.sleep(10ms);
            throw std::runtime_error("late");
        },
        {.retry = every_100ms(2)});
    publish(1, 2);
    pass(20ms);
    pass(200ms);
    pass(20ms);
    EXPECT_EQ(terms("slow").dead_lettered, 2);
    EXPECT_EQ(terms("slow").outstanding(), 0);
    ASSERT_THAT(letters(), SizeIs(2));
    EXPECT_EQ(stentor::last_error(letters()[0]), "at once");
    EXPECT_EQ(stentor::last_error(letters()[1]), "late");
    EXPECT_EQ(letters()[1].attempts_total, 2U);
    EXPECT_EQ(bus.audit().envelopes_alive, 0);
}

// Refers to its text, does not fit a slot.
TEST_F(lettered, keeps_events_of_every_kind) {
    const auto fail = [](const auto&) { throw std::runtime_error("no"); };
    auto boxed = bus.subscribe<order_noted>("boxed", fail, {.dead_letters = true});
    auto text = bus.subscribe("text", stentor::pattern("raw.>"),
                              [](const stentor::any_event&) { throw std::runtime_error("no"); },
                              {.dead_letters = true});
    auto only_moves = bus.subscribe<sealed>("sealed", fail, {.dead_letters = true});
    ASSERT_TRUE(bus.publish(order_noted{"a note that is longer than any small string would be"}));
    ASSERT_TRUE(bus.publish(stentor::topic("raw.json"), R"({"id":7})"));
    ASSERT_TRUE(bus.publish(stentor::topic("raw.text"), "seven"));
    ASSERT_TRUE(bus.publish(sealed{std::make_unique<int>(7)}));
    run();
    ASSERT_THAT(letters(), SizeIs(4));
    for (const auto& letter : letters()) {
        EXPECT_EQ(letter.payload.missing(), letter.topic == "test.sealed") << letter.topic;
        if (letter.topic == "raw.json") {
            EXPECT_EQ(letter.payload.content, stentor::dead_letter_content::json);
            EXPECT_EQ(letter.payload.bytes, R"({"id":7})");
        }
        if (letter.topic == "raw.text") {
            EXPECT_EQ(letter.payload.content, stentor::dead_letter_content::binary);
            EXPECT_EQ(letter.payload.bytes, "seven");
        }
    }
    EXPECT_EQ(bus.audit().envelopes_alive, 0) << "letters have copies";
}

TEST_F(lettered, outlives_its_bus_where_the_store_does) {
    const std::shared_ptr<stentor::dead_letter_store> store =
        stentor::memory_dead_letters::make().value();
    {
        stentor::bus_options options = small_bus();
        options.dead_letters = store;
        options.log = test_log().sink();
        stentor::bus brief(std::move(options));
        brief.keep(brief.subscribe<order_noted>(
            "boxed", [](const order_noted&) { throw std::runtime_error("no"); },
            {.dead_letters = true}));
        ASSERT_TRUE(brief.publish(order_noted{"a note that is longer than small strings are"}));
        ASSERT_TRUE(brief.wait_idle(60s));
    }
    ASSERT_THAT(store->list({})->letters, SizeIs(1));
    EXPECT_FALSE(store->list({})->letters.front().payload.missing());
}

TEST_F(lettered, tells_whoever_waits_for_the_event) {
    poison = {1};
    stentor::delivery_report report;
    auto kept = bus.subscribe<order_placed>("picky", picky(), {.dead_letters = true});
    auto asks = bus.subscribe<order_noted>("asks", [&](const order_noted&) -> stentor::task<> {
        report = co_await bus.delivered(order_placed{1});
    });
    ASSERT_TRUE(bus.publish(order_noted{"go"}));
    run();
    ASSERT_NE(report.find("picky"), nullptr);
    EXPECT_EQ(report.find("picky")->status, stentor::delivery_status::dead_lettered);
    EXPECT_EQ(report.find("picky")->error, "order 1 is poison");
    EXPECT_FALSE(report);
    EXPECT_TRUE(report.settled());
}

TEST_F(lettered, counts_as_a_failure_for_those_that_come_after) {
    poison = {1};
    auto first = bus.subscribe<order_placed>("first", picky(), {.dead_letters = true});
    int called = 0;
    auto second = bus.subscribe<order_placed>("second", [&](const order_placed&) { ++called; },
                                              {.after = "first", .require_success = true});
    publish(1, 2);
    EXPECT_EQ(called, 1);
    EXPECT_EQ(terms("second").dropped_dependency, 1);
}

TEST_F(lettered, is_published_as_an_event_of_the_engine) {
    poison = {1};
    std::vector<stentor::system::dead_letter_added> heard;
    auto listens = bus.subscribe<stentor::system::dead_letter_added>(
        "listens", [&](const stentor::system::dead_letter_added& it) { heard.push_back(it); });
    auto kept = bus.subscribe<order_placed>("picky", picky(), {.dead_letters = true});
    publish(1, 1);
    ASSERT_THAT(heard, SizeIs(1));
    EXPECT_EQ(heard.front().number, letters().front().number);
    EXPECT_EQ(heard.front().event_id, letters().front().id);
    EXPECT_EQ(heard.front().subscription, "picky");
    EXPECT_EQ(heard.front().event_topic, "order.placed");
    EXPECT_EQ(heard.front().reason, "exhausted");
    EXPECT_EQ(heard.front().error, "order 1 is poison");
}

TEST_F(lettered, lets_the_next_of_its_key_go_on) {
    poison = {10};
    auto kept = bus.subscribe<order_placed>(
        "keyed", picky(),
        {.order = stentor::by_key([](const order_placed& it) { return it.number / 10; }),
         .retry = every_100ms(2)});
    for (const int number : {10, 11, 20}) {
        ASSERT_TRUE(bus.publish(order_placed{number}));
    }
    run();
    pass(100ms);
    EXPECT_THAT(
        calls, ElementsAre(seen_call{10, 1}, seen_call{20, 1}, seen_call{10, 2}, seen_call{11, 1}));
    EXPECT_EQ(terms("keyed").dead_lettered, 1);
    EXPECT_EQ(terms("keyed").completed, 2);
}

TEST_F(lettered, keeps_the_first_and_the_latest_of_many_attempts_with_their_chains) {
    auto kept = bus.subscribe<order_placed>(
        "picky",
        [](const order_placed&, stentor::context& ctx) {
            try {
                throw std::runtime_error("attempt " + std::to_string(ctx.attempt()));
            } catch (...) {
                std::throw_with_nested(std::runtime_error("no booking"));
            }
        },
        {.retry = every_100ms(30)});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    for (int attempt = 2; attempt <= 30; ++attempt) {
        pass(100ms);
    }
    ASSERT_THAT(letters(), SizeIs(1));
    const auto letter = letters().front();
    EXPECT_EQ(letter.attempts_total, 30U);
    std::vector<std::int32_t> numbers;
    for (const auto& one : letter.attempts) {
        numbers.push_back(one.number);
        EXPECT_THAT(one.errors, ElementsAre("no booking", "attempt " + std::to_string(one.number)));
    }
    EXPECT_THAT(numbers, ElementsAre(1, 2, 3, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
                                     27, 28, 29, 30));
}

TEST_F(lettered, has_what_coroutines_and_answers_said_at_each_attempt) {
    auto polite = bus.subscribe<order_placed>(
        "polite",
        [](const order_placed&, stentor::context& ctx) -> stentor::task<stentor::outcome> {
            co_await ctx.sleep(1ms);
            co_return stentor::outcome::retry(50ms, "closed " + std::to_string(ctx.attempt()));
        },
        {.retry = every_100ms(2)});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    pass(1ms);
    pass(50ms);
    pass(1ms);
    ASSERT_THAT(letters(), SizeIs(1));
    const auto letter = letters().front();
    ASSERT_THAT(letter.attempts, SizeIs(2));
    EXPECT_THAT(letter.attempts[0].errors, ElementsAre("asked for a retry: closed 1"));
    EXPECT_THAT(letter.attempts[1].errors, ElementsAre("asked for a retry: closed 2"));
    EXPECT_EQ(letter.attempts[0].duration, 1ms);
}

}  // namespace
