// SPDX-License-Identifier: MIT
#include "support/patience.hpp"
#include "unit/async/manual_bus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// co_await bus.delivered(event): the coroutine form of publish_and_wait.

namespace {

using namespace stentor_test;
using stentor::delivery_report;
using stentor::delivery_status;
using stentor::publish_status;
using ::testing::ElementsAre;

struct shipped {
    static constexpr std::string_view topic = "order.shipped";
    int number = 0;
};

// A coroutine handler of order_placed that waits for a shipped, and keeps the report.
class delivered : public manual_bus {
protected:
    stentor::subscription waiter(std::chrono::nanoseconds timeout = 1h,
                                 stentor::subscription_options how = {}) {
        return bus.subscribe<order_placed>(
            "waiter",
            [this, timeout](const order_placed& order) -> stentor::task<> {
                const shipped event{order.number};
                report = co_await bus.delivered(event, timeout);
            },
            std::move(how));
    }
    [[nodiscard]] delivery_status status_of(std::string_view name) const {
        const auto* found = report ? report->find(name) : nullptr;
        EXPECT_NE(found, nullptr) << name;
        return found != nullptr ? found->status : delivery_status::pending;
    }

    std::optional<delivery_report> report;
};

TEST_F(delivered, tells_one_outcome_per_subscription_when_all_have_ended) {
    expect_failures();
    int seen = 0;
    auto good = bus.subscribe<shipped>("good", [&](const shipped& it) { seen = it.number; });
    auto bad =
        bus.subscribe<shipped>("bad", [](const shipped&) { throw std::runtime_error("no van"); });
    auto slow = bus.subscribe<shipped>(
        "slow",
        [](const shipped&, stentor::context& ctx) -> stentor::task<> { co_await ctx.sleep(5ms); });
    auto waits = waiter();
    ASSERT_TRUE(bus.publish(order_placed{7}));
    run();
    EXPECT_FALSE(report) << "slow has not ended";
    EXPECT_EQ(seen, 7);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
    pass(5ms);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->published().status(), publish_status::accepted);
    EXPECT_TRUE(report->settled());
    EXPECT_FALSE(*report) << "one of them failed";
    EXPECT_EQ(report->size(), 3U);
    EXPECT_EQ(status_of("good"), delivery_status::completed);
    EXPECT_EQ(status_of("slow"), delivery_status::completed);
    EXPECT_EQ(status_of("bad"), delivery_status::failed);
    EXPECT_EQ(report->find("bad")->error, "no van");
    EXPECT_EQ(terms("waiter").completed, 1);
}

TEST_F(delivered, publishes_as_the_handler_does) {
    std::string correlation;
    std::optional<stentor::event_id> causation;
    std::int32_t depth = 0;
    stentor::event_id cause;
    auto ships = bus.subscribe<shipped>("ships", [&](const shipped&, stentor::context& ctx) {
        correlation = ctx.correlation_id();
        causation = ctx.metadata().causation_id;
        depth = ctx.metadata().depth;
    });
    auto waits = bus.subscribe<order_placed>(
        "waiter", [&](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            cause = ctx.id();
            const shipped event{1};
            const auto told = co_await bus.delivered(event);
            EXPECT_TRUE(told);
        });
    ASSERT_TRUE(bus.publish(order_placed{1}, {.correlation_id = "c-1"}));
    run();
    EXPECT_EQ(correlation, "c-1");
    EXPECT_EQ(depth, 1);
    ASSERT_TRUE(causation);
    EXPECT_EQ(*causation, cause);
}

TEST_F(delivered, does_not_wait_where_there_is_nobody_to_wait_for) {
    auto waits = waiter();
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    ASSERT_TRUE(report);
    EXPECT_EQ(report->published().status(), publish_status::no_subscribers);
    EXPECT_TRUE(report->empty());
    EXPECT_TRUE(*report);
}

TEST_F(delivered, does_not_wait_for_who_was_called_inline) {
    auto inlined = bus.subscribe<shipped>("inlined", [](const shipped&) {},
                                          {.execution = stentor::execution::inline_});
    auto waits = waiter();
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    ASSERT_TRUE(report);
    EXPECT_EQ(status_of("inlined"), delivery_status::completed);
}

