// SPDX-License-Identifier: MIT
#include "unit/retry/flaky.hpp"

#include <gmock/gmock.h>

#include <span>
#include <string>

// Retry policies that a subscription cannot have.

namespace {

using namespace stentor_test;
using ::testing::AllOf;
using ::testing::HasSubstr;

class retry_options : public manual_bus {
protected:
    template <class Handler>
    [[nodiscard]] stentor::error refusal(Handler handler, stentor::subscription_options options) {
        auto made =
            bus.try_subscribe<order_placed>("flaky", std::move(handler), std::move(options));
        EXPECT_FALSE(made);
        return made ? stentor::error(stentor::errc::closed, "it was made") : made.error();
    }
};

TEST_F(retry_options, are_checked_when_the_subscription_is_made) {
    const auto why = refusal([](const order_placed&) {}, {.retry = every_100ms(0)});
    EXPECT_EQ(why.code(), stentor::errc::invalid_option);
    EXPECT_THAT(std::string(why.message()),
                AllOf(HasSubstr("subscription \"flaky\": "), HasSubstr("max_attempts")));
}

TEST_F(retry_options, do_not_go_with_spans) {
    const auto why = refusal([](std::span<const order_placed* const>) {}, {.retry = every_100ms()});
    EXPECT_EQ(why.code(), stentor::errc::unsupported_combination);
    EXPECT_THAT(std::string(why.message()), HasSubstr("take one event"));
}

TEST_F(retry_options, do_not_go_with_handlers_that_publishers_call) {
    const auto why = refusal([](const order_placed&) {},
                             {.execution = stentor::execution::inline_, .retry = every_100ms()});
    EXPECT_EQ(why.code(), stentor::errc::unsupported_combination);
    EXPECT_THAT(std::string(why.message()), HasSubstr("retry"));
}

TEST_F(retry_options, do_not_go_with_a_shared_lane) {
    const auto why = refusal([](const order_placed&) {},
                             {.retry = every_100ms(), .placement = stentor::placement::shared});
    EXPECT_EQ(why.code(), stentor::errc::unsupported_combination);
    EXPECT_THAT(std::string(why.message()), HasSubstr("retry"));
}

}  // namespace
