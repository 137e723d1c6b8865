// SPDX-License-Identifier: MIT
#pragma once

#include "unit/async/manual_bus.hpp"

#include <cstdint>
#include <stdexcept>
#include <vector>

// Handlers that fail a few times, on a bus whose time stands still.
namespace stentor_test {

// Fixed delays of 100 ms, none at once, no budget: the arithmetic of the tests.
[[nodiscard]] inline stentor::retry_policy every_100ms(std::int32_t attempts = 5) {
    stentor::retry_policy policy;
    policy.max_attempts = attempts;
    policy.immediate = 0;
    policy.backoff = stentor::backoff::fixed;
    policy.base = 100ms;
    policy.budget = {};
    return policy;
}

// One call of a handler.
struct seen_call {
    int number = 0;
    std::int32_t attempt = 0;

    friend bool operator==(const seen_call&, const seen_call&) = default;
};

class retrying : public manual_bus {
protected:
    retrying() { expect_failures(); }

    // Fails `failures` times for each event, counted by attempts.
    [[nodiscard]] auto failing(std::int32_t failures) {
        return [this, failures](const order_placed& it, stentor::context& ctx) {
            calls.push_back({it.number, ctx.attempt()});
            if (ctx.attempt() <= failures) {
                throw std::runtime_error("not yet");
            }
        };
    }

    std::vector<seen_call> calls;
};

}  // namespace stentor_test
