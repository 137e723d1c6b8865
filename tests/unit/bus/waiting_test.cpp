// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include "support/must_return.hpp"
#include "support/recorder.hpp"
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

// publish_for and publish_and_wait.

namespace {

using namespace stentor_test;
using stentor::delivery_status;
using stentor::publish_status;
using namespace std::chrono_literals;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};
struct tock {
    static constexpr std::string_view topic = "test.tock";
};

delivery_status status_of(const stentor::delivery_report& report, std::string_view name) {
    const auto* found = report.find(name);
    EXPECT_NE(found, nullptr) << name;
    return found != nullptr ? found->status : delivery_status::pending;
}

class publish_and_wait : public bus_fixture {};

TEST_F(publish_and_wait, tells_one_outcome_per_subscription) {
    auto& bus = make_bus();
    expect_failures();
    auto good = bus.subscribe<tick>("good", [](const tick&) {});
    auto bad = bus.subscribe<tick>(
        "bad", [](const tick& it) { throw std::runtime_error("no " + std::to_string(it.number)); });
    auto any = bus.subscribe("any", stentor::pattern("test.>"), [](const stentor::any_event&) {});
    for (int number = 0; number < 200; ++number) {  // also when the cheap ones share a lane
        const auto report = bus.publish_and_wait(tick{number}, patience);
        EXPECT_EQ(report.published().status(), publish_status::accepted);
        EXPECT_TRUE(report.settled());
        EXPECT_FALSE(report) << "one of them failed";
        ASSERT_EQ(report.size(), 3U);
        EXPECT_EQ(status_of(report, "good"), delivery_status::completed);
        EXPECT_EQ(status_of(report, "any"), delivery_status::completed);
        EXPECT_EQ(status_of(report, "bad"), delivery_status::failed);
        EXPECT_EQ(report.find("bad")->error, "no " + std::to_string(number));
    }
}

TEST_F(publish_and_wait, has_waited_for_the_handlers) {
    auto& bus = make_bus();
    int seen = 0;  // no atomic: the wait orders
    auto handler = bus.subscribe<tick>("handler", [&](const tick& it) { seen = it.number; });
    for (int number = 1; number <= 1'000; ++number) {
        ASSERT_TRUE(bus.publish_and_wait(tick{number}, patience));
        ASSERT_EQ(seen, number);
    }
}

TEST_F(publish_and_wait, returns_at_its_timeout_with_what_is_pending) {
    auto& bus = make_bus();
    gate door;
    tally calls;
    auto slow = bus.subscribe<tick>("slow", [&](const tick&) {
        door.pass();
        calls.add();
    });
    const open_at_end opener(door);
    const auto report = bus.publish_and_wait(tick{1}, 20ms);
    EXPECT_FALSE(report.settled());
    EXPECT_FALSE(report);
    EXPECT_EQ(status_of(report, "slow"), delivery_status::pending);
    door.open();
    EXPECT_TRUE(calls.await(1)) << "it goes on";
}

TEST_F(publish_and_wait, tells_what_was_dropped) {
    auto& bus = make_bus();
    gate door;
    auto full = bus.subscribe<tick>("full", [&](const tick&) { door.pass(); }, {.capacity = 1});
    auto lossy = bus.subscribe<tick>("lossy", [&](const tick&) { door.pass(); },
                                     {.capacity = 1, .when_full = stentor::when_full::drop_newest});
    auto open = bus.subscribe<tick>("open", [](const tick&) {});
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{0}));
    const auto report = bus.publish_and_wait(tick{1}, patience);
    EXPECT_EQ(report.published().status(), publish_status::accepted_partial);
    EXPECT_TRUE(report.settled());
    EXPECT_EQ(status_of(report, "full"), delivery_status::dropped);
    EXPECT_EQ(status_of(report, "lossy"), delivery_status::dropped);
    EXPECT_EQ(status_of(report, "open"), delivery_status::completed);
}

TEST_F(publish_and_wait, tells_what_was_displaced_later) {
    auto& bus = make_bus();
    gate door;
    auto lossy = bus.subscribe<tick>(
        "lossy", [&](const tick&) { door.pass(); },
        {.max_concurrency = 1, .capacity = 2, .when_full = stentor::when_full::drop_oldest});
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(door.await_waiting(1));
    std::atomic<bool> told{false};
    std::thread waiter([&] {
        const auto report = bus.publish_and_wait(tick{1}, patience);
        EXPECT_EQ(status_of(report, "lossy"), delivery_status::dropped);
        told = true;
    });
    // Until it is told: nothing shows from outside when an event has its place in a lane, and one
    // that comes before this thread's is displaced by the next, one that comes after it not yet.
    while (!told) {
        EXPECT_TRUE(bus.publish(tick{2}));
        std::this_thread::yield();
    }
    waiter.join();
}

TEST_F(publish_and_wait, ends_when_the_subscription_ends) {
    auto& bus = make_bus();
    gate door;
    auto busy =
        bus.subscribe<tick>("busy", [&](const tick&) { door.pass(); }, {.max_concurrency = 1});
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(door.await_waiting(1));
    std::thread waiter([&] {
        const auto report = bus.publish_and_wait(tick{1}, patience);
        EXPECT_EQ(status_of(report, "busy"), delivery_status::cancelled);
    });
    while (bus.audit().publishes.accepted < 2) {
        std::this_thread::yield();
    }
    std::thread end([&] { busy.unsubscribe(); });
    // Off the list, and closed, under one lock.
    while (!bus.audit().subscriptions.empty()) {
        std::this_thread::yield();
    }
    door.open();
    end.join();
    waiter.join();
}

