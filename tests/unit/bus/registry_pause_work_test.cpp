// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include "support/terms.hpp"
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// Disabling and enabling with threads at work, and at random moments.

namespace {

using namespace stentor_test;
using namespace std::chrono_literals;
using stentor::handler_state;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};
class pausing_at_work : public bus_fixture {};

TEST_F(pausing_at_work, is_a_barrier_also_under_load) {
    constexpr std::int64_t backlog_most = 20'000;
    auto& bus = make_bus();
    std::atomic<bool> may_run{true};
    std::atomic<std::int64_t> calls{0};
    std::atomic<std::int64_t> broken{0};
    auto one = bus.subscribe<tick>("one", [&](const tick&) {
        if (!may_run.load()) {
            broken.fetch_add(1);
        }
        calls.fetch_add(1);
    });
    auto other = bus.subscribe<tick>("other", [](const tick&) {});
    std::atomic<bool> over{false};
    std::atomic<std::int64_t> published{0};
    std::vector<std::thread> publishers;
    for (int index = 0; index < 2; ++index) {
        publishers.emplace_back([&] {
            while (!over.load()) {
                if (published.load() - calls.load() > backlog_most) {
                    std::this_thread::yield();  // else there may be no room to hold it
                    continue;
                }
                if (bus.publish(tick{1}).status() == stentor::publish_status::accepted) {
                    published.fetch_add(1);
                }
                if (published.load() % 64 == 0) {
                    std::this_thread::yield();
                }
            }
        });
    }
    std::int64_t before = 0;
    for (int round = 0; round < 200; ++round) {
        const auto disabled = bus.registry().disable("one");
        EXPECT_TRUE(disabled) << (disabled ? "" : disabled.error().message());
        may_run.store(false);
        const auto seen = calls.load();
        std::this_thread::yield();
        EXPECT_EQ(calls.load(), seen);
        may_run.store(true);
        EXPECT_TRUE(bus.registry().enable("one"));
        EXPECT_TRUE(eventually([&] { return calls.load() > before; }));
        before = calls.load();
    }
    over.store(true);
    for (auto& one_publisher : publishers) {
        one_publisher.join();
    }
    EXPECT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(broken.load(), 0);
    const auto terms = terms_of(bus, "one");
    EXPECT_EQ(terms.completed, calls.load());
    EXPECT_EQ(terms.unaccounted(), 0) << bus.audit().to_string();
    EXPECT_EQ(terms.completed + terms.dropped_full, terms.accepted);
}

TEST_F(pausing_at_work, waits_for_the_call_that_runs) {
    auto& bus = make_bus();
    gate door;
    std::atomic<bool> ended{false};
    auto one = bus.subscribe<tick>("one", [&](const tick&) {
        EXPECT_TRUE(door.pass());
        ended.store(true);
    });
    const open_at_end let_go(door);
    ASSERT_TRUE(bus.publish(tick{1}));
    ASSERT_TRUE(door.await_waiting(1));
    std::thread opener([&] {
        EXPECT_TRUE(
            eventually([&] { return bus.registry().find("one")->state == handler_state::paused; }));
        door.open();
    });
    EXPECT_TRUE(bus.registry().disable("one"));
    EXPECT_TRUE(ended.load());
    opener.join();
    EXPECT_TRUE(bus.registry().enable("one"));
}

