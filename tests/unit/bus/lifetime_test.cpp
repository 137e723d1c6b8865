// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/counted.hpp"
#include "support/gate.hpp"
#include "support/must_return.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// Buses come and go, whatever is queued in them and whoever holds on to their parts.

namespace {

using namespace stentor_test;
using namespace std::chrono_literals;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};
struct note {
    static constexpr std::string_view topic = "test.note";
    std::string text;
    counted life;
};

std::size_t threads_of_this_process() {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

TEST(lifetime, of_60_buses_leaves_nothing_behind) {
    ledger book;
    tally calls;
    const auto threads_before = threads_of_this_process();
    for (int turn = 0; turn < 60; ++turn) {
        auto options = small_bus();
        options.workers = 1 + turn % 2;
        options.spare = turn % 3;
        stentor::bus bus(std::move(options));
        auto handler = bus.subscribe<note>(
            "any", [&calls, held = counted(book)](const note&) { calls.add(); });
        ASSERT_TRUE(bus.publish(note{"n", counted(book)}));
        if (turn % 4 == 0) {
            bus.keep(std::move(handler));
        } else if (turn % 4 == 1) {
            settle_accounts(bus);
        }
    }
    EXPECT_EQ(book.alive(), 0);
    EXPECT_GE(calls.count(), 30) << "those that were drained before they were destroyed";
    // oneTBB keeps its pool, which is no bigger than the biggest bus.
    EXPECT_TRUE(eventually([&] { return threads_of_this_process() <= threads_before + 8; }))
        << threads_of_this_process();
}

TEST(lifetime, of_many_buses_at_the_same_time_keeps_them_apart) {
    std::vector<std::unique_ptr<stentor::bus>> buses;
    std::vector<std::unique_ptr<tally>> calls;
    std::vector<stentor::subscription> handlers;
    constexpr int count = 8;
    for (int index = 0; index < count; ++index) {
        buses.push_back(std::make_unique<stentor::bus>(small_bus()));
        calls.push_back(std::make_unique<tally>());
        handlers.push_back(buses.back()->subscribe<tick>(
            "same-name", [to = calls.back().get()](const tick& it) { to->add(it.number); }));
    }
    for (int turn = 0; turn < 50; ++turn) {
        for (int index = 0; index < count; ++index) {
            ASSERT_TRUE(buses[static_cast<std::size_t>(index)]->publish(tick{index}));
        }
    }
    for (int index = 0; index < count; ++index) {
        auto& bus = *buses[static_cast<std::size_t>(index)];
        ASSERT_TRUE(bus.wait_idle(patience));
        EXPECT_EQ(calls[static_cast<std::size_t>(index)]->count(), 50 * index);
        settle_accounts(bus);
    }
}

TEST(lifetime, of_a_bus_ends_with_its_queue_handled) {
    ledger book;
    std::atomic<int> calls{0};
    constexpr int count = 2000;
    {
        stentor::bus bus(small_bus());
        bus.keep(bus.subscribe<note>("slow", [&](const note&) { calls.fetch_add(1); }));
        for (int number = 0; number < count; ++number) {
            ASSERT_TRUE(bus.publish(note{"n", counted(book)}));
        }
    }
    EXPECT_EQ(calls, count);
    EXPECT_EQ(book.alive(), 0);
}

TEST(lifetime, of_a_bus_ends_at_its_drain_deadline) {
    ledger book;
    gate door;
    auto options = small_bus();
    options.drain_deadline = 0ns;
    std::thread opens_late;
    {
        auto bus = std::make_unique<stentor::bus>(std::move(options));
        bus->keep(bus->subscribe<note>("blocked", [&](const note&) { door.pass(); },
                                       {.max_concurrency = 1}));
        for (int number = 0; number < 100; ++number) {
            ASSERT_TRUE(bus->publish(note{"n", counted(book)}));
        }
        ASSERT_TRUE(door.await_waiting(1));
        opens_late = std::thread([&] {
            // What was queued is gone, all but what the runner took together with the event that it
            // is in: then the handler may return.
            EXPECT_TRUE(eventually([&] { return book.alive() < 50; }));
            door.open();
        });
        must_return("~bus at its deadline", [&] { bus.reset(); });
    }
    opens_late.join();
    EXPECT_EQ(book.alive(), 0);
}

TEST(lifetime, of_a_subscription_may_be_longer) {
    ledger book;
    std::optional<stentor::subscription> handler;
    {
        stentor::bus bus(small_bus());
        handler.emplace(bus.subscribe<tick>("any", [held = counted(book)](const tick&) {}));
        EXPECT_TRUE(handler->active());
        ASSERT_TRUE(bus.publish(tick{1}));
    }
    EXPECT_EQ(book.alive(), 0) << "the captures went with the bus";
    EXPECT_FALSE(handler->active());
    EXPECT_EQ(handler->name(), "any");
    EXPECT_EQ(handler->unsubscribe(), stentor::unsubscribe_result::not_subscribed);
    handler.reset();
}

TEST(lifetime, of_a_moved_bus_goes_on_in_the_new_place) {
    tally calls;
    auto made = stentor::bus::create(small_bus());
    ASSERT_TRUE(made);
    auto handler = made->subscribe<tick>("any", [&](const tick&) { calls.add(); });
    stentor::bus moved(std::move(*made));
    ASSERT_TRUE(moved.publish(tick{1}));
    EXPECT_TRUE(calls.await(1));
    settle_accounts(moved);
}

TEST(lifetime, of_captures_that_hold_another_subscription_ends_with_the_bus) {
    must_return("~bus with a handler that holds a subscription", [] {
        stentor::bus bus(small_bus());
        tally calls;
        auto inner = std::make_shared<stentor::subscription>(
            bus.subscribe<note>("inner", [](const note&) {}));
        bus.keep(bus.subscribe<tick>("outer", [inner, &calls](const tick&) { calls.add(); }));
        inner.reset();
        EXPECT_TRUE(bus.publish(tick{1}));
        EXPECT_TRUE(calls.await(1));
    });
}

TEST(lifetime, of_captures_that_ask_the_bus_at_the_end_is_no_trap) {
    must_return("~bus with captures that look at the bus", [] {
        auto bus = std::make_unique<stentor::bus>(small_bus());
        const auto looks = std::shared_ptr<int>(new int(1), [to = bus.get()](const int* gone) {
            delete gone;
            static_cast<void>(to->audit());
            static_cast<void>(to->publish(tick{1}));
        });
        bus->keep(bus->subscribe<tick>("any", [held = looks](const tick&) {}));
        const_cast<std::shared_ptr<int>&>(looks).reset();
        bus.reset();
    });
}

using lifetime_death_test = ::testing::Test;

TEST_F(lifetime_death_test, of_a_bus_cannot_end_in_its_own_handler) {
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_DEATH(
        {
            auto bus = std::make_unique<stentor::bus>(small_bus());
            bus->keep(bus->subscribe<tick>("suicidal", [&](const tick&) { bus.reset(); }));
            static_cast<void>(bus->publish(tick{1}));
            static_cast<void>(bus->wait_idle(patience));
        },
        "inside one of its own handlers");
}

// A handler of one bus may end another one.
TEST(lifetime, of_another_bus_may_end_in_a_handler) {
    must_return("a bus that is destroyed in a handler of another", [] {
        stentor::bus outer(small_bus());
        auto inner = std::make_unique<stentor::bus>(small_bus());
        tally inner_calls;
        tally outer_calls;
        auto inner_handler =
            inner->subscribe<tick>("inner", [&](const tick&) { inner_calls.add(); });
        auto handler = outer.subscribe<tick>("outer", [&](const tick&) {
            EXPECT_TRUE(inner->publish(tick{2}));
            EXPECT_TRUE(inner->drain(patience).complete);
            inner.reset();
            outer_calls.add();
        });
        EXPECT_TRUE(outer.publish(tick{1}));
        EXPECT_TRUE(outer_calls.await(1));
        EXPECT_EQ(inner_calls.count(), 1);
        settle_accounts(outer);
    });
}

// Static objects are destroyed in an order that nobody controls.
TEST(lifetime, of_a_bus_in_static_storage_ends_with_the_program) {
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(
        {
            static stentor::bus bus(small_bus());
            static std::atomic<int> calls{0};
            static struct last_words {
                ~last_words() {
                    // The thread's own slots are returned by now; publish still works.
                    const auto status = bus.publish(tick{2}).status();
                    if (status != stentor::publish_status::accepted || !bus.wait_idle(patience) ||
                        calls != 2) {
                        std::_Exit(9);
                    }
                }
            } words;
            bus.keep(bus.subscribe<tick>("any", [](const tick&) { calls.fetch_add(1); }));
            static_cast<void>(bus.publish(tick{1}));
            std::exit(7);
        },
        ::testing::ExitedWithCode(7), "");
}

}  // namespace
