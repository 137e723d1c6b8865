// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/counted.hpp"
#include "support/patience.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

// Coroutines on real threads: resumed, cancelled and ended by several at once.

namespace {

using namespace std::chrono_literals;
using stentor_test::counted;
using stentor_test::eventually;

struct tick {
    static constexpr std::string_view topic = "tick";
    int number = 0;
};

struct other {
    static constexpr std::string_view topic = "other";
};

class coroutines_in_parallel : public stentor_test::bus_fixture {
protected:
    stentor_test::ledger book_;
};

TEST_F(coroutines_in_parallel, sleep_by_the_thousand) {
    auto& bus = make_bus();
    constexpr int count = 10'000;
    std::atomic<int> done{0};
    auto kept = bus.subscribe<tick>(
        "sleeper", [&](const tick& it, stentor::context& ctx) -> stentor::task<> {
            const counted local(book_);
            co_await ctx.sleep(std::chrono::milliseconds(1 + it.number % 7));
            co_await ctx.sleep(std::chrono::milliseconds(it.number % 3));
            done.fetch_add(1);
        });
    for (int number = 0; number < count; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    EXPECT_TRUE(eventually([&] { return done.load() == count; }));
    EXPECT_TRUE(bus.wait_idle());
    EXPECT_EQ(book_.destroyed_full, count);
    EXPECT_EQ(bus.audit().subscriptions.at(0).second.completed, count);
}

TEST_F(coroutines_in_parallel, are_at_most_as_many_as_allowed) {
    auto& bus = make_bus();
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    std::atomic<int> done{0};
    auto kept =
        bus.subscribe<tick>("limited",
                            [&](const tick&, stentor::context& ctx) -> stentor::task<> {
                                const auto now = inside.fetch_add(1) + 1;
                                auto before = most.load();
                                while (before < now && !most.compare_exchange_weak(before, now)) {
                                }
                                co_await ctx.sleep(0ns);
                                co_await ctx.sleep(1us);
                                inside.fetch_sub(1);
                                done.fetch_add(1);
                            },
                            {.max_concurrency = 3});
    for (int number = 0; number < 1000; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    EXPECT_TRUE(eventually([&] { return done.load() == 1000; }));
    EXPECT_LE(most.load(), 3);
}

TEST_F(coroutines_in_parallel, are_destroyed_once_when_their_subscription_ends_at_any_moment) {
    auto& bus = make_bus();
    std::int64_t published = 0;
    for (int round = 0; round < 200; ++round) {
        auto kept = bus.subscribe<tick>(
            "short", [&](const tick& it, stentor::context& ctx) -> stentor::task<> {
                const counted local(book_);
                co_await ctx.sleep(std::chrono::microseconds(it.number % 4 == 0 ? 0 : 500));
                co_await ctx.sleep(0ns);
                co_await ctx.sleep(1ms);
            });
        for (int number = 0; number < 50; ++number) {
            published += bus.publish(tick{number}) ? 1 : 0;
        }
        if (round % 3 != 0) {
            std::this_thread::sleep_for(std::chrono::microseconds(round * 13));
        }
        EXPECT_EQ(kept.unsubscribe(), stentor::unsubscribe_result::done);
        EXPECT_EQ(book_.alive(), 0) << "unsubscribe is a barrier";
    }
    EXPECT_TRUE(bus.wait_idle());
    const auto audit = bus.audit();
    auto sum = audit.removed;
    for (const auto& [name, terms] : audit.subscriptions) {
        sum += terms;
    }
    EXPECT_EQ(sum.completed + sum.cancelled, published);
}

// Waits of somebody else, completed by a thread of its own while the subscription ends.
struct mailbox {
    std::mutex lock;
    std::vector<std::coroutine_handle<>> waiting;
    struct wait {
        mailbox& of;
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> who) const {
            const std::lock_guard held(of.lock);
            of.waiting.push_back(who);
        }
        void await_resume() const noexcept {}
    };
    wait operator co_await() noexcept { return {*this}; }
    bool deliver() {
        std::vector<std::coroutine_handle<>> now;
        {
            const std::lock_guard held(lock);
            now.swap(waiting);
        }
        for (const auto one : now) {
            one.resume();
        }
        return !now.empty();
    }
};

TEST_F(coroutines_in_parallel, survive_foreign_threads_that_resume_while_they_are_cancelled) {
    auto& bus = make_bus();
    mailbox box;
    std::atomic<bool> stop{false};
    std::thread postman([&] {
        while (!stop.load()) {
            if (!box.deliver()) {
                std::this_thread::yield();
            }
        }
        box.deliver();
    });
    for (int round = 0; round < 200; ++round) {
        auto kept = bus.subscribe<tick>("waiter", [&](const tick&) -> stentor::task<> {
            const counted local(book_);
            co_await box;
            co_await box;
            co_await box;
        });
        for (int number = 0; number < 20; ++number) {
            bus.publish(tick{number});
        }
        std::this_thread::sleep_for(std::chrono::microseconds(round * 3));
        EXPECT_EQ(kept.unsubscribe(), stentor::unsubscribe_result::done);
        EXPECT_EQ(book_.alive(), 0);
    }
    stop.store(true);
    postman.join();
    EXPECT_TRUE(bus.wait_idle());
    box.deliver();
    EXPECT_EQ(book_.made, book_.destroyed);
}

TEST_F(coroutines_in_parallel, end_with_a_drain_at_any_moment) {
    for (int round = 0; round < 20; ++round) {
        auto& bus = make_bus();
        auto kept = bus.subscribe<tick>(
            "slow", [&](const tick& it, stentor::context& ctx) -> stentor::task<> {
                const counted local(book_);
                co_await ctx.sleep(std::chrono::milliseconds(it.number % 5));
                co_await ctx.sleep(10min);
            });
        for (int number = 0; number < 100; ++number) {
            bus.publish(tick{number});
        }
        const auto report = bus.drain(std::chrono::milliseconds(round % 6));
        EXPECT_FALSE(report.complete);
        EXPECT_TRUE(report.stuck.empty());
        EXPECT_EQ(book_.alive(), 0);
        EXPECT_EQ(bus.audit().unaccounted(), 0);
        EXPECT_EQ(bus.audit().subscriptions.at(0).second.cancelled, 100);
    }
}

TEST_F(coroutines_in_parallel, may_drain_the_bus_they_are_in) {
    auto& bus = make_bus();
    std::atomic<int> drained{0};
    auto kept =
        bus.subscribe<tick>("drainer", [&](const tick&, stentor::context& ctx) -> stentor::task<> {
            co_await ctx.sleep(1ms);
            drained.store(bus.drain(5s).complete ? 1 : 2);
        });
    bus.publish(tick{});
    EXPECT_TRUE(eventually([&] { return drained.load() != 0; }));
    EXPECT_EQ(drained.load(), 1) << "its own delivery is not waited for";
}

TEST_F(coroutines_in_parallel, leave_a_spare_runner_to_others_when_they_block_after_a_wait) {
    auto& bus = make_bus();
    std::atomic<bool> open{false};
    std::atomic<int> blocked{0};
    std::atomic<int> others{0};
    auto slow =
        bus.subscribe<tick>("blocks", [&](const tick&, stentor::context& ctx) -> stentor::task<> {
            co_await ctx.sleep(1ms);
            blocked.fetch_add(1);
            while (!open.load()) {
                std::this_thread::sleep_for(1ms);
            }
        });
    auto quick = bus.subscribe<other>("quick", [&](const other&) { others.fetch_add(1); });
    bus.publish(tick{});
    bus.publish(tick{});
    EXPECT_TRUE(eventually([&] { return blocked.load() == 2; }));
    bus.publish(other{});
    EXPECT_TRUE(eventually([&] { return others.load() == 1; }));
    open.store(true);
}

}  // namespace
