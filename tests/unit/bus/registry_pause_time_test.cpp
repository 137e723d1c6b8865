// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/patience.hpp"
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// Pauses that end by themselves: pause_options::enable_after.

namespace {

using namespace stentor_test;
using namespace std::chrono_literals;
using stentor::backlog;
using stentor::handler_state;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};

// A bus without threads, on a clock that stands still.
class pausing_for_a_time : public bus_fixture {
protected:
    stentor::bus& manual_bus() {
        auto options = small_bus();
        options.executor = executor_;
        options.clock = &clock_;
        return make_bus(std::move(options));
    }
    void run() { executor_->run_until_idle(); }
    void pass(std::chrono::nanoseconds time) {
        clock_.advance(time);
        run();
    }
    // Whose time has come, as far as the timer: the next step takes it up.
    void ring(std::chrono::nanoseconds time) {
        clock_.advance(time);
        ASSERT_TRUE(executor_->step());
    }
    stentor::subscription listen(stentor::bus& bus, const std::string& name = "one") {
        return bus.subscribe<tick>(name, [this](const tick& it) { seen_.push_back(it.number); });
    }
    static stentor::handler_row row_of(stentor::bus& bus, std::string_view name = "one") {
        return bus.registry().find(name).value_or(stentor::handler_row{});
    }

    std::shared_ptr<stentor::manual_executor> executor_ =
        std::make_shared<stentor::manual_executor>(1);
    std::vector<int> seen_;
};

TEST_F(pausing_for_a_time, ends_when_the_time_is_over_and_not_before) {
    auto& bus = manual_bus();
    auto one = listen(bus);
    EXPECT_EQ(bus.registry().disable("one", {.enable_after = 5min}).count(), 1);
    ASSERT_TRUE(bus.publish(tick{1}));
    pass(5min - 1ms);
    EXPECT_TRUE(seen_.empty());
    EXPECT_EQ(row_of(bus).state, handler_state::paused);
    pass(1ms);
    EXPECT_THAT(seen_, ElementsAre(1));
    EXPECT_EQ(row_of(bus).state, handler_state::running);
    ASSERT_TRUE(bus.publish(tick{2}));
    run();
    EXPECT_THAT(seen_, ElementsAre(1, 2));
}

TEST_F(pausing_for_a_time, says_until_when) {
    auto& bus = manual_bus();
    auto one = listen(bus);
    ASSERT_TRUE(bus.registry().disable("one", {.why = "rates change", .enable_after = 5min}));
    const auto row = row_of(bus);
    EXPECT_EQ(row.by, "registry");
    EXPECT_EQ(row.why, "rates change");
    const std::chrono::system_clock::time_point now(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            std::chrono::nanoseconds(clock_.system_ns())));
    ASSERT_TRUE(row.until);
    EXPECT_EQ(*row.until, now + 5min);
    pass(1min);
    EXPECT_EQ(row_of(bus).until, row.until) << "it is a moment, not what is left";
    pass(4min);
    EXPECT_EQ(row_of(bus).until, std::nullopt);
    ASSERT_TRUE(bus.registry().disable("one", {.why = "for good"}));
    EXPECT_EQ(row_of(bus).until, std::nullopt);
    EXPECT_EQ(row_of(bus).why, "for good");
    ASSERT_TRUE(bus.registry().enable("one"));
}

TEST_F(pausing_for_a_time, ends_no_pause_that_somebody_made_later) {
    auto& bus = manual_bus();
    auto one = listen(bus);
    ASSERT_TRUE(bus.registry().disable("one", {.enable_after = 1min}));
    ASSERT_TRUE(bus.registry().disable("one"));
    EXPECT_EQ(row_of(bus).until, std::nullopt);
    pass(1h);
    EXPECT_EQ(row_of(bus).state, handler_state::paused);
    ASSERT_TRUE(bus.registry().disable("one", {.enable_after = 1min}));
    ASSERT_TRUE(bus.registry().enable("one"));
    ASSERT_TRUE(bus.registry().disable("one"));
    pass(1h);
    EXPECT_EQ(row_of(bus).state, handler_state::paused);
    ASSERT_TRUE(bus.registry().enable("one"));
}

TEST_F(pausing_for_a_time, lasts_as_long_as_the_last_one_said) {
    auto& bus = manual_bus();
    auto one = listen(bus);
    for (const auto first : {1min, 10min}) {
        ASSERT_TRUE(bus.registry().disable("one", {.enable_after = first}));
        EXPECT_EQ(bus.registry().disable("one", {.enable_after = 5min}).count(), 0)
            << "it was paused already";
        pass(5min - 1ms);
        EXPECT_EQ(row_of(bus).state, handler_state::paused);
        pass(1ms);
        EXPECT_EQ(row_of(bus).state, handler_state::running);
        pass(10min);
    }
}

