// SPDX-License-Identifier: MIT
#include "support/counted.hpp"
#include "unit/async/manual_bus.hpp"
#include "unit/async/user_loop.hpp"

#include <gmock/gmock.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

// Pauses of coroutines that go elsewhere than to runners.

namespace {

using namespace stentor_test;
using ::testing::ElementsAre;
using task = stentor::task<>;

struct inline_executor {
    template <class Function>
    void execute(Function&& what) {
        what();
    }
};

class pausing_elsewhere : public manual_bus {
protected:
    void on_a_thread(bool expected = true) {
        std::thread user([&] {
            user_ = std::this_thread::get_id();
            EXPECT_EQ(loop_.run_one(), expected);
        });
        user.join();
    }

    std::vector<std::string> log_;
    std::thread::id user_;
    user_loop loop_;
};

TEST_F(pausing_elsewhere, sends_it_there_again_when_it_may_go_on) {
    std::thread::id there;
    auto kept = bus.subscribe<order_placed>("mover", [&](const order_placed&) -> task {
        co_await stentor::resume_on(loop_);
        there = std::this_thread::get_id();
        log_.emplace_back("there");
    });
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    ASSERT_TRUE(bus.registry().disable("mover"));
    on_a_thread();
    run();
    on_a_thread(false);
    EXPECT_TRUE(log_.empty());
    EXPECT_EQ(terms("mover").held, 1);
    ASSERT_TRUE(bus.registry().enable("mover"));
    run();
    EXPECT_TRUE(log_.empty()) << "not on a runner";
    on_a_thread();
    EXPECT_THAT(log_, ElementsAre("there"));
    EXPECT_EQ(there, user_);
    EXPECT_EQ(terms("mover").completed, 1);
}

TEST_F(pausing_elsewhere, leaves_what_waits_there_alone) {
    auto kept = bus.subscribe<order_placed>("mover", [&](const order_placed&) -> task {
        co_await stentor::resume_on(loop_);
        log_.emplace_back("there");
    });
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    ASSERT_TRUE(bus.registry().disable("mover"));
    ASSERT_TRUE(bus.registry().enable("mover"));
    run();
    on_a_thread();
    EXPECT_THAT(log_, ElementsAre("there"));
    on_a_thread(false);
}

TEST_F(pausing_elsewhere, throws_where_it_waits_when_it_cannot_be_sent_again) {
    auto kept = bus.subscribe<order_placed>(
        "mover", [&](const order_placed&, stentor::context& ctx) -> task {
            try {
                co_await stentor::resume_on(loop_);
            } catch (const std::runtime_error& why) {
                log_.emplace_back(why.what());
            }
            co_await ctx.sleep(1ms);
            log_.emplace_back("slept");
        });
    loop_.take_at_most(1);
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    ASSERT_TRUE(bus.registry().disable("mover"));
    on_a_thread();
    ASSERT_TRUE(bus.registry().enable("mover"));
    run();
    pass(1ms);
    EXPECT_THAT(log_, ElementsAre("the loop is over", "slept"));
}

TEST_F(pausing_elsewhere, destroys_it_there_when_its_subscription_ends) {
    ledger book;
    auto kept = bus.subscribe<order_placed>("mover", [&](const order_placed&) -> task {
        const counted local(book);
        co_await stentor::resume_on(loop_);
        log_.emplace_back("there");
    });
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    ASSERT_TRUE(bus.registry().disable("mover"));
    on_a_thread();
    EXPECT_EQ(kept.unsubscribe(), stentor::unsubscribe_result::done);
    EXPECT_EQ(book.alive(), 0);
    run();
    EXPECT_TRUE(log_.empty());
}

TEST_F(pausing_elsewhere, takes_a_wait_that_is_over_at_once_for_none) {
    inline_executor at_once;
    auto kept = bus.subscribe<order_placed>(
        "mover", [&](const order_placed&, stentor::context& ctx) -> task {
            EXPECT_TRUE(bus.registry().disable("mover"));
            co_await stentor::resume_on(at_once);
            log_.emplace_back("still the same call");
            co_await stentor::resume_on(ctx);
            log_.emplace_back("another one");
        });
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    EXPECT_THAT(log_, ElementsAre("still the same call"));
    ASSERT_TRUE(bus.registry().enable("mover"));
    run();
    EXPECT_THAT(log_, ElementsAre("still the same call", "another one"));
}

// A thread of the user's cannot give back: a runner does, and finds the pause.
TEST_F(pausing_elsewhere, holds_what_is_given_back_there) {
    int calls = 0;
    auto kept = bus.subscribe<order_placed>(
        "mover", [&](const order_placed&) -> stentor::task<stentor::outcome> {
            co_await stentor::resume_on(loop_);
            if (++calls == 1) {
                EXPECT_TRUE(bus.registry().disable("mover"));
                co_return stentor::outcome::release();
            }
            co_return stentor::outcome::done();
        });
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    on_a_thread();
    run();
    on_a_thread(false);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(terms("mover").held, 1);
    ASSERT_TRUE(bus.registry().enable("mover"));
    run();
    on_a_thread();
    run();
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(terms("mover").completed, 1);
    EXPECT_EQ(terms("mover").held, 0);
}

TEST_F(pausing_elsewhere, from_there_by_itself_ends_with_its_next_wait) {
    auto kept = bus.subscribe<order_placed>(
        "mover", [&](const order_placed&, stentor::context& ctx) -> task {
            co_await stentor::resume_on(loop_);
            EXPECT_EQ(bus.registry().disable("mover").count(), 1);
            log_.emplace_back("there");
            co_await ctx.sleep(0ns);
            log_.emplace_back("back");
        });
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    on_a_thread();
    run();
    EXPECT_THAT(log_, ElementsAre("there"));
    ASSERT_TRUE(bus.registry().enable("mover"));
    run();
    EXPECT_THAT(log_, ElementsAre("there", "back"));
}

}  // namespace
