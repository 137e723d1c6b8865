// SPDX-License-Identifier: MIT
#include "simulation/shadow_fixture.hpp"

#include <gtest/gtest.h>

#include <cstdint>

// Calls that a breaker or a rate should not have let through, which the model must find.

namespace {

using stentor::breaker_state;
using stentor_test::shadow;
using stentor_test::shadow_limits;
using stentor_test::shadow_of_an_engine;

class shadow_of_gates : public shadow_of_an_engine {
protected:
    shadow::sub gated(const shadow_limits& limits) {
        const auto a = subscribe("a", limits);
        for (std::int64_t event = 1; event <= 4; ++event) {
            publish(event);
        }
        return a;
    }
};

TEST_F(shadow_of_gates, finds_a_call_through_an_open_breaker) {
    const auto a = gated({.trials = 1});
    handle(a, 1);
    model.breaker_changes(a, breaker_state::open);
    expect_holds();
    handle(a, 2);
    expect_violation("a call through an open breaker");
}

TEST_F(shadow_of_gates, finds_a_redrive_through_an_open_breaker) {
    const auto a = subscribe("a", {.lettered = true, .trials = 1});
    publish(1);
    model.call_begins(a, 1);
    model.call_ends(a, 1, shadow::ending::failed);
    model.letter_put(a, 1, 1, 1, 0);
    model.breaker_changes(a, breaker_state::open);
    model.redrive_begins();
    model.letter_claimed(1);
    model.redriven_call_begins(a, 1, 1, 0);
    expect_violation("a call through an open breaker");
}

TEST_F(shadow_of_gates, finds_more_trials_than_there_may_be) {
    const auto a = gated({.trials = 2});
    model.breaker_changes(a, breaker_state::half_open);
    handle(a, 1);
    model.call_begins(a, 2);
    EXPECT_FALSE(model.violation().has_value());
    model.call_begins(a, 3);
    expect_violation("more trials than the breaker may make");
}

TEST_F(shadow_of_gates, accepts_another_trial_for_one_that_said_nothing) {
    const auto a = gated({.trials = 1});
    model.breaker_changes(a, breaker_state::half_open);
    model.call_begins(a, 1);
    model.trial_is_none(a, 1);
    model.call_ends(a, 1, shadow::ending::given_back);
    handle(a, 1);
    expect_holds();
}

// A call from before is no trial, so its end makes no room for one.
TEST_F(shadow_of_gates, finds_a_trial_too_many_after_a_call_from_before_ended) {
    const auto a = gated({.trials = 1});
    model.call_begins(a, 1);
    model.breaker_changes(a, breaker_state::open);
    model.breaker_changes(a, breaker_state::half_open);
    handle(a, 2);
    model.trial_is_none(a, 1);
    model.call_ends(a, 1, shadow::ending::given_back);
    EXPECT_FALSE(model.violation().has_value());
    handle(a, 3);
    expect_violation("more trials than the breaker may make");
}

TEST_F(shadow_of_gates, accepts_trials_of_each_half_open_phase) {
    const auto a = gated({.trials = 1});
    model.breaker_changes(a, breaker_state::half_open);
    handle(a, 1);
    model.breaker_changes(a, breaker_state::open);
    model.breaker_changes(a, breaker_state::half_open);
    handle(a, 2);
    model.breaker_changes(a, breaker_state::closed);
    handle(a, 3);
    handle(a, 4);
    expect_holds();
}

TEST_F(shadow_of_gates, finds_calls_that_come_faster_than_the_rate) {
    const auto a = gated({.rate_ns = 1'000});
    model.time_is(5'000);
    handle(a, 1);
    model.time_is(6'000);
    handle(a, 2);
    expect_holds();
    model.time_is(6'999);
    handle(a, 3);
    expect_violation("calls faster than the rate");
}

}  // namespace
