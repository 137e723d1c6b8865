// SPDX-License-Identifier: MIT
#include "support/counted.hpp"
#include "unit/async/manual_bus.hpp"

#include <gmock/gmock.h>

#include <coroutine>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

// Awaiting what the engine does not know: it may resume at once, later, on another thread, after
// the coroutine is gone, or never.

namespace {

using namespace stentor_test;
using ::testing::ElementsAre;

// Somebody else's event: keeps the handles that wait for it, and a value for them.
struct bell {
    std::vector<std::coroutine_handle<>> waiting;
    std::string says;

    struct wait {
        bell& of;
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> who) const { of.waiting.push_back(who); }
        [[nodiscard]] std::string await_resume() const {
            if (of.says == "broken") {
                throw std::runtime_error("the bell is broken");
            }
            return of.says;
        }
    };
    wait operator co_await() noexcept { return {*this}; }

    void ring(std::string text) {
        says = std::move(text);
        for (const auto one : std::exchange(waiting, {})) {
            one.resume();
        }
    }
};

class foreign : public manual_bus {
protected:
    std::vector<std::string> log_;
    ledger book_;
    bell bell_;
};

TEST_F(foreign, resumes_the_coroutine_on_a_runner) {
    auto kept = bus.subscribe<order_placed>(
        "listener",
        [&](const order_placed&) -> stentor::task<> { log_.push_back(co_await bell_); });
    bus.publish(order_placed{});
    run();
    ASSERT_EQ(bell_.waiting.size(), 1U);
    std::thread([&] { bell_.ring("dong"); }).join();
    EXPECT_TRUE(log_.empty()) << "a foreign thread runs none of the handler";
    run();
    EXPECT_THAT(log_, ElementsAre("dong"));
    EXPECT_EQ(terms("listener").completed, 1);
}

TEST_F(foreign, may_throw_into_the_coroutine) {
    auto kept =
        bus.subscribe<order_placed>("listener", [&](const order_placed&) -> stentor::task<> {
            try {
                co_await bell_;
            } catch (const std::runtime_error& why) {
                log_.emplace_back(why.what());
            }
        });
    bus.publish(order_placed{});
    run();
    bell_.ring("broken");
    run();
    EXPECT_THAT(log_, ElementsAre("the bell is broken"));
}

// Values and references, ready and not, suspending or not: whatever a coroutine may await.
struct at_once {
    int value;
    [[nodiscard]] bool await_ready() const noexcept { return true; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    [[nodiscard]] int await_resume() const noexcept { return value; }
};
struct changes_its_mind {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    [[nodiscard]] bool await_suspend(std::coroutine_handle<>) const noexcept { return false; }
    void await_resume() const noexcept {}
};
struct resumes_inside {
    int& value;
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> who) const { who.resume(); }
    [[nodiscard]] int& await_resume() const noexcept { return value; }
};

TEST_F(foreign, may_be_over_before_it_begins) {
    int number = 1;
    auto kept = bus.subscribe<order_placed>("quick", [&](const order_placed&) -> stentor::task<> {
        const int seven = co_await at_once{7};
        co_await changes_its_mind{};
        int& same = co_await resumes_inside{number};
        same += seven;
        co_await std::suspend_never{};
        log_.emplace_back("done");
    });
    bus.publish(order_placed{});
    run();
    EXPECT_THAT(log_, ElementsAre("done"));
    EXPECT_EQ(number, 8);
    EXPECT_EQ(terms("quick").completed, 1);
}

TEST_F(foreign, may_come_after_the_coroutine_was_cancelled) {
    auto kept =
        bus.subscribe<order_placed>("listener", [&](const order_placed&) -> stentor::task<> {
            const counted local(book_);
            log_.push_back(co_await bell_);
        });
    bus.publish(order_placed{});
    run();
    EXPECT_EQ(book_.alive(), 1);
    EXPECT_EQ(kept.unsubscribe(), stentor::unsubscribe_result::done);
    EXPECT_EQ(book_.alive(), 0);
    EXPECT_EQ(bell_.waiting.size(), 1U) << "it still has what it was given";
    bell_.ring("too late");
    run();
    EXPECT_TRUE(log_.empty());
    EXPECT_EQ(book_.destroyed_full, 1);
}

TEST_F(foreign, may_come_after_the_bus_is_gone) {
    {
        stentor::bus_options options = small_bus();
        options.executor = std::make_shared<stentor::manual_executor>(3);
        options.clock = &clock_;
        auto runs = options.executor;
        stentor::bus short_lived(std::move(options));
        auto kept = short_lived.subscribe<order_placed>(
            "listener", [&](const order_placed&) -> stentor::task<> {
                const counted local(book_);
                log_.push_back(co_await bell_);
            });
        short_lived.publish(order_placed{});
        while (runs->step()) {
        }
        ASSERT_EQ(bell_.waiting.size(), 1U);
        const auto report = short_lived.drain(1s);
        ASSERT_EQ(report.suspended.size(), 1U);
        EXPECT_EQ(report.suspended[0].coroutines, 1);
    }
    EXPECT_EQ(book_.alive(), 0);
    bell_.ring("nobody is there");
    EXPECT_TRUE(log_.empty());
}

// An awaitable that is a value belongs to the wait: it is there until it resumes, whatever becomes
// of the coroutine.
struct with_a_value {
    bell& of;
    counted held;
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> who) { of.waiting.push_back(who); }
    [[nodiscard]] bool await_resume() const noexcept { return held.full(); }
};

TEST_F(foreign, value_lives_until_it_has_resumed) {
    auto kept = bus.subscribe<order_placed>("holder", [&](const order_placed&) -> stentor::task<> {
        with_a_value wait{bell_, counted(book_)};
        log_.emplace_back(co_await std::move(wait) ? "full" : "empty");
    });
    bus.publish(order_placed{});
    bus.publish(order_placed{});
    run();
    const auto second = bell_.waiting.back();
    bell_.waiting.pop_back();
    bell_.ring("one");
    run();
    EXPECT_THAT(log_, ElementsAre("full"));
    kept.unsubscribe();
    EXPECT_GE(book_.alive(), 1) << "the second wait's, which may still resume";
    second.resume();
    EXPECT_EQ(book_.alive(), 0);
}

}  // namespace
