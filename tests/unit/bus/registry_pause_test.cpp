// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/patience.hpp"
#include "support/terms.hpp"
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Disabling and enabling: nothing is delivered in between, nothing is lost, the order stays.

namespace {

using namespace stentor_test;
using namespace std::chrono_literals;
using stentor::backlog;
using stentor::handler_state;
using ::testing::HasSubstr;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};
struct letter {
    static constexpr std::string_view topic = "test.letter";
    std::string text;
};

class pausing : public bus_fixture {
protected:
    // A bus without threads.
    stentor::bus& manual_bus() {
        auto options = small_bus();
        options.executor = executor_;
        options.clock = &clock_;
        return make_bus(std::move(options));
    }
    void run() { executor_->run_until_idle(); }

    std::shared_ptr<stentor::manual_executor> executor_ =
        std::make_shared<stentor::manual_executor>(1);
};

TEST_F(pausing, holds_what_is_queued_and_what_comes) {
    auto& bus = manual_bus();
    std::vector<int> seen;
    auto one = bus.subscribe<tick>("one", [&](const tick& it) { seen.push_back(it.number); });
    ASSERT_TRUE(bus.publish(tick{1}));
    ASSERT_TRUE(bus.publish(tick{2}));
    EXPECT_EQ(bus.registry().disable("one").count(), 1);
    ASSERT_TRUE(bus.publish(tick{3}));
    run();
    EXPECT_TRUE(seen.empty());
    const auto terms = terms_of(bus, "one");
    EXPECT_EQ(terms.held, 3);
    EXPECT_EQ(terms.queued, 0);
    EXPECT_EQ(terms.unaccounted(), 0);
    EXPECT_EQ(bus.registry().enable("one").count(), 1);
    run();
    EXPECT_EQ(seen, (std::vector<int>{1, 2, 3}));
    EXPECT_EQ(terms_of(bus, "one").completed, 3);
}

TEST_F(pausing, drops_what_is_queued_and_what_comes_when_told_so) {
    auto& bus = manual_bus();
    int calls = 0;
    auto one = bus.subscribe<tick>("one", [&](const tick&) { ++calls; });
    ASSERT_TRUE(bus.publish(tick{1}));
    EXPECT_EQ(bus.registry().disable("one", backlog::drop).count(), 1);
    ASSERT_TRUE(bus.publish(tick{2}));
    run();
    EXPECT_EQ(calls, 0);
    EXPECT_EQ(terms_of(bus, "one").dropped_disabled, 2);
    EXPECT_EQ(terms_of(bus, "one").unaccounted(), 0);
    EXPECT_TRUE(bus.registry().enable("one"));
    ASSERT_TRUE(bus.publish(tick{3}));
    run();
    EXPECT_EQ(calls, 1);
}

