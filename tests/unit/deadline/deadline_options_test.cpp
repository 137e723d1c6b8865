// SPDX-License-Identifier: MIT
#include "unit/async/manual_bus.hpp"

#include <gmock/gmock.h>

// What a deadline does not go with.

namespace {

using namespace stentor_test;
using ::testing::HasSubstr;

class deadline_options : public manual_bus {
protected:
    std::string refusal(stentor::subscription_options options) {
        auto made =
            bus.try_subscribe<order_placed>("one", [](const order_placed&) {}, std::move(options));
        return made ? "made" : std::string(made.error().message());
    }
};

TEST_F(deadline_options, refuse_a_negative_time) {
    EXPECT_THAT(refusal({.deadline = -1ms}), HasSubstr("deadline is negative; give an attempt a "
                                                       "positive time, or leave it out"));
}

TEST_F(deadline_options, refuse_calls_by_publishers) {
    EXPECT_THAT(refusal({.execution = stentor::execution::inline_, .deadline = 1s}),
                HasSubstr("execution::inline_ does not go with deadline"));
}

TEST_F(deadline_options, take_any_other_place_and_the_longest_time) {
    for (const auto& where :
         {stentor::execution::pool, stentor::execution::blocking, stentor::execution::polled}) {
        EXPECT_EQ(refusal({.execution = where, .deadline = std::chrono::nanoseconds::max()}),
                  "made");
    }
    EXPECT_EQ(refusal({.deadline = 1s, .placement = stentor::placement::shared}), "made");
}

}  // namespace
