// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// A publisher wakes at most one runner for each time that a lane turns from idle to busy, and no
// wake-up is ever lost.

namespace {

using namespace stentor_test;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};

template <int number>
struct turn {
    static constexpr std::string_view topic = number == 0   ? "test.turn.a"
                                              : number == 1 ? "test.turn.b"
                                                            : "test.turn.c";
};

class wakeup : public bus_fixture {};

TEST_F(wakeup, is_one_at_most_per_idle_to_busy_edge) {
    auto options = small_bus();
    options.workers = 1;
    options.spare = 0;
    auto& bus = make_bus(std::move(options));
    tally calls;
    auto handler = bus.subscribe<tick>("any", [&](const tick&) { calls.add(); });
    constexpr int rounds = 200;
    for (int round = 1; round <= rounds; ++round) {
        const auto parks = bus.snapshot().parks;
        const auto wakeups = bus.snapshot().wakeups;
        ASSERT_TRUE(bus.publish(tick{round}));
        ASSERT_TRUE(calls.await(round));
        const auto after = bus.snapshot().wakeups;
        ASSERT_LE(after - wakeups, 1U);
        // Once it has parked again, the next publish is an edge of its own.
        ASSERT_TRUE(eventually([&] { return bus.snapshot().parks > parks; }));
    }
    EXPECT_LE(bus.snapshot().wakeups, std::uint64_t{rounds});
}

TEST_F(wakeup, is_not_needed_while_the_lane_is_attended) {
    auto options = small_bus();
    options.workers = 1;
    options.spare = 0;
    auto& bus = make_bus(std::move(options));
    gate door;
    tally calls;
    auto handler = bus.subscribe<tick>("any", [&](const tick& it) {
        if (it.number == 0) {
            door.pass();
        }
        calls.add();
    });
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(door.await_waiting(1));
    const auto before = bus.snapshot().wakeups;
    for (int number = 1; number <= 10'000; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    EXPECT_EQ(bus.snapshot().wakeups, before);
    door.open();
    EXPECT_TRUE(calls.await(10'001));
}

TEST_F(wakeup, of_blocked_runners_is_one_each) {
    auto& bus = make_bus();
    gate door;
    auto handler = bus.subscribe<tick>("any", [&](const tick&) { door.pass(); });
    const open_at_end opener(door);
    for (int number = 0; number < 10'000; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    ASSERT_TRUE(door.await_waiting(3));  // of 4: one is left for everybody else
    // Each runner is woken when the one before it is seen to be stuck; searchers may need a second.
    EXPECT_LE(bus.snapshot().wakeups, 8U);
}

// The backstop of a spare runner looks at a bus that is busy all the time: its workers will come to
// what is ready, so nobody was overlooked.
TEST_F(wakeup, is_not_missed_by_spare_runners_of_a_busy_bus) {
    using namespace std::chrono_literals;
    auto options = small_bus();
    options.workers = 1;
    auto& bus = make_bus(std::move(options));
    std::atomic<std::int64_t> calls{0};
    const auto count = [&](const auto&) {
        const auto begin = std::chrono::steady_clock::now();
        while (std::chrono::steady_clock::now() - begin < 3us) {
        }
        calls.fetch_add(1, std::memory_order_relaxed);
    };
    bus.keep(bus.subscribe<turn<0>>("a", count));
    bus.keep(bus.subscribe<turn<1>>("b", count));
    bus.keep(bus.subscribe<turn<2>>("c", count));
    const auto end = std::chrono::steady_clock::now() + 3'500ms;  // three looks of each backstop
    std::int64_t published = 0;
    while (std::chrono::steady_clock::now() < end) {
        ASSERT_TRUE(bus.publish(turn<0>{}));
        ASSERT_TRUE(bus.publish(turn<1>{}));
        ASSERT_TRUE(bus.publish(turn<2>{}));
        published += 3;
        if (published - calls.load(std::memory_order_relaxed) > 20'000) {
            std::this_thread::sleep_for(1ms);
        }
    }
    ASSERT_TRUE(eventually([&] { return calls.load() == published; }));
    EXPECT_EQ(bus.snapshot().rescues, 0U);
}

// Ping-pong: every event finds everybody asleep or about to be. One that was lost would hang here.
TEST_F(wakeup, is_never_lost) {
    for (const auto profile :
         {stentor::profile::efficient, stentor::profile::balanced, stentor::profile::low_latency}) {
        auto options = small_bus();
        options.profile = profile;
        auto& bus = make_bus(std::move(options));
        tally calls;
        auto one = bus.subscribe<tick>("one", [&](const tick&) { calls.add(); });
        auto two = bus.subscribe<tick>("two", [&](const tick&) { calls.add(); });
        for (int round = 1; round <= 500; ++round) {
            ASSERT_TRUE(bus.publish(tick{round}));
            ASSERT_TRUE(calls.await(2 * round)) << round;
        }
        EXPECT_EQ(bus.snapshot().rescues, 0U);
    }
}

TEST_F(wakeup, is_not_issued_in_an_idle_bus) {
    auto& bus = make_bus();
    auto handler = bus.subscribe<tick>("any", [](const tick&) {});
    ASSERT_TRUE(bus.publish(tick{1}));
    ASSERT_TRUE(bus.wait_idle(patience));
    // All runners asleep: the numbers stand still.
    std::uint64_t parks = 0;
    EXPECT_TRUE(eventually([&] {
        const auto now = bus.snapshot().parks;
        return std::exchange(parks, now) == now && now >= 4;
    }));
    const auto wakeups = bus.snapshot().wakeups;
    for (int look = 0; look < 50; ++look) {
        static_cast<void>(bus.audit());
    }
    EXPECT_EQ(bus.snapshot().wakeups, wakeups);
}

}  // namespace
