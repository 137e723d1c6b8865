// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include "support/recorder.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

// What publish answers, who gets the event, and how events are named.

namespace {

using namespace stentor_test;
using stentor::publish_status;

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    int number = 0;
};
struct order_paid {
    static constexpr std::string_view topic = "order.paid";
    int number = 0;
};
// Another type on the topic of order_placed.
struct impostor {
    static constexpr std::string_view topic = "order.placed";
    std::string number;
};

class publish : public bus_fixture {};

TEST_F(publish, reaches_every_subscription_once) {
    auto& bus = make_bus();
    recorder<int> typed;
    recorder<int> all;
    auto one =
        bus.subscribe<order_placed>("one", [&](const order_placed& it) { typed.add(it.number); });
    auto two =
        bus.subscribe<order_placed>("two", [&](const order_placed& it) { typed.add(it.number); });
    auto rest = bus.subscribe("all", stentor::pattern(">"), [&](const stentor::any_event& event) {
        if (const auto* placed = event.as<order_placed>()) {
            all.add(placed->number);
        }
    });
    constexpr int count = 500;
    for (int number = 0; number < count; ++number) {
        EXPECT_EQ(bus.publish(order_placed{number}).status(), publish_status::accepted);
    }
    ASSERT_TRUE(typed.await(2 * count));
    ASSERT_TRUE(all.await(count));
    EXPECT_TRUE(bus.wait_idle(patience));
    std::vector<int> calls(count);
    for (const int number : typed.all()) {
        ++calls[static_cast<std::size_t>(number)];
    }
    EXPECT_EQ(calls, std::vector<int>(count, 2));
    EXPECT_EQ(all.size(), std::size_t{count});
}

TEST_F(publish, keeps_to_its_topic) {
    auto& bus = make_bus();
    tally placed;
    tally paid;
    auto one = bus.subscribe<order_placed>("placed", [&](const order_placed&) { placed.add(); });
    auto two = bus.subscribe<order_paid>("paid", [&](const order_paid&) { paid.add(); });
    ASSERT_TRUE(bus.publish(order_paid{1}));
    ASSERT_TRUE(bus.publish(order_paid{2}));
    ASSERT_TRUE(bus.publish(order_placed{3}));
    EXPECT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(placed.count(), 1);
    EXPECT_EQ(paid.count(), 2);
}

TEST_F(publish, to_nobody_is_no_error) {
    auto& bus = make_bus();
    const auto result = bus.publish(order_placed{});
    EXPECT_EQ(result.status(), publish_status::no_subscribers);
    EXPECT_TRUE(result);
    EXPECT_EQ(bus.audit().publishes.no_subscribers, 1);
}

TEST_F(publish, knows_beforehand_whether_somebody_listens) {
    auto& bus = make_bus();
    EXPECT_FALSE(bus.would_deliver<order_placed>());
    auto all = bus.subscribe("all", stentor::pattern("order.>"), [](const stentor::any_event&) {});
    EXPECT_TRUE(bus.would_deliver<order_placed>());
    all.unsubscribe();
    EXPECT_FALSE(bus.would_deliver<order_placed>());
}

TEST_F(publish, refuses_another_type_on_a_topic) {
    auto& bus = make_bus();
    tally calls;
    auto handler = bus.subscribe<order_placed>("placed", [&](const order_placed&) { calls.add(); });
    const auto result = bus.publish(impostor{"7"});
    EXPECT_EQ(result.status(), publish_status::type_mismatch);
    EXPECT_FALSE(result);
    EXPECT_TRUE(result.id().is_nil());
    EXPECT_TRUE(bus.publish(order_placed{7})) << "the topic's own type is not affected";
    EXPECT_TRUE(calls.await(1));
    EXPECT_EQ(bus.audit().publishes.type_mismatch, 1);
}

TEST_F(publish, refuses_a_subscription_of_another_type) {
    auto& bus = make_bus();
    ASSERT_EQ(bus.publish(order_placed{1}).status(), publish_status::no_subscribers);
    const auto made = bus.try_subscribe<impostor>("impostor", [](const impostor&) {});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), stentor::errc::type_mismatch);
    EXPECT_NE(made.error().message().find("order.placed"), std::string::npos)
        << made.error().message();
    EXPECT_NE(made.error().message().find("impostor"), std::string::npos);
}

TEST_F(publish, refuses_text_on_the_topic_of_a_type_and_the_reverse) {
    auto& bus = make_bus();
    ASSERT_TRUE(bus.publish(order_placed{1}));
    EXPECT_EQ(bus.publish(stentor::topic("order.placed"), "{}").status(),
              publish_status::type_mismatch);
    ASSERT_TRUE(bus.publish(stentor::topic("order.paid"), "{}"));
    EXPECT_EQ(bus.publish(order_paid{1}).status(), publish_status::type_mismatch);
}