TEST_F(pausing_at_work, lets_runners_sleep) {
    auto& bus = make_bus();
    auto one = bus.subscribe<tick>("one", [](const tick&) {});
    ASSERT_TRUE(bus.publish(tick{1}));
    ASSERT_TRUE(bus.wait_idle(patience));
    ASSERT_TRUE(bus.registry().disable("one"));
    ASSERT_TRUE(bus.publish(tick{2}));
    // The wake-up that this publish may cost is the last one.
    ASSERT_TRUE(eventually([&] {
        const auto before = bus.snapshot();
        std::this_thread::sleep_for(5ms);
        const auto after = bus.snapshot();
        return before.wakeups == after.wakeups && before.parks == after.parks;
    }));
    const auto before = bus.snapshot();
    for (int number = 0; number < 1000; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    const auto after = bus.snapshot();
    EXPECT_LE(after.wakeups - before.wakeups, 1U);
    ASSERT_TRUE(bus.registry().enable("one"));
    EXPECT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(terms_of(bus, "one").completed, 1002);
}

TEST_F(pausing_at_work, survives_random_turns) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        stentor::virtual_clock clock;
        auto executor = std::make_shared<stentor::manual_executor>(seed);
        auto options = small_bus();
        options.executor = executor;
        options.clock = &clock;
        options.log = log().sink();
        stentor::bus bus(std::move(options));
        std::vector<std::vector<int>> seen(4);
        std::vector<stentor::subscription> handlers;
        for (std::size_t index = 0; index < 4; ++index) {
            stentor::subscription_options how;
            how.placement = index < 2 ? stentor::placement::shared : stentor::placement::automatic;
            how.max_concurrency = index == 3 ? 1 : 0;
            handlers.push_back(bus.subscribe<tick>(
                "h" + std::to_string(index),
                [&seen, index](const tick& it) { seen[index].push_back(it.number); },
                std::move(how)));
        }
        auto state = seed * 0x9e3779b97f4a7c15ULL;
        const auto random = [&state](std::uint64_t below) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            return state % below;
        };
        int published = 0;
        for (int step = 0; step < 400; ++step) {
            const auto name = "h" + std::to_string(random(4));
            switch (random(6)) {
                case 0: EXPECT_TRUE(bus.registry().disable(name)); break;
                case 1: EXPECT_TRUE(bus.registry().enable(name)); break;
                case 2: executor->step(); break;
                case 3: clock.advance(300us); break;
                default: EXPECT_TRUE(bus.publish(tick{published++})); break;
            }
        }
        EXPECT_TRUE(bus.wait_idle(0ns));
        EXPECT_EQ(bus.audit().unaccounted(), 0) << "seed " << seed << bus.audit().to_string();
        EXPECT_TRUE(bus.registry().enable(stentor::pattern("*")));
        EXPECT_TRUE(bus.wait_idle(0ns));
        for (std::size_t index = 0; index < 4; ++index) {
            auto sorted = seen[index];
            std::ranges::sort(sorted);
            std::vector<int> expected;
            for (int number = 0; number < published; ++number) {
                expected.push_back(number);
            }
            EXPECT_EQ(sorted, expected) << "seed " << seed << ", handler " << index;
        }
        EXPECT_TRUE(std::ranges::is_sorted(seen[3])) << "seed " << seed;
        settle_accounts(bus);
    }
}

// What is paused at random moments comes in the order of its keys, whichever runner had it in hand.
TEST_F(pausing_at_work, keeps_the_order_of_keys_at_random_moments) {
    constexpr int keys = 3;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        stentor::virtual_clock clock;
        auto executor = std::make_shared<stentor::manual_executor>(seed);
        auto options = small_bus();
        options.executor = executor;
        options.clock = &clock;
        options.log = log().sink();
        stentor::bus bus(std::move(options));
        std::vector<std::vector<int>> keyed(keys);
        std::vector<int> serial;
        auto by_key = bus.subscribe<tick>(
            "keyed",
            [&](const tick& it) {
                keyed[static_cast<std::size_t>(it.number % keys)].push_back(it.number);
                if (it.number % 11 == 5) {
                    EXPECT_TRUE(bus.registry().disable("keyed"));
                }
            },
            {.order = stentor::by_key([](const tick& it) { return it.number % keys; })});
        auto one_by_one =
            bus.subscribe<tick>("serial", [&](const tick& it) { serial.push_back(it.number); },
                                {.order = stentor::order::serial});
        auto state = seed * 0x9e3779b97f4a7c15ULL;
        const auto random = [&state](std::uint64_t below) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            return state % below;
        };
        int published = 0;
        for (int step = 0; step < 300; ++step) {
            const char* name = random(2) == 0 ? "keyed" : "serial";
            switch (random(6)) {
                case 0: EXPECT_TRUE(bus.registry().disable(name)); break;
                case 1: EXPECT_TRUE(bus.registry().enable(name)); break;
                case 2: executor->step(); break;
                default: EXPECT_TRUE(bus.publish(tick{published++})); break;
            }
        }
        EXPECT_TRUE(bus.wait_idle(0ns));
        EXPECT_EQ(bus.audit().unaccounted(), 0) << "seed " << seed << bus.audit().to_string();
        for (int round = 0; round < published; ++round) {
            EXPECT_TRUE(bus.registry().enable(stentor::pattern("*")));
            EXPECT_TRUE(bus.wait_idle(0ns));
        }
        std::size_t seen = 0;
        for (const auto& one : keyed) {
            EXPECT_TRUE(std::ranges::is_sorted(one)) << "seed " << seed;
            seen += one.size();
        }
        EXPECT_EQ(seen, static_cast<std::size_t>(published)) << "seed " << seed;
        EXPECT_EQ(serial.size(), static_cast<std::size_t>(published)) << "seed " << seed;
        EXPECT_TRUE(std::ranges::is_sorted(serial)) << "seed " << seed;
        settle_accounts(bus);
    }
}

}  // namespace
