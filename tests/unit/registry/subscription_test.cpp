// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/counted.hpp"
#include "support/gate.hpp"
#include "support/recorder.hpp"
#include <stentor/stentor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// Names, handles, and which events a subscription sees.

namespace {

using namespace stentor_test;
using stentor::publish_status;
using ::testing::HasSubstr;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};
struct deep {
    static constexpr std::string_view topic = "test.deep.er";
};

class subscription : public bus_fixture {};

TEST_F(subscription, has_a_name_of_its_own) {
    auto& bus = make_bus();
    for (const std::string name : {"a", "mail.outgoing", "order_7-b", "0", ".."}) {
        const auto made = bus.try_subscribe<tick>(name, [](const tick&) {});
        ASSERT_TRUE(made) << made.error().message();
        EXPECT_EQ(made->name(), name);
    }
    const auto longest = bus.try_subscribe<tick>(std::string(128, 'n'), [](const tick&) {});
    EXPECT_TRUE(longest);
    EXPECT_EQ(longest->name(), std::string(128, 'n'));
}

TEST_F(subscription, with_a_bad_name_is_refused) {
    auto& bus = make_bus();
    for (const std::string& name :
         {std::string(), std::string(129, 'n'), std::string("new\nline"), std::string("null\0", 5),
          std::string("\xc3\xa4"), std::string("a/b")}) {
        const auto made = bus.try_subscribe<tick>(name, [](const tick&) {});
        ASSERT_FALSE(made) << name;
        EXPECT_EQ(made.error().code(), stentor::errc::invalid_name);
        EXPECT_THAT(made.error().message(), HasSubstr("[a-z0-9_.-]"));
        EXPECT_EQ(made.error().message().find('\n'), std::string::npos)
            << "a name from outside forges no line of a log";
    }
    EXPECT_THROW(static_cast<void>(bus.subscribe<tick>("no spaces", [](const tick&) {})),
                 stentor::bus_error);
}

TEST_F(subscription, with_a_name_that_is_taken_is_refused_and_told_where) {
    auto& bus = make_bus();
    const auto line = std::to_string(__LINE__ + 1);
    auto first = bus.subscribe<tick>("mail", [](const tick&) {});
    const auto typed = bus.try_subscribe<deep>("mail", [](const deep&) {});
    ASSERT_FALSE(typed);
    EXPECT_EQ(typed.error().code(), stentor::errc::duplicate_name);
    EXPECT_THAT(typed.error().message(), HasSubstr("\"mail\""));
    EXPECT_THAT(typed.error().message(), HasSubstr("subscription_test.cpp:" + line));
    const auto pattern =
        bus.try_subscribe("mail", stentor::pattern(">"), [](const stentor::any_event&) {});
    ASSERT_FALSE(pattern);
    EXPECT_EQ(pattern.error().code(), stentor::errc::duplicate_name);
    first.unsubscribe();
    EXPECT_TRUE(bus.try_subscribe<deep>("mail", [](const deep&) {})) << "the name is free again";
}

TEST_F(subscription, ends_with_its_handle) {
    auto& bus = make_bus();
    tally calls;
    {
        auto handle = bus.subscribe<tick>("any", [&](const tick&) { calls.add(); });
        EXPECT_TRUE(handle);
        EXPECT_TRUE(handle.active());
        ASSERT_TRUE(bus.publish(tick{}));
        ASSERT_TRUE(calls.await(1));
    }
    EXPECT_EQ(bus.publish(tick{}).status(), publish_status::no_subscribers);
    EXPECT_EQ(calls.count(), 1);
}

TEST_F(subscription, moves_with_its_handle) {
    auto& bus = make_bus();
    tally calls;
    auto handle = bus.subscribe<tick>("one", [&](const tick&) { calls.add(); });
    stentor::subscription moved = std::move(handle);
    EXPECT_FALSE(handle.active());  // NOLINT(bugprone-use-after-move): that is the question
    EXPECT_EQ(handle.name(), "");
    EXPECT_EQ(handle.unsubscribe(), stentor::unsubscribe_result::not_subscribed);
    EXPECT_EQ(moved.name(), "one");
    ASSERT_TRUE(bus.publish(tick{}));
    EXPECT_TRUE(calls.await(1));
    std::vector<stentor::subscription> many;
    many.push_back(std::move(moved));
    many.push_back(bus.subscribe<tick>("two", [&](const tick&) { calls.add(); }));
    ASSERT_TRUE(bus.publish(tick{}));
    EXPECT_TRUE(calls.await(3));
}

TEST_F(subscription, is_replaced_by_assignment) {
    auto& bus = make_bus();
    ledger book;
    auto handle = bus.subscribe<tick>("first", [held = counted(book)](const tick&) {});
    handle = bus.subscribe<tick>("second", [](const tick&) {});
    EXPECT_EQ(book.alive(), 0) << "the first one is over";
    EXPECT_EQ(handle.name(), "second");
    auto& same = handle;
    handle = std::move(same);
    EXPECT_TRUE(handle.active()) << "assigning a handle to itself changes nothing";
    handle = stentor::subscription();
    EXPECT_EQ(bus.publish(tick{}).status(), publish_status::no_subscribers);
}

