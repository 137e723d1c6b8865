// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include "support/must_return.hpp"
#include "support/recorder.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// What becomes of an event that finds a subscription full: reject, required and block.

namespace {

using namespace stentor_test;
using stentor::publish_status;
using namespace std::chrono_literals;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};
struct other {
    static constexpr std::string_view topic = "test.other";
};

const stentor::delivery_terms& terms_of(const stentor::audit_report& audit, std::string_view name) {
    for (const auto& [subscription, terms] : audit.subscriptions) {
        if (subscription == name) {
            return terms;
        }
    }
    static const stentor::delivery_terms none{};
    ADD_FAILURE() << "no subscription " << name;
    return none;
}

class overflow : public bus_fixture {};

TEST_F(overflow, of_one_subscription_costs_the_others_nothing) {
    auto& bus = make_bus();
    gate door;
    tally calls;
    auto full = bus.subscribe<tick>("full", [&](const tick&) { door.pass(); }, {.capacity = 5});
    auto open = bus.subscribe<tick>("open", [&](const tick&) { calls.add(); });
    const open_at_end opener(door);
    for (int number = 0; number < 5; ++number) {
        EXPECT_EQ(bus.publish(tick{number}).status(), publish_status::accepted);
    }
    for (int number = 5; number < 100; ++number) {
        const auto result = bus.publish(tick{number});
        EXPECT_EQ(result.status(), publish_status::accepted_partial);
        EXPECT_FALSE(result) << "somebody was refused";
        EXPECT_FALSE(result.id().is_nil()) << "but the event is in";
    }
    EXPECT_TRUE(calls.await(100));
    door.open();
    ASSERT_TRUE(bus.wait_idle(patience));
    const auto audit = bus.audit();
    EXPECT_EQ(audit.publishes.accepted, 100);
    EXPECT_EQ(terms_of(audit, "full").accepted, 100);
    EXPECT_EQ(terms_of(audit, "full").dropped_full, 95);
    EXPECT_EQ(terms_of(audit, "full").completed, 5);
    EXPECT_EQ(terms_of(audit, "open").dropped_full, 0);
    EXPECT_EQ(terms_of(audit, "open").completed, 100);
}

TEST_F(overflow, of_all_subscriptions_refuses_the_event) {
    auto& bus = make_bus();
    gate door;
    auto one = bus.subscribe<tick>("one", [&](const tick&) { door.pass(); }, {.capacity = 1});
    auto two = bus.subscribe<tick>("two", [&](const tick&) { door.pass(); }, {.capacity = 1});
    const open_at_end opener(door);
    ASSERT_EQ(bus.publish(tick{1}).status(), publish_status::accepted);
    const auto result = bus.publish(tick{2});
    EXPECT_EQ(result.status(), publish_status::rejected_full);
    EXPECT_TRUE(bus.name_of(result.which()) == "one" || bus.name_of(result.which()) == "two");
    const auto audit = bus.audit();
    EXPECT_EQ(audit.publishes.rejected_full, 1);
    EXPECT_EQ(terms_of(audit, "one").dropped_full, 0) << "a refused publish has no side effect";
}

TEST_F(overflow, of_a_required_subscription_refuses_the_event_for_all) {
    auto& bus = make_bus();
    gate door;
    tally calls;
    auto first = bus.subscribe<tick>("first", [&](const tick&) { calls.add(); });
    auto journal = bus.subscribe<tick>("journal", [&](const tick&) { door.pass(); },
                                       {.capacity = 3, .required = true});
    auto last = bus.subscribe<tick>("last", [&](const tick&) { calls.add(); });
    const open_at_end opener(door);
    for (int number = 0; number < 3; ++number) {
        ASSERT_EQ(bus.publish(tick{number}).status(), publish_status::accepted);
    }
    for (int number = 3; number < 20; ++number) {
        const auto result = bus.publish(tick{number});
        EXPECT_EQ(result.status(), publish_status::rejected_full);
        EXPECT_EQ(bus.name_of(result.which()), "journal");
    }
    ASSERT_TRUE(calls.await(6));
    door.open();
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(calls.count(), 6) << "nobody received what the journal did not take";
    EXPECT_EQ(bus.audit().publishes.rejected_full, 17);
    EXPECT_EQ(terms_of(bus.audit(), "journal").dropped_full, 0);
}

// Credits of all required ones are taken first, all or none.
TEST_F(overflow, of_one_of_two_required_leaves_the_other_its_room) {
    auto& bus = make_bus();
    gate narrow_door;
    gate wide_door;
    auto wide = bus.subscribe<tick>("wide", [&](const tick&) { wide_door.pass(); },
                                    {.capacity = 10, .required = true});
    auto narrow = bus.subscribe<tick>("narrow", [&](const tick&) { narrow_door.pass(); },
                                      {.capacity = 1, .required = true});
    const open_at_end opener(wide_door);
    const open_at_end other_opener(narrow_door);
    ASSERT_EQ(bus.publish(tick{0}).status(), publish_status::accepted);
    for (int number = 0; number < 50; ++number) {
        const auto result = bus.publish(tick{number});
        ASSERT_EQ(result.status(), publish_status::rejected_full);
        ASSERT_EQ(bus.name_of(result.which()), "narrow");
    }
    EXPECT_EQ(terms_of(bus.audit(), "wide").outstanding(), 1);
    narrow_door.open();
    narrow.unsubscribe();
    int accepted = 0;
    while (accepted < 20 && bus.publish(tick{accepted})) {
        ++accepted;
    }
    EXPECT_EQ(accepted, 8) << "nine of ten places are for outsiders, and one was taken";
}