TEST_F(publish_and_wait, of_an_expired_event_says_so) {
    auto& bus = make_bus();
    gate door;
    auto busy =
        bus.subscribe<tick>("busy", [&](const tick&) { door.pass(); }, {.max_concurrency = 1});
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(door.await_waiting(1));
    std::thread waiter([&] {
        for (bool published = false; !published;) {
            const auto soon = std::chrono::system_clock::now() + 5ms;
            const auto report = bus.publish_and_wait(tick{1}, patience, {.expires_at = soon});
            // A thread that had no CPU for so long comes too late to publish it.
            published = report.published().status() != publish_status::expired;
            EXPECT_TRUE(!published || status_of(report, "busy") == delivery_status::expired);
        }
    });
    while (bus.audit().publishes.accepted < 2) {
        std::this_thread::yield();
    }
    std::this_thread::sleep_for(6ms);
    door.open();
    waiter.join();
}

TEST_F(publish_and_wait, without_subscribers_returns_at_once) {
    auto& bus = make_bus();
    const auto report = bus.publish_and_wait(tick{1}, patience);
    EXPECT_EQ(report.published().status(), publish_status::no_subscribers);
    EXPECT_TRUE(report.settled());
    EXPECT_TRUE(report.empty());
    EXPECT_TRUE(report);
}

TEST_F(publish_and_wait, of_a_refused_event_has_no_outcomes) {
    auto& bus = make_bus();
    gate door;
    auto full = bus.subscribe<tick>("full", [&](const tick&) { door.pass(); }, {.capacity = 1});
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{0}));
    const auto report = bus.publish_and_wait(tick{1}, patience);
    EXPECT_EQ(report.published().status(), publish_status::rejected_full);
    EXPECT_TRUE(report.empty());
    EXPECT_FALSE(report);
}

TEST_F(publish_and_wait, inside_a_handler_publishes_nothing) {
    auto& bus = make_bus();
    recorder<publish_status> seen;
    tally calls;
    auto inner = bus.subscribe<tock>("inner", [&](const tock&) { calls.add(); });
    auto outer = bus.subscribe<tick>("outer", [&](const tick&) {
        seen.add(bus.publish_and_wait(tock{}, patience).published().status());
    });
    must_return("publish_and_wait in a handler", [&] {
        ASSERT_TRUE(bus.publish(tick{1}));
        ASSERT_TRUE(seen.await(1));
    });
    EXPECT_EQ(seen.all().front(), publish_status::would_deadlock);
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(calls.count(), 0);
    EXPECT_EQ(bus.audit().publishes.would_deadlock, 1);
}

TEST_F(publish_and_wait, steps_an_executor_without_threads) {
    auto options = small_bus();
    options.executor = std::make_shared<stentor::manual_executor>(7);
    options.clock = &clock_;
    auto& bus = make_bus(std::move(options));
    tally calls;
    auto handler = bus.subscribe<tick>("handler", [&](const tick&) { calls.add(); });
    EXPECT_TRUE(bus.publish_and_wait(tick{1}, 1s));
    EXPECT_EQ(calls.count(), 1);
}

class publish_for : public bus_fixture {};

TEST_F(publish_for, waits_for_room_in_one_that_rejects) {
    auto& bus = make_bus();
    gate door;
    tally calls;
    auto full = bus.subscribe<tick>("full",
                                    [&](const tick&) {
                                        door.pass();
                                        calls.add();
                                    },
                                    {.capacity = 1});
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(door.await_waiting(1));
    EXPECT_EQ(bus.publish(tick{1}).status(), publish_status::rejected_full);
    std::thread later([&] {
        std::this_thread::sleep_for(20ms);
        door.open();
    });
    EXPECT_EQ(bus.publish_for(tick{2}, patience).status(), publish_status::accepted);
    later.join();
    EXPECT_TRUE(calls.await(2));
}

TEST_F(publish_for, gives_up_at_its_deadline) {
    auto& bus = make_bus();
    gate door;
    auto full = bus.subscribe<tick>("full", [&](const tick&) { door.pass(); }, {.capacity = 1});
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{0}));
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(bus.publish_for(tick{1}, 30ms).status(), publish_status::rejected_full);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 30ms);
    must_return("publish_for with a negative deadline", [&] {
        EXPECT_EQ(bus.publish_for(tick{2}, -1ms).status(), publish_status::rejected_full);
    });
}

TEST_F(publish_for, waits_for_all_of_several) {
    auto& bus = make_bus();
    gate door;
    tally calls;
    const auto handle = [&](const tick&) {
        door.pass();
        calls.add();
    };
    auto one = bus.subscribe<tick>("one", handle, {.capacity = 1});
    auto two = bus.subscribe<tick>("two", handle,
                                   {.capacity = 1, .when_full = stentor::when_full::drop_newest});
    auto three = bus.subscribe<tick>("three", handle);
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{0}));
    std::thread later([&] {
        std::this_thread::sleep_for(20ms);
        door.open();
    });
    EXPECT_EQ(bus.publish_for(tick{1}, patience).status(), publish_status::accepted);
    later.join();
    EXPECT_TRUE(calls.await(6)) << "nobody dropped it, whatever its policy";
}

TEST_F(publish_for, does_not_wait_inside_a_handler) {
    auto& bus = make_bus();
    gate door;
    recorder<publish_status> seen;
    auto full = bus.subscribe<tock>("full", [&](const tock&) { door.pass(); }, {.capacity = 1});
    auto outer = bus.subscribe<tick>(
        "outer", [&](const tick&) { seen.add(bus.publish_for(tock{}, patience).status()); });
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tock{}));
    must_return("publish_for in a handler", [&] {
        ASSERT_TRUE(bus.publish(tick{1}));
        ASSERT_TRUE(seen.await(1));
    });
    EXPECT_EQ(seen.all().front(), publish_status::would_deadlock);
}

}  // namespace
