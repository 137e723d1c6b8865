// SPDX-License-Identifier: MIT
#include "support/stress/events.hpp"
#include "support/stress/watchdog.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// User code that comes back into the engine where one does not expect it: from the destructor of a
// handler's captures, from publishers that are held up, from owners that go. None may hang.
namespace stentor::stress {
namespace {

using namespace std::chrono_literals;

template <class Condition>
bool eventually(Condition&& holds, std::chrono::milliseconds patience = 20s) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > until) {
            return false;
        }
        std::this_thread::sleep_for(200us);
    }
    return true;
}

bus_options quiet() {
    bus_options options;
    options.log.on_error = [](const error_record&) {};
    options.log.on_notice = [](const notice_record&) {};
    return options;
}

// A handler that owns another subscription: destroying it unsubscribes.
auto owner_of(subscription owned) {
    return [owned = std::make_shared<subscription>(std::move(owned))](const pulse_a&) {};
}

TEST(reentrancy, drains_a_bus_whose_handler_owns_a_subscription) {
    bus one(quiet());
    watchdog dog("drain", [] { return std::string(); }, 20s);
    auto inner = one.subscribe<letter>("inner", [](const letter&) {});
    one.keep(one.subscribe<pulse_a>("outer", owner_of(std::move(inner))));
    one.publish(pulse_a{});
    EXPECT_TRUE(one.drain().complete);
}

TEST(reentrancy, destroys_a_bus_whose_handler_owns_a_subscription) {
    watchdog dog("destruction", [] { return std::string(); }, 20s);
    std::optional<bus> one(std::in_place, quiet());
    auto inner = one->subscribe<letter>("inner", [](const letter&) {});
    auto outer = one->subscribe<pulse_a>("outer", owner_of(std::move(inner)));
    one.reset();
    EXPECT_FALSE(outer.active());
}

TEST(reentrancy, ends_a_handler_that_unsubscribes_itself_and_owns_a_subscription) {
    bus one(quiet());
    watchdog dog("deferred end", [] { return std::string(); }, 20s);
    auto token = std::make_shared<int>();
    const std::weak_ptr<int> alive = token;
    subscription self;
    std::atomic<bool> ready{false};
    auto inner = one.subscribe<letter>("inner", [](const letter&) {});
    self = one.subscribe<pulse_a>(
        "self", [&self, &ready, token = std::move(token),
                 owned = std::make_shared<subscription>(std::move(inner))](const pulse_a&) {
            if (ready.load()) {
                static_cast<void>(self.unsubscribe());
            }
        });
    ready.store(true);
    one.publish(pulse_a{});
    EXPECT_TRUE(eventually([&] { return alive.expired(); })) << "the handler was not destroyed";
    EXPECT_EQ(one.audit().subscriptions.size(), 0U) << "the inner subscription lives on";
}

// Captures whose destructor publishes: legal like any publish from any thread.
TEST(reentrancy, publishes_from_the_destructor_of_a_handler) {
    bus one(quiet());
    watchdog dog("publishing destructor", [] { return std::string(); }, 20s);
    std::atomic<int> letters{0};
    auto hears = one.subscribe<letter>("hears", [&](const letter&) { letters.fetch_add(1); });
    struct farewell {
        explicit farewell(bus& to) : to_(to) {}
        ~farewell() { to_.publish(letter{}); }
        bus& to_;
    };
    auto says =
        one.subscribe<pulse_a>("says", [last = std::make_shared<farewell>(one)](const pulse_a&) {});
    EXPECT_EQ(says.unsubscribe(), unsubscribe_result::done);
    EXPECT_TRUE(eventually([&] { return letters.load() == 1; }));
}

// More publishers wait for room than the bus has slots to share; others still get through at once.
TEST(reentrancy, serves_other_publishers_while_many_wait_for_room) {
    auto options = quiet();
    options.publishers = 1;
    bus one(std::move(options));
    watchdog dog("waiting publishers", [] { return std::string(); }, 60s);
    std::atomic<bool> open{false};
    auto full = one.subscribe<pulse_a>(
        "full", [&](const pulse_a&) { eventually([&] { return open.load(); }); },
        {.capacity = 1, .when_full = when_full::block{10s}});
    std::atomic<int> heard{0};
    auto free = one.subscribe<pulse_b>("free", [&](const pulse_b&) { heard.fetch_add(1); });
    one.publish(pulse_a{});  // fills it, and takes the one slot for this thread
    std::atomic<int> waiting{0};
    std::vector<std::thread> threads;
    for (int index = 0; index < 12; ++index) {
        threads.emplace_back([&] {
            waiting.fetch_add(1);
            one.publish(pulse_a{});
        });
    }
    EXPECT_TRUE(eventually([&] { return waiting.load() == 12; }));
    std::this_thread::sleep_for(100ms);
    const auto began = std::chrono::steady_clock::now();
    std::thread passer([&] { one.publish(pulse_b{}); });
    passer.join();
    const auto took = std::chrono::steady_clock::now() - began;
    open.store(true);
    for (auto& thread : threads) {
        thread.join();
    }
    EXPECT_LT(took, 3s) << "a publisher waited for others that wait for a handler";
    EXPECT_TRUE(eventually([&] { return heard.load() == 1; }));
    EXPECT_TRUE(one.drain().complete);
    EXPECT_EQ(one.audit().unaccounted(), 0);
}

