// SPDX-License-Identifier: MIT
#pragma once

#include "support/counted.hpp"
#include "unit/async/manual_bus.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A bus without threads, with a handler whose coroutines sleep and which is disabled meanwhile.
namespace stentor_test {

class pausing_coroutines : public manual_bus {
protected:
    using task = stentor::task<>;

    // Says where it is before and after it sleeps.
    [[nodiscard]] stentor::subscription sleeper(std::chrono::nanoseconds time,
                                                stentor::subscription_options options = {}) {
        return bus.subscribe<order_placed>(
            "sleeper",
            [this, time](const order_placed& it, stentor::context& ctx) -> task {
                const counted local(book_);
                log_.push_back("begins " + std::to_string(it.number));
                co_await ctx.sleep(time);
                log_.push_back("ends " + std::to_string(it.number));
            },
            std::move(options));
    }
    void disable(stentor::backlog what = stentor::backlog::hold,
                 std::string_view name = "sleeper") {
        const auto changed = bus.registry().disable(name, what);
        ASSERT_TRUE(changed) << changed.error().message();
        EXPECT_EQ(changed.count(), 1);
    }
    void enable(std::string_view name = "sleeper") {
        const auto changed = bus.registry().enable(name);
        ASSERT_TRUE(changed) << changed.error().message();
        EXPECT_EQ(changed.count(), 1);
    }
    void expect_balance() { EXPECT_EQ(bus.audit().unaccounted(), 0) << bus.audit().to_string(); }

    std::vector<std::string> log_;
    ledger book_;
};

}  // namespace stentor_test