TEST_F(subscription, may_be_empty) {
    stentor::subscription none;
    EXPECT_FALSE(none);
    EXPECT_EQ(none.name(), "");
    EXPECT_EQ(none.unsubscribe(), stentor::unsubscribe_result::not_subscribed);
}

TEST_F(subscription, that_is_kept_lives_as_long_as_the_bus) {
    auto& bus = make_bus();
    tally calls;
    bus.keep(bus.subscribe<tick>("kept", [&](const tick&) { calls.add(); }));
    bus.keep(stentor::subscription());
    ASSERT_TRUE(bus.publish(tick{}));
    EXPECT_TRUE(calls.await(1));
}

TEST_F(subscription, by_pattern_sees_what_matches) {
    auto& bus = make_bus();
    recorder<std::string> seen;
    const auto note = [&](std::string who) {
        return [&seen, who](const stentor::any_event& event) {
            seen.add(who + ":" + std::string(event.topic()));
        };
    };
    auto one = bus.subscribe("all", stentor::pattern(">"), note("all"));
    auto two = bus.subscribe("star", stentor::pattern("test.*"), note("star"));
    auto three = bus.subscribe("tail", stentor::pattern("test.deep.>"), note("tail"));
    auto four = bus.subscribe("exact", stentor::pattern("test.tick"), note("exact"));
    auto five = bus.subscribe("other", stentor::pattern("other.>"), note("other"));
    ASSERT_TRUE(bus.publish(tick{}));
    ASSERT_TRUE(bus.publish(deep{}));
    ASSERT_TRUE(bus.publish(stentor::topic("text.only"), "{}"));
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_THAT(seen.all(), ::testing::UnorderedElementsAre("all:test.tick", "star:test.tick",
                                                            "exact:test.tick", "all:test.deep.er",
                                                            "tail:test.deep.er", "all:text.only"));
}

TEST_F(subscription, by_pattern_may_precede_the_topic) {
    auto& bus = make_bus();
    tally calls;
    auto all = bus.subscribe("all", stentor::pattern("test.>"),
                             [&](const stentor::any_event&) { calls.add(); });
    ASSERT_TRUE(bus.publish(tick{}));
    auto typed = bus.subscribe<deep>("typed", [](const deep&) {});
    ASSERT_TRUE(bus.publish(deep{}));
    EXPECT_TRUE(calls.await(2));
}

TEST_F(subscription, with_a_bad_pattern_is_refused_by_the_pattern) {
    EXPECT_THROW(stentor::pattern("a..b"), stentor::bus_error);
    EXPECT_THROW(stentor::pattern(">.a"), stentor::bus_error);
    const auto parsed = stentor::pattern::parse("order.>.late");
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code(), stentor::errc::invalid_pattern);
}

TEST_F(subscription, may_be_made_inside_a_handler) {
    auto& bus = make_bus();
    tally inner_calls;
    std::atomic<bool> made{false};
    auto outer = bus.subscribe<tick>("outer", [&](const tick&) {
        if (!made.exchange(true)) {
            bus.keep(bus.subscribe<tick>("inner", [&](const tick&) { inner_calls.add(); }));
        }
    });
    ASSERT_TRUE(bus.publish(tick{1}));
    ASSERT_TRUE(bus.wait_idle(patience));
    ASSERT_TRUE(bus.publish(tick{2}));
    EXPECT_TRUE(inner_calls.await(1));
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(inner_calls.count(), 1) << "the event before its birth was not for it";
}

// C4: all events whose publish was called after subscribe() returned, none after unsubscribe().
TEST_F(subscription, sees_exactly_the_events_of_its_life) {
    auto& bus = make_bus();
    for (int round = 0; round < 50; ++round) {
        ASSERT_NE(bus.publish(tick{0}).status(), publish_status::closed);
        recorder<int> seen;
        auto handle = bus.subscribe<tick>("any", [&](const tick& it) { seen.add(it.number); });
        for (int number = 1; number <= 20; ++number) {
            ASSERT_EQ(bus.publish(tick{number}).status(), publish_status::accepted);
        }
        ASSERT_TRUE(bus.wait_idle(patience));
        handle.unsubscribe();
        ASSERT_EQ(bus.publish(tick{99}).status(), publish_status::no_subscribers);
        ASSERT_EQ(seen.size(), 20U);
        for (const int number : seen.all()) {
            ASSERT_TRUE(number >= 1 && number <= 20);
        }
    }
}

// The same across threads: whoever learns that subscribe() returned, publishes into it.
TEST_F(subscription, sees_what_other_threads_publish_after_its_birth) {
    auto& bus = make_bus();
    std::atomic<int> born{0};
    std::atomic<int> served{0};
    constexpr int rounds = 300;
    std::thread publisher([&] {
        for (int round = 1; round <= rounds; ++round) {
            while (born.load() < round) {
                std::this_thread::yield();
            }
            EXPECT_EQ(bus.publish(tick{round}).status(), publish_status::accepted);
            served = round;
        }
    });
    for (int round = 1; round <= rounds; ++round) {
        tally calls;
        auto handle = bus.subscribe<tick>("any", [&, round](const tick& it) {
            EXPECT_EQ(it.number, round);
            calls.add();
        });
        born = round;
        EXPECT_TRUE(calls.await(1));
        while (served.load() < round) {
            std::this_thread::yield();
        }
    }
    publisher.join();
}

}  // namespace
