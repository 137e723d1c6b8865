// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/counted.hpp"
#include "support/gate.hpp"
#include "support/must_return.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// A subscription with an owner ends when the owner does, and keeps it alive during each call.

namespace {

using namespace stentor_test;
using stentor::publish_status;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};

struct widget {
    explicit widget(tally& to) : calls(to) {}
    ~widget() { alive = false; }
    void on_tick() {
        EXPECT_TRUE(alive);
        calls.add();
    }
    tally& calls;
    std::atomic<bool> alive{true};
};

class owner : public bus_fixture {};

TEST_F(owner, decides_how_long_the_subscription_lives) {
    auto& bus = make_bus();
    ledger book;
    tally calls;
    auto object = std::make_shared<widget>(calls);
    bus.keep(bus.subscribe<tick>(
        "widget", [raw = object.get(), held = counted(book)](const tick&) { raw->on_tick(); },
        {.owner = std::weak_ptr<const void>(object)}));
    ASSERT_TRUE(bus.publish(tick{1}));
    ASSERT_TRUE(calls.await(1));
    ASSERT_TRUE(bus.wait_idle(patience));
    object.reset();
    static_cast<void>(bus.publish(tick{2}));
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(calls.count(), 1);
    EXPECT_TRUE(eventually([&] { return book.alive() == 0; })) << "the captures go, too";
    EXPECT_TRUE(eventually([&] { return bus.audit().subscriptions.empty(); }));
    EXPECT_EQ(bus.publish(tick{3}).status(), publish_status::no_subscribers);
    EXPECT_TRUE(eventually([&] { return bus.audit().removed.cancelled == 1; }))
        << "what came too late is cancelled: " << bus.audit().to_string();
}

TEST_F(owner, is_kept_alive_during_a_call) {
    auto& bus = make_bus();
    gate door;
    tally calls;
    auto object = std::make_shared<widget>(calls);
    auto handle = bus.subscribe<tick>("widget",
                                      [raw = object.get(), &door](const tick&) {
                                          door.pass();
                                          raw->on_tick();
                                      },
                                      {.owner = std::weak_ptr<const void>(object)});
    ASSERT_TRUE(bus.publish(tick{1}));
    ASSERT_TRUE(door.await_waiting(1));
    object.reset();
    door.open();
    EXPECT_TRUE(calls.await(1));
}

TEST_F(owner, that_is_gone_gives_the_name_back) {
    auto& bus = make_bus();
    tally calls;
    for (int turn = 0; turn < 3; ++turn) {
        auto object = std::make_shared<widget>(calls);
        auto made = bus.try_subscribe<tick>("widget", [](const tick&) {},
                                            {.owner = std::weak_ptr<const void>(object)});
        ASSERT_TRUE(made) << made.error().message();
        bus.keep(*std::move(made));
    }
    EXPECT_EQ(bus.publish(tick{1}).status(), publish_status::accepted)
        << "nobody has noticed yet that the last one is gone";
}

// The object holds its own subscription; its last reference may be the one that a call holds.
TEST_F(owner, may_hold_the_subscription_that_it_owns) {
    struct self_made {
        stentor::subscription handle;
        tally* calls = nullptr;
    };
    auto& bus = make_bus();
    for (int round = 0; round < 30; ++round) {
        gate door;
        tally calls;
        auto object = std::make_shared<self_made>();
        object->handle =
            bus.subscribe<tick>("self-made",
                                [&](const tick&) {
                                    door.pass();
                                    calls.add();
                                },
                                {.max_concurrency = 1, .owner = std::weak_ptr<const void>(object)});
        for (int number = 0; number < 3; ++number) {
            ASSERT_TRUE(bus.publish(tick{number}));
        }
        ASSERT_TRUE(door.await_waiting(1));
        object.reset();  // now only the call holds it
        door.open();
        must_return("the end of an owner within a call of its own subscription", [&] {
            EXPECT_TRUE(bus.wait_idle(patience));
            EXPECT_TRUE(eventually([&] { return bus.audit().subscriptions.empty(); }));
        });
    }
}

TEST_F(owner, may_end_while_others_publish) {
    auto& bus = make_bus();
    std::atomic<bool> stop{false};
    std::thread publisher([&] {
        while (!stop) {
            static_cast<void>(bus.publish(tick{1}));
        }
    });
    tally calls;
    for (int round = 0; round < 100; ++round) {
        auto object = std::make_shared<widget>(calls);
        auto handle =
            bus.subscribe<tick>("widget", [raw = object.get()](const tick&) { raw->on_tick(); },
                                {.owner = std::weak_ptr<const void>(object)});
        std::this_thread::yield();
        object.reset();
    }
    stop = true;
    publisher.join();
}

TEST_F(owner, of_a_subscription_in_a_shared_lane_ends_only_that_one) {
    auto& bus = make_bus();
    tally owned;
    tally other;
    auto object = std::make_shared<int>(1);
    auto one = bus.subscribe<tick>(
        "owned", [&](const tick&) { owned.add(); },
        {.placement = stentor::placement::shared, .owner = std::weak_ptr<const void>(object)});
    auto two = bus.subscribe<tick>("other", [&](const tick&) { other.add(); },
                                   {.placement = stentor::placement::shared});
    ASSERT_TRUE(bus.publish(tick{1}));
    ASSERT_TRUE(bus.wait_idle(patience));
    object.reset();
    for (int number = 0; number < 10; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(owned.count(), 1);
    EXPECT_EQ(other.count(), 11);
}

}  // namespace