TEST_F(delivered, says_that_the_publish_was_refused) {
    auto full =
        bus.subscribe<shipped>("full", [](const shipped&) {}, {.capacity = 1, .required = true});
    ASSERT_TRUE(bus.registry().disable("full"));
    ASSERT_TRUE(bus.publish(shipped{0}));
    auto waits = waiter();
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    ASSERT_TRUE(report);
    EXPECT_EQ(report->published().status(), publish_status::rejected_full);
    EXPECT_TRUE(report->empty());
    EXPECT_FALSE(*report);
}

TEST_F(delivered, tells_what_was_dropped) {
    auto full = bus.subscribe<shipped>("full", [](const shipped&) {}, {.capacity = 1});
    auto other = bus.subscribe<shipped>("other", [](const shipped&) {});
    ASSERT_TRUE(bus.registry().disable("full"));
    ASSERT_TRUE(bus.publish(shipped{0}));
    auto waits = waiter();
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    ASSERT_TRUE(report);
    EXPECT_EQ(report->published().status(), publish_status::accepted_partial);
    EXPECT_EQ(status_of("full"), delivery_status::dropped);
    EXPECT_EQ(status_of("other"), delivery_status::completed);
}

TEST_F(delivered, returns_at_its_timeout_with_what_is_pending) {
    auto slow = bus.subscribe<shipped>(
        "slow",
        [](const shipped&, stentor::context& ctx) -> stentor::task<> { co_await ctx.sleep(50ms); });
    auto quick = bus.subscribe<shipped>("quick", [](const shipped&) {});
    auto waits = waiter(10ms);
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    EXPECT_FALSE(report);
    pass(12ms);
    ASSERT_TRUE(report);
    EXPECT_FALSE(report->settled());
    EXPECT_EQ(status_of("slow"), delivery_status::pending);
    EXPECT_EQ(status_of("quick"), delivery_status::completed);
    pass(50ms);
    EXPECT_EQ(terms("slow").completed, 1) << "it goes on";
}

TEST_F(delivered, is_part_of_other_tasks_and_comes_again) {
    auto ships = bus.subscribe<shipped>("ships", [](const shipped&) {});
    int told = 0;
    const auto ship = [&](int number) -> stentor::task<bool> {
        const shipped event{number};
        const auto all = co_await bus.delivered(event);
        co_return static_cast<bool>(all);
    };
    auto waits =
        bus.subscribe<order_placed>("waiter", [&](const order_placed& order) -> stentor::task<> {
            for (int number = 0; number < order.number; ++number) {
                told += co_await ship(number) ? 1 : 0;
            }
        });
    ASSERT_TRUE(bus.publish(order_placed{100}));
    run();
    EXPECT_EQ(told, 100);
    EXPECT_EQ(terms("ships").completed, 100);
}

TEST_F(delivered, carries_events_that_do_not_fit_a_slot) {
    std::string noted;
    auto notes =
        bus.subscribe<order_noted>("notes", [&](const order_noted& it) { noted = it.text; });
    const std::string text(200, 'n');
    auto waits = bus.subscribe<order_placed>("waiter", [&](const order_placed&) -> stentor::task<> {
        order_noted event{text};
        report = co_await bus.delivered(std::move(event));
    });
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    ASSERT_TRUE(report);
    EXPECT_TRUE(*report);
    EXPECT_EQ(noted, text);
}

