// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/recorder.hpp"
#include <stentor/stentor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What the engine publishes about its subscriptions, and to whom.

namespace {

using namespace stentor_test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace sys = stentor::system;

struct tick {
    static constexpr std::string_view topic = "test.tick";
};

class system_events : public bus_fixture {
protected:
    // Everything that the engine says, as text.
    stentor::subscription listen(stentor::bus& bus) {
        return bus.subscribe("listener", stentor::pattern("stentor.>"),
                             [this](const stentor::any_event& it) { said_.add(text_of(it)); },
                             {.max_concurrency = 1});
    }
    static std::string text_of(const stentor::any_event& it) {
        std::string text(it.topic().substr(std::string_view("stentor.handler.").size()));
        if (const auto* started = stentor::get_if<sys::handler_started>(it)) {
            return text + ' ' + started->name + ' ' + started->topics;
        }
        if (const auto* paused = stentor::get_if<sys::handler_paused>(it)) {
            return text + ' ' + paused->name + ' ' + paused->why +
                   (paused->holds ? " hold" : " drop");
        }
        if (const auto* resumed = stentor::get_if<sys::handler_resumed>(it)) {
            return text + ' ' + resumed->name;
        }
        if (const auto* stopped = stentor::get_if<sys::handler_stopped>(it)) {
            return text + ' ' + stopped->name;
        }
        if (const auto* failed = stentor::get_if<sys::handler_failed>(it)) {
            return text + ' ' + failed->name + ' ' + failed->hook + ": " + failed->error;
        }
        return text;
    }

    recorder<std::string> said_;
};

TEST_F(system_events, tell_every_change_of_state) {
    auto& bus = make_bus();
    auto listener = listen(bus);
    {
        auto one = bus.subscribe<tick>("one", [](const tick&) {});
        ASSERT_TRUE(said_.await(1));
        ASSERT_TRUE(bus.registry().disable("one", stentor::backlog::hold, "maintenance"));
        ASSERT_TRUE(said_.await(2));
        ASSERT_TRUE(bus.registry().enable("one"));
        ASSERT_TRUE(said_.await(3));
        ASSERT_TRUE(bus.registry().disable("one", stentor::backlog::drop));
        ASSERT_TRUE(said_.await(4));
    }
    ASSERT_TRUE(said_.await(5));
    EXPECT_THAT(said_.all(), ElementsAre("started one test.tick", "paused one maintenance hold",
                                         "resumed one", "paused one  drop", "stopped one"));
}

TEST_F(system_events, tell_why_a_start_failed) {
    auto& bus = make_bus();
    auto listener = listen(bus);
    auto one = bus.subscribe<tick>("one", [](const tick&) {},
                                   {.on_start = [] { throw std::runtime_error("no licence"); }});
    ASSERT_TRUE(said_.await(1));
    EXPECT_THAT(said_.all(), ElementsAre("failed one on_start: no licence"));
}

TEST_F(system_events, can_be_listened_to_by_type) {
    auto& bus = make_bus();
    recorder<std::string> paused;
    auto listener = bus.subscribe<sys::handler_paused>(
        "listener", [&](const sys::handler_paused& it) { paused.add(it.name + " by " + it.by); });
    auto one = bus.subscribe<tick>("one", [](const tick&) {});
    ASSERT_TRUE(bus.registry().disable("one"));
    ASSERT_TRUE(paused.await(1));
    EXPECT_THAT(paused.all(), ElementsAre("one by registry"));
    ASSERT_TRUE(bus.registry().enable("one"));
}

TEST_F(system_events, are_for_those_who_name_their_first_token) {
    auto& bus = make_bus();
    recorder<std::string> seen;
    const auto listen_to = [&](const char* name, const char* topics) {
        return bus.subscribe(name, stentor::pattern(topics), [&](const stentor::any_event& it) {
            seen.add(std::string(it.topic()));
        });
    };
    auto all = listen_to("all", ">");
    auto three = listen_to("three", "*.handler.*");
    auto one = bus.subscribe<tick>("one", [](const tick&) {});
    ASSERT_TRUE(bus.registry().disable("one"));
    ASSERT_TRUE(bus.registry().enable("one"));
    ASSERT_TRUE(bus.publish(tick{}));
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_THAT(seen.all(), ElementsAre("test.tick"));
    EXPECT_EQ(bus.audit().publishes.published, 1) << "to nobody, the engine publishes nothing";
}

TEST_F(system_events, say_nothing_about_those_who_listen) {
    auto& bus = make_bus();
    auto listener = listen(bus);
    auto another = bus.subscribe<sys::handler_paused>("another", [](const sys::handler_paused&) {});
    ASSERT_TRUE(bus.registry().disable("another"));
    ASSERT_TRUE(bus.registry().enable("another"));
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(said_.size(), 0U);
    EXPECT_EQ(bus.audit().publishes.published, 0);
}

TEST_F(system_events, never_wait_for_a_listener) {
    auto& bus = make_bus();
    const auto made = bus.try_subscribe("listener", stentor::pattern("stentor.>"),
                                        [](const stentor::any_event&) {},
                                        {.when_full = stentor::when_full::block{}});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), stentor::errc::unsupported_combination);
    EXPECT_THAT(made.error().message(), HasSubstr("the engine never waits"));
}

TEST_F(system_events, cannot_be_published_as_text) {
    EXPECT_FALSE(stentor::topic::parse("stentor.handler.paused"));
}

}  // namespace