TEST_F(pausing_for_a_time, may_be_changed_when_its_time_has_just_come) {
    auto& bus = manual_bus();
    auto one = listen(bus);
    ASSERT_TRUE(bus.registry().disable("one", {.enable_after = 1min}));
    ring(1min);
    ASSERT_TRUE(bus.registry().disable("one", {.enable_after = 1min}));
    run();
    EXPECT_EQ(row_of(bus).state, handler_state::paused);
    ring(1min);
    ASSERT_TRUE(bus.registry().enable("one"));
    ASSERT_TRUE(bus.registry().disable("one"));
    run();
    EXPECT_EQ(row_of(bus).state, handler_state::paused);
    ASSERT_TRUE(bus.registry().disable("one", {.enable_after = 1min}));
    pass(1min);
    EXPECT_EQ(row_of(bus).state, handler_state::running);
}

TEST_F(pausing_for_a_time, ends_also_where_events_are_dropped) {
    auto& bus = manual_bus();
    auto one = listen(bus);
    ASSERT_TRUE(bus.registry().disable("one", {.backlog = backlog::drop, .enable_after = 1s}));
    ASSERT_TRUE(bus.publish(tick{1}));
    pass(1s);
    ASSERT_TRUE(bus.publish(tick{2}));
    run();
    EXPECT_THAT(seen_, ElementsAre(2));
    EXPECT_EQ(row_of(bus).terms.dropped_disabled, 1);
}

TEST_F(pausing_for_a_time, of_several_ends_for_each_that_is_still_in_it) {
    auto& bus = manual_bus();
    auto a = listen(bus, "a");
    auto b = listen(bus, "b");
    auto c = listen(bus, "c");
    EXPECT_EQ(bus.registry().disable(stentor::pattern("*"), {.enable_after = 1min}).count(), 3);
    ASSERT_TRUE(bus.registry().disable("b"));
    EXPECT_EQ(c.unsubscribe(), stentor::unsubscribe_result::done);
    pass(1min);
    EXPECT_EQ(row_of(bus, "a").state, handler_state::running);
    EXPECT_EQ(row_of(bus, "b").state, handler_state::paused);
    ASSERT_TRUE(bus.registry().enable("b"));
}

TEST_F(pausing_for_a_time, may_begin_inside_the_handler) {
    auto& bus = manual_bus();
    auto one = bus.subscribe<tick>("one", [&](const tick& it) {
        seen_.push_back(it.number);
        ASSERT_TRUE(bus.registry().disable("one", {.enable_after = 1s}));
    });
    for (int number = 0; number < 3; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    run();
    EXPECT_THAT(seen_, ElementsAre(0));
    pass(1s);
    EXPECT_THAT(seen_, ElementsAre(0, 1));
    pass(1s);
    EXPECT_THAT(seen_, ElementsAre(0, 1, 2));
}

TEST_F(pausing_for_a_time, tells_until_when_and_that_it_is_over) {
    auto& bus = manual_bus();
    std::optional<std::chrono::system_clock::time_point> until;
    int resumed = 0;
    auto paused = bus.subscribe<stentor::system::handler_paused>(
        "paused", [&](const stentor::system::handler_paused& it) { until = it.until; });
    auto over = bus.subscribe<stentor::system::handler_resumed>(
        "over",
        [&](const stentor::system::handler_resumed& it) { resumed += it.name == "one" ? 1 : 0; });
    auto one = listen(bus);
    ASSERT_TRUE(bus.registry().disable("one", {.enable_after = 1min}));
    run();
    EXPECT_TRUE(until);
    EXPECT_EQ(until, row_of(bus).until);
    EXPECT_EQ(resumed, 0);
    ASSERT_TRUE(bus.registry().disable("one", {.enable_after = 2min}));
    run();
    EXPECT_EQ(until, row_of(bus).until) << "another end is told, too";
    pass(2min);
    EXPECT_EQ(resumed, 1);
    ASSERT_TRUE(bus.registry().disable("one"));
    run();
    EXPECT_EQ(until, std::nullopt);
    ASSERT_TRUE(bus.registry().enable("one"));
}

TEST_F(pausing_for_a_time, calls_its_hook_when_it_ends_and_says_when_that_failed) {
    auto& bus = manual_bus();
    int hooks = 0;
    auto one = bus.subscribe<tick>("one", [this](const tick& it) { seen_.push_back(it.number); },
                                   {.on_resume = [&] {
                                       if (++hooks == 1) {
                                           throw std::runtime_error("no connection");
                                       }
                                   }});
    ASSERT_TRUE(bus.registry().disable("one", {.enable_after = 1min}));
    ASSERT_TRUE(bus.publish(tick{1}));
    pass(1min);
    EXPECT_EQ(hooks, 1);
    EXPECT_EQ(row_of(bus).state, handler_state::failed);
    EXPECT_EQ(row_of(bus).until, std::nullopt);
    EXPECT_THAT(log().notices(), ::testing::Contains(HasSubstr("no connection")));
    ASSERT_TRUE(bus.registry().disable("one", {.enable_after = 1min}));
    EXPECT_EQ(row_of(bus).until, std::nullopt) << "what failed waits for somebody";
    pass(1h);
    EXPECT_EQ(hooks, 1);
    EXPECT_EQ(bus.registry().enable("one").count(), 1);
    run();
    EXPECT_THAT(seen_, ElementsAre(1));
}

TEST_F(pausing_for_a_time, is_over_for_a_drain_which_cancels_what_is_held) {
    auto& bus = manual_bus();
    auto one = listen(bus);
    ASSERT_TRUE(bus.registry().disable("one", {.enable_after = 1min}));
    ASSERT_TRUE(bus.publish(tick{1}));
    const auto report = bus.drain(0ns);
    EXPECT_EQ(row_of(bus).terms.cancelled, 1);
    ASSERT_EQ(report.abandoned.size(), 1U);
    EXPECT_EQ(row_of(bus).until, std::nullopt);
    pass(1min);
    EXPECT_TRUE(seen_.empty());
}

TEST_F(pausing_for_a_time, may_come_to_its_end_in_a_drain) {
    auto& bus = manual_bus();
    auto one = listen(bus);
    ASSERT_TRUE(bus.registry().disable("one", {.enable_after = 1min}));
    ASSERT_TRUE(bus.publish(tick{1}));
    ring(1min);
    static_cast<void>(bus.drain(0ns));
    EXPECT_TRUE(seen_.empty());
    EXPECT_EQ(row_of(bus).terms.cancelled, 1);
}

TEST_F(pausing_for_a_time, needs_a_time_that_makes_sense) {
    auto& bus = manual_bus();
    auto one = listen(bus);
    for (const std::chrono::nanoseconds wrong :
         {0ns, -1ns, std::chrono::nanoseconds(-1h), std::chrono::nanoseconds(24h * 366),
          std::chrono::nanoseconds::max(), std::chrono::nanoseconds::min()}) {
        const auto refused = bus.registry().disable("one", {.enable_after = wrong});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), stentor::errc::invalid_option);
        EXPECT_THAT(refused.error().message(), HasSubstr("enable_after"));
        EXPECT_EQ(row_of(bus).state, handler_state::running);
    }
    ASSERT_TRUE(bus.registry().disable("one", {.enable_after = 24h * 365}));
    EXPECT_EQ(row_of(bus).state, handler_state::paused);
    ASSERT_TRUE(bus.registry().enable("one"));
}

