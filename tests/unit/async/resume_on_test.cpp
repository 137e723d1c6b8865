// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/counted.hpp"
#include "support/patience.hpp"
#include "unit/async/manual_bus.hpp"
#include "unit/async/user_loop.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

// From the engine's runners to a thread of the user's, and back.

namespace {

using namespace stentor_test;
using ::testing::ElementsAre;

struct inline_executor {
    template <class Function>
    void execute(Function&& what) {
        what();
    }
};

class resume_on : public manual_bus {
protected:
    std::vector<std::string> log_;
    ledger book_;
    user_loop loop_;
};

TEST_F(resume_on, goes_to_the_user_s_thread_and_back) {
    std::thread::id there;
    std::thread::id back;
    auto kept = bus.subscribe<order_placed>(
        "mover", [&](const order_placed& it, stentor::context& ctx) -> stentor::task<> {
            co_await stentor::resume_on(loop_);
            there = std::this_thread::get_id();
            ctx.publish(order_noted{"from there " + std::to_string(it.number)});
            co_await stentor::resume_on(ctx);
            back = std::this_thread::get_id();
        });
    auto noted =
        bus.subscribe<order_noted>("noted", [&](const order_noted& it, stentor::context& ctx) {
            log_.push_back(it.text);
            EXPECT_EQ(ctx.metadata().depth, 1);
        });
    bus.publish(order_placed{6});
    run();
    std::thread user([&] { EXPECT_TRUE(loop_.run_one()); });
    const auto user_id = user.get_id();
    user.join();
    EXPECT_EQ(there, user_id);
    EXPECT_EQ(back, std::thread::id{});
    run();
    EXPECT_EQ(back, std::this_thread::get_id());
    EXPECT_THAT(log_, ElementsAre("from there 6"));
    EXPECT_EQ(terms("mover").completed, 1);
}

TEST_F(resume_on, may_end_or_fail_there) {
    expect_failures();
    auto kept = bus.subscribe<order_placed>(
        "mover", [&](const order_placed& it, stentor::context&) -> stentor::task<> {
            co_await stentor::resume_on(loop_);
            if (it.number == 1) {
                throw std::runtime_error("there");
            }
        });
    bus.publish(order_placed{0});
    bus.publish(order_placed{1});
    run();
    std::thread([&] {
        while (loop_.run_one()) {
        }
    }).join();
    EXPECT_EQ(terms("mover").completed, 1);
    EXPECT_EQ(terms("mover").failed, 1);
    EXPECT_EQ(log().errors().size(), 1U);
}

TEST_F(resume_on, takes_an_executor_that_runs_at_once) {
    inline_executor at_once;
    auto kept = bus.subscribe<order_placed>(
        "mover", [&](const order_placed&, stentor::context&) -> stentor::task<> {
            for (int turn = 0; turn < 3; ++turn) {
                co_await stentor::resume_on(at_once);
            }
            log_.emplace_back("done");
        });
    bus.publish(order_placed{});
    run();
    EXPECT_THAT(log_, ElementsAre("done"));
}

// Takes what it is given, and throws all the same.
struct treacherous {
    std::vector<std::function<void()>> kept;
    void post(std::function<void()> what) {
        kept.push_back(std::move(what));
        throw std::runtime_error("not today");
    }
};

TEST_F(resume_on, what_throws_has_no_hold_on_the_coroutine) {
    treacherous both;
    auto kept = bus.subscribe<order_placed>(
        "mover", [&](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            try {
                co_await stentor::resume_on(both);
            } catch (const std::runtime_error& why) {
                log_.emplace_back(why.what());
            }
            co_await ctx.sleep(10ms);
            log_.emplace_back("slept");
        });
    bus.publish(order_placed{});
    run();
    both.kept.at(0)();
    run();
    EXPECT_THAT(log_, ElementsAre("not today"));
    pass(10ms);
    EXPECT_THAT(log_, ElementsAre("not today", "slept"));
    both.kept.at(0)();
}

TEST_F(resume_on, stays_on_the_loop_from_wait_to_wait_if_it_says_so) {
    std::vector<std::thread::id> where;
    inline_executor same;
    auto kept = bus.subscribe<order_placed>(
        "mover", [&](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            co_await stentor::resume_on(loop_);
            where.push_back(std::this_thread::get_id());
            co_await stentor::resume_on(same);
            where.push_back(std::this_thread::get_id());
            co_await ctx.sleep(1ms);
            where.push_back(std::this_thread::get_id());
        });
    bus.publish(order_placed{});
    run();
    std::thread user([&] { loop_.run_one(); });
    const auto user_id = user.get_id();
    user.join();
    pass(1ms);
    EXPECT_THAT(where, ElementsAre(user_id, user_id, std::this_thread::get_id()));
}

// Hands what it is given to another thread, which is there before post() has returned.
struct hasty {
    user_loop& later;
    int at_once = 1;  // so often
    int posts = 0;
    void post(std::function<void()> what) {
        if (++posts <= at_once) {
            std::thread([&what] { what(); }).join();
        } else {
            later.post(std::move(what));
        }
    }
};

TEST_F(resume_on, asks_a_thread_again_that_came_too_early) {
    hasty elsewhere{loop_};
    std::thread::id there;
    auto kept = bus.subscribe<order_placed>(
        "mover", [&](const order_placed&, stentor::context&) -> stentor::task<> {
            co_await stentor::resume_on(elsewhere);
            there = std::this_thread::get_id();
        });
    bus.publish(order_placed{});
    run();
    EXPECT_EQ(there, std::thread::id{}) << "not on a runner";
    EXPECT_EQ(elsewhere.posts, 2);
    std::thread user([&] { EXPECT_TRUE(loop_.run_one()); });
    const auto user_id = user.get_id();
    user.join();
    EXPECT_EQ(there, user_id);
}

TEST_F(resume_on, goes_on_where_it_is_when_the_other_thread_is_always_too_early) {
    hasty elsewhere{loop_, 1 << 20};
    auto kept = bus.subscribe<order_placed>(
        "mover", [&](const order_placed&, stentor::context&) -> stentor::task<> {
            co_await stentor::resume_on(elsewhere);
            co_await stentor::resume_on(elsewhere);
            log_.emplace_back("done");
        });
    bus.publish(order_placed{});
    run();
    EXPECT_THAT(log_, ElementsAre("done"));
    EXPECT_LT(elsewhere.posts, 1000);
}

TEST_F(resume_on, finds_nothing_to_do_when_the_coroutine_is_cancelled) {
    auto kept = bus.subscribe<order_placed>(
        "mover", [&](const order_placed&, stentor::context&) -> stentor::task<> {
            const counted local(book_);
            co_await stentor::resume_on(loop_);
            log_.emplace_back("there");
        });
    bus.publish(order_placed{});
    run();
    EXPECT_EQ(kept.unsubscribe(), stentor::unsubscribe_result::done);
    EXPECT_EQ(book_.alive(), 0);
    EXPECT_TRUE(loop_.run_one());
    EXPECT_TRUE(log_.empty());
}

TEST_F(resume_on, a_loop_that_forgets_leaves_it_to_the_drain) {
    auto kept = bus.subscribe<order_placed>(
        "mover", [&](const order_placed&, stentor::context&) -> stentor::task<> {
            const counted local(book_);
            co_await stentor::resume_on(loop_);
        });
    bus.publish(order_placed{});
    run();
    loop_.forget();
    const auto report = bus.drain(1s);
    ASSERT_EQ(report.suspended.size(), 1U);
    EXPECT_EQ(report.suspended[0].subscription, "mover");
    EXPECT_EQ(book_.alive(), 0);
}

TEST_F(resume_on, unsubscribing_itself_from_there_is_deferred) {
    std::optional<stentor::subscription> mine;
    std::optional<stentor::unsubscribe_result> answer;
    mine = bus.subscribe<order_placed>(
        "mover", [&](const order_placed&, stentor::context&) -> stentor::task<> {
            const counted local(book_);
            co_await stentor::resume_on(loop_);
            answer = mine->unsubscribe();
        });
    bus.publish(order_placed{});
    run();
    std::thread([&] { loop_.run_one(); }).join();
    EXPECT_EQ(answer, stentor::unsubscribe_result::deferred);
    EXPECT_EQ(book_.alive(), 0);
    run();
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

class resume_on_threads : public bus_fixture {};

TEST_F(resume_on_threads, unsubscribing_waits_for_the_part_that_runs_there) {
    auto& bus = make_bus();
    user_loop elsewhere;
    std::atomic<bool> inside{false};
    std::atomic<bool> over{false};
    auto kept = bus.subscribe<order_placed>(
        "mover", [&](const order_placed&, stentor::context&) -> stentor::task<> {
            co_await stentor::resume_on(elsewhere);
            inside.store(true);
            std::this_thread::sleep_for(30ms);
            over.store(true);
        });
    bus.publish(order_placed{});
    std::thread user([&] { EXPECT_TRUE(elsewhere.run_until([&] { return inside.load(); })); });
    EXPECT_TRUE(eventually([&] { return inside.load(); }));
    EXPECT_EQ(kept.unsubscribe(), stentor::unsubscribe_result::done);
    EXPECT_TRUE(over.load());
    user.join();
}

TEST_F(resume_on_threads, a_drain_from_there_does_not_wait_for_itself) {
    auto& bus = make_bus();
    user_loop elsewhere;
    std::atomic<int> drained{0};
    auto kept = bus.subscribe<order_placed>(
        "mover", [&](const order_placed&, stentor::context&) -> stentor::task<> {
            co_await stentor::resume_on(elsewhere);
            drained.store(bus.drain(5s).complete ? 1 : 2);
        });
    bus.publish(order_placed{});
    std::thread user(
        [&] { EXPECT_TRUE(elsewhere.run_until([&] { return drained.load() != 0; })); });
    EXPECT_TRUE(eventually([&] { return drained.load() != 0; }));
    EXPECT_EQ(drained.load(), 1);
    user.join();
}

TEST_F(resume_on_threads, hops_to_and_fro_by_the_thousand) {
    auto& bus = make_bus();
    user_loop elsewhere;
    ledger book;
    std::atomic<int> done{0};
    std::atomic<bool> stop{false};
    std::thread user([&] {
        while (!stop.load()) {
            if (!elsewhere.run_one()) {
                std::this_thread::yield();
            }
        }
        while (elsewhere.run_one()) {
        }
    });
    constexpr int count = 2'000;
    auto kept = bus.subscribe<order_placed>(
        "hopper", [&](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            const counted local(book);
            for (int hop = 0; hop < 3; ++hop) {
                co_await stentor::resume_on(elsewhere);
                co_await stentor::resume_on(ctx);
            }
            done.fetch_add(1);
        });
    for (int number = 0; number < count; ++number) {
        ASSERT_TRUE(bus.publish(order_placed{number}));
    }
    EXPECT_TRUE(eventually([&] { return done.load() == count; }));
    EXPECT_TRUE(bus.wait_idle());
    EXPECT_EQ(book.destroyed_full, count);
    stop.store(true);
    user.join();
}

}  // namespace
