// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/counted.hpp"
#include "support/gate.hpp"
#include "support/patience.hpp"
#include "unit/async/manual_bus.hpp"
#include "unit/async/user_loop.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

// Pauses of coroutines on many threads at once.

namespace {

using namespace stentor_test;
using task = stentor::task<>;

class pausing_coroutines_at_work : public bus_fixture {};

TEST_F(pausing_coroutines_at_work, waits_for_one_that_runs_on_a_thread_of_the_user_s) {
    auto& bus = make_bus();
    user_loop elsewhere;
    gate door;
    std::atomic<bool> waits{false};
    auto kept = bus.subscribe<order_placed>(
        "mover", [&](const order_placed&, stentor::context& ctx) -> task {
            co_await stentor::resume_on(elsewhere);
            EXPECT_TRUE(door.pass());
            waits.store(true);
            co_await ctx.sleep(1h);
        });
    ASSERT_TRUE(bus.publish(order_placed{1}));
    std::thread user([&] { EXPECT_TRUE(elsewhere.run_until([&] { return waits.load(); })); });
    {
        const open_at_end let_go(door);
        EXPECT_TRUE(door.await_waiting(1));
        std::thread opener([&] {
            EXPECT_TRUE(eventually([&] {
                return bus.registry().find("mover")->state == stentor::handler_state::paused;
            }));
            door.open();
        });
        EXPECT_TRUE(bus.registry().disable("mover"));
        EXPECT_TRUE(waits.load());
        opener.join();
    }
    user.join();
    EXPECT_EQ(kept.unsubscribe(), stentor::unsubscribe_result::done);
}

// Each in a coroutine that has waited before, so on a continuation.
TEST_F(pausing_coroutines_at_work, of_two_by_each_other_does_not_block) {
    auto& bus = make_bus();
    gate door;
    std::atomic<int> returned{0};
    const auto pausing = [&](const std::string& name, const std::string& other) {
        return bus.subscribe<order_placed>(
            name, [&, other](const order_placed&, stentor::context& ctx) -> task {
                co_await ctx.sleep(0ns);
                EXPECT_TRUE(door.pass());
                static_cast<void>(bus.registry().disable(other));
                returned.fetch_add(1);
                co_await ctx.sleep(0ns);
                returned.fetch_add(1);
            });
    };
    auto first = pausing("first", "second");
    auto second = pausing("second", "first");
    const open_at_end let_go(door);
    ASSERT_TRUE(bus.publish(order_placed{1}));
    ASSERT_TRUE(door.await_waiting(2));
    door.open();
    EXPECT_TRUE(eventually([&] { return returned.load() >= 2; }));
    EXPECT_TRUE(bus.wait_idle(patience));
    static_cast<void>(bus.registry().enable(stentor::pattern("*")));
    EXPECT_TRUE(eventually([&] { return returned.load() == 4; }));
}

// The handler waits for the coroutine, which waits for the bus, and so for the handler.
TEST_F(pausing_coroutines_at_work, does_not_wait_for_one_elsewhere_that_waits_for_the_bus) {
    auto& bus = make_bus();
    user_loop elsewhere;
    gate door;
    std::atomic<bool> paused{false};
    std::atomic<bool> paused_first{false};
    std::atomic<bool> drained{false};
    auto kept = bus.subscribe<order_placed>("mover", [&](const order_placed&) -> task {
        co_await stentor::resume_on(elsewhere);
        EXPECT_TRUE(door.pass());
        static_cast<void>(bus.drain(3 * patience));
        paused_first.store(paused.load());
        drained.store(true);
    });
    auto other = bus.subscribe<order_noted>("other", [&](const order_noted&) {
        EXPECT_TRUE(bus.registry().disable("mover"));
        paused.store(true);
    });
    ASSERT_TRUE(bus.publish(order_placed{1}));
    std::thread user([&] { EXPECT_TRUE(elsewhere.run_until([&] { return drained.load(); })); });
    {
        const open_at_end let_go(door);
        EXPECT_TRUE(door.await_waiting(1));
        EXPECT_TRUE(bus.publish(order_noted{"stop"}));
        EXPECT_TRUE(eventually(
            [&] { return bus.registry().find("mover")->state == stentor::handler_state::paused; }));
    }
    EXPECT_TRUE(eventually([&] { return drained.load(); }));
    EXPECT_TRUE(paused_first.load());
    user.join();
}

// Nothing of the handler runs while it is disabled, nothing is lost, nothing comes twice.
TEST_F(pausing_coroutines_at_work, is_a_barrier_for_those_that_wait) {
    auto& bus = make_bus();
    constexpr int count = 4'000;
    user_loop elsewhere;
    std::atomic<bool> may_run{true};
    std::atomic<std::int64_t> steps{0};
    std::atomic<int> broken{0};
    std::vector<std::atomic<int>> done(count);
    const auto look = [&] {
        steps.fetch_add(1);
        if (!may_run.load()) {
            broken.fetch_add(1);
        }
    };
    auto kept = bus.subscribe<order_placed>(
        "sleeper", [&](const order_placed& it, stentor::context& ctx) -> task {
            look();
            co_await ctx.sleep(std::chrono::microseconds(it.number % 5 * 400));
            look();
            if (it.number % 4 == 0) {
                co_await stentor::resume_on(elsewhere);
                look();
            }
            co_await ctx.sleep(0ns);
            look();
            done[static_cast<std::size_t>(it.number)].fetch_add(1);
        });
    std::atomic<bool> over{false};
    std::thread user([&] {
        while (!over.load() || elsewhere.run_one()) {
            if (!elsewhere.run_one()) {
                std::this_thread::yield();
            }
        }
    });
    std::thread publisher([&] {
        for (int number = 0; number < count; ++number) {
            EXPECT_TRUE(bus.publish(order_placed{number}));
            if (number % 64 == 0) {
                std::this_thread::sleep_for(200us);
            }
        }
    });
    const auto sum = [&] {
        std::int64_t all = 0;
        for (const auto& one : done) {
            all += one.load();
        }
        return all;
    };
    int rounds = 0;
    for (; rounds < 300 && sum() < count; ++rounds) {
        EXPECT_TRUE(bus.registry().disable("sleeper"));
        may_run.store(false);
        const auto before = steps.load();
        std::this_thread::sleep_for(std::chrono::microseconds(rounds % 7 * 100));
        EXPECT_EQ(steps.load(), before);
        may_run.store(true);
        EXPECT_TRUE(bus.registry().enable("sleeper"));
        std::this_thread::sleep_for(std::chrono::microseconds(rounds % 5 * 100));
    }
    publisher.join();
    EXPECT_TRUE(bus.wait_idle(patience));
    over.store(true);
    user.join();
    EXPECT_EQ(broken.load(), 0);
    EXPECT_GT(rounds, 5);
    for (const auto& one : done) {
        EXPECT_EQ(one.load(), 1);
    }
}

TEST_F(pausing_coroutines_at_work, may_end_at_any_moment) {
    for (int round = 0; round < 60; ++round) {
        ledger book;
        auto& bus = make_bus();
        user_loop elsewhere;
        auto kept = bus.subscribe<order_placed>(
            "sleeper", [&](const order_placed& it, stentor::context& ctx) -> task {
                const counted local(book);
                co_await ctx.sleep(std::chrono::microseconds(it.number % 3 * 300));
                if (it.number % 4 == 0) {
                    co_await stentor::resume_on(elsewhere);
                }
                co_await ctx.sleep(0ns);
            });
        for (int number = 0; number < 200; ++number) {
            EXPECT_TRUE(bus.publish(order_placed{number}));
        }
        std::atomic<bool> over{false};
        std::thread user([&] {
            while (!over.load()) {
                if (!elsewhere.run_one()) {
                    std::this_thread::yield();
                }
            }
        });
        std::thread pauser([&] {
            for (int turn = 0; turn < 20; ++turn) {
                static_cast<void>(bus.registry().disable("sleeper"));
                std::this_thread::sleep_for(50us);
                static_cast<void>(bus.registry().enable("sleeper"));
            }
        });
        std::this_thread::sleep_for(std::chrono::microseconds(round * 40));
        if (round % 2 == 0) {
            EXPECT_EQ(kept.unsubscribe(), stentor::unsubscribe_result::done);
        } else {
            static_cast<void>(bus.drain(round % 4 == 1 ? std::chrono::nanoseconds(0) : 1ms));
        }
        EXPECT_EQ(book.alive(), 0);
        pauser.join();
        over.store(true);
        user.join();
    }
}

}  // namespace
