// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/counted.hpp"
#include "support/gate.hpp"
#include "support/patience.hpp"
#include "support/terms.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

// The ends of subscriptions and buses whose handlers publishers call.

namespace {

using namespace std::chrono_literals;
using namespace stentor_test;
using stentor::execution;

struct knock {
    static constexpr std::string_view topic = "test.knock";
    int number = 0;
};
struct letter {
    static constexpr std::string_view topic = "test.letter";
    std::string text;
};

class inline_handler : public bus_fixture {};

TEST_F(inline_handler, unsubscribe_waits_for_the_call_that_runs) {
    auto& bus = make_bus();
    gate inside;
    ledger book;
    std::atomic<bool> ended{false};
    auto door = bus.subscribe<knock>("door",
                                     [&, held = counted(book)](const knock&) {
                                         inside.pass();
                                         ended = true;
                                     },
                                     {.execution = execution::inline_});
    std::thread publisher([&] { bus.publish(knock{}); });
    ASSERT_TRUE(inside.await_waiting(1));
    std::thread opener([&] { inside.open(); });
    EXPECT_EQ(door.unsubscribe(), stentor::unsubscribe_result::done);
    EXPECT_TRUE(ended);
    EXPECT_EQ(book.alive(), 0);
    opener.join();
    publisher.join();
}

TEST_F(inline_handler, unsubscribe_of_itself_is_deferred) {
    ledger book;
    auto& bus = make_bus();
    stentor::subscription door;
    std::optional<stentor::unsubscribe_result> result;
    int calls = 0;
    door = bus.subscribe<knock>("door",
                                [&, held = counted(book)](const knock&) {
                                    ++calls;
                                    result = door.unsubscribe();
                                },
                                {.execution = execution::inline_});
    bus.publish(knock{});
    bus.publish(knock{});
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(result, stentor::unsubscribe_result::deferred);
    EXPECT_TRUE(eventually([&] { return book.alive() == 0; }));
}

TEST_F(inline_handler, unsubscribe_of_each_other_does_not_deadlock) {
    auto& bus = make_bus();
    rendezvous both(2);
    stentor::subscription left;
    stentor::subscription right;
    left = bus.subscribe<knock>("left",
                                [&](const knock&) {
                                    both.meet();
                                    right.unsubscribe();
                                },
                                {.execution = execution::inline_});
    right = bus.subscribe<letter>("right",
                                  [&](const letter&) {
                                      both.meet();
                                      left.unsubscribe();
                                  },
                                  {.execution = execution::inline_});
    std::thread one([&] { bus.publish(knock{}); });
    std::thread two([&] { bus.publish(letter{"x"}); });
    one.join();
    two.join();
    EXPECT_FALSE(left.active());
    EXPECT_FALSE(right.active());
}

TEST_F(inline_handler, unsubscribe_may_race_with_publishers) {
    auto& bus = make_bus();
    std::atomic<bool> stop{false};
    std::vector<std::thread> publishers;
    for (int index = 0; index < 3; ++index) {
        publishers.emplace_back([&] {
            while (!stop) {
                bus.publish(knock{1});
                std::this_thread::yield();
            }
        });
    }
    for (int turn = 0; turn < 300; ++turn) {
        auto alive = std::make_unique<std::atomic<int>>(1);
        auto door = bus.subscribe<knock>(
            "door", [poisoned = alive.get()](const knock& it) { *poisoned += it.number; },
            {.execution = execution::inline_});
        std::this_thread::yield();
        ASSERT_EQ(door.unsubscribe(), stentor::unsubscribe_result::done);
        *alive = -1'000'000;
        alive.reset();  // a call after this is found by AddressSanitizer
    }
    stop = true;
    for (auto& one : publishers) {
        one.join();
    }
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(inline_handler, subscribes_and_unsubscribes_others_inside) {
    auto& bus = make_bus();
    int calls = 0;
    stentor::subscription other;
    auto door = bus.subscribe<knock>(
        "door",
        [&](const knock&) {
            other = bus.subscribe<letter>("other", [&](const letter&) { ++calls; },
                                          {.execution = execution::inline_});
            bus.publish(letter{"a"});
            EXPECT_EQ(other.unsubscribe(), stentor::unsubscribe_result::done);
            bus.publish(letter{"b"});
        },
        {.execution = execution::inline_});
    ASSERT_TRUE(bus.publish(knock{}));
    EXPECT_EQ(calls, 1);
}

TEST_F(inline_handler, ends_with_its_owner) {
    auto& bus = make_bus();
    auto owner = std::make_shared<int>(0);
    auto door = bus.subscribe<knock>("door", [at = owner.get()](const knock&) { ++*at; },
                                     {.execution = execution::inline_, .owner = owner});
    ASSERT_TRUE(bus.publish(knock{}));
    EXPECT_EQ(*owner, 1);
    owner.reset();
    bus.publish(knock{});
    EXPECT_FALSE(door.active());
}

TEST_F(inline_handler, may_drain_from_inside) {
    auto& bus = make_bus();
    tally letters;
    auto pool = bus.subscribe<letter>("pool", [&](const letter&) { letters.add(); });
    std::optional<bool> complete;
    auto door = bus.subscribe<knock>("door",
                                     [&](const knock&) {
                                         bus.publish(letter{"x"});
                                         EXPECT_FALSE(bus.wait_idle(1s))
                                             << "it would wait for itself";
                                         complete = bus.drain(patience).complete;
                                     },
                                     {.execution = execution::inline_});
    bus.publish(knock{});
    EXPECT_EQ(complete, true);
    EXPECT_EQ(letters.count(), 1);
    EXPECT_EQ(bus.publish(knock{}).status(), stentor::publish_status::closed);
}

TEST_F(inline_handler, is_waited_for_by_a_drain) {
    auto& bus = make_bus();
    gate inside;
    std::atomic<bool> ended{false};
    auto door = bus.subscribe<knock>("door",
                                     [&](const knock&) {
                                         inside.pass();
                                         ended = true;
                                     },
                                     {.execution = execution::inline_});
    std::thread publisher([&] { bus.publish(knock{}); });
    ASSERT_TRUE(inside.await_waiting(1));
    EXPECT_FALSE(bus.wait_idle(1ms));
    EXPECT_EQ(terms_of(bus, "door").running, 1);
    std::thread opener([&] { inside.open(); });
    EXPECT_TRUE(bus.drain(patience).complete);
    EXPECT_TRUE(ended);
    opener.join();
    publisher.join();
}

}  // namespace
