// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/counted.hpp"
#include "support/gate.hpp"
#include "support/must_return.hpp"
#include "support/recorder.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

// The end of a bus: in time, from anywhere, and with an account of what became of everything.

namespace {

using namespace stentor_test;
using namespace std::chrono_literals;
using stentor::publish_status;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};
struct tock {
    static constexpr std::string_view topic = "test.tock";
    int number = 0;
};

class drain : public bus_fixture {};

TEST_F(drain, finishes_what_was_accepted) {
    auto& bus = make_bus();
    tally calls;
    auto one = bus.subscribe<tick>("one", [&](const tick&) { calls.add(); });
    auto two = bus.subscribe<tick>("two", [&](const tick&) { calls.add(); });
    constexpr int count = 5000;
    for (int number = 0; number < count; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    const auto report = bus.drain(patience);
    EXPECT_TRUE(report.complete);
    EXPECT_TRUE(report.abandoned.empty());
    EXPECT_TRUE(report.stuck.empty());
    EXPECT_EQ(calls.count(), 2 * count);
    EXPECT_TRUE(bus.closed());
}

TEST_F(drain, counts_the_deliveries_that_ended_while_it_waited) {
    auto& bus = make_bus();
    gate door;
    const stentor::subscription_options shared{.placement = stentor::placement::shared};
    auto one = bus.subscribe<tick>("one", [&](const tick&) { door.pass(); }, shared);
    auto two = bus.subscribe<tick>("two", [](const tick&) {}, shared);
    const open_at_end opener(door);
    for (int number = 0; number < 10; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    ASSERT_TRUE(door.await_waiting(1));
    std::thread drainer([&] { EXPECT_EQ(bus.drain(patience).completed, 20); });
    EXPECT_TRUE(eventually([&] { return bus.closed(); }));
    door.open();
    drainer.join();
}

TEST_F(drain, closes_the_intake_for_outsiders) {
    auto& bus = make_bus();
    auto handler = bus.subscribe<tick>("any", [](const tick&) {});
    auto hot = bus.publisher<tick>();
    EXPECT_FALSE(bus.closed());
    static_cast<void>(bus.drain());
    EXPECT_TRUE(bus.closed());
    EXPECT_EQ(bus.publish(tick{1}).status(), publish_status::closed);
    EXPECT_EQ(bus.publish(tock{1}).status(), publish_status::closed) << "also for a new topic";
    EXPECT_EQ(bus.publish(tick{1}, {.user_id = "u"}).status(), publish_status::closed);
    EXPECT_EQ(bus.publish(stentor::topic("some.text"), "{}").status(), publish_status::closed);
    EXPECT_EQ(hot.publish(tick{1}).status(), publish_status::closed);
    EXPECT_FALSE(bus.publish(tick{1}));
    const auto made = bus.try_subscribe<tick>("late", [](const tick&) {});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), stentor::errc::closed);
    EXPECT_EQ(bus.audit().publishes.closed, 6);
}

// What a running handler publishes is still taken, until the deadline.
TEST_F(drain, lets_handlers_finish_what_they_cause) {
    auto& bus = make_bus();
    gate door;
    tally tocks;
    auto chain = bus.subscribe<tick>("chain", [&](const tick& it, stentor::context& ctx) {
        door.pass();
        if (it.number < 20) {
            EXPECT_EQ(ctx.publish(tick{it.number + 1}).status(), publish_status::accepted);
        }
        EXPECT_EQ(ctx.publish(tock{it.number}).status(), publish_status::accepted);
    });
    auto tocker = bus.subscribe<tock>("tocker", [&](const tock&) { tocks.add(); });
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(door.await_waiting(1));
    std::thread drainer([&] { EXPECT_TRUE(bus.drain(patience).complete); });
    EXPECT_TRUE(eventually([&] { return bus.closed(); }));
    EXPECT_EQ(bus.publish(tick{100}).status(), publish_status::closed);
    door.open();
    drainer.join();
    EXPECT_EQ(tocks.count(), 21);
}

