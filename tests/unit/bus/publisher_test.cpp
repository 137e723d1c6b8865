// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/counted.hpp"
#include "support/gate.hpp"
#include "support/must_return.hpp"
#include "support/recorder.hpp"
#include <stentor/stentor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// Leased publishers: a slot of one's own for a hot thread.

namespace {

using namespace stentor_test;
using stentor::publish_status;
using ::testing::HasSubstr;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};
struct other_tick {
    static constexpr std::string_view topic = "test.tick";
    long number = 0;
};
struct note {
    static constexpr std::string_view topic = "test.note";
    std::string text;
};
struct log_line {
    static constexpr std::string_view topic = "log.line";
    int number = 0;
};

class publisher : public bus_fixture {};

TEST_F(publisher, publishes_in_order) {
    auto& bus = make_bus();
    recorder<int> seen;
    auto handler = bus.subscribe<tick>("in-order", [&](const tick& it) { seen.add(it.number); },
                                       {.max_concurrency = 1});
    auto hot = bus.publisher<tick>();
    for (int number = 0; number < 1000; ++number) {
        ASSERT_EQ(hot.publish(tick{number}).status(), publish_status::accepted);
    }
    ASSERT_TRUE(seen.await(1000));
    for (int number = 0; number < 1000; ++number) {
        EXPECT_EQ(seen.all()[static_cast<std::size_t>(number)], number);
    }
}

TEST_F(publisher, takes_rvalues_lvalues_and_options) {
    auto& bus = make_bus();
    recorder<std::string> seen;
    auto handler = bus.subscribe<note>("notes", [&](const note& it, stentor::context& ctx) {
        seen.add(it.text + "/" + std::string(ctx.metadata().user_id));
    });
    auto hot = bus.publisher<note>();
    const note mine{"mine"};
    EXPECT_TRUE(hot.publish(mine));
    EXPECT_TRUE(hot.publish(note{"moved"}));
    EXPECT_TRUE(hot.publish(note{"told"}, {.user_id = "u-1"}));
    EXPECT_EQ(mine.text, "mine");
    ASSERT_TRUE(seen.await(3));
    EXPECT_THAT(seen.all(), ::testing::UnorderedElementsAre("mine/", "moved/", "told/u-1"));
}

TEST_F(publisher, knows_subscriptions_that_come_and_go) {
    auto& bus = make_bus();
    auto hot = bus.publisher<tick>();
    EXPECT_EQ(hot.publish(tick{1}).status(), publish_status::no_subscribers);
    tally calls;
    auto handler = bus.subscribe<tick>("late", [&](const tick&) { calls.add(); });
    EXPECT_EQ(hot.publish(tick{2}).status(), publish_status::accepted);
    EXPECT_TRUE(calls.await(1));
    handler.unsubscribe();
    EXPECT_EQ(hot.publish(tick{3}).status(), publish_status::no_subscribers);
}

TEST_F(publisher, may_be_used_by_another_thread_after_a_move) {
    auto& bus = make_bus();
    tally calls;
    auto handler = bus.subscribe<tick>("any", [&](const tick&) { calls.add(); });
    auto hot = bus.publisher<tick>();
    EXPECT_TRUE(hot.publish(tick{1}));
    std::thread([&calls, moved = std::move(hot)]() mutable {
        EXPECT_TRUE(moved.publish(tick{2}));
        EXPECT_TRUE(calls.await(2));
    }).join();
}

TEST_F(publisher, is_refused_when_all_slots_are_leased) {
    auto options = small_bus();
    options.publishers = 3;
    auto& bus = make_bus(std::move(options));
    std::vector<stentor::publisher<tick>> leased;
    for (int index = 0; index < 3; ++index) {
        leased.push_back(bus.publisher<tick>());
    }
    try {
        leased.push_back(bus.publisher<tick>());
        ADD_FAILURE() << "a fourth lease of three slots";
    } catch (const stentor::bus_error& refused) {
        EXPECT_THAT(refused.details().message(), HasSubstr("publishers"));
    }
    EXPECT_TRUE(bus.publish(tick{1})) << "a thread without a slot shares one";
    leased.pop_back();
    EXPECT_TRUE(bus.publisher<tick>().publish(tick{2})) << "a returned slot is free again";
}

