// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/patience.hpp"
#include <stentor/bus/dead_letters.hpp>
#include <stentor/resilience/memory_dead_letters.hpp>
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

// A store that is full all the time, and somebody who makes room, on many threads at once.

namespace {

using namespace stentor_test;
using namespace std::chrono_literals;

struct job {
    static constexpr std::string_view topic = "test.job";
    int number = 0;
};

class lettered_at_work : public bus_fixture {
protected:
    lettered_at_work() { expect_failures(); }
};

TEST_F(lettered_at_work, loses_nothing_while_room_comes_and_goes) {
    constexpr int jobs = 3'000;
    auto options = small_bus();
    options.dead_letters = stentor::memory_dead_letters::make({.letters_max = 50}).value();
    auto& bus = make_bus(std::move(options));
    std::atomic<std::int64_t> calls{0};
    const auto fails_often = [&](const job& it) {
        calls.fetch_add(1, std::memory_order_relaxed);
        if (it.number % 3 != 0) {
            throw std::runtime_error("no");
        }
    };
    auto unordered = bus.subscribe<job>("unordered", fails_often, {.dead_letters = true});
    auto keyed =
        bus.subscribe<job>("keyed", fails_often,
                           {.order = stentor::by_key([](const job& it) { return it.number % 7; }),
                            .dead_letters = true});
    std::atomic<bool> over{false};
    std::uint64_t purged = 0;
    std::thread clerk([&] {
        while (!over.load()) {
            const auto done = bus.dead_letters().purge({}, stentor::purge_confirmation::everything);
            purged += done ? done->removed : 0;
            std::this_thread::sleep_for(1ms);
        }
    });
    for (int number = 0; number < jobs; ++number) {
        ASSERT_TRUE(bus.publish(job{number}));
    }
    const bool idle = bus.wait_idle(patience);
    over.store(true);
    clerk.join();
    ASSERT_TRUE(idle);
    EXPECT_EQ(calls.load(), 2 * jobs) << "each is called once, whatever its letter waited for";
    const auto left = bus.dead_letters().store().room().letters;
    EXPECT_EQ(purged + left, 2U * (jobs - jobs / 3));
    for (const auto& [name, terms] : bus.audit().subscriptions) {
        EXPECT_EQ(terms.dead_lettered, jobs - jobs / 3) << name;
        EXPECT_EQ(terms.completed, jobs / 3) << name;
    }
}

// Every seventh call fails, whichever event it is for, while somebody redrives all the time: each
// key is handled in the order of the publishes all the same, from first to last.
TEST_F(lettered_at_work, keeps_the_order_of_keys_through_letters_and_redrives) {
    constexpr int jobs = 4'000;
    constexpr int keys = 7;
    auto options = small_bus();
    options.dead_letters = stentor::memory_dead_letters::make({.letters_max = 100'000}).value();
    auto& bus = make_bus(std::move(options));
    std::atomic<std::uint64_t> calls{0};
    std::atomic<int> out_of_order{0};
    std::array<std::atomic<int>, keys> handled{};
    auto keyed = bus.subscribe<job>(
        "keyed",
        [&](const job& it) {
            if (calls.fetch_add(1, std::memory_order_relaxed) % 7 == 0) {
                throw std::runtime_error("no");
            }
            auto& count = handled[static_cast<std::size_t>(it.number % keys)];
            out_of_order += count.fetch_add(1) != it.number / keys ? 1 : 0;
        },
        {.order = stentor::by_key([](const job& it) { return it.number % keys; }),
         .dead_letters = true,
         .letters_hold_keys = true});
    std::atomic<bool> over{false};
    std::thread clerk([&] {
        while (!over.load()) {
            static_cast<void>(bus.dead_letters().redrive({}));
        }
    });
    for (int number = 0; number < jobs; ++number) {
        ASSERT_TRUE(bus.publish(job{number}));
    }
    bool idle = bus.wait_idle(patience);
    over.store(true);
    clerk.join();
    while (idle && bus.dead_letters().store().room().letters != 0) {
        idle = bus.dead_letters().redrive({}).has_value() && bus.wait_idle(patience);
    }
    ASSERT_TRUE(idle);
    EXPECT_EQ(out_of_order.load(), 0);
    for (int key = 0; key < keys; ++key) {
        EXPECT_EQ(handled[static_cast<std::size_t>(key)].load(), (jobs - key + keys - 1) / keys);
    }
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

}  // namespace
