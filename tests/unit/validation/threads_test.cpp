// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "unit/validation/validated.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

// Rules that come and go while others publish.

namespace {

using namespace stentor_test;
using stentor::publish_status;

class validation_threads : public bus_fixture {};

// The barrier: when remove() has returned no call runs, and none begins.
TEST_F(validation_threads, find_no_call_after_a_rule_is_removed) {
    auto& bus = make_bus();
    constexpr int publishers = 3;
    constexpr int rounds = 300;
    std::atomic<bool> stop{false};
    std::atomic<std::int64_t> unexpected{0};
    std::vector<std::thread> threads;
    threads.reserve(publishers);
    for (int each = 0; each < publishers; ++each) {
        threads.emplace_back([&] {
            while (!stop.load()) {
                const auto status = bus.publish(plain{1}).status();
                unexpected += status != publish_status::no_subscribers ? 1 : 0;
            }
        });
    }
    for (int round = 0; round < rounds; ++round) {
        auto alive = std::make_unique<std::atomic<int>>(1);
        auto rule = bus.validate<plain>(
            [mine = alive.get(), &unexpected](const plain&, stentor::violations&) {
                unexpected += mine->load() == 1 ? 0 : 1;
            });
        std::this_thread::yield();
        rule.remove();
        alive->store(0);
    }
    stop.store(true);
    for (auto& one : threads) {
        one.join();
    }
    EXPECT_EQ(unexpected.load(), 0);
}

// More publishers than slots share some: a validator may publish all the same.
TEST_F(validation_threads, may_publish_from_validators_without_slots_of_their_own) {
    auto options = small_bus();
    options.publishers = 1;
    auto& bus = make_bus(std::move(options));
    std::atomic<int> ticks{0};
    const auto listener = bus.subscribe<tick>("listener", [&](const tick&) { ++ticks; });
    const auto rule = bus.validate<plain>(
        [&](const plain& one, stentor::violations&) { bus.publish(tick{one.number}); });
    constexpr int publishers = 12;
    constexpr int each_sends = 200;
    std::vector<std::thread> threads;
    threads.reserve(publishers);
    for (int each = 0; each < publishers; ++each) {
        threads.emplace_back([&] {
            for (int number = 0; number < each_sends; ++number) {
                bus.publish(plain{number});
            }
        });
    }
    for (auto& one : threads) {
        one.join();
    }
    ASSERT_TRUE(bus.wait_idle());
    EXPECT_EQ(ticks.load(), publishers * each_sends);
}

}  // namespace