TEST_F(pausing, of_a_shared_lane_concerns_nobody_else) {
    auto& bus = manual_bus();
    std::vector<std::string> seen;
    std::vector<stentor::subscription> handlers;
    for (const std::string name : {"a", "b", "c"}) {
        handlers.push_back(bus.subscribe<tick>(
            name,
            [&seen, name](const tick& it) { seen.push_back(name + std::to_string(it.number)); },
            {.placement = stentor::placement::shared}));
    }
    for (int number = 1; number <= 3; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    ASSERT_TRUE(bus.registry().disable("b"));
    ASSERT_TRUE(bus.publish(tick{4}));
    run();
    EXPECT_THAT(seen,
                ::testing::UnorderedElementsAre("a1", "a2", "a3", "a4", "c1", "c2", "c3", "c4"));
    EXPECT_EQ(terms_of(bus, "b").held, 4) << bus.audit().to_string();
    EXPECT_EQ(bus.audit().unaccounted(), 0) << bus.audit().to_string();
    seen.clear();
    ASSERT_TRUE(bus.registry().enable("b"));
    run();
    EXPECT_EQ(seen, (std::vector<std::string>{"b1", "b2", "b3", "b4"}));
    EXPECT_EQ(terms_of(bus, "b").completed, 4);
}

TEST_F(pausing, keeps_envelopes_alive_and_lets_them_go) {
    auto& bus = manual_bus();
    std::vector<std::string> seen;
    const auto listen = [&](const std::string& name) {
        return bus.subscribe<letter>(
            name, [&seen, name](const letter& it) { seen.push_back(name + " " + it.text); },
            {.placement = stentor::placement::shared});
    };
    auto first = listen("first");
    auto second = listen("second");
    ASSERT_TRUE(bus.publish(letter{"an envelope"}, {.correlation_id = "r-1"}));
    ASSERT_TRUE(bus.registry().disable("first"));
    run();
    EXPECT_EQ(seen, (std::vector<std::string>{"second an envelope"}));
    EXPECT_EQ(bus.audit().envelopes_alive, 1);
    ASSERT_TRUE(bus.registry().enable("first"));
    run();
    EXPECT_EQ(seen.back(), "first an envelope");
    EXPECT_EQ(bus.audit().envelopes_alive, 0);
}

TEST_F(pausing, of_a_pattern_collects_from_the_lanes_of_all_its_topics) {
    auto& bus = manual_bus();
    std::vector<std::string> seen;
    auto all = bus.subscribe("all", stentor::pattern("test.>"),
                             [&](const stentor::any_event& it) { seen.emplace_back(it.topic()); },
                             {.placement = stentor::placement::shared});
    ASSERT_TRUE(bus.publish(tick{1}));
    ASSERT_TRUE(bus.publish(letter{"2"}));
    ASSERT_TRUE(bus.publish(stentor::topic("test.plain"), "3"));
    ASSERT_TRUE(bus.registry().disable("all"));
    ASSERT_TRUE(bus.publish(tick{4}));
    run();
    EXPECT_TRUE(seen.empty());
    EXPECT_EQ(terms_of(bus, "all").held, 4) << bus.audit().to_string();
    ASSERT_TRUE(bus.registry().enable("all"));
    run();
    EXPECT_THAT(seen, ::testing::UnorderedElementsAre("test.tick", "test.letter", "test.plain",
                                                      "test.tick"));
}

TEST_F(pausing, keeps_the_order_of_a_lane_with_one_call_at_a_time) {
    auto& bus = manual_bus();
    std::vector<int> seen;
    auto one = bus.subscribe<tick>("one",
                                   [&](const tick& it) {
                                       seen.push_back(it.number);
                                       if (it.number % 7 == 3) {
                                           EXPECT_TRUE(bus.registry().disable("one"));
                                       }
                                   },
                                   {.max_concurrency = 1});
    std::vector<int> expected;
    for (int number = 0; number < 60; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
        expected.push_back(number);
    }
    for (int round = 0; round < 20; ++round) {
        run();
        EXPECT_EQ(bus.audit().unaccounted(), 0);
        static_cast<void>(bus.registry().enable("one"));
    }
    EXPECT_EQ(seen, expected);
}

TEST_F(pausing, inside_the_handler_ends_with_its_call) {
    auto& bus = manual_bus();
    int calls = 0;
    auto one = bus.subscribe<tick>("one", [&](const tick&) {
        ++calls;
        EXPECT_EQ(bus.registry().disable("one", backlog::hold, "enough").count(), 1);
    });
    for (int number = 0; number < 10; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    run();
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(terms_of(bus, "one").held, 9);
    const auto row = bus.registry().find("one");
    ASSERT_TRUE(row);
    EXPECT_EQ(row->state, handler_state::paused);
    EXPECT_EQ(row->why, "enough");
    one.unsubscribe();
}

TEST_F(pausing, does_not_keep_wait_idle_waiting) {
    auto& bus = manual_bus();
    auto one = bus.subscribe<tick>("one", [](const tick&) {});
    ASSERT_TRUE(bus.registry().disable("one"));
    ASSERT_TRUE(bus.publish(tick{1}));
    EXPECT_TRUE(bus.wait_idle(0ns));
    ASSERT_TRUE(bus.registry().enable("one"));
}

TEST_F(pausing, lets_a_drain_cancel_what_is_held_at_once_and_report_it) {
    auto& bus = make_bus();
    auto one = bus.subscribe<tick>("one", [](const tick&) {});
    ASSERT_TRUE(bus.registry().disable("one"));
    for (int number = 0; number < 5; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    const auto begin = std::chrono::steady_clock::now();
    const auto report = bus.drain(patience);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, patience / 2);
    EXPECT_FALSE(report.complete);
    ASSERT_EQ(report.abandoned.size(), 1U);
    EXPECT_EQ(report.abandoned.front().topic, "test.tick");
    EXPECT_EQ(report.abandoned.front().deliveries, 5);
    EXPECT_EQ(terms_of(bus, "one").cancelled, 5);
}

TEST_F(pausing, lets_an_unsubscribe_cancel_what_is_held) {
    auto& bus = manual_bus();
    auto one =
        bus.subscribe<tick>("one", [](const tick&) {}, {.placement = stentor::placement::shared});
    auto other =
        bus.subscribe<tick>("other", [](const tick&) {}, {.placement = stentor::placement::shared});
    ASSERT_TRUE(bus.publish(tick{1}));
    ASSERT_TRUE(bus.registry().disable("one"));
    run();
    ASSERT_TRUE(bus.publish(tick{2}));
    EXPECT_EQ(one.unsubscribe(), stentor::unsubscribe_result::done);
    run();
    EXPECT_EQ(bus.audit().removed.cancelled + bus.audit().removed.outstanding(), 2)
        << bus.audit().to_string();
    EXPECT_EQ(bus.audit().unaccounted(), 0) << bus.audit().to_string();
}

TEST_F(pausing, may_turn_from_holding_to_dropping_and_back) {
    auto& bus = manual_bus();
    std::vector<int> seen;
    auto one = bus.subscribe<tick>("one", [&](const tick& it) { seen.push_back(it.number); });
    ASSERT_TRUE(bus.publish(tick{1}));
    EXPECT_EQ(bus.registry().disable("one").count(), 1);
    EXPECT_EQ(bus.registry().disable("one", backlog::drop).count(), 0) << "it was paused already";
    run();
    EXPECT_EQ(terms_of(bus, "one").dropped_disabled, 1);
    ASSERT_TRUE(bus.registry().disable("one", backlog::hold));
    ASSERT_TRUE(bus.publish(tick{2}));
    run();
    EXPECT_EQ(terms_of(bus, "one").held, 1);
    ASSERT_TRUE(bus.registry().enable("one"));
    run();
    EXPECT_EQ(seen, (std::vector<int>{2}));
}

TEST_F(pausing, keeps_the_capacity_exactly) {
    auto& bus = manual_bus();
    auto one = bus.subscribe<tick>("one", [](const tick&) {}, {.capacity = 10});
    ASSERT_TRUE(bus.registry().disable("one"));
    int taken = 0;
    for (int number = 0; number < 30; ++number) {
        taken += bus.publish(tick{number}) ? 1 : 0;
    }
    EXPECT_LE(taken, 10);
    EXPECT_GE(taken, 9) << "the reserve of a tenth is for handlers";
    EXPECT_EQ(terms_of(bus, "one").held, taken);
    ASSERT_TRUE(bus.registry().enable("one"));
    run();
    EXPECT_EQ(terms_of(bus, "one").completed, taken);
}

TEST_F(pausing, without_room_for_what_is_queued_is_refused_and_changes_nothing) {
    auto options = small_bus();
    options.executor = executor_;
    options.clock = &clock_;
    options.capacity = 10;
    auto& bus = make_bus(std::move(options));
    int calls = 0;
    auto one = bus.subscribe<tick>("one", [&](const tick&) { ++calls; },
                                   {.placement = stentor::placement::shared});
    auto other =
        bus.subscribe<tick>("other", [](const tick&) {}, {.placement = stentor::placement::shared});
    int taken = 0;
    for (int number = 0; number < 9; ++number) {
        taken += bus.publish(tick{number}) ? 1 : 0;
    }
    const auto refused = bus.registry().disable("one");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), stentor::errc::no_memory);
    EXPECT_THAT(refused.error().message(), HasSubstr("backlog::drop"));
    EXPECT_EQ(bus.registry().find("one")->state, handler_state::running);
    run();
    EXPECT_EQ(calls, taken);
}