class pausing_for_a_time_at_work : public bus_fixture {};

TEST_F(pausing_for_a_time_at_work, ends_while_everybody_sleeps) {
    auto& bus = make_bus();
    std::atomic<int> seen{0};
    auto one = bus.subscribe<tick>("one", [&](const tick&) { ++seen; });
    ASSERT_TRUE(bus.registry().disable("one", {.enable_after = 40ms}));
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE(bus.publish(tick{1}));
    while (seen == 0 && std::chrono::steady_clock::now() - begin < patience) {
        std::this_thread::sleep_for(1ms);
    }
    EXPECT_EQ(seen, 1);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 39ms);
}

// Times run out while others disable, enable, publish, and unsubscribe.
TEST_F(pausing_for_a_time_at_work, loses_nothing_whatever_others_do_meanwhile) {
    auto& bus = make_bus();
    std::atomic<int> seen{0};
    auto kept = bus.subscribe<tick>("kept", [&](const tick&) { ++seen; });
    std::atomic<bool> done{false};
    std::vector<std::thread> threads;
    for (const unsigned seed : {1U, 2U}) {
        threads.emplace_back([&, seed] {
            std::minstd_rand random(seed);
            while (!done) {
                switch (random() % 4) {
                    case 0: bus.registry().enable("kept"); break;
                    case 1: bus.registry().disable("kept"); break;
                    default:
                        bus.registry().disable(
                            stentor::pattern("*"),
                            {.enable_after = std::chrono::microseconds(1 + random() % 1500)});
                }
                std::this_thread::sleep_for(std::chrono::microseconds(random() % 1000));
            }
        });
    }
    threads.emplace_back([&] {
        while (!done) {
            auto brief = bus.subscribe<tick>("brief", [](const tick&) {});
            std::this_thread::sleep_for(500us);
        }
    });
    int sent = 0;
    for (int round = 0; round < 150; ++round) {
        sent += bus.publish(tick{round}) ? 1 : 0;
        std::this_thread::sleep_for(200us);
    }
    done = true;
    for (auto& one : threads) {
        one.join();
    }
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE(bus.registry().disable("kept", {.enable_after = 5ms}));
    while (seen < sent && std::chrono::steady_clock::now() - begin < patience) {
        std::this_thread::sleep_for(1ms);
    }
    EXPECT_EQ(seen, sent);
    ASSERT_TRUE(bus.registry().disable("kept", {.enable_after = 1ms}));  // and then the drain
}

}  // namespace
