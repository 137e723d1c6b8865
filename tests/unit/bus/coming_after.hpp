// SPDX-License-Identifier: MIT
#pragma once

#include "support/bus_fixture.hpp"
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What the tests of subscriptions that come after others share.
namespace stentor_test {

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};

class coming_after : public bus_fixture {
protected:
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
        ADD_FAILURE() << "no subscription " << name;
        return {};
    }
    [[nodiscard]] auto writes(std::string_view name) {
        return [this, name](const tick& it) {
            seen.push_back(std::string(name) + " " + std::to_string(it.number));
        };
    }
    stentor::subscription subscribe(std::string_view name, stentor::subscription_options how = {}) {
        return bus.subscribe<tick>(name, writes(name), std::move(how));
    }
    // Ends a delivery of `number` when so many milliseconds have passed.
    stentor::subscription sleeper(std::string_view name, stentor::subscription_options how = {}) {
        return bus.subscribe<tick>(
            name,
            [this, name](const tick& it, stentor::context& ctx) -> stentor::task<> {
                co_await ctx.sleep(std::chrono::milliseconds(it.number));
                seen.push_back(std::string(name) + " " + std::to_string(it.number));
            },
            std::move(how));
    }

    std::shared_ptr<stentor::manual_executor> executor =
        std::make_shared<stentor::manual_executor>(1);
    stentor::bus& bus = make_bus([this] {
        auto all = small_bus();
        all.executor = executor;
        all.clock = &clock_;
        return all;
    }());
    std::vector<std::string> seen;
};

}  // namespace stentor_test
