// SPDX-License-Identifier: MIT
#include <stentor/resilience/circuit_breaker.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <string>
#include <utility>

// What a breaker's options may be, and how its states are called.

using namespace std::chrono_literals;
using stentor::breaker;
using stentor::breaker_state;
using stentor::circuit_breaker;
using stentor::errc;
using testing::HasSubstr;

namespace {

void expect_refused(breaker options, const std::string& text, errc code = errc::invalid_option) {
    const auto made = circuit_breaker::make(std::move(options));
    ASSERT_FALSE(made) << text;
    EXPECT_EQ(made.error().code(), code) << made.error().message();
    EXPECT_THAT(made.error().message(), HasSubstr(text));
}

TEST(circuit_breaker, refuses_options_outside_their_range) {
    expect_refused({.window = 0}, "breaker: window is 0; give 1 to 10000");
    expect_refused({.name = "db", .min_calls = 0}, "breaker db: min_calls is 0; give 1 to");
    expect_refused({.window = 10}, "min_calls is 20, more than the window of 10 ever holds; lower");
    expect_refused({.window_time = 1ms}, "window_time is 1 ms; give 60 ms to 1 days");
    expect_refused({.window_time = 1min, .min_calls = 0}, "min_calls is 0; give 1 to");
    for (const double wrong : {0.0, -1.0, 1.5, std::nan("")}) {
        expect_refused({.failure_rate = wrong}, "; give 0.0001 to 1");
        expect_refused({.slow_rate = wrong}, "; give 0.0001 to 1");
    }
    expect_refused({.slow_after = -1s}, "slow_after is -1 s; give 0 to 1 days");
    expect_refused({.open_for = 0s}, "open_for is 0; give 1 ms to");
    expect_refused({.open_max = 48h}, "open_max is 2 days; give 1 ms to 1 days");
    expect_refused({.open_for = 10s, .open_max = 5s}, "longer than open_max, which is 5 s; raise");
    expect_refused({.trials = 128}, "trials is 128; give 1 to 127");
    expect_refused({.trial_max = 0s}, "trial_max is 0; give 1 ms to");
}

TEST(circuit_breaker, refuses_a_name_that_nobody_could_write) {
    expect_refused({.name = "Pay ments"}, "[a-z0-9_.-]", errc::invalid_name);
    expect_refused({.name = std::string(129, 'a')}, "more than 128", errc::invalid_name);
}

TEST(breaker_state, has_a_name) {
    EXPECT_EQ(to_string(breaker_state::closed), "closed");
    EXPECT_EQ(to_string(breaker_state::open), "open");
    EXPECT_EQ(to_string(breaker_state::half_open), "half_open");
    EXPECT_EQ(to_string(breaker_state::forced_open), "forced_open");
    EXPECT_EQ(to_string(breaker_state::forced_closed), "forced_closed");
    EXPECT_EQ(to_string(static_cast<breaker_state>(99)), "unknown");
}

}  // namespace
