// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include <stentor/stentor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// What a bus says about itself: audit, snapshot, and the text for Prometheus.

namespace {

using namespace stentor_test;
using ::testing::HasSubstr;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};

const stentor::subscription_snapshot& find(const stentor::bus_snapshot& all,
                                           std::string_view name) {
    for (const auto& one : all.subscriptions) {
        if (one.name == name) {
            return one;
        }
    }
    static const stentor::subscription_snapshot none{};
    ADD_FAILURE() << "no subscription " << name;
    return none;
}

class metrics : public bus_fixture {};

TEST_F(metrics, of_a_subscription_say_where_it_is_from) {
    auto& bus = make_bus();
    const auto line = static_cast<std::uint32_t>(__LINE__ + 1);
    auto typed = bus.subscribe<tick>("typed", [](const tick&) {});
    auto pattern =
        bus.subscribe("pattern", stentor::pattern("test.*"), [](const stentor::any_event&) {});
    const auto all = bus.snapshot();
    ASSERT_EQ(all.subscriptions.size(), 2U);
    const auto& one = find(all, "typed");
    EXPECT_EQ(one.pattern, "test.tick");
    EXPECT_EQ(one.line, line);
    EXPECT_THAT(one.file, HasSubstr("metrics_test.cpp"));
    EXPECT_EQ(find(all, "pattern").pattern, "test.*");
    EXPECT_EQ(all.runners, 4) << "two workers and two spare ones";
    EXPECT_GE(all.lanes, 2U);
}

TEST_F(metrics, show_what_is_queued_and_what_runs) {
    auto& bus = make_bus();
    gate door;
    auto handler =
        bus.subscribe<tick>("blocked", [&](const tick&) { door.pass(); }, {.max_concurrency = 1});
    const open_at_end opener(door);
    for (int number = 0; number < 10; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    ASSERT_TRUE(door.await_waiting(1));
    const auto terms = bus.audit().subscriptions.front().second;
    EXPECT_EQ(terms.accepted, 10);
    EXPECT_EQ(terms.running, 1);
    EXPECT_EQ(terms.queued, 9);
    EXPECT_EQ(terms.completed, 0);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(metrics, balance_at_any_moment_within_the_skew) {
    auto& bus = make_bus();
    auto one = bus.subscribe<tick>("one", [](const tick&) {}, {.capacity = 50});
    auto two = bus.subscribe<tick>("two", [](const tick&) {});
    std::thread publisher([&] {
        for (int number = 0; number < 20'000; ++number) {
            static_cast<void>(bus.publish(tick{number}));
        }
    });
    for (int look = 0; look < 50; ++look) {
        const auto audit = bus.audit();
        for (const auto& [name, terms] : audit.subscriptions) {
            // Terminals are read first: what settles between shows as accepted, never as too much.
            EXPECT_GE(terms.accepted, terms.terminal()) << name;
        }
    }
    publisher.join();
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(bus.audit().unaccounted(), 0) << bus.audit().to_string();
}

// A slow handler is known to be slow, so each of its calls is timed.
TEST_F(metrics, time_every_call_of_a_slow_handler) {
    auto& bus = make_bus();
    constexpr std::chrono::milliseconds pause{2};
    auto slow =
        bus.subscribe<tick>("slow", [&](const tick&) { std::this_thread::sleep_for(pause); });
    constexpr int count = 20;
    for (int number = 0; number < count; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    ASSERT_TRUE(bus.wait_idle(patience));
    const auto all = bus.snapshot();
    const auto& one = find(all, "slow");
    EXPECT_EQ(one.service.count, std::uint64_t{count});
    EXPECT_EQ(one.queue_wait.count, std::uint64_t{count});
    EXPECT_EQ(one.end_to_end.count, std::uint64_t{count});
    EXPECT_FALSE(one.sampled);
    EXPECT_GE(one.service.min_ns, std::chrono::nanoseconds(pause).count() * 99 / 100);
    EXPECT_GE(one.end_to_end.max_ns, one.service.min_ns);
}

TEST_F(metrics, sample_the_calls_of_a_fast_handler) {
    auto options = small_bus();
    options.clock = &clock_;  // stands still: every call takes no time at all
    auto& bus = make_bus(std::move(options));
    clock_.advance(std::chrono::seconds(1));
    auto fast =
        bus.subscribe<tick>("fast", [](const tick&) {}, {.placement = stentor::placement::own});
    constexpr int count = 20'000;
    for (int number = 0; number < count; ++number) {
        while (!bus.publish(tick{number})) {
        }
        if (number % 100 == 0) {
            ASSERT_TRUE(bus.wait_idle(patience));
        }
    }
    ASSERT_TRUE(bus.wait_idle(patience));
    const auto all = bus.snapshot();
    const auto& one = find(all, "fast");
    EXPECT_TRUE(one.sampled);
    EXPECT_GT(all.sampled_one_in, 1U);
    EXPECT_GT(one.service.count, 64U);
    EXPECT_LT(one.service.count, std::uint64_t{count} / 2);
}

TEST_F(metrics, keep_the_totals_of_subscriptions_that_are_gone) {
    auto& bus = make_bus();
    {
        auto gone = bus.subscribe<tick>("gone", [](const tick&) {});
        for (int number = 0; number < 100; ++number) {
            ASSERT_TRUE(bus.publish(tick{number}));
        }
        ASSERT_TRUE(bus.wait_idle(patience));
    }
    const auto audit = bus.audit();
    EXPECT_TRUE(audit.subscriptions.empty());
    EXPECT_EQ(audit.removed.accepted, 100);
    EXPECT_EQ(audit.removed.completed, 100);
}

TEST_F(metrics, go_out_as_text_for_prometheus) {
    auto& bus = make_bus();
    tally calls;
    auto handler = bus.subscribe<tick>("mail.outgoing", [&](const tick&) { calls.add(); });
    for (int number = 0; number < 3; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    ASSERT_TRUE(bus.wait_idle(patience));
    const auto text = stentor::prometheus_text(bus.snapshot());
    EXPECT_THAT(text, HasSubstr("stentor_publish_calls_total 3\n"));
    EXPECT_THAT(text, HasSubstr("stentor_unaccounted 0\n"));
    EXPECT_THAT(text, HasSubstr("stentor_runners 4\n"));
    EXPECT_THAT(text, HasSubstr("stentor_runner_rescues_total 0\n"));
    EXPECT_THAT(text,
                HasSubstr("stentor_deliveries_accepted_total{subscription=\"mail.outgoing\"} 3\n"));
    EXPECT_EQ(text.back(), '\n');
}

TEST_F(metrics, are_readable_while_everything_happens) {
    auto& bus = make_bus();
    std::thread churn([&] {
        for (int turn = 0; turn < 200; ++turn) {
            auto passing = bus.subscribe<tick>("passing", [](const tick&) {});
            static_cast<void>(bus.publish(tick{turn}));
        }
    });
    for (int look = 0; look < 100; ++look) {
        EXPECT_FALSE(stentor::prometheus_text(bus.snapshot()).empty());
        EXPECT_FALSE(bus.audit().to_string().empty());
    }
    churn.join();
}

}  // namespace