TEST_F(publish, gives_each_event_a_uuid_of_its_own) {
    auto& bus = make_bus();
    recorder<stentor::event_id> seen;
    auto handler = bus.subscribe<order_placed>(
        "ids", [&](const order_placed&, stentor::context& ctx) { seen.add(ctx.id()); });
    constexpr int threads = 4;
    constexpr int each = 2000;
    recorder<stentor::event_id> told;
    std::vector<std::thread> publishers;
    for (int index = 0; index < threads; ++index) {
        publishers.emplace_back([&] {
            for (int number = 0; number < each; ++number) {
                told.add(bus.publish(order_placed{number}).id());
            }
        });
    }
    for (auto& one : publishers) {
        one.join();
    }
    ASSERT_TRUE(seen.await(threads * each));
    const auto handled = seen.all();
    const auto published = told.all();
    const std::unordered_set<stentor::event_id> unique(handled.begin(), handled.end());
    EXPECT_EQ(unique.size(), std::size_t{threads * each});
    EXPECT_EQ(unique, std::unordered_set(published.begin(), published.end()))
        << "publishers and handlers know events by the same ids";
    for (const auto& id : {handled.front(), handled.back()}) {
        EXPECT_EQ(id.version(), 7U);
        const auto text = id.to_string();
        EXPECT_EQ(text[14], '7') << text;
        EXPECT_NE(std::string_view("89ab").find(text[19]), std::string_view::npos) << text;
    }
}

TEST_F(publish, names_an_event_the_same_for_everybody) {
    auto& bus = make_bus();
    recorder<stentor::event_id> seen;
    auto typed =
        bus.subscribe<order_placed>("typed", [&](const order_placed&, stentor::context& ctx) {
            seen.add(ctx.id());
            seen.add(ctx.id());
            seen.add(ctx.metadata().id);
        });
    auto pattern = bus.subscribe("pattern", stentor::pattern("order.*"),
                                 [&](const stentor::any_event& event, stentor::context& ctx) {
                                     seen.add(event.id());
                                     seen.add(event.metadata().id);
                                     seen.add(ctx.id());
                                 });
    const auto result = bus.publish(order_placed{1});
    ASSERT_TRUE(seen.await(6));
    for (const auto& id : seen.all()) {
        EXPECT_EQ(id, result.id());
    }
    EXPECT_EQ(result.id(), result.id());
}

TEST_F(publish, makes_ids_that_tell_when) {
    auto& bus = make_bus();
    auto handler = bus.subscribe<order_placed>("any", [](const order_placed&) {});
    const auto unix_ms = [] {
        return static_cast<std::int64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                             std::chrono::system_clock::now().time_since_epoch())
                                             .count());
    };
    const auto before = unix_ms();
    const auto id = bus.publish(order_placed{1}).id();
    const auto after = unix_ms();
    // The machine may stop us anywhere, but never for a minute.
    EXPECT_GE(static_cast<std::int64_t>(id.unix_ms()), before - 60'000);
    EXPECT_LE(static_cast<std::int64_t>(id.unix_ms()), after + 1);
}

TEST_F(publish, takes_an_id_from_outside) {
    auto& bus = make_bus();
    recorder<stentor::event_id> seen;
    auto handler = bus.subscribe<order_placed>(
        "ids", [&](const order_placed&, stentor::context& ctx) { seen.add(ctx.id()); });
    const auto given = stentor::event_id::from_words(0x0123456789abcdef, 0xfedcba9876543210);
    const auto result = bus.publish(order_placed{1}, {.id = given});
    ASSERT_TRUE(seen.await(1));
    EXPECT_EQ(seen.all().front(), given);
    EXPECT_TRUE(result.id() == given || result.id().is_nil())
        << "an answer that names another event than the one published: " << result.id().to_string();
}

TEST_F(publish, works_through_more_threads_than_publisher_slots) {
    auto options = small_bus();
    options.publishers = 2;
    auto& bus = make_bus(std::move(options));
    tally calls;
    std::atomic<std::int64_t> sum{0};
    auto handler = bus.subscribe<order_placed>("sum", [&](const order_placed& it) {
        sum.fetch_add(it.number);
        calls.add();
    });
    constexpr int threads = 16;
    constexpr int each = 500;
    rendezvous together(threads);
    std::vector<std::thread> publishers;
    for (int index = 0; index < threads; ++index) {
        publishers.emplace_back([&] {
            EXPECT_TRUE(together.meet());
            for (int number = 1; number <= each; ++number) {
                EXPECT_EQ(bus.publish(order_placed{number}).status(), publish_status::accepted);
            }
            EXPECT_TRUE(together.meet());  // all hold their slots until all are done
        });
    }
    for (auto& one : publishers) {
        one.join();
    }
    ASSERT_TRUE(calls.await(threads * each));
    EXPECT_EQ(sum, threads * each * (each + 1) / 2);
}

TEST_F(publish, gets_its_slots_back_from_threads_that_end) {
    auto options = small_bus();
    options.publishers = 3;
    auto& bus = make_bus(std::move(options));
    tally calls;
    auto handler = bus.subscribe<order_placed>("count", [&](const order_placed&) { calls.add(); });
    for (int turn = 0; turn < 100; ++turn) {
        std::thread([&] { EXPECT_TRUE(bus.publish(order_placed{turn})); }).join();
    }
    EXPECT_TRUE(calls.await(100));
    // All leased slots must be free again, but for those that runners and this thread hold.
    auto mine = bus.publisher<order_placed>();
    EXPECT_TRUE(mine.publish(order_placed{1}));
}

TEST_F(publish, keeps_the_order_of_one_thread_within_a_lane) {
    auto& bus = make_bus();
    recorder<int> seen;
    auto handler = bus.subscribe<order_placed>("one-at-a-time",
                                               [&](const order_placed& it) { seen.add(it.number); },
                                               {.max_concurrency = 1});
    constexpr int count = 3000;
    for (int number = 0; number < count; ++number) {
        ASSERT_TRUE(bus.publish(order_placed{number}));
    }
    ASSERT_TRUE(seen.await(count));
    const auto order = seen.all();
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

}  // namespace
