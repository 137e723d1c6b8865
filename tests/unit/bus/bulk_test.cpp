// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/counted.hpp"
#include "support/gate.hpp"
#include "support/recorder.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// Many events in one call: a prefix goes in, and the answer is its length.

namespace {

using namespace stentor_test;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};
struct note {
    static constexpr std::string_view topic = "test.note";
    std::string text;
};
struct kept {
    static constexpr std::string_view topic = "test.kept";
    counted life;
    int number = 0;
};
struct unique {
    static constexpr std::string_view topic = "test.unique";
    std::unique_ptr<int> value;
};
struct brittle {
    static constexpr std::string_view topic = "test.brittle";
    explicit brittle(bool cracks) : cracks_(cracks) {}
    brittle(const brittle& other) : cracks_(other.cracks_) {
        if (cracks_) {
            throw std::runtime_error("cannot be copied");
        }
    }
    brittle(brittle&&) noexcept = default;
    std::string ballast_;
    bool cracks_;
};

std::vector<tick> ticks(int count) {
    std::vector<tick> made(static_cast<std::size_t>(count));
    for (int number = 0; number < count; ++number) {
        made[static_cast<std::size_t>(number)].number = number;
    }
    return made;
}

std::vector<int> first_numbers(int count) {
    std::vector<int> made(static_cast<std::size_t>(count));
    std::iota(made.begin(), made.end(), 0);
    return made;
}

class bulk : public bus_fixture {};

TEST_F(bulk, delivers_every_event_once) {
    auto& bus = make_bus();
    recorder<int> one;
    recorder<int> two;
    auto single = bus.subscribe<tick>("single", [&](const tick& it) { one.add(it.number); });
    const auto events = ticks(1000);
    EXPECT_EQ(bus.publish_bulk(std::span{events}), 1000U);
    ASSERT_TRUE(one.await(1000));
    auto second = bus.subscribe<tick>("second", [&](const tick& it) { two.add(it.number); });
    EXPECT_EQ(bus.publish_bulk(std::span{events}), 1000U);
    ASSERT_TRUE(one.await(2000));
    ASSERT_TRUE(two.await(1000));
    auto seen = two.all();
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(seen, first_numbers(1000));
    EXPECT_EQ(bus.audit().publishes.accepted, 2000);
}

TEST_F(bulk, of_nothing_is_nothing) {
    auto& bus = make_bus();
    auto handler = bus.subscribe<tick>("any", [](const tick&) {});
    EXPECT_EQ(bus.publish_bulk(std::span<tick>()), 0U);
    EXPECT_EQ(bus.audit().publishes.published, 0);
}

TEST_F(bulk, to_nobody_takes_all) {
    auto& bus = make_bus();
    const auto events = ticks(100);
    EXPECT_EQ(bus.publish_bulk(std::span{events}), 100U);
    EXPECT_EQ(bus.audit().publishes.no_subscribers, 100);
}

TEST_F(bulk, keeps_its_order_in_a_lane) {
    auto& bus = make_bus();
    recorder<int> seen;
    auto handler = bus.subscribe<tick>("in-order", [&](const tick& it) { seen.add(it.number); },
                                       {.max_concurrency = 1});
    const auto events = ticks(500);
    ASSERT_EQ(bus.publish_bulk(std::span{events}), 500U);
    ASSERT_TRUE(seen.await(500));
    EXPECT_EQ(seen.all(), first_numbers(500));
}

// Capacity 200 leaves 180 to outsiders: the prefix is exactly that long, across chunks of a bulk.
TEST_F(bulk, accepts_the_prefix_that_fits) {
    auto& bus = make_bus();
    gate door;
    recorder<int> seen;
    auto handler = bus.subscribe<tick>("blocked",
                                       [&](const tick& it) {
                                           door.pass();
                                           seen.add(it.number);
                                       },
                                       {.max_concurrency = 1, .capacity = 200});
    const open_at_end opener(door);
    const auto events = ticks(300);
    EXPECT_EQ(bus.publish_bulk(std::span{events}), 180U);
    EXPECT_EQ(bus.publish_bulk(std::span{events}), 0U);
    door.open();
    ASSERT_TRUE(seen.await(180));
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(seen.all(), first_numbers(180));
    const auto terms = bus.audit().publishes;
    EXPECT_EQ(terms.accepted, 180);
    EXPECT_EQ(terms.rejected_full, 2) << "one refusal ends each call";
}