TEST_F(delivered, refuses_to_wait_for_a_call_that_waits_for_it) {
    std::vector<publish_status> told;
    const auto again = [&](const order_placed& order) -> stentor::task<> {
        const order_placed event{order.number - 1};
        if (order.number > 0) {
            const auto all = co_await bus.delivered(event);
            told.push_back(all.published().status());
        }
    };
    for (const auto& how : std::vector<stentor::subscription_options>{
             {.order = stentor::order::serial},
             {.order = stentor::by_key(&order_placed::number)},
             {.max_concurrency = 1}}) {
        auto waits = bus.subscribe<order_placed>("waiter", again, how);
        ASSERT_TRUE(bus.publish(order_placed{1}));
        run();
        EXPECT_EQ(terms("waiter").completed, 1) << "and the other one was not published";
    }
    EXPECT_THAT(told, ElementsAre(publish_status::would_deadlock, publish_status::would_deadlock,
                                  publish_status::would_deadlock));
    told.clear();
    auto waits = bus.subscribe<order_placed>("waiter", again);
    ASSERT_TRUE(bus.publish(order_placed{3}));
    run();
    EXPECT_EQ(terms("waiter").completed, 4) << "without a limit there is a call for each";
    EXPECT_EQ(told.size(), 3U);
    ASSERT_TRUE(bus.publish(order_placed{1'000}));
    run();
    EXPECT_EQ(std::count(told.begin(), told.end(), publish_status::rejected_too_deep), 1)
        << "but not for ever";
}

TEST_F(delivered, waits_for_those_that_come_after_others) {
    std::vector<std::string> order;
    auto act = bus.subscribe<shipped>("act", [&](const shipped&) { order.emplace_back("act"); },
                                      {.after = "journal"});
    auto journal = bus.subscribe<shipped>(
        "journal", [&](const shipped&, stentor::context& ctx) -> stentor::task<> {
            co_await ctx.sleep(1ms);
            order.emplace_back("journal");
        });
    auto waits = waiter();
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    EXPECT_FALSE(report);
    pass(1ms);
    ASSERT_TRUE(report);
    EXPECT_TRUE(*report);
    EXPECT_THAT(order, ElementsAre("journal", "act"));
}

// Says when it is gone.
struct token {
    std::shared_ptr<int> alive;
};

TEST_F(delivered, is_destroyed_with_its_subscription_and_the_event_goes_on) {
    auto alive = std::make_shared<int>(0);
    auto slow = bus.subscribe<shipped>(
        "slow",
        [](const shipped&, stentor::context& ctx) -> stentor::task<> { co_await ctx.sleep(1ms); });
    auto waits = bus.subscribe<order_placed>("waiter",
                                             [this, alive](const order_placed&) -> stentor::task<> {
                                                 const token held{alive};
                                                 const shipped event{1};
                                                 report = co_await bus.delivered(event);
                                             });
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    EXPECT_EQ(alive.use_count(), 3);
    EXPECT_EQ(waits.unsubscribe(), stentor::unsubscribe_result::done);
    EXPECT_EQ(alive.use_count(), 1);
    pass(1ms);
    EXPECT_FALSE(report);
    EXPECT_EQ(terms("slow").completed, 1);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(delivered, is_cancelled_by_a_drain_at_its_deadline) {
    auto slow = bus.subscribe<shipped>(
        "slow",
        [](const shipped&, stentor::context& ctx) -> stentor::task<> { co_await ctx.sleep(1h); });
    auto waits = waiter(stentor::detail::coroutine_delivery::wait_for_ever);
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    const auto ended = bus.drain(0ms);
    EXPECT_FALSE(ended.complete);
    EXPECT_EQ(ended.suspended.size(), 2U);
    EXPECT_FALSE(report);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
    EXPECT_EQ(bus.audit().envelopes_alive, 0);
}

class delivered_in_parallel : public bus_fixture {};

TEST_F(delivered_in_parallel, keeps_many_waiting_at_once) {
    auto& bus = make_bus();
    constexpr int orders = 2'000;
    std::vector<int> seen(orders, 0);  // no atomics: the wait orders
    std::atomic<int> right{0};
    auto ships = bus.subscribe<shipped>(
        "ships", [&](const shipped& it) { seen[static_cast<std::size_t>(it.number)] += 1; });
    auto slow =
        bus.subscribe<shipped>("slow",
                               [&](const shipped& it, stentor::context& ctx) -> stentor::task<> {
                                   co_await ctx.sleep(it.number % 3 == 0 ? 100us : 0us);
                                   seen[static_cast<std::size_t>(it.number)] += 2;
                               },
                               {.after = "ships"});
    auto waits =
        bus.subscribe<order_placed>("waiter", [&](const order_placed& order) -> stentor::task<> {
            const shipped event{order.number};
            const auto all = co_await bus.delivered(event);
            right += all && seen[static_cast<std::size_t>(order.number)] == 3 ? 1 : 0;
        });
    for (int number = 0; number < orders; ++number) {
        ASSERT_TRUE(bus.publish(order_placed{number}));
    }
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(right.load(), orders);
}

TEST_F(delivered_in_parallel, ends_with_its_subscription_at_any_moment) {
    auto& bus = make_bus();
    auto ships = bus.subscribe<shipped>(
        "ships",
        [](const shipped&, stentor::context& ctx) -> stentor::task<> { co_await ctx.sleep(0us); });
    for (int round = 0; round < 200; ++round) {
        auto waits = bus.subscribe<order_placed>(
            "waiter", [&](const order_placed& order) -> stentor::task<> {
                const shipped event{order.number};
                static_cast<void>(co_await bus.delivered(event, 1ms));
            });
        for (int number = 0; number < 20; ++number) {
            ASSERT_TRUE(bus.publish(order_placed{number}));
        }
    }
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

}  // namespace
