// SPDX-License-Identifier: MIT
#include "unit/interceptor/intercepted.hpp"
#include <stentor/bus/dead_letters.hpp>
#include <stentor/resilience/memory_dead_letters.hpp>

#include <gmock/gmock.h>

#include <span>
#include <stdexcept>

// Each end that a delivery may have is told once, and is that of the books.

namespace {

using namespace stentor_test;
using stentor::context;
using stentor::drop_reason;
using stentor::outcome;
using stentor::settlement;
using stentor::task;
using stentor::when_full;

class settled : public intercepted {
protected:
    settled() { expect_failures(); }
    void begin(stentor::bus_options options = small_bus()) {
        start({book.writer()}, std::move(options));
    }
    // The bus has nothing left to do: as many were told as the books have.
    void expect(const std::string& name, settlement how, std::int64_t count) {
        run();
        EXPECT_EQ(book.count(name, how), count);
        book.expect_balance(bus->audit());
    }
    void publish(int count) {
        for (int number = 0; number < count; ++number) {
            static_cast<void>(bus->publish(order_placed{number}));
        }
    }
};

constexpr auto throwing = [](const order_placed&) { throw std::runtime_error("no"); };
constexpr auto fine = [](const order_placed&) {};

TEST_F(settled, completed_and_ignored) {
    begin();
    const auto one = bus->subscribe<order_placed>("one", fine);
    const auto two =
        bus->subscribe<order_placed>("two", [](const order_placed&) { return outcome::ignore(); });
    publish(300);
    expect("one", settlement::completed, 300);
    expect("two", settlement::ignored, 300);
}

TEST_F(settled, completed_before_the_bus_says_that_nothing_is_left) {
    begin();
    const auto one = bus->subscribe<order_placed>("one", fine);
    const auto report = bus->publish_and_wait(order_placed{1}, 1s);
    ASSERT_EQ(report.size(), 1U);
    EXPECT_EQ(book.count("one", settlement::completed), 1);
}

TEST_F(settled, failed) {
    begin();
    const auto one = bus->subscribe<order_placed>("one", throwing);
    const auto two = bus->subscribe<order_placed>(
        "two", [](std::span<const order_placed* const>) { throw std::runtime_error("no"); });
    publish(10);
    expect("one", settlement::failed, 10);
    expect("two", settlement::failed, 10);
}

TEST_F(settled, failed_because_the_key_could_not_be_read) {
    begin();
    const auto one = bus->subscribe<order_placed>(
        "one", fine, {.order = stentor::by_key([](const order_placed& it) {
                          if (it.number % 2 == 0) {
                              throw std::runtime_error("no key");
                          }
                          return it.number;
                      })});
    publish(10);
    expect("one", settlement::failed, 5);
}

TEST_F(settled, dead_lettered_at_once_and_after_attempts) {
    begin();
    const auto one = bus->subscribe<order_placed>("one", throwing, {.dead_letters = true});
    const auto two = bus->subscribe<order_placed>("two", throwing, {.retry = attempts_of(3)});
    publish(3);
    run();
    pass(1s);
    pass(1s);
    expect("one", settlement::dead_lettered, 3);
    expect("two", settlement::dead_lettered, 3);
}

TEST_F(settled, by_its_fallback) {
    begin();
    const auto one = bus->subscribe<order_placed>(
        "one", throwing, {.fallback = [](const order_placed&, const stentor::failure&) {}});
    publish(3);
    expect("one", settlement::fell_back, 3);
}

TEST_F(settled, by_a_coroutine_in_all_its_ways) {
    begin();
    const auto one =
        bus->subscribe<order_placed>("one",
                                     [](const order_placed& it, context& ctx) -> task<outcome> {
                                         co_await ctx.sleep(10ms);
                                         if (it.number == 0) {
                                             throw std::runtime_error("no");
                                         }
                                         if (it.number == 1) {
                                             co_return outcome::ignore();
                                         }
                                         if (it.number == 2 && ctx.attempt() == 1) {
                                             co_return outcome::retry();
                                         }
                                         co_return outcome::done();
                                     },
                                     {.retry = attempts_of(2), .dead_letters = true});
    publish(4);
    for (int turn = 0; turn < 10; ++turn) {
        pass(100ms);
    }
    expect("one", settlement::dead_lettered, 1);
    expect("one", settlement::ignored, 1);
    expect("one", settlement::completed, 2);
}

TEST_F(settled, dropped_because_it_is_full) {
    begin();
    const auto rejecting = bus->subscribe<order_placed>("rejecting", fine, {.capacity = 2});
    const auto newest = bus->subscribe<order_placed>(
        "newest", fine, {.capacity = 2, .when_full = when_full::drop_newest});
    const auto oldest = bus->subscribe<order_placed>(
        "oldest", fine, {.capacity = 2, .when_full = when_full::drop_oldest});
    const auto all = bus->subscribe<order_placed>("all", fine);
    publish(10);
    expect("rejecting", settlement::dropped, 8);
    expect("newest", settlement::dropped, 8);
    expect("oldest", settlement::dropped, 8);
    EXPECT_EQ(book.count(drop_reason::full), 8);
    EXPECT_EQ(book.count(drop_reason::newest), 8);
    EXPECT_EQ(book.count(drop_reason::oldest), 8);
    expect("all", settlement::completed, 10);
}

// Also in the middle of a publish, which drops it.
TEST_F(settled, may_cause_events) {
    start({{.name = "a",
            .on_settle =
                [this](const stentor::settled_view& one) {
                    if (one.topic() == "order.placed") {
                        EXPECT_TRUE(bus->publish(order_noted{std::string(to_string(one.how()))}));
                    }
                }},
           book.writer()});
    const auto one = bus->subscribe<order_placed>(
        "one", fine, {.capacity = 2, .when_full = when_full::drop_newest});
    std::vector<std::string> seen;
    const auto noted = bus->subscribe<order_noted>(
        "noted", [&](const order_noted& it) { seen.push_back(it.text); });
    publish(3);
    expect("one", settlement::completed, 2);
    EXPECT_THAT(seen, ::testing::UnorderedElementsAre("dropped", "completed", "completed"));
}

TEST_F(settled, by_nobody_when_the_publish_was_refused) {
    begin();
    const auto one = bus->subscribe<order_placed>("one", fine, {.capacity = 2, .required = true});
    publish(10);
    expect("one", settlement::completed, 2);
    EXPECT_EQ(book.count("one", settlement::dropped), 0);
}

TEST_F(settled, dropped_because_it_is_disabled) {
    begin();
    const auto one = bus->subscribe<order_placed>("one", fine);
    const auto inlined =
        bus->subscribe<order_placed>("inlined", fine, {.execution = stentor::execution::inline_});
    publish(5);
    ASSERT_TRUE(bus->registry().disable("one", stentor::backlog::drop));
    ASSERT_TRUE(bus->registry().disable("inlined", stentor::backlog::drop));
    publish(5);
    expect("one", settlement::dropped, 10);
    expect("inlined", settlement::dropped, 5);
}

TEST_F(settled, once_after_a_pause) {
    begin();
    const auto one = bus->subscribe<order_placed>("one", fine);
    const auto two = bus->subscribe<order_placed>("two", fine);
    publish(5);
    ASSERT_TRUE(bus->registry().disable("one", stentor::backlog::hold));
    publish(5);
    expect("two", settlement::completed, 10);
    EXPECT_EQ(book.count("one", settlement::completed), 0);
    ASSERT_TRUE(bus->registry().enable("one"));
    expect("one", settlement::completed, 10);
}

TEST_F(settled, dropped_because_what_it_comes_after_failed) {
    begin();
    const auto first = bus->subscribe<order_placed>("first", throwing);
    const auto second =
        bus->subscribe<order_placed>("second", fine, {.after = "first", .require_success = true});
    publish(3);
    expect("second", settlement::dropped, 3);
    EXPECT_EQ(book.count(drop_reason::dependency), 3);
}

TEST_F(settled, dropped_because_inline_calls_nest_too_deep) {
    begin();
    const auto one = bus->subscribe<order_placed>(
        "one",
        [](const order_placed& it, context& ctx) {
            static_cast<void>(ctx.publish(order_placed{it.number + 1}));
        },
        {.execution = stentor::execution::inline_});
    publish(1);
    expect("one", settlement::dropped, 1);
    expect("one", settlement::completed, 8);
}

TEST_F(settled, expired) {
    begin();
    const auto one = bus->subscribe<order_placed>("one", fine);
    const auto two = bus->subscribe<order_placed>("two", fine);
    const auto at =
        std::chrono::system_clock::time_point(std::chrono::nanoseconds(clock_.system_ns()) + 10ms);
    ASSERT_TRUE(bus->publish(order_placed{1}, {.expires_at = at}));
    clock_.advance(20ms);
    expect("one", settlement::expired, 1);
    expect("two", settlement::expired, 1);
}

TEST_F(settled, cancelled_where_it_waits) {
    begin();
    auto queued = bus->subscribe<order_placed>("queued", fine);
    auto retried = bus->subscribe<order_placed>("retried", throwing, {.retry = attempts_of(5)});
    auto asleep = bus->subscribe<order_placed>(
        "asleep", [](const order_placed&, context& ctx) -> task<> { co_await ctx.sleep(1h); });
    publish(3);
    run();
    publish(2);
    queued.unsubscribe();
    retried.unsubscribe();
    asleep.unsubscribe();
    run();
    book.expect_balance(bus->audit());
    EXPECT_EQ(book.count("queued", settlement::cancelled), 2);
    EXPECT_EQ(book.count("retried", settlement::cancelled), 5);
    EXPECT_EQ(book.count("asleep", settlement::cancelled), 5);
}

TEST_F(settled, cancelled_by_a_drain_at_its_deadline) {
    begin();
    const auto one = bus->subscribe<order_placed>("one", throwing, {.retry = attempts_of(5)});
    const auto two = bus->subscribe<order_placed>("two", fine);
    publish(3);
    run();
    static_cast<void>(bus->registry().disable("two", stentor::backlog::hold));
    publish(2);
    static_cast<void>(bus->drain(0ms));
    book.expect_balance(bus->audit());
    EXPECT_EQ(book.count("one", settlement::cancelled), 5);
    EXPECT_EQ(book.count("two", settlement::cancelled), 2);
}

TEST_F(settled, when_the_dead_letter_store_takes_it) {
    auto options = small_bus();
    options.dead_letters = stentor::memory_dead_letters::make({.letters_max = 1}).value();
    begin(std::move(options));
    auto one = bus->subscribe<order_placed>("one", throwing, {.dead_letters = true});
    publish(3);
    run();
    EXPECT_EQ(book.count("one", settlement::dead_lettered), 1) << "the others wait for room";
    ASSERT_TRUE(bus->dead_letters().purge({}, stentor::purge_confirmation::everything));
    run();
    EXPECT_EQ(book.count("one", settlement::dead_lettered), 2);
    one.unsubscribe();
    run();
    book.expect_balance(bus->audit());
    EXPECT_EQ(book.count("one", settlement::cancelled), 1);
}

TEST_F(settled, once_for_each_time_that_it_is_redriven) {
    std::vector<std::int32_t> attempts;
    start({{.name = "a", .on_settle = [&](const stentor::settled_view& one) {
                attempts.push_back(one.attempts());
            }}});
    bool open = false;
    const auto one = bus->subscribe<order_placed>("one",
                                                  [&](const order_placed&) {
                                                      if (!open) {
                                                          throw std::runtime_error("closed");
                                                      }
                                                  },
                                                  {.retry = attempts_of(2)});
    publish(1);
    run();
    pass(1s);
    EXPECT_THAT(attempts, ::testing::ElementsAre(2));
    open = true;
    ASSERT_TRUE(bus->dead_letters().redrive({}));
    run();
    EXPECT_THAT(attempts, ::testing::ElementsAre(2, 1));
}

}  // namespace
