// SPDX-License-Identifier: MIT
#pragma once

#include "support/bus_fixture.hpp"
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

// A bus without threads on a clock that stands still, for tests of coroutines: what happens,
// happens in steps.
namespace stentor_test {

using namespace std::chrono_literals;

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    int number = 0;
};

// Does not fit a slot.
struct order_noted {
    static constexpr std::string_view topic = "order.noted";
    std::string text;
};

class manual_bus : public bus_fixture {
protected:
    explicit manual_bus(stentor::bus_options chosen = small_bus())
        : bus(make_bus(stepped(std::move(chosen)))) {}

    void run() { static_cast<void>(executor->run_until_idle()); }
    void pass(std::chrono::nanoseconds time) {
        clock_.advance(time);
        run();
    }
    [[nodiscard]] stentor::delivery_terms terms(std::string_view name) const {
        for (const auto& [each, terms] : bus.audit().subscriptions) {
            if (each == name) {
                return terms;
            }
        }
        return {};
    }

    std::shared_ptr<stentor::manual_executor> executor =
        std::make_shared<stentor::manual_executor>(1);
    stentor::bus& bus;

private:
    stentor::bus_options stepped(stentor::bus_options all) {
        all.executor = executor;
        all.clock = &clock_;
        return all;
    }
};

}  // namespace stentor_test