TEST_F(bulk, copies_what_does_not_fit_a_slot) {
    auto& bus = make_bus();
    recorder<std::string> seen;
    auto handler = bus.subscribe<note>("notes", [&](const note& it) { seen.add(it.text); });
    std::vector<note> events(100);
    for (std::size_t at = 0; at < events.size(); ++at) {
        events[at].text = "a text that is too long for a small string " + std::to_string(at);
    }
    const auto before = events.front().text;
    EXPECT_EQ(bus.publish_bulk(std::span{events}), 100U);
    EXPECT_EQ(events.front().text, before);
    ASSERT_TRUE(seen.await(100));
}

TEST_F(bulk, moves_only_the_prefix_that_went_in) {
    ledger book;
    auto& bus = make_bus();
    gate door;
    auto handler =
        bus.subscribe<kept>("blocked", [&](const kept&) { door.pass(); }, {.capacity = 10});
    const open_at_end opener(door);
    {
        std::vector<kept> events;
        events.reserve(20);
        for (int number = 0; number < 20; ++number) {
            events.push_back({counted(book), number});
        }
        EXPECT_EQ(bus.publish_bulk_move(std::span{events}), 9U);
        for (int number = 0; number < 20; ++number) {
            EXPECT_EQ(events[static_cast<std::size_t>(number)].life.full(), number >= 9) << number;
        }
        EXPECT_EQ(book.copied, 0);
    }
    door.open();
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(book.alive(), 0);
    EXPECT_EQ(book.destroyed_full, 20);
}

TEST_F(bulk, moves_what_cannot_be_copied) {
    auto& bus = make_bus();
    tally sum;
    auto handler = bus.subscribe<unique>("sum", [&](const unique& it) { sum.add(*it.value); });
    std::vector<unique> events;
    for (int number = 1; number <= 10; ++number) {
        events.push_back({std::make_unique<int>(number)});
    }
    EXPECT_EQ(bus.publish_bulk_move(std::span{events}), 10U);
    EXPECT_TRUE(sum.await(55));
}

TEST_F(bulk, ends_before_an_event_whose_copy_throws) {
    auto& bus = make_bus();
    tally calls;
    auto handler = bus.subscribe<brittle>("any", [&](const brittle&) { calls.add(); });
    std::vector<brittle> events;
    for (int number = 0; number < 10; ++number) {
        events.emplace_back(false);
    }
    events[6].cracks_ = true;
    EXPECT_EQ(bus.publish_bulk(std::span{events}), 6U);
    EXPECT_TRUE(calls.await(6));
    EXPECT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(calls.count(), 6);
}

TEST_F(bulk, goes_on_when_one_of_several_is_full) {
    auto& bus = make_bus();
    gate door;
    tally calls;
    auto full = bus.subscribe<tick>("full", [&](const tick&) { door.pass(); }, {.capacity = 1});
    auto open = bus.subscribe<tick>("open", [&](const tick&) { calls.add(); });
    const open_at_end opener(door);
    const auto events = ticks(100);
    EXPECT_EQ(bus.publish_bulk(std::span{events}), 100U);
    EXPECT_TRUE(calls.await(100));
    door.open();
    ASSERT_TRUE(bus.wait_idle(patience));
    for (const auto& [name, terms] : bus.audit().subscriptions) {
        EXPECT_EQ(terms.accepted, 100) << name;
        EXPECT_EQ(terms.dropped_full, name == "full" ? 99 : 0) << name;
    }
}

TEST_F(bulk, is_refused_whole_after_the_end) {
    auto& bus = make_bus();
    auto handler = bus.subscribe<tick>("any", [](const tick&) {});
    static_cast<void>(bus.drain());
    const auto events = ticks(100);
    EXPECT_EQ(bus.publish_bulk(std::span{events}), 0U);
}

TEST_F(bulk, gives_every_event_its_own_id) {
    auto& bus = make_bus();
    recorder<stentor::event_id> seen;
    auto handler =
        bus.subscribe<tick>("ids", [&](const tick&, stentor::context& ctx) { seen.add(ctx.id()); });
    const auto events = ticks(300);
    ASSERT_EQ(bus.publish_bulk(std::span{events}), 300U);
    ASSERT_TRUE(seen.await(300));
    auto ids = seen.all();
    std::sort(ids.begin(), ids.end());
    EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
}

}  // namespace