class blocking : public bus_fixture {};

TEST_F(blocking, publisher_waits_for_room) {
    auto& bus = make_bus();
    gate door;
    tally calls;
    auto handler =
        bus.subscribe<tick>("slow",
                            [&](const tick&) {
                                door.pass();
                                calls.add();
                            },
                            {.capacity = 1, .when_full = stentor::when_full::block{patience}});
    const open_at_end opener(door);
    ASSERT_EQ(bus.publish(tick{0}).status(), publish_status::accepted);
    ASSERT_TRUE(door.await_waiting(1));
    std::atomic<bool> returned{false};
    std::thread publisher([&] {
        EXPECT_EQ(bus.publish(tick{1}).status(), publish_status::accepted);
        returned = true;
    });
    // Nothing says "it waits now"; but a publisher that did not wait would be here soon.
    std::this_thread::sleep_for(50ms);
    EXPECT_FALSE(returned);
    door.open();
    publisher.join();
    EXPECT_TRUE(calls.await(2));
}

TEST_F(blocking, publisher_gives_up_at_the_deadline) {
    auto& bus = make_bus();
    gate door;
    tally calls;
    auto slow = bus.subscribe<tick>("slow", [&](const tick&) { door.pass(); },
                                    {.capacity = 1, .when_full = stentor::when_full::block{30ms}});
    auto fast = bus.subscribe<tick>("fast", [&](const tick&) { calls.add(); });
    const open_at_end opener(door);
    ASSERT_EQ(bus.publish(tick{0}).status(), publish_status::accepted);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(bus.publish(tick{1}).status(), publish_status::accepted_partial);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 30ms);
    EXPECT_TRUE(calls.await(2)) << "the delivery to the full one is dropped, not the event";
    EXPECT_EQ(terms_of(bus.audit(), "slow").dropped_full, 1);
}

TEST_F(blocking, publisher_of_one_that_stays_full_is_refused) {
    auto& bus = make_bus();
    gate door;
    auto slow = bus.subscribe<tick>("slow", [&](const tick&) { door.pass(); },
                                    {.capacity = 1, .when_full = stentor::when_full::block{20ms}});
    const open_at_end opener(door);
    ASSERT_EQ(bus.publish(tick{0}).status(), publish_status::accepted);
    const auto result = bus.publish(tick{1});
    EXPECT_EQ(result.status(), publish_status::rejected_full);
    EXPECT_EQ(bus.name_of(result.which()), "slow");
}

TEST_F(blocking, deadline_of_zero_does_not_wait) {
    auto& bus = make_bus();
    gate door;
    auto slow = bus.subscribe<tick>("slow", [&](const tick&) { door.pass(); },
                                    {.capacity = 1, .when_full = stentor::when_full::block{0ns}});
    const open_at_end opener(door);
    ASSERT_EQ(bus.publish(tick{0}).status(), publish_status::accepted);
    must_return("publish with a deadline of zero",
                [&] { EXPECT_EQ(bus.publish(tick{1}).status(), publish_status::rejected_full); });
}

TEST_F(blocking, longest_deadline_waits_too) {
    auto& bus = make_bus();
    gate door;
    tally calls;
    auto slow = bus.subscribe<tick>(
        "slow",
        [&](const tick&) {
            door.pass();
            calls.add();
        },
        {.capacity = 1, .when_full = stentor::when_full::block{std::chrono::nanoseconds::max()}});
    const open_at_end opener(door);
    ASSERT_EQ(bus.publish(tick{0}).status(), publish_status::accepted);
    std::thread publisher(
        [&] { EXPECT_EQ(bus.publish(tick{1}).status(), publish_status::accepted); });
    std::this_thread::sleep_for(20ms);  // a deadline that overflowed would have passed by now
    door.open();
    publisher.join();
    EXPECT_TRUE(calls.await(2));
}

TEST_F(blocking, handler_is_told_instead_of_waiting_for_itself) {
    auto& bus = make_bus();
    gate door;
    recorder<publish_status> answers;
    auto slow =
        bus.subscribe<tick>("slow", [&](const tick&) { door.pass(); },
                            {.capacity = 1, .when_full = stentor::when_full::block{patience}});
    auto handler = bus.subscribe<other>("handler", [&](const other&, stentor::context& ctx) {
        answers.add(ctx.publish(tick{1}).status());
        answers.add(bus.publish(tick{2}).status());
    });
    const open_at_end opener(door);
    ASSERT_EQ(bus.publish(tick{0}).status(), publish_status::accepted);
    ASSERT_TRUE(bus.publish(other{}));
    ASSERT_TRUE(answers.await(2));
    EXPECT_EQ(answers.all(),
              (std::vector{publish_status::would_deadlock, publish_status::would_deadlock}));
    EXPECT_EQ(bus.audit().publishes.would_deadlock, 2);
}

