// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include "support/patience.hpp"
#include "support/terms.hpp"
#include <stentor/stentor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// Handlers that run where the user polls.

namespace {

using namespace std::chrono_literals;
using namespace stentor_test;
using stentor::execution;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct paint {
    static constexpr std::string_view topic = "test.paint";
    int number = 0;
};

// Counts how often it was told.
struct counting_loop : stentor::loop {
    void wake() noexcept override { told.add(); }
    tally told;
};

class polling : public bus_fixture {};

TEST_F(polling, runs_the_handlers_on_the_thread_that_polls) {
    auto& bus = make_bus();
    std::vector<int> seen;
    std::thread::id where;
    auto window = bus.subscribe<paint>("window",
                                       [&](const paint& it) {
                                           seen.push_back(it.number);
                                           where = std::this_thread::get_id();
                                       },
                                       {.execution = execution::polled});
    EXPECT_EQ(bus.poll(), 0U);
    for (int number = 1; number <= 3; ++number) {
        ASSERT_TRUE(bus.publish(paint{number}));
    }
    EXPECT_FALSE(bus.wait_idle(5ms)) << "nobody else runs them";
    EXPECT_TRUE(seen.empty());
    EXPECT_EQ(bus.poll(), 3U);
    EXPECT_THAT(seen, ElementsAre(1, 2, 3));
    EXPECT_EQ(where, std::this_thread::get_id());
    EXPECT_EQ(bus.poll(), 0U);
    EXPECT_EQ(terms_of(bus, "window").completed, 3);
}

TEST_F(polling, runs_at_most_as_many_as_it_is_asked_to) {
    auto& bus = make_bus();
    int calls = 0;
    auto window = bus.subscribe<paint>("window", [&](const paint&) { ++calls; },
                                       {.execution = execution::polled});
    for (int number = 0; number < 100; ++number) {
        ASSERT_TRUE(bus.publish(paint{number}));
    }
    EXPECT_EQ(bus.poll(1), 1U);
    EXPECT_EQ(bus.poll(30), 30U);
    EXPECT_EQ(calls, 31);
    EXPECT_EQ(bus.poll(), 69U);
}

TEST_F(polling, tells_the_loop_once_until_it_polls) {
    auto& bus = make_bus();
    const auto loop = std::make_shared<counting_loop>();
    auto window =
        bus.subscribe<paint>("window", [](const paint&) {}, {.execution = execution::on(loop)});
    for (int number = 0; number < 10; ++number) {
        ASSERT_TRUE(bus.publish(paint{number}));
    }
    EXPECT_EQ(loop->told.count(), 1);
    EXPECT_EQ(bus.poll(*loop, 4), 4U);
    EXPECT_EQ(loop->told.count(), 2) << "something was left behind";
    EXPECT_EQ(bus.poll(*loop), 6U);
    EXPECT_EQ(loop->told.count(), 2);
    ASSERT_TRUE(bus.publish(paint{}));
    EXPECT_EQ(loop->told.count(), 3);
    EXPECT_EQ(bus.poll(*loop), 1U);
}

TEST_F(polling, keeps_loops_apart) {
    auto& bus = make_bus();
    const auto left = std::make_shared<counting_loop>();
    const auto right = std::make_shared<counting_loop>();
    std::vector<int> seen;
    auto one = bus.subscribe<paint>("one", [&](const paint&) { seen.push_back(1); },
                                    {.execution = execution::on(left)});
    auto two = bus.subscribe<paint>("two", [&](const paint&) { seen.push_back(2); },
                                    {.execution = execution::on(right)});
    auto three = bus.subscribe<paint>("three", [&](const paint&) { seen.push_back(3); },
                                      {.execution = execution::polled});
    ASSERT_TRUE(bus.publish(paint{}));
    EXPECT_EQ(bus.poll(*right), 1U);
    EXPECT_EQ(bus.poll(), 1U);
    EXPECT_EQ(bus.poll(*left), 1U);
    EXPECT_THAT(seen, ElementsAre(2, 3, 1));
    EXPECT_EQ(bus.poll(counting_loop{}), 0U) << "nobody subscribed on it";
}

TEST_F(polling, wakes_a_thread_that_waits_for_its_loop) {
    struct waiting_loop : stentor::loop {
        void wake() noexcept override {
            pending.store(true);
            pending.notify_one();
        }
        std::atomic<bool> pending{false};
    };
    auto& bus = make_bus();
    const auto loop = std::make_shared<waiting_loop>();
    tally calls;
    auto window = bus.subscribe<paint>("window", [&](const paint&) { calls.add(); },
                                       {.execution = execution::on(loop)});
    std::atomic<bool> stop{false};
    std::thread runner([&] {
        while (!stop) {
            loop->pending.wait(false);
            loop->pending.store(false);
            bus.poll(*loop);
        }
    });
    std::vector<std::thread> publishers;
    for (int index = 0; index < 2; ++index) {
        publishers.emplace_back([&] {
            for (int number = 0; number < 5000; ++number) {
                EXPECT_TRUE(bus.publish(paint{number}));
            }
        });
    }
    for (auto& one : publishers) {
        one.join();
    }
    EXPECT_TRUE(calls.await(10'000)) << "no wake-up is lost";
    stop = true;
    loop->wake();
    runner.join();
}

TEST_F(polling, inside_a_handler_does_nothing) {
    auto& bus = make_bus();
    std::vector<std::size_t> nested;
    auto window =
        bus.subscribe<paint>("window", [&](const paint&) { nested.push_back(bus.poll()); },
                             {.execution = execution::polled});
    ASSERT_TRUE(bus.publish(paint{1}));
    ASSERT_TRUE(bus.publish(paint{2}));
    EXPECT_EQ(bus.poll(), 2U);
    EXPECT_THAT(nested, ElementsAre(0U, 0U));
}

TEST_F(polling, beside_another_thread_does_nothing) {
    auto& bus = make_bus();
    gate door;
    auto window = bus.subscribe<paint>("window", [&](const paint&) { door.pass(); },
                                       {.execution = execution::polled});
    ASSERT_TRUE(bus.publish(paint{1}));
    std::thread other([&] { EXPECT_EQ(bus.poll(), 2U); });
    const open_at_end opened(door);
    EXPECT_TRUE(door.await_waiting(1));
    ASSERT_TRUE(bus.publish(paint{2}));
    EXPECT_EQ(bus.poll(), 0U);
    door.open();
    other.join();
}

TEST_F(polling, takes_spans_and_gives_answers) {
    auto& bus = make_bus();
    std::vector<std::size_t> sizes;
    bool once = true;
    auto window = bus.subscribe<paint>("window",
                                       [&](std::span<const paint* const> batch) {
                                           sizes.push_back(batch.size());
                                           return std::exchange(once, false)
                                                      ? stentor::outcome::release()
                                                      : stentor::outcome::done();
                                       },
                                       {.execution = execution::polled});
    for (int number = 0; number < 20; ++number) {
        ASSERT_TRUE(bus.publish(paint{number}));
    }
    while (bus.poll() != 0) {
    }
    EXPECT_THAT(sizes, ElementsAre(20U, 20U));
    EXPECT_EQ(terms_of(bus, "window").completed, 20);
}

TEST_F(polling, keeps_the_order_of_a_subscription) {
    auto& bus = make_bus();
    std::vector<int> seen;
    auto window = bus.subscribe<paint>(
        "window", [&](const paint& it) { seen.push_back(it.number); },
        {.order = stentor::by_key([](const paint& it) { return it.number % 3; }),
         .execution = execution::polled});
    for (int number = 0; number < 100; ++number) {
        ASSERT_TRUE(bus.publish(paint{number}));
    }
    while (bus.poll(7) != 0) {
    }
    ASSERT_EQ(seen.size(), 100U);
    std::vector<int> last{-1, -1, -1};
    for (const int number : seen) {
        auto& before = last[static_cast<std::size_t>(number % 3)];
        EXPECT_LT(before, number);
        before = number;
    }
}

TEST_F(polling, leaves_alone_what_is_disabled) {
    auto& bus = make_bus();
    int calls = 0;
    auto window = bus.subscribe<paint>("window", [&](const paint&) { ++calls; },
                                       {.execution = execution::polled});
    ASSERT_TRUE(bus.publish(paint{1}));
    ASSERT_TRUE(bus.registry().disable("window", stentor::backlog::hold));
    ASSERT_TRUE(bus.publish(paint{2}));
    EXPECT_EQ(bus.poll(), 0U);
    EXPECT_EQ(calls, 0);
    ASSERT_TRUE(bus.registry().enable("window"));
    EXPECT_TRUE(eventually([&] {
        bus.poll();
        return calls == 2;
    }));
}

TEST_F(polling, unsubscribes_as_a_barrier) {
    auto& bus = make_bus();
    gate door;
    std::atomic<int> calls{0};
    auto window = bus.subscribe<paint>("window",
                                       [&](const paint&) {
                                           ++calls;
                                           door.pass();
                                       },
                                       {.execution = execution::polled});
    ASSERT_TRUE(bus.publish(paint{1}));
    ASSERT_TRUE(bus.publish(paint{2}));
    std::thread other([&] { bus.poll(); });
    ASSERT_TRUE(door.await_waiting(1));
    std::thread opener([&] {
        // Else the second call may begin before anybody asks for the end.
        EXPECT_TRUE(eventually([&] { return bus.snapshot().subscriptions.empty(); }));
        door.open();
    });
    EXPECT_EQ(window.unsubscribe(), stentor::unsubscribe_result::done);
    other.join();
    opener.join();
    bus.poll();
    EXPECT_EQ(calls, 1);
}

TEST_F(polling, of_nobody_is_cancelled_by_the_drain_which_says_so) {
    auto& bus = make_bus();
    auto window =
        bus.subscribe<paint>("window", [](const paint&) {}, {.execution = execution::polled});
    for (int number = 0; number < 7; ++number) {
        ASSERT_TRUE(bus.publish(paint{number}));
    }
    const auto report = bus.drain(0ns);
    EXPECT_FALSE(report.complete);
    ASSERT_EQ(report.abandoned.size(), 1U);
    EXPECT_EQ(report.abandoned.front().topic, "test.paint");
    EXPECT_EQ(report.abandoned.front().deliveries, 7);
    EXPECT_EQ(terms_of(bus, "window").cancelled, 7);
    EXPECT_THAT(log().notices(),
                ::testing::Contains(HasSubstr("7 deliveries waited for bus.poll()")));
    EXPECT_EQ(bus.poll(), 0U);
}

TEST_F(polling, while_a_drain_waits_completes_it) {
    auto& bus = make_bus();
    auto window =
        bus.subscribe<paint>("window", [](const paint&) {}, {.execution = execution::polled});
    ASSERT_TRUE(bus.publish(paint{1}));
    std::thread drainer([&] { EXPECT_TRUE(bus.drain(patience).complete); });
    EXPECT_TRUE(eventually([&] { return bus.closed(); }));
    EXPECT_EQ(bus.poll(), 1U);
    drainer.join();
}

}  // namespace
