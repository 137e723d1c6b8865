// SPDX-License-Identifier: MIT
#pragma once

#include "unit/retry/flaky.hpp"

#include <set>

// Handlers behind a breaker or a rate, on a bus whose time stands still.
namespace stentor_test {

// Opens at the fourth call if half of them failed, for a second without jitter's help: tests move
// the time by more. Two trials.
[[nodiscard]] inline stentor::breaker quick_breaker() {
    stentor::breaker options;
    options.window = 8;
    options.min_calls = 4;
    options.failure_rate = 0.5;
    options.open_for = 1s;
    options.open_max = 8s;
    options.trials = 2;
    return options;
}

class gated : public manual_bus {
protected:
    gated() { expect_failures(); }

    // Fails while `down`, or for a number in `poison`.
    [[nodiscard]] auto sometimes() {
        return [this](const order_placed& it, stentor::context& ctx) {
            calls.push_back({it.number, ctx.attempt()});
            if (poison.contains(it.number)) {
                throw stentor::permanent_error("no such order");
            }
            if (down) {
                throw std::runtime_error("down");
            }
        };
    }
    void publish(int first, int last) {
        for (int number = first; number <= last; ++number) {
            ASSERT_TRUE(bus.publish(order_placed{number}));
        }
        run();
    }
    // What is left is cancelled.
    void give_up() { EXPECT_FALSE(bus.drain(0ns).complete); }
    [[nodiscard]] stentor::breaker_state state(std::string_view name) {
        return bus.registry().breaker(name)->state();
    }
    [[nodiscard]] std::vector<int> numbers() const {
        std::vector<int> all;
        for (const auto& one : calls) {
            all.push_back(one.number);
        }
        return all;
    }

    std::vector<seen_call> calls;
    std::set<int> poison;
    bool down = true;
};

}  // namespace stentor_test
