// SPDX-License-Identifier: MIT
#include "unit/gated/gated.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

// A circuit breaker before a subscription's handler.

namespace {

using namespace stentor_test;
using stentor::breaker_state;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_F(gated, keeps_events_in_their_place_while_the_breaker_is_open) {
    auto kept = bus.subscribe<order_placed>("mail", sometimes(), {.breaker = quick_breaker()});
    publish(1, 10);
    // The fourth call opens it, in the middle of a batch: what was behind it is not called.
    EXPECT_THAT(numbers(), ElementsAre(1, 2, 3, 4));
    EXPECT_EQ(state("mail"), breaker_state::open);
    EXPECT_EQ(terms("mail").failed, 4);
    EXPECT_EQ(terms("mail").outstanding(), 6);
    EXPECT_EQ(bus.snapshot().subscriptions.front().breaker, "open");
    pass(700ms);
    publish(11, 12);
    EXPECT_EQ(calls.size(), 4U) << "open: nothing is called";
    down = false;
    pass(400ms);
    EXPECT_THAT(numbers(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
    EXPECT_EQ(state("mail"), breaker_state::closed);
    EXPECT_EQ(terms("mail").completed, 8);
    EXPECT_EQ(terms("mail").outstanding(), 0);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(gated, judges_the_calls_of_a_batch_in_their_order) {
    std::set<int> failing;
    auto kept = bus.subscribe<order_placed>("mail",
                                            [&](const order_placed& it) {
                                                calls.push_back({it.number, 1});
                                                if (failing.contains(it.number)) {
                                                    throw std::runtime_error("down");
                                                }
                                            },
                                            {.breaker = quick_breaker()});
    publish(1, 200);  // until it is known to be cheap, and gets many events at once
    const auto breaker = bus.registry().breaker("mail");
    breaker->reset();
    calls.clear();
    failing = {3, 6, 9, 12, 15, 18, 21, 24, 27, 30};
    publish(1, 30);
    pass(100ms);
    EXPECT_EQ(calls.size(), 30U) << "one in three failed, never a half";
    EXPECT_EQ(breaker->report().state, breaker_state::closed);
    EXPECT_EQ(breaker->report().calls, 8);
    EXPECT_EQ(breaker->report().failed, 3) << "24, 27 and 30";
    breaker->reset();
    calls.clear();
    failing = {3, 4};
    publish(1, 10);
    EXPECT_THAT(numbers(), ElementsAre(1, 2, 3, 4)) << "two of four";
    EXPECT_EQ(breaker->report().state, breaker_state::open);
    give_up();
}

TEST_F(gated, makes_exactly_as_many_trials_as_it_may) {
    auto options = quick_breaker();
    options.failure_rate = 0.6;  // so that one failed trial decides nothing
    auto kept = bus.subscribe<order_placed>("mail", sometimes(), {.breaker = options});
    publish(1, 20);
    ASSERT_EQ(calls.size(), 4U);
    pass(1100ms);
    EXPECT_EQ(calls.size(), 6U) << "two trials, both failed";
    EXPECT_EQ(state("mail"), breaker_state::open);
    pass(1100ms);
    EXPECT_EQ(calls.size(), 6U) << "it stays open for twice as long";
    pass(1100ms);
    EXPECT_EQ(calls.size(), 8U);
    EXPECT_EQ(terms("mail").failed, 8);
    EXPECT_EQ(terms("mail").outstanding(), 12);
    give_up();
}

TEST_F(gated, counts_no_attempt_while_a_retry_waits_at_an_open_breaker) {
    auto kept = bus.subscribe<order_placed>("mail", sometimes(),
                                            {.retry = every_100ms(3), .breaker = quick_breaker()});
    publish(1, 4);
    ASSERT_EQ(calls.size(), 4U);
    EXPECT_EQ(state("mail"), breaker_state::open);
    pass(500ms);
    EXPECT_EQ(calls.size(), 4U) << "they are due, and wait at the breaker";
    down = false;
    pass(600ms);
    ASSERT_EQ(calls.size(), 8U);
    for (std::size_t at = 4; at < 8; ++at) {
        EXPECT_EQ(calls[at].attempt, 2);
    }
    EXPECT_EQ(terms("mail").completed, 4);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(gated, keeps_the_order_of_a_key_over_an_open_breaker) {
    std::vector<int> seen;
    auto kept =
        bus.subscribe<order_placed>("mail",
                                    [&](const order_placed& it) {
                                        if (down) {
                                            throw std::runtime_error("down");
                                        }
                                        seen.push_back(it.number);
                                    },
                                    {.order = stentor::order::serial, .breaker = quick_breaker()});
    publish(1, 8);
    EXPECT_EQ(terms("mail").failed, 4);
    publish(9, 12);
    down = false;
    pass(1100ms);
    EXPECT_THAT(seen, ElementsAre(5, 6, 7, 8, 9, 10, 11, 12));
}

TEST_F(gated, takes_the_fault_of_an_event_for_none_of_what_it_calls) {
    for (int number = 1; number <= 12; ++number) {
        poison.insert(number);
    }
    down = false;
    auto kept = bus.subscribe<order_placed>("mail", sometimes(), {.breaker = quick_breaker()});
    publish(1, 12);
    EXPECT_EQ(calls.size(), 12U);
    EXPECT_EQ(terms("mail").failed, 12);
    EXPECT_EQ(state("mail"), breaker_state::closed);
}

TEST_F(gated, hears_of_outcomes_as_of_exceptions) {
    using stentor::outcome;
    auto kept = bus.subscribe<order_placed>("mail",
                                            [&](const order_placed& it) -> outcome {
                                                calls.push_back({it.number, 1});
                                                return it.number % 2 == 0 ? outcome::reject("bad")
                                                                          : outcome::retry();
                                            },
                                            {.breaker = quick_breaker()});
    publish(1, 20);
    EXPECT_EQ(calls.size(), 7U) << "the odd ones: four failures";
    EXPECT_EQ(state("mail"), breaker_state::open);
    give_up();
}

TEST_F(gated, shares_a_breaker_by_its_name) {
    auto options = quick_breaker();
    options.name = "smtp";
    auto first = bus.subscribe<order_placed>("mail", sometimes(), {.breaker = options});
    std::vector<int> other;
    auto second = bus.subscribe<order_placed>(
        "news", [&](const order_placed& it) { other.push_back(it.number); }, {.breaker = options});
    bus.registry().breaker("smtp")->force_open();
    publish(1, 3);
    EXPECT_THAT(calls, IsEmpty());
    EXPECT_THAT(other, IsEmpty());
    EXPECT_EQ(bus.registry().breaker("news"), bus.registry().breaker("mail"));
    down = false;
    bus.registry().breaker("smtp")->force_close();
    pass(50ms);
    EXPECT_EQ(calls.size(), 3U);
    EXPECT_THAT(other, ElementsAre(1, 2, 3));
}

TEST_F(gated, is_no_breaker_where_none_was_asked_for) {
    auto kept = bus.subscribe<order_placed>("mail", sometimes());
    EXPECT_EQ(bus.registry().breaker("mail"), nullptr);
    EXPECT_EQ(bus.registry().breaker("nobody"), nullptr);
    EXPECT_EQ(bus.snapshot().subscriptions.front().breaker, "");
}

TEST_F(gated, opens_for_spans_and_keeps_what_is_behind) {
    std::vector<std::size_t> spans;
    auto options = quick_breaker();
    options.window = options.min_calls = 1;
    auto kept = bus.subscribe<order_placed>("bulk",
                                            [&](std::span<const order_placed* const> them) {
                                                spans.push_back(them.size());
                                                if (down) {
                                                    throw std::runtime_error("down");
                                                }
                                            },
                                            {.breaker = options});
    publish(1, 5);
    ASSERT_EQ(spans.size(), 1U);
    const auto first = spans.front();
    EXPECT_EQ(terms("bulk").failed, static_cast<std::int64_t>(first));
    publish(6, 10);
    EXPECT_EQ(spans.size(), 1U);
    down = false;
    pass(1100ms);
    EXPECT_EQ(terms("bulk").completed, static_cast<std::int64_t>(10 - first));
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(gated, judges_coroutines_when_they_end) {
    auto options = quick_breaker();
    auto kept = bus.subscribe<order_placed>(
        "slow",
        [&](const order_placed& it, stentor::context& ctx) -> stentor::task<> {
            calls.push_back({it.number, 1});
            co_await ctx.sleep(10ms);
            if (down) {
                throw std::runtime_error("down");
            }
        },
        {.breaker = options});
    publish(1, 6);
    EXPECT_EQ(calls.size(), 6U) << "none has ended, so nothing is known";
    pass(10ms);
    EXPECT_EQ(terms("slow").failed, 6);
    EXPECT_EQ(state("slow"), breaker_state::open);
    publish(7, 9);
    EXPECT_EQ(calls.size(), 6U);
    down = false;
    pass(1100ms);
    EXPECT_EQ(calls.size(), 8U) << "two trials, which sleep";
    pass(10ms);
    pass(10ms);
    pass(10ms);
    EXPECT_EQ(terms("slow").completed, 3);
    EXPECT_EQ(state("slow"), breaker_state::closed);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(gated, cancels_what_waits_at_a_breaker_when_the_bus_drains) {
    auto kept = bus.subscribe<order_placed>("mail", sometimes(), {.breaker = quick_breaker()});
    publish(1, 10);
    ASSERT_EQ(calls.size(), 4U);
    const auto report = bus.drain(100ms);
    EXPECT_EQ(terms("mail").failed, 4);
    EXPECT_EQ(terms("mail").cancelled, 6);
    EXPECT_FALSE(report.complete);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(gated, cancels_what_waits_at_a_breaker_when_its_subscription_ends) {
    auto kept = bus.subscribe<order_placed>("mail", sometimes(), {.breaker = quick_breaker()});
    bus.registry().breaker("mail")->force_open();
    publish(1, 10);
    kept.unsubscribe();
    pass(50ms);
    EXPECT_TRUE(calls.empty());
    EXPECT_EQ(bus.audit().removed.cancelled, 10);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
    EXPECT_TRUE(bus.wait_idle(1s));
}

TEST_F(gated, holds_over_a_pause_and_goes_on_afterwards) {
    auto kept = bus.subscribe<order_placed>("mail", sometimes(), {.breaker = quick_breaker()});
    publish(1, 10);
    ASSERT_EQ(calls.size(), 4U);
    ASSERT_TRUE(bus.registry().disable("mail"));
    down = false;
    pass(1100ms);
    EXPECT_EQ(calls.size(), 4U);
    ASSERT_TRUE(bus.registry().enable("mail"));
    run();
    EXPECT_EQ(calls.size(), 10U);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

// What a pattern hears of breakers, in words.
std::string words_of(const stentor::any_event& event, std::uint32_t& last) {
    const auto say = [&](const auto& it) {
        EXPECT_GT(it.number, last);
        last = it.number;
        return it.name + ": " + it.from + " to " + it.to;
    };
    if (const auto* opened = event.as<stentor::system::breaker_opened>()) {
        return say(*opened);
    }
    if (const auto* half = event.as<stentor::system::breaker_half_opened>()) {
        return say(*half);
    }
    return say(*event.as<stentor::system::breaker_closed>());
}

TEST_F(gated, tells_listeners_of_every_change_of_a_breaker) {
    std::vector<std::string> heard;
    std::uint32_t last = 0;
    auto listener = bus.subscribe(
        "listener", stentor::pattern("stentor.breaker.*"),
        [&](const stentor::any_event& event) { heard.push_back(words_of(event, last)); });
    auto named = quick_breaker();
    named.name = "smtp";
    std::vector<stentor::breaker_state> told;
    named.on_change = [&](const stentor::breaker_change& what) { told.push_back(what.to); };
    auto one = bus.subscribe<order_placed>("mail", sometimes(), {.breaker = named});
    auto two = bus.subscribe<order_placed>("audit", sometimes(), {.breaker = named});
    publish(1, 4);
    down = false;
    pass(2s);
    pass(2s);
    EXPECT_THAT(heard, ElementsAre("smtp: closed to open", "smtp: open to half_open",
                                   "smtp: half_open to closed"))
        << "once a change, whoever shares it";
    EXPECT_THAT(told, ElementsAre(stentor::breaker_state::open, stentor::breaker_state::half_open,
                                  stentor::breaker_state::closed));
}

TEST_F(gated, tells_of_a_breaker_without_a_name_by_that_of_its_subscription) {
    std::vector<std::string> heard;
    auto listener = bus.subscribe<stentor::system::breaker_opened>(
        "listener",
        [&](const stentor::system::breaker_opened& it) { heard.push_back(it.name + it.to); });
    auto kept = bus.subscribe<order_placed>("mail", sometimes(), {.breaker = quick_breaker()});
    bus.registry().breaker("mail")->force_open();
    run();
    EXPECT_THAT(heard, ElementsAre("mailforced_open"));
}

TEST_F(gated, may_change_a_breaker_when_the_bus_is_gone) {
    std::shared_ptr<stentor::circuit_breaker> breaker;
    int told = 0;
    {
        stentor::bus short_lived;
        auto options = quick_breaker();
        options.on_change = [&](const stentor::breaker_change&) { ++told; };
        auto kept = short_lived.subscribe<order_placed>("mail", sometimes(), {.breaker = options});
        breaker = short_lived.registry().breaker("mail");
    }
    breaker->force_open();
    EXPECT_EQ(told, 1);
}

TEST_F(gated, shows_the_state_of_its_breaker_in_the_metrics) {
    auto kept = bus.subscribe<order_placed>("mail", sometimes(), {.breaker = quick_breaker()});
    auto other = bus.subscribe<order_placed>("plain", [](const order_placed&) {});
    publish(1, 4);
    const auto text = stentor::prometheus_text(bus.snapshot());
    EXPECT_THAT(text, HasSubstr("stentor_breaker_state{subscription=\"mail\",state=\"open\"} 1"));
    EXPECT_THAT(text, HasSubstr("stentor_breaker_state{subscription=\"mail\",state=\"closed\"} 0"));
    EXPECT_THAT(text, Not(HasSubstr("stentor_breaker_state{subscription=\"plain\"")));
}

}  // namespace