TEST_F(drain, is_idempotent) {
    auto& bus = make_bus();
    tally calls;
    auto handler = bus.subscribe<tick>("any", [&](const tick&) { calls.add(); });
    for (int number = 0; number < 100; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    const auto first = bus.drain(patience);
    const auto second = bus.drain(patience);
    const auto third = bus.drain(0ns);
    EXPECT_EQ(first.completed, second.completed);
    EXPECT_EQ(first.completed, third.completed);
    EXPECT_TRUE(third.complete);
    EXPECT_EQ(calls.count(), 100);
}

TEST_F(drain, may_be_called_by_many_threads_at_once) {
    auto& bus = make_bus();
    tally calls;
    auto handler = bus.subscribe<tick>("any", [&](const tick&) { calls.add(); });
    for (int number = 0; number < 2000; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    must_return("four drains at once", [&] {
        rendezvous together(4);
        std::vector<std::thread> drainers;
        for (int index = 0; index < 4; ++index) {
            drainers.emplace_back([&] {
                EXPECT_TRUE(together.meet());
                EXPECT_TRUE(bus.drain(patience).complete);
                EXPECT_EQ(calls.count(), 2000);
            });
        }
        for (auto& one : drainers) {
            one.join();
        }
    });
}

// Each caller's own deadline counts, also when another one waits longer.
TEST_F(drain, returns_by_its_own_deadline_beside_a_longer_one) {
    auto& bus = make_bus();
    gate door;
    auto handler = bus.subscribe<tick>("blocked", [&](const tick&) { door.pass(); });
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(door.await_waiting(1));
    std::thread patient([&] { static_cast<void>(bus.drain(patience * 10)); });
    EXPECT_TRUE(eventually([&] { return bus.closed(); }));
    must_return(
        "a drain of 10 ms beside one of minutes", [&] { EXPECT_FALSE(bus.drain(10ms).complete); },
        20s);
    door.open();
    patient.join();
    // The call that the short drain gave up.
    EXPECT_TRUE(eventually([&] {
        const auto audit = bus.audit();
        return audit.removed.outstanding() == 0 &&
               std::ranges::all_of(audit.subscriptions,
                                   [](const auto& one) { return one.second.outstanding() == 0; });
    }));
}

TEST_F(drain, takes_the_longest_duration) {
    auto& bus = make_bus();
    gate door;
    auto handler = bus.subscribe<tick>("blocked", [&](const tick&) { door.pass(); });
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(door.await_waiting(1));
    std::thread waiter([&] { EXPECT_TRUE(bus.wait_idle(std::chrono::nanoseconds::max())); });
    std::thread drainer([&] {
        const auto report = bus.drain(std::chrono::nanoseconds::max());
        EXPECT_TRUE(report.complete) << "it waited for the handler";
    });
    EXPECT_TRUE(eventually([&] { return bus.closed(); }));
    std::this_thread::sleep_for(20ms);  // a deadline that overflowed would have passed by now
    door.open();
    drainer.join();
    waiter.join();
}

TEST_F(drain, takes_a_negative_duration_as_none) {
    auto& bus = make_bus();
    auto handler = bus.subscribe<tick>("any", [](const tick&) {});
    EXPECT_TRUE(bus.drain(-1s).complete);
}

TEST_F(drain, inside_a_handler_does_not_wait_for_that_handler) {
    auto& bus = make_bus();
    tally drained;
    tally others;
    auto other = bus.subscribe<tock>("other", [&](const tock&) { others.add(); });
    auto handler = bus.subscribe<tick>("drains", [&](const tick&) {
        EXPECT_TRUE(bus.drain(patience).complete);
        EXPECT_EQ(others.count(), 100) << "what others had queued is done";
        EXPECT_FALSE(bus.wait_idle(patience)) << "waiting here would be waiting for itself";
        drained.add();
    });
    for (int number = 0; number < 100; ++number) {
        ASSERT_TRUE(bus.publish(tock{number}));
    }
    ASSERT_TRUE(bus.publish(tick{1}));
    ASSERT_TRUE(drained.await(1));
    EXPECT_EQ(bus.publish(tick{2}).status(), publish_status::closed);
}

TEST_F(drain, inside_several_handlers_does_not_let_them_wait_for_each_other) {
    auto& bus = make_bus();
    rendezvous together(2);
    tally drained;
    const auto both = [&](const tick&) {
        EXPECT_TRUE(together.meet());
        EXPECT_TRUE(bus.drain(patience).complete);
        drained.add();
    };
    auto one = bus.subscribe<tick>("one", both);
    auto two = bus.subscribe<tick>("two", both);
    ASSERT_TRUE(bus.publish(tick{1}));
    must_return("two handlers that drain", [&] { EXPECT_TRUE(drained.await(2)); });
}

TEST_F(drain, inside_a_handler_and_outside_go_together) {
    auto& bus = make_bus();
    gate door;
    tally drained;
    auto handler = bus.subscribe<tick>("drains", [&](const tick&) {
        door.pass();
        EXPECT_TRUE(bus.drain(patience).complete);
        drained.add();
    });
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{1}));
    ASSERT_TRUE(door.await_waiting(1));
    must_return("a drain outside and one inside a handler", [&] {
        std::thread outside([&] { EXPECT_TRUE(bus.drain(patience).complete); });
        door.open();
        outside.join();
    });
    EXPECT_EQ(drained.count(), 1);
}