TEST_F(blocking, handler_publishes_while_there_is_room) {
    auto& bus = make_bus();
    tally calls;
    auto target =
        bus.subscribe<tick>("target", [&](const tick&) { calls.add(); },
                            {.capacity = 10, .when_full = stentor::when_full::block{patience}});
    auto handler = bus.subscribe<other>("handler", [&](const other&, stentor::context& ctx) {
        EXPECT_EQ(ctx.publish(tick{1}).status(), publish_status::accepted);
    });
    ASSERT_TRUE(bus.publish(other{}));
    EXPECT_TRUE(calls.await(1));
}

TEST_F(blocking, publisher_is_released_when_the_subscription_ends) {
    auto& bus = make_bus();
    gate door;
    auto slow =
        bus.subscribe<tick>("slow", [&](const tick&) { door.pass(); },
                            {.capacity = 1, .when_full = stentor::when_full::block{patience * 10}});
    const open_at_end opener(door);
    ASSERT_EQ(bus.publish(tick{0}).status(), publish_status::accepted);
    ASSERT_TRUE(door.await_waiting(1));
    must_return("a publisher that waits for a subscription that is gone", [&] {
        std::thread publisher(
            [&] { EXPECT_EQ(bus.publish(tick{1}).status(), publish_status::no_subscribers); });
        std::thread remover([&] { slow.unsubscribe(); });
        publisher.join();
        door.open();
        remover.join();
    });
}

TEST_F(blocking, publisher_is_released_by_a_drain) {
    auto& bus = make_bus();
    gate door;
    auto slow =
        bus.subscribe<tick>("slow", [&](const tick&) { door.pass(); },
                            {.capacity = 1, .when_full = stentor::when_full::block{patience * 10}});
    const open_at_end opener(door);
    ASSERT_EQ(bus.publish(tick{0}).status(), publish_status::accepted);
    ASSERT_TRUE(door.await_waiting(1));
    must_return("a publisher that waits for room in a bus that drains", [&] {
        std::thread publisher(
            [&] { EXPECT_EQ(bus.publish(tick{1}).status(), publish_status::closed); });
        std::thread drainer([&] { EXPECT_TRUE(bus.drain(patience).complete); });
        publisher.join();
        door.open();
        drainer.join();
    });
}

// Threads beyond the publisher slots share eight; those that wait for room must not keep them.
TEST_F(blocking, publishers_do_not_hold_up_the_publishers_of_other_topics) {
    auto options = small_bus();
    options.publishers = 1;
    auto& bus = make_bus(std::move(options));
    auto only = bus.publisher<other>();  // the one slot that can be leased
    gate door;
    tally others;
    tally waiting;
    auto slow =
        bus.subscribe<tick>("slow", [&](const tick&) { door.pass(); },
                            {.capacity = 1, .when_full = stentor::when_full::block{patience * 10}});
    auto free = bus.subscribe<other>("free", [&](const other&) { others.add(); });
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(door.await_waiting(1));
    constexpr int blocked = 10;
    std::vector<std::thread> publishers;
    for (int index = 0; index < blocked; ++index) {
        publishers.emplace_back([&] {
            waiting.add();
            EXPECT_EQ(bus.publish(tick{1}).status(), publish_status::accepted);
        });
    }
    ASSERT_TRUE(waiting.await(blocked));
    std::this_thread::sleep_for(50ms);  // long enough for most of them to wait inside publish
    must_return("publish of another topic", [&] { EXPECT_TRUE(bus.publish(other{})); });
    EXPECT_TRUE(others.await(1));
    door.open();
    for (auto& one : publishers) {
        one.join();
    }
}

// C7: whatever handlers do, publish comes back.
TEST_F(overflow, of_blocked_handlers_never_holds_a_publisher) {
    auto& bus = make_bus();
    gate door;
    std::vector<stentor::subscription> handlers;
    for (int index = 0; index < 6; ++index) {
        handlers.push_back(bus.subscribe<tick>("blocked-" + std::to_string(index),
                                               [&](const tick&) { door.pass(); },
                                               {.capacity = 1000}));
    }
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(door.await_waiting(4)) << "all runners, the spare ones too, are in handlers";
    must_return("publish while all handlers block", [&] {
        std::vector<std::thread> publishers;
        for (int index = 0; index < 4; ++index) {
            publishers.emplace_back([&] {
                for (int number = 0; number < 2000; ++number) {
                    static_cast<void>(bus.publish(tick{number}));
                }
            });
        }
        for (auto& one : publishers) {
            one.join();
        }
    });
    EXPECT_EQ(bus.audit().publishes.published, 8001);
    EXPECT_GT(bus.audit().publishes.rejected_full, 0);
}

}  // namespace
