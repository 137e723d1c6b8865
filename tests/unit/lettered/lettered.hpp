// SPDX-License-Identifier: MIT
#pragma once

#include "unit/retry/flaky.hpp"
#include <stentor/bus/dead_letters.hpp>
#include <stentor/resilience/memory_dead_letters.hpp>

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

// Handlers whose failures are kept, on a bus whose time stands still.
namespace stentor_test {

[[nodiscard]] inline stentor::bus_options with_letters(std::uint64_t letters_max) {
    auto options = small_bus();
    options.dead_letters = stentor::memory_dead_letters::make({.letters_max = letters_max}).value();
    return options;
}

class lettered : public manual_bus {
protected:
    explicit lettered(std::uint64_t letters_max = 1'000) : manual_bus(with_letters(letters_max)) {
        expect_failures();
    }

    // Fails for the numbers in `poison`, each time.
    [[nodiscard]] auto picky() {
        return [this](const order_placed& it, stentor::context& ctx) {
            calls.push_back({it.number, ctx.attempt()});
            if (poison.contains(it.number)) {
                throw std::runtime_error("order " + std::to_string(it.number) + " is poison");
            }
        };
    }
    void publish(int first, int last) {
        for (int number = first; number <= last; ++number) {
            ASSERT_TRUE(bus.publish(order_placed{number}));
        }
        run();
    }
    [[nodiscard]] std::vector<stentor::dead_letter> letters() {
        return bus.dead_letters().list().letters;
    }
    [[nodiscard]] stentor::handler_row row(std::string_view name) {
        return bus.registry().find(name).value();
    }
    void purge_all() {
        ASSERT_TRUE(bus.dead_letters().purge({}, stentor::purge_confirmation::everything));
        run();
    }

    std::vector<seen_call> calls;
    std::set<int> poison;
};

// A store with room for one.
class lettered_full : public lettered {
protected:
    lettered_full() : lettered(1) {}
};

}  // namespace stentor_test
