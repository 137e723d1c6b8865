// SPDX-License-Identifier: MIT
#include "unit/lettered/lettered.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <string>

// The store takes no letter: the subscription is paused, and the delivery waits.

namespace {

using namespace stentor_test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(lettered_full, is_paused_with_the_reason_until_there_is_room) {
    poison = {1, 2, 3};
    auto kept = bus.subscribe<order_placed>("picky", picky(), {.dead_letters = true});
    publish(1, 5);
    EXPECT_THAT(calls, ElementsAre(seen_call{1, 1}, seen_call{2, 1}));
    EXPECT_EQ(terms("picky").dead_lettered, 1);
    EXPECT_EQ(terms("picky").failed, 0);
    EXPECT_EQ(terms("picky").outstanding(), 4);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
    EXPECT_EQ(row("picky").state, stentor::handler_state::paused);
    EXPECT_EQ(row("picky").by, "dead_letters");
    EXPECT_THAT(row("picky").why, HasSubstr("full"));
    EXPECT_THAT(log().notices().back(), HasSubstr("picky"));
    pass(1h);
    EXPECT_THAT(calls, SizeIs(2)) << "nothing happens by itself";

    purge_all();
    EXPECT_THAT(calls, ElementsAre(seen_call{1, 1}, seen_call{2, 1}, seen_call{3, 1}))
        << "the second is in the store now, without another call, and the third waits";
    EXPECT_EQ(terms("picky").dead_lettered, 2);
    EXPECT_EQ(row("picky").state, stentor::handler_state::paused);

    purge_all();
    EXPECT_EQ(terms("picky").dead_lettered, 3);
    EXPECT_EQ(terms("picky").completed, 2);
    EXPECT_EQ(terms("picky").outstanding(), 0);
    EXPECT_EQ(row("picky").state, stentor::handler_state::running);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(lettered_full, pauses_again_when_it_is_enabled_without_room) {
    poison = {1, 2};
    auto kept = bus.subscribe<order_placed>("picky", picky(), {.retry = every_100ms(1)});
    publish(1, 3);
    ASSERT_TRUE(bus.registry().enable("picky"));
    run();
    pass(1s);
    EXPECT_THAT(calls, SizeIs(2)) << "no attempt is made for a letter";
    EXPECT_EQ(row("picky").by, "dead_letters");
    EXPECT_EQ(terms("picky").outstanding(), 2);
    purge_all();
    EXPECT_THAT(calls, SizeIs(3));
    EXPECT_EQ(terms("picky").outstanding(), 0);
}

TEST_F(lettered_full, keeps_what_expires_while_it_waits_for_room) {
    poison = {1, 2};
    auto kept = bus.subscribe<order_placed>("picky", picky(), {.dead_letters = true});
    const auto soon =
        std::chrono::system_clock::time_point(std::chrono::nanoseconds(clock_.system_ns())) + 1s;
    for (const int number : {1, 2}) {
        ASSERT_TRUE(bus.publish(order_placed{number}, {.expires_at = soon}));
    }
    run();
    pass(1h);
    purge_all();
    EXPECT_EQ(terms("picky").dead_lettered, 2);
    EXPECT_EQ(terms("picky").expired, 0);
}

TEST_F(lettered_full, leaves_alone_who_was_paused_for_something_else) {
    poison = {1, 2};
    auto kept = bus.subscribe<order_placed>("picky", picky(), {.dead_letters = true});
    publish(1, 3);
    ASSERT_EQ(row("picky").by, "dead_letters");
    ASSERT_TRUE(bus.registry().disable("picky", stentor::backlog::hold, "by hand"));
    EXPECT_EQ(row("picky").by, "registry");
    purge_all();
    EXPECT_EQ(row("picky").state, stentor::handler_state::paused);
    EXPECT_EQ(row("picky").why, "by hand");
}

// Whichever pause it was that its own call began.
TEST_F(lettered_full, leaves_alone_who_paused_itself_before_it_failed) {
    for (const auto what : {stentor::backlog::hold, stentor::backlog::drop}) {
        const std::string name = what == stentor::backlog::hold ? "holding" : "dropping";
        auto kept = bus.subscribe<order_placed>(
            name,
            [&, name](const order_placed& it) {
                if (poison.contains(it.number)) {
                    ASSERT_TRUE(bus.registry().disable(name, what, "by itself"));
                }
                throw std::runtime_error("always");
            },
            {.dead_letters = true});
        publish(1, 1);
        poison = {2};
        publish(2, 2);
        poison.clear();
        EXPECT_EQ(terms(name).retry_waiting, 1) << name;
        purge_all();
        EXPECT_EQ(row(name).state, stentor::handler_state::paused) << name;
        EXPECT_EQ(row(name).why, "by itself");
        EXPECT_EQ(terms(name).retry_waiting, 1) << name;
        ASSERT_TRUE(bus.registry().enable(name));
        run();
        EXPECT_EQ(terms(name).retry_waiting, 0) << name;
        purge_all();
    }
}

TEST_F(lettered_full, holds_the_key_of_what_waits_for_room) {
    poison = {1, 10};
    auto kept = bus.subscribe<order_placed>(
        "keyed", picky(),
        {.order = stentor::by_key([](const order_placed& it) { return it.number / 10; }),
         .dead_letters = true});
    for (const int number : {1, 10, 11}) {
        ASSERT_TRUE(bus.publish(order_placed{number}));
    }
    run();
    EXPECT_THAT(calls, ElementsAre(seen_call{1, 1}, seen_call{10, 1}));
    purge_all();
    EXPECT_THAT(calls, ElementsAre(seen_call{1, 1}, seen_call{10, 1}, seen_call{11, 1}));
    EXPECT_EQ(letters().front().payload.missing(), false);
    EXPECT_EQ(terms("keyed").dead_lettered, 2);
}

TEST_F(lettered_full, makes_coroutines_wait_for_room_as_well) {
    poison = {1, 2};
    auto kept = bus.subscribe<order_placed>(
        "slow",
        [&](const order_placed& it, stentor::context& ctx) -> stentor::task<> {
            co_await ctx.sleep(10ms);
            if (poison.contains(it.number)) {
                throw std::runtime_error("poison");
            }
        },
        {.dead_letters = true});
    publish(1, 3);
    pass(20ms);
    EXPECT_EQ(terms("slow").dead_lettered, 1);
    EXPECT_EQ(row("slow").by, "dead_letters");
    purge_all();
    pass(20ms);
    EXPECT_EQ(terms("slow").dead_lettered, 2);
    EXPECT_EQ(terms("slow").completed, 1);
    EXPECT_EQ(terms("slow").outstanding(), 0);
}

TEST_F(lettered_full, is_offered_once_more_at_the_end_and_then_cancelled) {
    poison = {1, 2};
    auto kept = bus.subscribe<order_placed>("picky", picky(), {.dead_letters = true});
    publish(1, 2);
    EXPECT_FALSE(bus.drain(0ns).complete);
    EXPECT_EQ(terms("picky").dead_lettered, 1);
    EXPECT_EQ(terms("picky").cancelled, 1);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
    EXPECT_THAT(log().notices().back(), HasSubstr("is not kept"));
}

TEST_F(lettered_full, is_stored_at_the_end_if_there_is_room_by_then) {
    poison = {1, 2};
    auto kept = bus.subscribe<order_placed>("picky", picky(), {.dead_letters = true});
    publish(1, 2);
    ASSERT_TRUE(bus.dead_letters().store().purge({}, stentor::purge_confirmation::everything));
    kept.unsubscribe();
    run();
    ASSERT_THAT(letters(), SizeIs(1));
    EXPECT_EQ(stentor::last_error(letters().front()), "order 2 is poison");
    EXPECT_EQ(bus.audit().removed.dead_lettered, 2);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(lettered_full, is_dropped_with_all_else_that_a_disabled_one_drops) {
    poison = {1, 2};
    auto kept = bus.subscribe<order_placed>("picky", picky(), {.dead_letters = true});
    publish(1, 3);
    ASSERT_TRUE(bus.registry().disable("picky", stentor::backlog::drop));
    run();
    EXPECT_EQ(terms("picky").dead_lettered + terms("picky").dropped_disabled +
                  terms("picky").retry_waiting + terms("picky").held,
              3);
    ASSERT_TRUE(bus.registry().enable("picky"));
    run();
    pass(1s);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
    purge_all();
    EXPECT_EQ(terms("picky").outstanding(), 0);
}

}  // namespace