// The owner goes while the handler runs: unsubscribe() is a barrier all the same.
TEST(reentrancy, unsubscribes_as_a_barrier_though_the_owner_is_gone) {
    for (int round = 0; round < 20; ++round) {
        bus one(quiet());
        watchdog dog("owner", [] { return std::string(); }, 30s);
        auto owner = std::make_shared<int>();
        auto token = std::make_shared<int>();
        const std::weak_ptr<int> alive = token;
        std::atomic<int> begun{0};
        std::atomic<int> ended{0};
        auto handle = one.subscribe<pulse_a>("owned",
                                             [&, token = std::move(token)](const pulse_a&) {
                                                 begun.fetch_add(1);
                                                 std::this_thread::sleep_for(5ms);
                                                 ended.fetch_add(1);
                                             },
                                             {.owner = owner});
        for (int number = 0; number < 8; ++number) {
            one.publish(pulse_a{});
        }
        EXPECT_TRUE(eventually([&] { return begun.load() > 0; }));
        owner.reset();
        one.publish(pulse_a{});
        std::this_thread::sleep_for(std::chrono::milliseconds(round % 8));
        static_cast<void>(handle.unsubscribe());
        ASSERT_EQ(begun.load(), ended.load()) << "a call was running after unsubscribe()";
        ASSERT_TRUE(alive.expired()) << "the handler's captures are still there";
        EXPECT_TRUE(one.drain().complete);
        EXPECT_EQ(one.audit().unaccounted(), 0);
    }
}

// A thread keeps leases of buses that are gone; a later bus may lie where an earlier one lay.
TEST(reentrancy, forgets_the_leases_of_buses_that_are_gone) {
    for (int round = 0; round < 200; ++round) {
        auto options = quiet();
        options.publishers = 1;
        options.executor = make_thread_executor();
        std::optional<bus> one(std::in_place, std::move(options));
        std::atomic<int> calls{0};
        auto handle =
            one->subscribe<pulse_a>("counts", [&](const pulse_a&) { calls.fetch_add(1); });
        const bool other_first = round % 2 == 0;
        const auto leased = other_first ? std::optional(one->publisher<pulse_a>()) : std::nullopt;
        ASSERT_TRUE(one->publish(pulse_a{}));
        ASSERT_TRUE(one->publish(letter{}));
        ASSERT_TRUE(one->drain().complete);
        EXPECT_EQ(calls.load(), 1);
        EXPECT_EQ(one->audit().unaccounted(), 0);
    }
}

// One runner at a time, in order, also while the engine gives a swollen lane's memory back.
TEST(reentrancy, keeps_one_call_at_a_time_while_a_lane_is_renewed) {
    bus one(quiet());
    watchdog dog("renewal", [&one] { return state_of(one); });
    std::atomic<int> inside{0};
    std::atomic<std::uint64_t> overlaps{0};
    std::atomic<std::uint64_t> reordered{0};
    std::atomic<std::uint64_t> handled{0};
    std::uint64_t expected = 0;
    auto handle =
        one.subscribe<pulse_a>("one.by.one",
                               [&](const pulse_a& event) {
                                   overlaps.fetch_add(inside.fetch_add(1) != 0 ? 1 : 0);
                                   reordered.fetch_add(event.mark.number() < expected ? 1 : 0);
                                   expected = event.mark.number() + 1;
                                   inside.fetch_sub(1);
                                   handled.fetch_add(1, std::memory_order_release);
                               },
                               {.max_concurrency = 1});
    std::uint64_t number = 0;
    const auto publish = [&] {
        one.publish(pulse_a{stamp::make(0, number, 0, number)});
        ++number;
    };
    for (int round = 0; round < 60; ++round) {
        for (int burst = 0; burst < 40'000; ++burst) {
            publish();
        }
        // Now the lane runs empty and the engine looks at it, while single events keep coming.
        const auto until = std::chrono::steady_clock::now() + 15ms;
        while (std::chrono::steady_clock::now() < until) {
            publish();
            for (int pause = 0; pause < round * 20; ++pause) {
                static_cast<void>(handled.load());
            }
        }
        dog.beat();
    }
    EXPECT_TRUE(one.drain().complete);
    EXPECT_EQ(overlaps.load(), 0U);
    EXPECT_EQ(reordered.load(), 0U);
}

}  // namespace
}  // namespace stentor::stress
