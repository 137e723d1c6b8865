// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include <stentor/stentor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// Rows, selectors, hooks and the order of starts.

namespace {

using namespace stentor_test;
using stentor::errc;
using stentor::handler_state;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};

std::vector<std::string> names_of(const std::vector<stentor::handler_row>& rows) {
    std::vector<std::string> names;
    for (const auto& row : rows) {
        names.push_back(row.name);
    }
    return names;
}

class registry : public bus_fixture {};

TEST_F(registry, lists_what_is_subscribed_by_name) {
    auto& bus = make_bus();
    auto second = bus.subscribe<tick>("second", [](const tick&) {}, {.tags = {"loyalty", "mail"}});
    auto first =
        bus.subscribe("first", stentor::pattern("test.>"), [](const stentor::any_event&) {});
    const auto line = std::source_location::current().line() - 1;
    const auto rows = bus.registry().list();
    ASSERT_THAT(names_of(rows), ElementsAre("first", "second"));
    EXPECT_EQ(rows[0].topics, "test.>");
    EXPECT_EQ(rows[0].type, "");
    EXPECT_EQ(rows[0].location.line(), line);
    EXPECT_THAT(rows[0].location.file_name(), HasSubstr("registry_list_test.cpp"));
    EXPECT_EQ(rows[1].topics, "test.tick");
    EXPECT_THAT(rows[1].type, HasSubstr("tick"));
    EXPECT_THAT(rows[1].tags, ElementsAre("loyalty", "mail"));
    EXPECT_EQ(rows[1].state, handler_state::running);
    EXPECT_EQ(to_string(rows[1].state), "running");
}

TEST_F(registry, counts_in_its_rows) {
    auto& bus = make_bus();
    auto one = bus.subscribe<tick>("one", [](const tick&) {});
    ASSERT_TRUE(bus.publish(tick{1}));
    ASSERT_TRUE(bus.wait_idle(patience));
    ASSERT_TRUE(bus.registry().find("one"));
    EXPECT_EQ(bus.registry().find("one")->terms.completed, 1);
    EXPECT_FALSE(bus.registry().find("two"));
}

TEST_F(registry, selects_by_name_pattern_and_tag) {
    auto& bus = make_bus();
    auto a = bus.subscribe<tick>("mail.out", [](const tick&) {}, {.tags = {"mail"}});
    auto b = bus.subscribe<tick>("mail.in", [](const tick&) {}, {.tags = {"mail", "slow"}});
    auto c = bus.subscribe<tick>("audit", [](const tick&) {});
    auto handlers = bus.registry();
    EXPECT_EQ(handlers.disable("audit").count(), 1);
    EXPECT_EQ(handlers.disable(std::string("audit")).count(), 0) << "it is paused already";
    EXPECT_EQ(handlers.disable(stentor::pattern("mail.*")).count(), 2);
    EXPECT_EQ(handlers.enable(stentor::tag("slow")).count(), 1);
    EXPECT_EQ(handlers.find("mail.in")->state, handler_state::running);
    EXPECT_EQ(handlers.find("mail.out")->state, handler_state::paused);
    EXPECT_EQ(handlers.enable(stentor::pattern(">")).count(), 2);
}

TEST_F(registry, names_what_is_near_when_nothing_matches) {
    auto& bus = make_bus();
    auto one = bus.subscribe<tick>("loyalty.points", [](const tick&) {}, {.tags = {"loyalty"}});
    const auto missing = bus.registry().disable("loyalty.point");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code(), errc::not_found);
    EXPECT_THAT(missing.error().message(), HasSubstr("did you mean \"loyalty.points\"?"));
    EXPECT_THAT(bus.registry().enable(stentor::tag("royalty")).error().message(),
                HasSubstr("did you mean \"loyalty\"?"));
    EXPECT_THAT(bus.registry().enable(stentor::pattern("mail.>")).error().message(),
                HasSubstr("there are loyalty.points"));
}

TEST_F(registry, refuses_malformed_tags) {
    auto& bus = make_bus();
    const auto made = bus.try_subscribe<tick>("one", [](const tick&) {}, {.tags = {"Not Legal"}});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), errc::invalid_option);
    EXPECT_THAT(made.error().message(), HasSubstr("[a-z0-9_.-]"));
}

TEST_F(registry, calls_the_hooks_around_a_life) {
    auto& bus = make_bus();
    std::vector<std::string> story;
    const auto say = [&story](const char* what) {
        return [&story, what] { story.push_back(what); };
    };
    {
        auto one = bus.subscribe<tick>("one", [&](const tick&) { story.push_back("call"); },
                                       {.on_start = say("start"),
                                        .on_stop = say("stop"),
                                        .on_pause = say("pause"),
                                        .on_resume = say("resume")});
        ASSERT_TRUE(bus.publish(tick{1}));
        ASSERT_TRUE(bus.wait_idle(patience));
        ASSERT_TRUE(bus.registry().disable("one"));
        ASSERT_TRUE(bus.registry().enable("one"));
    }
    EXPECT_THAT(story, ElementsAre("start", "call", "pause", "resume", "stop"));
}

