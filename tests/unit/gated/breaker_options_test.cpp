// SPDX-License-Identifier: MIT
#include "unit/gated/gated.hpp"

#include <gmock/gmock.h>

#include <string>
#include <utility>

// What a subscription with a breaker or a rate is refused for.

namespace {

using namespace stentor_test;
using stentor::errc;
using ::testing::HasSubstr;

class gated_options : public gated {
protected:
    stentor::error refusal(stentor::subscription_options options) {
        auto made =
            bus.try_subscribe<order_placed>("mail", [](const order_placed&) {}, std::move(options));
        EXPECT_FALSE(made.has_value());
        return made.has_value() ? stentor::error::out_of_memory() : made.error();
    }
};

TEST_F(gated_options, says_what_is_wrong_with_a_breaker) {
    auto options = quick_breaker();
    options.failure_rate = 2;
    const auto wrong = refusal({.breaker = options});
    EXPECT_EQ(wrong.code(), errc::invalid_option);
    EXPECT_THAT(std::string(wrong.message()), HasSubstr("subscription \"mail\""));
    EXPECT_THAT(std::string(wrong.message()), HasSubstr("failure_rate"));
}

TEST_F(gated_options, says_what_is_wrong_with_a_rate) {
    const auto wrong = refusal({.rate = stentor::rate_limit{.permits = 0}});
    EXPECT_EQ(wrong.code(), errc::invalid_option);
    EXPECT_THAT(std::string(wrong.message()), HasSubstr("permits"));
}

TEST_F(gated_options, refuses_a_shared_breaker_with_other_options) {
    auto options = quick_breaker();
    options.name = "smtp";
    auto first = bus.subscribe<order_placed>("first", sometimes(), {.breaker = options});
    options.trials = 7;
    EXPECT_EQ(refusal({.breaker = options}).code(), errc::unsupported_combination);
}

TEST_F(gated_options, refuses_places_where_nothing_can_wait) {
    EXPECT_EQ(
        refusal({.execution = stentor::execution::inline_, .breaker = quick_breaker()}).code(),
        errc::unsupported_combination);
    EXPECT_EQ(refusal({.breaker = quick_breaker(), .placement = stentor::placement::shared}).code(),
              errc::unsupported_combination);
    EXPECT_EQ(
        refusal({.rate = stentor::rate_limit{}, .placement = stentor::placement::shared}).code(),
        errc::unsupported_combination);
}

}  // namespace