TEST_F(publisher, of_another_type_is_refused) {
    auto& bus = make_bus();
    ASSERT_TRUE(bus.publish(tick{1}));
    try {
        static_cast<void>(bus.publisher<other_tick>());
        ADD_FAILURE() << "a publisher on the topic of another type";
    } catch (const stentor::bus_error& refused) {
        EXPECT_EQ(refused.details().code(), stentor::errc::type_mismatch);
        EXPECT_THAT(refused.details().message(), HasSubstr("test.tick"));
    }
}

// The only lane is taken by the first topic of a shared subscription, so the second has none.
TEST_F(publisher, of_a_topic_without_a_lane_is_refused) {
    auto options = small_bus();
    options.lanes = 1;
    auto& bus = make_bus(std::move(options));
    auto all = bus.subscribe("all", stentor::pattern("test.>"), [](const stentor::any_event&) {},
                             {.placement = stentor::placement::shared});
    ASSERT_TRUE(bus.publish(tick{1}));
    EXPECT_EQ(bus.publish(note{"2"}).status(), publish_status::rejected_no_memory);
    EXPECT_THROW(static_cast<void>(bus.publisher<note>()), stentor::bus_error);
    EXPECT_TRUE(bus.publish(tick{3}));
}

TEST(publisher_lifetime, may_end_after_its_bus) {
    std::optional<stentor::publisher<note>> hot;
    ledger book;
    {
        stentor::bus bus(small_bus());
        auto handler = bus.subscribe<note>("any", [held = counted(book)](const note&) {});
        hot.emplace(bus.publisher<note>());
        EXPECT_TRUE(hot->publish(note{"a"}));
    }
    EXPECT_EQ(book.alive(), 0) << "the handler's captures went with the bus";
    EXPECT_EQ(hot->publish(note{"b"}).status(), publish_status::closed);
    hot.reset();
}

TEST(publisher_lifetime, may_be_a_capture_of_a_handler) {
    must_return("~bus with a handler that holds a publisher", [] {
        tally lines;
        stentor::bus bus(small_bus());
        auto sink = bus.subscribe<log_line>("sink", [&](const log_line&) { lines.add(); });
        auto hot = std::make_shared<stentor::publisher<log_line>>(bus.publisher<log_line>());
        auto handler = bus.subscribe<tick>(
            "holder", [hot](const tick& it) { hot->publish(log_line{it.number}); },
            {.max_concurrency = 1});
        EXPECT_TRUE(bus.publish(tick{1}));
        EXPECT_TRUE(lines.await(1));
    });
}

// A thread's lease in a bus that is gone must not be mistaken for one in a new bus, which may well
// lie at the same address.
TEST(publisher_lifetime, of_a_dead_bus_is_never_used_for_another) {
    auto crowded_options = small_bus();
    crowded_options.publishers = 1;
    stentor::bus crowded(std::move(crowded_options));
    auto only = crowded.publisher<tick>();
    for (int turn = 0; turn < 30; ++turn) {
        {
            stentor::bus gone(small_bus());
            gone.publish(tick{turn});  // this thread leases a slot there
        }
        crowded.publish(tick{turn});  // no slot to lease: a shared one serves
        stentor::bus fresh(small_bus());
        tally calls;
        auto handler = fresh.subscribe<tick>("any", [&](const tick&) { calls.add(); });
        ASSERT_TRUE(fresh.publish(tick{turn}));
        ASSERT_TRUE(calls.await(1));
        ASSERT_TRUE(fresh.wait_idle(patience));
        const auto audit = fresh.audit();
        ASSERT_EQ(audit.publishes.published, 1) << audit.to_string();
        ASSERT_EQ(audit.unaccounted(), 0) << audit.to_string();
    }
}

}  // namespace