TEST_F(pausing, of_a_handler_of_spans_keeps_what_no_call_was_for) {
    auto& bus = manual_bus();
    std::vector<int> seen;
    auto one = bus.subscribe<tick>("one",
                                   [&](std::span<const tick* const> some) {
                                       for (const auto* it : some) {
                                           seen.push_back(it->number);
                                       }
                                       EXPECT_TRUE(bus.registry().disable("one"));
                                   },
                                   {.max_concurrency = 1});
    std::vector<int> expected;
    for (int number = 0; number < 300; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
        expected.push_back(number);
    }
    for (int round = 0; round < 10 && seen.size() < 300; ++round) {
        run();
        const auto terms = terms_of(bus, "one");
        EXPECT_EQ(terms.completed + terms.held, 300);
        static_cast<void>(bus.registry().enable("one"));
    }
    EXPECT_EQ(seen, expected);
}

TEST_F(pausing, of_an_inline_handler_can_only_drop) {
    auto& bus = manual_bus();
    int calls = 0;
    auto one = bus.subscribe<tick>("one", [&](const tick&) { ++calls; },
                                   {.execution = stentor::execution::inline_});
    const auto refused = bus.registry().disable("one");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), stentor::errc::unsupported_combination);
    EXPECT_EQ(bus.registry().disable("one", backlog::drop).count(), 1);
    static_cast<void>(bus.publish(tick{1}));
    EXPECT_EQ(calls, 0);
    EXPECT_EQ(terms_of(bus, "one").dropped_disabled, 1);
    EXPECT_EQ(bus.registry().enable("one").count(), 1);
    ASSERT_TRUE(bus.publish(tick{2}));
    EXPECT_EQ(calls, 1);
}

}  // namespace