TEST_F(registry, delivers_nothing_to_one_that_fails_to_start_and_says_why) {
    auto& bus = make_bus();
    int attempts = 0;
    int calls = 0;
    auto one = bus.subscribe<tick>("one", [&](const tick&) { ++calls; }, {.on_start = [&] {
                                       if (++attempts < 3) {
                                           throw std::runtime_error("no database");
                                       }
                                   }});
    EXPECT_EQ(bus.publish(tick{1}).status(), stentor::publish_status::no_subscribers);
    const auto row = bus.registry().find("one");
    ASSERT_TRUE(row);
    EXPECT_EQ(row->state, handler_state::failed);
    EXPECT_EQ(row->error, "on_start: no database");
    ASSERT_EQ(log().notices().size(), 1U);
    EXPECT_THAT(log().notices().front(), HasSubstr("on_start of subscription \"one\""));
    const auto again = bus.registry().enable("one");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code(), errc::hook_failed);
    EXPECT_THAT(again.error().message(), HasSubstr("no database"));
    EXPECT_EQ(bus.registry().enable("one").count(), 1);
    ASSERT_TRUE(bus.publish(tick{2}));
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(calls, 1);
}

TEST_F(registry, starts_before_the_first_delivery) {
    auto& bus = make_bus();
    std::atomic<bool> started{false};
    std::atomic<int> early{0};
    std::atomic<bool> over{false};
    std::thread publisher([&] {
        while (!over.load()) {
            static_cast<void>(bus.publish(tick{1}));
        }
    });
    auto one = bus.subscribe<tick>("one", [&](const tick&) { early += started.load() ? 0 : 1; },
                                   {.on_start = [&] {
                                       std::this_thread::yield();
                                       started.store(true);
                                   }});
    EXPECT_TRUE(eventually([&] { return bus.registry().find("one")->terms.completed > 10; }));
    over.store(true);
    publisher.join();
    EXPECT_EQ(early.load(), 0);
}

TEST_F(registry, leaves_one_paused_that_fails_to_resume) {
    auto& bus = make_bus();
    std::atomic<int> calls{0};
    bool fails = true;
    auto one = bus.subscribe<tick>("one", [&](const tick&) { ++calls; }, {.on_resume = [&] {
                                       if (std::exchange(fails, false)) {
                                           throw std::runtime_error("not yet");
                                       }
                                   }});
    ASSERT_TRUE(bus.registry().disable("one"));
    ASSERT_TRUE(bus.publish(tick{1}));
    const auto refused = bus.registry().enable("one");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), errc::hook_failed);
    EXPECT_EQ(bus.registry().find("one")->state, handler_state::failed);
    EXPECT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(calls.load(), 0);
    EXPECT_EQ(bus.registry().find("one")->terms.held, 1);
    EXPECT_EQ(bus.registry().enable("one").count(), 1);
    EXPECT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(calls.load(), 1);
}

TEST_F(registry, stops_in_the_reverse_order_of_starts) {
    auto& bus = make_bus();
    std::vector<std::string> story;
    const auto listen = [&](const std::string& name, std::vector<std::string> after) {
        stentor::subscription_options how;
        how.start_after = std::move(after);
        how.on_start = [&story, name] { story.push_back("start " + name); };
        how.on_stop = [&story, name] { story.push_back("stop " + name); };
        bus.keep(bus.subscribe<tick>(name, [](const tick&) {}, std::move(how)));
    };
    listen("journal", {});
    listen("act", {"journal"});
    listen("notify", {"journal", "act"});
    EXPECT_TRUE(bus.drain().complete);
    EXPECT_THAT(story, ElementsAre("start journal", "start act", "start notify", "stop notify",
                                   "stop act", "stop journal"));
}

TEST_F(registry, refuses_a_start_after_what_is_not_there) {
    auto& bus = make_bus();
    const auto lonely =
        bus.try_subscribe<tick>("one", [](const tick&) {}, {.start_after = {"nobody"}});
    ASSERT_FALSE(lonely);
    EXPECT_EQ(lonely.error().code(), errc::not_found);
    EXPECT_THAT(lonely.error().message(), HasSubstr("\"nobody\""));
    const auto itself =
        bus.try_subscribe<tick>("one", [](const tick&) {}, {.start_after = {"one"}});
    ASSERT_FALSE(itself);
    EXPECT_EQ(itself.error().code(), errc::invalid_option);
}

TEST_F(registry, tells_a_hook_that_changes_itself_that_it_is_busy) {
    auto& bus = make_bus();
    errc seen{};
    auto one = bus.subscribe<tick>("one", [](const tick&) {}, {.on_pause = [&] {
                                       const auto inner = bus.registry().enable("one");
                                       ASSERT_FALSE(inner);
                                       seen = inner.error().code();
                                   }});
    ASSERT_TRUE(bus.registry().disable("one"));
    EXPECT_EQ(seen, errc::busy);
}

TEST_F(registry, lets_a_hook_unsubscribe_its_own) {
    auto& bus = make_bus();
    stentor::subscription one;
    one = bus.subscribe<tick>(
        "one", [](const tick&) {},
        {.on_pause = [&] { EXPECT_EQ(one.unsubscribe(), stentor::unsubscribe_result::deferred); }});
    ASSERT_TRUE(bus.registry().disable("one"));
    EXPECT_TRUE(eventually([&] { return bus.registry().list().empty(); }));
}

TEST_F(registry, refuses_changes_of_a_closed_bus) {
    auto& bus = make_bus();
    auto one = bus.subscribe<tick>("one", [](const tick&) {});
    static_cast<void>(bus.drain());
    const auto refused = bus.registry().disable("one");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), errc::closed);
}

}  // namespace