TEST_F(drain, at_its_deadline_cancels_what_is_queued) {
    auto& bus = make_bus();
    gate door;
    constexpr int count = 50;
    auto ticks =
        bus.subscribe<tick>("ticks", [&](const tick&) { door.pass(); }, {.max_concurrency = 1});
    auto tocks =
        bus.subscribe<tock>("tocks", [&](const tock&) { door.pass(); }, {.max_concurrency = 1});
    const open_at_end opener(door);
    for (int number = 0; number < count; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
        ASSERT_TRUE(bus.publish(tock{number}));
    }
    ASSERT_TRUE(door.await_waiting(2));
    std::thread opens_late([&] {
        // Once queued deliveries are cancelled, within the second of grace.
        EXPECT_TRUE(eventually([&] {
            std::int64_t cancelled = 0;
            for (const auto& [name, terms] : bus.audit().subscriptions) {
                cancelled += terms.cancelled;
            }
            return cancelled > 0;
        }));
        door.open();
    });
    const auto report = bus.drain(0ns);
    opens_late.join();
    EXPECT_FALSE(report.complete);
    EXPECT_TRUE(report.stuck.empty()) << "they came back within the second of grace";
    std::int64_t abandoned = 0;
    for (const auto& one : report.abandoned) {
        EXPECT_TRUE(one.topic == "test.tick" || one.topic == "test.tock") << one.topic;
        abandoned += one.deliveries;
    }
    std::int64_t cancelled = 0;
    std::int64_t completed = 0;
    for (const auto& [name, terms] : bus.audit().subscriptions) {
        cancelled += terms.cancelled;
        completed += terms.completed;
    }
    EXPECT_EQ(abandoned, cancelled);
    EXPECT_EQ(report.completed, completed);
    EXPECT_EQ(cancelled + completed, 2 * count);
    EXPECT_GT(cancelled, 0);
}

// Cancelled deliveries of a subscription that went before are not this drain's.
TEST_F(drain, reports_only_what_it_cancelled_itself) {
    auto& bus = make_bus();
    gate door;
    gate gone_door;
    auto stays =
        bus.subscribe<tick>("stays", [&](const tick&) { door.pass(); }, {.max_concurrency = 1});
    auto goes =
        bus.subscribe<tick>("goes", [&](const tick&) { gone_door.pass(); }, {.max_concurrency = 1});
    const open_at_end opener(door);
    const open_at_end other_opener(gone_door);
    for (int number = 0; number < 6; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    ASSERT_TRUE(door.await_waiting(1));
    ASSERT_TRUE(gone_door.await_waiting(1));
    std::thread remover([&] { goes.unsubscribe(); });
    ASSERT_TRUE(eventually([&] { return bus.audit().subscriptions.size() == 1; }));
    gone_door.open();
    remover.join();
    ASSERT_TRUE(eventually([&] { return bus.audit().removed.cancelled == 5; }));
    for (int number = 0; number < 10; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    std::thread opens_late([&] {
        // The queued ones at once; those behind the running call when it returns.
        EXPECT_TRUE(
            eventually([&] { return bus.audit().subscriptions.front().second.cancelled >= 10; }));
        door.open();
    });
    const auto report = bus.drain(0ns);
    opens_late.join();
    ASSERT_EQ(report.abandoned.size(), 1U);
    EXPECT_EQ(report.abandoned.front().deliveries, 15);
}

TEST_F(drain, goes_on_with_the_reads) {
    auto& bus = make_bus();
    auto handler = bus.subscribe<tick>("any", [](const tick&) {});
    ASSERT_TRUE(bus.publish(tick{1}));
    static_cast<void>(bus.drain());
    EXPECT_EQ(bus.audit().subscriptions.front().second.completed, 1);
    EXPECT_EQ(bus.snapshot().subscriptions.front().name, "any");
    EXPECT_FALSE(stentor::prometheus_text(bus.snapshot()).empty());
    EXPECT_NE(handler.unsubscribe(), stentor::unsubscribe_result::deferred);
}

TEST_F(drain, destroys_the_handlers) {
    ledger book;
    auto& bus = make_bus();
    auto handler = bus.subscribe<tick>("any", [held = counted(book)](const tick&) {});
    bus.keep(bus.subscribe<tick>("kept", [held = counted(book)](const tick&) {}));
    ASSERT_TRUE(bus.publish(tick{1}));
    static_cast<void>(bus.drain());
    EXPECT_EQ(book.alive(), 0);
}

class wait_idle : public bus_fixture {};

TEST_F(wait_idle, waits_without_closing) {
    auto& bus = make_bus();
    std::atomic<int> calls{0};
    auto chain = bus.subscribe<tick>("chain", [&](const tick& it, stentor::context& ctx) {
        calls.fetch_add(1);
        if (it.number > 0) {
            EXPECT_TRUE(ctx.publish(tick{it.number - 1}));
        }
    });
    for (int round = 1; round <= 20; ++round) {
        ASSERT_TRUE(bus.publish(tick{9}));
        ASSERT_TRUE(bus.wait_idle(patience));
        ASSERT_EQ(calls, round * 10) << "what handlers cause is waited for too";
    }
    EXPECT_FALSE(bus.closed());
}

TEST_F(wait_idle, says_no_at_its_deadline) {
    auto& bus = make_bus();
    gate door;
    auto handler = bus.subscribe<tick>("blocked", [&](const tick&) { door.pass(); });
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{1}));
    EXPECT_FALSE(bus.wait_idle(5ms));
    EXPECT_FALSE(bus.wait_idle(0ns));
    door.open();
    EXPECT_TRUE(bus.wait_idle(patience));
}

TEST_F(wait_idle, of_a_new_bus_is_true_at_once) {
    EXPECT_TRUE(make_bus().wait_idle(0ns));
}

}  // namespace
