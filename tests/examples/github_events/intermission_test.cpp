// SPDX-License-Identifier: MIT

#include "intermission.hpp"

#include "events.hpp"
#include "failure.hpp"
#include "handlers.hpp"
#include <stentor/stentor.hpp>
#include <stentor/testing/test_bus.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

// A pause in the middle of a run, with the steps of the run made by hand.

namespace {

using namespace github;
using stage = intermission::stage;
using reason = intermission::reason;
using ::testing::HasSubstr;

options pausing(const std::string& who, std::uint64_t at, std::optional<std::uint64_t> until = {}) {
    options chosen;
    chosen.pause = who;
    chosen.pause_at = at;
    chosen.resume_at = until;
    return chosen;
}

// A bus that is stepped, with two handlers of one topic.
class an_intermission : public ::testing::Test {
protected:
    an_intermission() {
        bus.keep(
            bus.subscribe<push>("mirror", [this](const push&) { ++mirrored; }, {.tags = {"git"}}));
        bus.keep(bus.subscribe<push>("counter", [this](const push&) { ++counted; }));
    }
    void publish(intermission& pause) {
        pause.before_publish(published);
        ASSERT_TRUE(bus.publish(push()));
        ++published;
    }
    void run_ready() {
        while (bus.step()) {
        }
    }

    stentor::testing::test_bus bus{{.bus = {.capacity = 50}}};
    int mirrored = 0;
    int counted = 0;
    std::uint64_t published = 0;
};

TEST_F(an_intermission, holds_one_handler_while_the_others_go_on) {
    intermission pause(bus, pausing("tag:git", 2, 5));
    for (int event = 0; event < 4; ++event) {
        publish(pause);
        run_ready();
    }
    EXPECT_EQ(mirrored, 2);
    EXPECT_EQ(counted, 4);
    EXPECT_EQ(pause.told().now, stage::paused);
    EXPECT_EQ(pause.outstanding(), 2);
}

TEST_F(an_intermission, lets_the_backlog_go_when_it_is_over) {
    intermission pause(bus, pausing("mirror", 2, 5));
    for (int event = 0; event < 6; ++event) {
        publish(pause);
        if (event < 4) {
            run_ready();
        }
    }
    auto told = pause.told();
    EXPECT_EQ(told.now, stage::catching_up) << "nobody has run yet";
    EXPECT_EQ(told.paused_after, 2U);
    EXPECT_EQ(told.resumed_after, 5U);
    EXPECT_EQ(told.why, reason::asked);
    ASSERT_EQ(told.handlers.size(), 1U);
    EXPECT_EQ(told.handlers[0].handler, "mirror");
    EXPECT_EQ(told.handlers[0].held, 3);
    run_ready();
    pause.look();
    EXPECT_EQ(pause.told().now, stage::over);
    EXPECT_EQ(pause.outstanding(), 0);
    EXPECT_EQ(mirrored, 6);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(an_intermission, ends_with_the_input) {
    intermission pause(bus, pausing("mirror", 0));
    publish(pause);
    run_ready();
    EXPECT_EQ(mirrored, 0);
    pause.input_ends(published);
    run_ready();
    pause.look();
    EXPECT_EQ(pause.told().why, reason::at_the_end);
    EXPECT_EQ(pause.told().now, stage::over);
    EXPECT_EQ(mirrored, 1);
}

TEST_F(an_intermission, ends_early_when_nobody_else_can_make_room) {
    intermission pause(bus, pausing("mirror", 0, 1'000));
    pause.before_publish(0);
    while (bus.publish(push())) {
        ++published;
    }
    pause.when_full(published);
    EXPECT_EQ(pause.told().now, stage::paused) << "the other one has not run yet";
    run_ready();
    while (bus.publish(push())) {
        ++published;
        run_ready();
    }
    pause.when_full(published);
    EXPECT_EQ(pause.told().why, reason::full);
    run_ready();
    pause.look();
    EXPECT_EQ(pause.told().now, stage::over);
    EXPECT_GT(mirrored, 0);
    EXPECT_EQ(bus.terms("mirror").outstanding(), 0);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(an_intermission, says_whom_it_does_not_find) {
    const auto refusal = [&](const std::string& who) -> std::string {
        try {
            const intermission pause(bus, pausing(who, 1));
        } catch (const failure& why) {
            EXPECT_EQ(why.code(), exit_code::usage);
            return why.what();
        }
        return "accepted";
    };
    EXPECT_THAT(refusal("miror"), HasSubstr("did you mean \"mirror\"?"));
    EXPECT_THAT(refusal("tag:got"), HasSubstr("did you mean \"git\"?"));
    EXPECT_THAT(refusal("tag:"), HasSubstr("names no tag"));
    EXPECT_THAT(refusal("a..*"), HasSubstr("a token is empty"));
    EXPECT_THAT(refusal("x.*"), HasSubstr("--pause wants a handler's name"));
    EXPECT_EQ(refusal("*"), "accepted");
}

// This test does not link the library of the handler that registers itself.
TEST(load_handlers, names_the_one_that_was_not_linked) {
    stentor::bus bus;
    try {
        load_handlers(bus);
        FAIL() << "it was not missed";
    } catch (const failure& why) {
        EXPECT_EQ(why.code(), exit_code::not_linked);
        EXPECT_THAT(why.what(), HasSubstr("reviewer"));
    }
}

}  // namespace
