// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include "support/recorder.hpp"
#include "support/terms.hpp"
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What becomes of a delivery whose handler returns an outcome.

namespace {

using namespace std::chrono_literals;
using namespace stentor_test;
using stentor::outcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct job {
    static constexpr std::string_view topic = "test.job";
    int number = 0;
};

struct large_job {
    static constexpr std::string_view topic = "test.job.large";
    std::string text;
};

stentor::subscription_snapshot about(const stentor::bus& bus, std::string_view name) {
    const auto all = bus.snapshot().subscriptions;
    const auto found = std::ranges::find(all, name, &stentor::subscription_snapshot::name);
    return found == all.end() ? stentor::subscription_snapshot{} : *found;
}

class answer : public bus_fixture {
protected:
    // One thread, which is the test's; time stands still unless the test moves it.
    stentor::bus& make_manual_bus() {
        stepper_ = std::make_shared<stentor::manual_executor>(7);
        auto options = small_bus();
        options.executor = stepper_;
        options.clock = &clock_;
        return make_bus(std::move(options));
    }
    std::shared_ptr<stentor::manual_executor> stepper_;
};

TEST_F(answer, done_completes_the_delivery) {
    auto& bus = make_bus();
    auto worker = bus.subscribe<job>("worker", [](const job&) { return outcome::done(); });
    ASSERT_TRUE(bus.publish(job{}));
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(terms_of(bus, "worker").completed, 1);
    EXPECT_EQ(about(bus, "worker").ignored, 0);
}

TEST_F(answer, ignore_completes_the_delivery_and_is_counted_apart) {
    auto& bus = make_bus();
    auto worker = bus.subscribe<job>("worker", [](const job& it) {
        return it.number % 2 == 0 ? outcome::ignore("even") : outcome::done();
    });
    for (int number = 0; number < 10; ++number) {
        ASSERT_TRUE(bus.publish(job{number}));
    }
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(terms_of(bus, "worker").completed, 10);
    EXPECT_EQ(about(bus, "worker").ignored, 5);
    EXPECT_THAT(stentor::prometheus_text(bus.snapshot()),
                HasSubstr("stentor_deliveries_ignored_total{subscription=\"worker\"} 5"));
    EXPECT_TRUE(log().errors().empty());
}

TEST_F(answer, reject_fails_the_delivery_with_its_reason) {
    expect_failures();
    auto& bus = make_bus();
    auto worker = bus.subscribe<job>(
        "worker", [](const job&, stentor::context&) { return outcome::reject("no such article"); });
    ASSERT_TRUE(bus.publish(job{}));
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(terms_of(bus, "worker").failed, 1);
    ASSERT_EQ(log().errors().size(), 1U);
    EXPECT_EQ(log().errors().front().error, "rejected: no such article");
}

TEST_F(answer, retry_without_a_policy_fails_the_delivery_and_says_so) {
    expect_failures();
    auto& bus = make_bus();
    auto worker =
        bus.subscribe<job>("worker", [](const job&) { return outcome::retry(5s, "closed today"); });
    ASSERT_TRUE(bus.publish(job{}));
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(terms_of(bus, "worker").failed, 1);
    ASSERT_EQ(log().errors().size(), 1U);
    EXPECT_EQ(log().errors().front().error,
              "asked for a retry, but no retry policy is configured: closed today");
}

TEST_F(answer, costs_other_events_of_the_batch_nothing) {
    expect_failures();
    auto& bus = make_bus();
    auto worker = bus.subscribe<job>("worker", [](const job& it) {
        return it.number % 10 == 0 ? outcome::reject() : outcome::done();
    });
    for (int number = 0; number < 1000; ++number) {
        ASSERT_TRUE(bus.publish(job{number}));
    }
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(terms_of(bus, "worker").failed, 100);
    EXPECT_EQ(terms_of(bus, "worker").completed, 900);
}

TEST_F(answer, release_gives_the_event_back_behind_what_is_queued) {
    auto& bus = make_manual_bus();
    std::vector<int> seen;
    bool once = true;
    auto worker = bus.subscribe<job>("worker", [&](const job& it) {
        seen.push_back(it.number);
        return it.number == 1 && std::exchange(once, false) ? outcome::release() : outcome::done();
    });
    ASSERT_TRUE(bus.publish(job{1}));
    ASSERT_TRUE(bus.publish(job{2}));
    ASSERT_TRUE(bus.publish(job{3}));
    stepper_->run_until_idle();
    EXPECT_THAT(seen, ElementsAre(1, 2, 3, 1));
    EXPECT_EQ(terms_of(bus, "worker").completed, 3);
    EXPECT_EQ(terms_of(bus, "worker").unaccounted(), 0);
    EXPECT_EQ(about(bus, "worker").released, 1);
}

TEST_F(answer, release_keeps_the_place_and_the_payload) {
    auto options = small_bus();
    auto& bus = make_bus(std::move(options));
    tally calls;
    recorder<std::string> kept;
    auto worker = bus.subscribe<large_job>(
        "worker",
        [&](const large_job& it, stentor::context& ctx) {
            calls.add();
            if (calls.count() <= 3) {
                return outcome::release();
            }
            EXPECT_EQ(ctx.attempt(), 1) << "what was given back was no attempt";
            EXPECT_EQ(ctx.metadata().correlation_id, it.text == "y" ? "" : "c-1");
            kept.add(it.text);
            return outcome::done();
        },
        {.capacity = 1});
    ASSERT_TRUE(bus.publish(large_job{std::string(100, 'x')}, {.correlation_id = "c-1"}));
    ASSERT_TRUE(kept.await(1));
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(kept.all().front(), std::string(100, 'x'));
    EXPECT_EQ(about(bus, "worker").released, 3);
    EXPECT_TRUE(bus.publish(large_job{"y"})) << "its place is free again";
}

TEST_F(answer, release_of_everything_waits_for_growing_pauses) {
    auto& bus = make_manual_bus();
    int calls = 0;
    bool willing = false;
    auto worker = bus.subscribe<job>("worker", [&](const job&) {
        ++calls;
        return willing ? outcome::done() : outcome::release();
    });
    ASSERT_TRUE(bus.publish(job{}));
    stepper_->run_until_idle();
    const int at_once = calls;
    EXPECT_LE(at_once, 6) << "a handler that gives everything back is left alone for a while";
    clock_.advance(1ms);
    stepper_->run_until_idle();
    EXPECT_EQ(calls, at_once + 1);
    clock_.advance(1ms);
    stepper_->run_until_idle();
    EXPECT_EQ(calls, at_once + 1) << "the second pause is longer";
    clock_.advance(1ms);
    willing = true;
    stepper_->run_until_idle();
    EXPECT_EQ(calls, at_once + 2);
    EXPECT_EQ(terms_of(bus, "worker").completed, 1);
}

TEST_F(answer, release_for_ever_does_not_keep_a_processor_busy) {
    auto& bus = make_bus();
    tally calls;
    auto worker = bus.subscribe<job>("worker", [&](const job&) {
        calls.add();
        return outcome::release();
    });
    ASSERT_TRUE(bus.publish(job{}));
    ASSERT_TRUE(calls.await(12)) << "it is called again and again";
    const auto report = bus.drain(0ns);
    EXPECT_FALSE(report.complete);
    const auto terms = terms_of(bus, "worker");
    EXPECT_EQ(terms.cancelled, 1);
    EXPECT_EQ(terms.outstanding(), 0);
}

TEST_F(answer, release_by_several_runners_loses_nothing) {
    auto& bus = make_bus();
    recorder<int> done;
    auto worker = bus.subscribe<job>("worker",
                                     [&, turn = 0U](const job& it) mutable {
                                         if (++turn % 2 == 0) {
                                             return outcome::release();
                                         }
                                         done.add(it.number);
                                         return outcome::done();
                                     },
                                     {.max_concurrency = 1});
    auto second = bus.subscribe<job>("second", [](const job& it) {
        thread_local int calls = 0;
        return ++calls % 3 == 0 && it.number >= 0 ? outcome::release() : outcome::done();
    });
    for (int number = 0; number < 5000; ++number) {
        ASSERT_TRUE(bus.publish(job{number}));
    }
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(terms_of(bus, "worker").completed, 5000);
    EXPECT_EQ(terms_of(bus, "second").completed, 5000);
    const auto all = done.all();
    EXPECT_EQ(std::set<int>(all.begin(), all.end()).size(), 5000U) << "each one once";
    EXPECT_EQ(all.size(), 5000U);
}

TEST_F(answer, release_after_unsubscribing_ends_as_cancelled) {
    auto& bus = make_bus();
    tally calls;
    gate door;
    auto worker = bus.subscribe<job>("worker", [&](const job&) {
        calls.add();
        door.pass();
        return outcome::release();
    });
    ASSERT_TRUE(bus.publish(job{}));
    ASSERT_TRUE(calls.await(1));
    door.open();
    EXPECT_EQ(worker.unsubscribe(), stentor::unsubscribe_result::done);
    const auto after = calls.count();
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(calls.count(), after);
    EXPECT_EQ(bus.audit().removed.cancelled, 1);
}

TEST_F(answer, of_a_pattern_handler_counts_as_well) {
    auto& bus = make_bus();
    auto all = bus.subscribe("all", stentor::pattern("test.>"),
                             [](const stentor::any_event&) { return outcome::ignore(); });
    ASSERT_TRUE(bus.publish(job{}));
    ASSERT_TRUE(bus.publish(stentor::topic("test.text"), "{}"));
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(about(bus, "all").ignored, 2);
}

TEST_F(answer, does_not_go_with_a_shared_lane) {
    auto& bus = make_bus();
    const auto made = bus.try_subscribe<job>("worker", [](const job&) { return outcome::done(); },
                                             {.placement = stentor::placement::shared});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), stentor::errc::unsupported_combination);
    EXPECT_THAT(made.error().message(), HasSubstr("leave the placement automatic"));
}

}  // namespace
