// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include "support/recorder.hpp"
#include "support/terms.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

// drop_newest and drop_oldest, and who is told: on_drop and context::gap.

namespace {

using namespace stentor_test;
using stentor::drop_reason;
using stentor::publish_status;
using namespace std::chrono_literals;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};

// Does not fit a slot.
struct letter {
    static constexpr std::string_view topic = "test.letter";
    std::shared_ptr<int> number;
};

class drop : public bus_fixture {};

TEST_F(drop, of_the_newest_keeps_what_is_queued) {
    auto& bus = make_bus();
    gate door;
    recorder<int> seen;
    auto keeper = bus.subscribe<tick>(
        "keeper",
        [&](const tick& it) {
            door.pass();
            seen.add(it.number);
        },
        {.max_concurrency = 1, .capacity = 3, .when_full = stentor::when_full::drop_newest});
    const open_at_end opener(door);
    for (int number = 0; number < 10; ++number) {
        const auto result = bus.publish(tick{number});
        EXPECT_EQ(result.status(), publish_status::accepted) << "the publisher is not told";
        EXPECT_FALSE(result.id().is_nil());
    }
    EXPECT_EQ(terms_of(bus, "keeper").dropped_newest, 7);
    EXPECT_EQ(terms_of(bus, "keeper").outstanding(), 3);
    door.open();
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(seen.all(), (std::vector{0, 1, 2}));
    EXPECT_EQ(bus.audit().publishes.accepted, 10);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(drop, of_the_oldest_keeps_the_last_ones) {
    auto& bus = make_bus();
    gate door;
    recorder<int> seen;
    auto gauge = bus.subscribe<tick>(
        "gauge",
        [&](const tick& it) {
            door.pass();
            seen.add(it.number);
        },
        {.max_concurrency = 1, .capacity = 4, .when_full = stentor::when_full::drop_oldest});
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(door.await_waiting(1));  // in hand: nobody can take it back
    for (int number = 1; number < 50; ++number) {
        EXPECT_EQ(bus.publish(tick{number}).status(), publish_status::accepted);
        EXPECT_LE(terms_of(bus, "gauge").outstanding(), 4);
    }
    EXPECT_EQ(terms_of(bus, "gauge").dropped_oldest, 46);
    door.open();
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(seen.all(), (std::vector{0, 47, 48, 49}));
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(drop, of_the_oldest_with_nothing_queued_drops_the_new_one) {
    auto& bus = make_bus();
    gate door;
    tally calls;
    auto one = bus.subscribe<tick>("one",
                                   [&](const tick&) {
                                       door.pass();
                                       calls.add();
                                   },
                                   {.capacity = 1, .when_full = stentor::when_full::drop_oldest});
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(door.await_waiting(1));
    EXPECT_EQ(bus.publish(tick{1}).status(), publish_status::accepted);
    EXPECT_EQ(terms_of(bus, "one").dropped_newest, 1);
    EXPECT_EQ(terms_of(bus, "one").dropped_oldest, 0);
    door.open();
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(calls.count(), 1);
}

TEST_F(drop, destroys_the_payload_of_what_was_queued) {
    auto& bus = make_bus();
    gate door;
    auto holder =
        bus.subscribe<letter>("holder", [&](const letter&) { door.pass(); },
                              {.capacity = 2, .when_full = stentor::when_full::drop_oldest});
    const open_at_end opener(door);
    std::vector<std::weak_ptr<int>> payloads;
    for (int number = 0; number < 5; ++number) {
        auto payload = std::make_shared<int>(number);
        payloads.emplace_back(payload);
        ASSERT_TRUE(bus.publish(letter{std::move(payload)}));
        if (number == 0) {
            ASSERT_TRUE(door.await_waiting(1));
        }
    }
    EXPECT_FALSE(payloads[0].expired()) << "in the handler's hands";
    EXPECT_TRUE(payloads[1].expired());
    EXPECT_TRUE(payloads[3].expired());
    EXPECT_FALSE(payloads[4].expired());
}

TEST_F(drop, costs_the_other_subscriptions_nothing) {
    auto& bus = make_bus();
    gate door;
    tally calls;
    auto newest =
        bus.subscribe<tick>("newest", [&](const tick&) { door.pass(); },
                            {.capacity = 2, .when_full = stentor::when_full::drop_newest});
    auto oldest =
        bus.subscribe<tick>("oldest", [&](const tick&) { door.pass(); },
                            {.capacity = 2, .when_full = stentor::when_full::drop_oldest});
    auto open = bus.subscribe<tick>("open", [&](const tick&) { calls.add(); });
    const open_at_end opener(door);
    for (int number = 0; number < 100; ++number) {
        EXPECT_EQ(bus.publish(tick{number}).status(), publish_status::accepted);
    }
    EXPECT_TRUE(calls.await(100));
    door.open();
    ASSERT_TRUE(bus.wait_idle(patience));
    for (const auto* name : {"newest", "oldest"}) {
        const auto terms = terms_of(bus, name);
        EXPECT_EQ(terms.accepted, 100) << name;
        EXPECT_EQ(terms.completed + terms.dropped(), 100) << name;
        EXPECT_EQ(terms.dropped_full, 0) << name;
    }
}

TEST_F(drop, by_many_publishers_keeps_the_books) {
    auto& bus = make_bus();
    tally calls;
    auto lossy = bus.subscribe<tick>("lossy",
                                     [&](const tick&) {
                                         calls.add();
                                         std::this_thread::yield();
                                     },
                                     {.capacity = 8, .when_full = stentor::when_full::drop_oldest});
    std::vector<std::thread> publishers;
    for (int publisher = 0; publisher < 4; ++publisher) {
        publishers.emplace_back([&bus] {
            for (int number = 0; number < 5'000; ++number) {
                EXPECT_EQ(bus.publish(tick{number}).status(), publish_status::accepted);
            }
        });
    }
    for (auto& one : publishers) {
        one.join();
    }
    ASSERT_TRUE(bus.wait_idle(patience));
    const auto terms = terms_of(bus, "lossy");
    EXPECT_EQ(terms.accepted, 20'000);
    EXPECT_EQ(terms.completed, calls.count());
    EXPECT_EQ(terms.completed + terms.dropped_oldest + terms.dropped_newest, 20'000);
    EXPECT_GT(terms.dropped_oldest, 0);
}

class gap : public bus_fixture {};

TEST_F(gap, is_told_once_with_the_next_delivery) {
    auto& bus = make_bus();
    gate door;
    recorder<std::optional<stentor::gap>> gaps;
    auto handler = bus.subscribe<tick>(
        "handler",
        [&](const tick&, stentor::context& ctx) {
            gaps.add(ctx.gap());
            door.pass();
        },
        {.max_concurrency = 1, .capacity = 2, .when_full = stentor::when_full::drop_newest});
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(door.await_waiting(1));
    ASSERT_TRUE(bus.publish(tick{1}));
    const auto first = bus.publish(tick{2}).id();
    for (int number = 3; number < 7; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    door.open();
    ASSERT_TRUE(bus.wait_idle(patience));
    ASSERT_TRUE(bus.publish(tick{7}));
    ASSERT_TRUE(gaps.await(3));
    const auto all = gaps.all();
    EXPECT_FALSE(all[0]);
    ASSERT_TRUE(all[1]);
    EXPECT_EQ(all[1]->count, 5);
    EXPECT_EQ(all[1]->reason, drop_reason::newest);
    EXPECT_EQ(all[1]->first, first);
    EXPECT_FALSE(all[2]) << "told already";
}

TEST_F(gap, is_told_to_one_that_rejects) {
    auto& bus = make_bus();
    gate door;
    recorder<std::optional<stentor::gap>> gaps;
    auto full = bus.subscribe<tick>("full",
                                    [&](const tick&, stentor::context& ctx) {
                                        gaps.add(ctx.gap());
                                        door.pass();
                                    },
                                    {.capacity = 1});
    auto open = bus.subscribe<tick>("open", [](const tick&) {});
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(door.await_waiting(1));
    const auto missed = bus.publish(tick{1});
    ASSERT_EQ(missed.status(), publish_status::accepted_partial);
    door.open();
    ASSERT_TRUE(bus.wait_idle(patience));
    ASSERT_TRUE(bus.publish(tick{2}));
    ASSERT_TRUE(gaps.await(2));
    const auto told = gaps.all().back();
    ASSERT_TRUE(told);
    EXPECT_EQ(told->count, 1);
    EXPECT_EQ(told->reason, drop_reason::full);
    EXPECT_EQ(told->first, missed.id());
}

class on_drop : public bus_fixture {};

TEST_F(on_drop, is_called_on_a_runner_and_counts_everything) {
    auto& bus = make_bus();
    gate door;
    tally dropped;
    std::atomic<bool> on_publisher{false};
    const auto publisher = std::this_thread::get_id();
    auto handler = bus.subscribe<tick>("handler", [&](const tick&) { door.pass(); },
                                       {.capacity = 1,
                                        .when_full = stentor::when_full::drop_newest,
                                        .on_drop = [&](const stentor::gap& what) {
                                            EXPECT_EQ(what.reason, drop_reason::newest);
                                            EXPECT_FALSE(what.first.is_nil());
                                            if (std::this_thread::get_id() == publisher) {
                                                on_publisher = true;
                                            }
                                            dropped.add(what.count);
                                        }});
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(door.await_waiting(1));
    for (int number = 1; number < 100; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    door.open();
    EXPECT_TRUE(dropped.await(99));
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(dropped.count(), 99);
    EXPECT_FALSE(on_publisher);
}

// Nobody may ever come into the lane again; the call comes all the same.
TEST_F(on_drop, is_called_when_nothing_else_happens_in_the_lane) {
    auto& bus = make_bus();
    for (int round = 0; round < 200; ++round) {
        tally calls;
        tally dropped;
        auto handler = bus.subscribe<tick>(
            "handler", [&](const tick&) { calls.add(); },
            {.capacity = 1,
             .when_full = stentor::when_full::drop_newest,
             .on_drop = [&](const stentor::gap& what) { dropped.add(what.count); }});
        for (int number = 0; number < 20; ++number) {
            ASSERT_TRUE(bus.publish(tick{number}));
        }
        const auto missing = terms_of(bus, "handler").dropped_newest;
        EXPECT_TRUE(dropped.await(missing)) << "round " << round;
        ASSERT_TRUE(bus.wait_idle(patience));
    }
}

TEST_F(on_drop, that_throws_is_noted_and_costs_nothing) {
    auto& bus = make_bus();
    expect_failures();
    gate door;
    tally calls;
    auto handler = bus.subscribe<tick>(
        "handler",
        [&](const tick&) {
            door.pass();
            calls.add();
        },
        {.capacity = 1,
         .when_full = stentor::when_full::drop_newest,
         .on_drop = [](const stentor::gap&) { throw std::runtime_error("no room to complain"); }});
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(door.await_waiting(1));
    ASSERT_TRUE(bus.publish(tick{1}));
    door.open();
    ASSERT_TRUE(bus.wait_idle(patience));
    ASSERT_TRUE(bus.publish(tick{2}));
    EXPECT_TRUE(calls.await(2));
}

TEST_F(on_drop, is_over_when_unsubscribe_returns) {
    auto& bus = make_bus();
    for (int round = 0; round < 100; ++round) {
        auto alive = std::make_unique<std::atomic<int>>(0);
        auto handler = bus.subscribe<tick>(
            "handler", [](const tick&) {},
            {.capacity = 1,
             .when_full = stentor::when_full::drop_oldest,
             .on_drop = [told = alive.get()](const stentor::gap&) { ++*told; }});
        for (int number = 0; number < 10; ++number) {
            ASSERT_TRUE(bus.publish(tick{number}));
        }
        handler.unsubscribe();
        alive.reset();  // a later call would write to it
    }
}

}  // namespace
