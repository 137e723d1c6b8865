// SPDX-License-Identifier: MIT
#include "simulation/shadow_fixture.hpp"

#include <gtest/gtest.h>

#include <utility>

// Wrong histories of coroutines and pauses, which the model must find.

namespace {

using stentor::unsubscribe_result;
using stentor_test::shadow;
using stentor_test::shadow_of_an_engine;

TEST_F(shadow_of_an_engine, finds_more_calls_at_once_than_are_allowed) {
    const auto a = subscribe("a", {.at_once = 2});
    publish(1);
    publish(2);
    publish(3);
    model.call_begins(a, 1);
    model.call_begins(a, 2);
    EXPECT_FALSE(model.violation().has_value());
    model.call_begins(a, 3);
    expect_violation("more calls at the same time than it allows");
}

TEST_F(shadow_of_an_engine, finds_a_delivery_that_lost_its_place_in_line) {
    const auto a = subscribe("a", {.in_line = true, .at_once = 1});
    publish(1);
    publish(2);
    publish(3);
    handle(a, 1);
    expect_holds();
    model.call_begins(a, 3);
    expect_violation("not in line");
}

TEST_F(shadow_of_an_engine, finds_a_coroutine_that_keeps_its_key_too_short) {
    const auto a = subscribe("a", {.keys = 1});
    publish(1);
    publish(2);
    model.call_begins(a, 1);  // and waits
    model.call_begins(a, 2);
    expect_violation("two calls of one key at the same time");
}

TEST_F(shadow_of_an_engine, finds_a_coroutine_that_is_destroyed_without_reason) {
    const auto a = subscribe("a");
    publish(1);
    model.call_begins(a, 1);
    model.call_cancelled(a, 1);
    expect_violation("though its subscription goes on");
}

TEST_F(shadow_of_an_engine, finds_a_coroutine_that_outlives_the_barrier) {
    const auto a = subscribe("a");
    publish(1);
    model.call_begins(a, 1);  // and waits
    model.unsubscribe_begins(a);
    model.unsubscribe_returns(a, unsubscribe_result::done, true);
    expect_violation("returned done while the handler runs");
}

TEST_F(shadow_of_an_engine, finds_a_coroutine_that_was_destroyed_and_not_counted) {
    const auto a = subscribe("a");
    publish(1);
    model.call_begins(a, 1);
    model.unsubscribe_begins(a);
    model.call_cancelled(a, 1);
    model.unsubscribe_returns(a, unsubscribe_result::done, true);
    EXPECT_FALSE(model.violation().has_value());
    rows.subscriptions[0].second.queued = 0;
    rows.subscriptions[0].second.expired = 1;  // the books balance all the same
    model.check(rows);
    expect_violation("coroutines were destroyed and not counted");
}

TEST_F(shadow_of_an_engine, finds_a_call_during_a_pause) {
    const auto a = subscribe("a");
    publish(1);
    model.pause_begins(a, stentor::backlog::hold);
    model.pause_returns(a, false);
    model.call_begins(a, 1);
    expect_violation("a call during a pause");
}

TEST_F(shadow_of_an_engine, accepts_that_a_pause_holds_and_lets_go) {
    const auto a = subscribe("a");
    publish(1);
    model.pause_begins(a, stentor::backlog::hold);
    model.pause_returns(a, false);
    auto& terms = rows.subscriptions[0].second;
    std::swap(terms.queued, terms.held);
    model.check_at_rest(rows);
    expect_holds();
    model.resume_begins(a);
    std::swap(terms.queued, terms.held);
    handle(a, 1);
    model.check_at_rest(rows);
    expect_holds();
}

TEST_F(shadow_of_an_engine, accepts_that_a_pause_ends_when_its_time_comes) {
    const auto a = subscribe("a");
    publish(1);
    model.pause_begins(a, stentor::backlog::hold);
    model.pause_returns(a, false, 10);
    model.time_is(10);
    expect_holds();
    handle(a, 1);
    model.moments_have_come();
    model.check_at_rest(rows);
    expect_holds();
}

TEST_F(shadow_of_an_engine, finds_a_pause_that_ends_before_its_time) {
    const auto a = subscribe("a");
    publish(1);
    model.pause_begins(a, stentor::backlog::hold);
    model.pause_returns(a, false, 10);
    model.time_is(9);
    model.call_begins(a, 1);
    expect_violation("a call during a pause");
}

TEST_F(shadow_of_an_engine, finds_a_pause_whose_end_nobody_waits_for) {
    const auto a = subscribe("a");
    model.pause_begins(a, stentor::backlog::hold);
    model.pause_returns(a, false, 10);
    model.time_is(9);
    model.moments_have_come();
    expect_violation("nobody waits for the end of a pause");
}

TEST_F(shadow_of_an_engine, finds_a_pause_that_did_not_end) {
    const auto a = subscribe("a");
    publish(1);
    model.pause_begins(a, stentor::backlog::hold);
    model.pause_returns(a, false, 10);
    auto& terms = rows.subscriptions[0].second;
    std::swap(terms.queued, terms.held);
    model.time_is(10);
    model.moments_have_come();
    model.check_at_rest(rows);
    expect_violation("something is left behind");
}

TEST_F(shadow_of_an_engine, finds_a_pause_that_an_earlier_one_ends) {
    const auto a = subscribe("a");
    publish(1);
    model.pause_begins(a, stentor::backlog::hold);
    model.pause_returns(a, false, 10);
    model.pause_begins(a, stentor::backlog::hold);
    model.pause_returns(a, false);
    model.time_is(10);
    model.call_begins(a, 1);
    expect_violation("a call during a pause");
}

TEST_F(shadow_of_an_engine, finds_a_pause_that_did_not_wait) {
    const auto a = subscribe("a");
    publish(1);
    model.call_begins(a, 1);
    model.pause_begins(a, stentor::backlog::hold);
    model.pause_returns(a, false);
    expect_violation("disable returned while a call runs");
}

TEST_F(shadow_of_an_engine, accepts_that_a_pause_holds_a_coroutine) {
    const auto a = subscribe("a");
    publish(1);
    model.call_begins(a, 1);
    model.call_waits(a, 1);
    model.pause_begins(a, stentor::backlog::drop);
    model.pause_returns(a, false);
    auto& terms = rows.subscriptions[0].second;
    std::swap(terms.queued, terms.held);
    model.check_at_rest(rows);
    expect_holds();
    model.resume_begins(a);
    model.call_goes_on(a, 1);
    model.call_ends(a, 1, shadow::ending::completed);
    std::swap(terms.held, terms.completed);
    model.check_at_rest(rows);
    expect_holds();
}

TEST_F(shadow_of_an_engine, finds_a_coroutine_that_goes_on_during_a_pause) {
    const auto a = subscribe("a");
    publish(1);
    model.call_begins(a, 1);
    model.call_waits(a, 1);
    model.pause_begins(a, stentor::backlog::hold);
    model.pause_returns(a, false);
    EXPECT_FALSE(model.violation().has_value());
    model.call_goes_on(a, 1);
    expect_violation("a coroutine goes on during a pause");
}

TEST_F(shadow_of_an_engine, finds_a_pause_that_loses_a_coroutine) {
    const auto a = subscribe("a");
    publish(1);
    model.call_begins(a, 1);
    model.call_waits(a, 1);
    model.pause_begins(a, stentor::backlog::hold);
    model.pause_returns(a, false);
    auto& terms = rows.subscriptions[0].second;
    terms.queued = 0;
    terms.expired = 1;  // the books balance all the same
    model.check_at_rest(rows);
    expect_violation("another number is held");
}

TEST_F(shadow_of_an_engine, finds_what_is_to_be_dropped_and_is_held_behind_a_coroutine) {
    const auto a = subscribe("a");
    publish(1);
    publish(2);
    model.call_begins(a, 1);
    model.call_waits(a, 1);
    model.pause_begins(a, stentor::backlog::hold);
    model.pause_begins(a, stentor::backlog::drop);
    model.pause_returns(a, false);
    auto& terms = rows.subscriptions[0].second;
    std::swap(terms.queued, terms.held);
    model.check_at_rest(rows);
    expect_violation("held, and to be dropped");
}

TEST_F(shadow_of_an_engine, finds_a_pause_that_loses_what_it_holds) {
    const auto a = subscribe("a");
    publish(1);
    publish(2);
    model.pause_begins(a, stentor::backlog::hold);
    model.pause_returns(a, false);
    auto& terms = rows.subscriptions[0].second;
    terms.queued = 0;
    terms.held = 1;
    terms.expired = 1;  // the books balance all the same
    model.check_at_rest(rows);
    expect_violation("another number is held");
}

TEST_F(shadow_of_an_engine, finds_what_is_held_without_a_pause) {
    subscribe("a");
    publish(1);
    auto& terms = rows.subscriptions[0].second;
    std::swap(terms.queued, terms.held);
    model.check(rows);
    expect_violation("held without a pause");
}

TEST_F(shadow_of_an_engine, finds_what_a_pause_dropped_and_did_not_count) {
    const auto a = subscribe("a");
    model.pause_begins(a, stentor::backlog::drop);
    model.pause_returns(a, false);
    publish(1);
    auto& terms = rows.subscriptions[0].second;
    terms.queued = 0;
    terms.dropped_disabled = 1;
    model.check_at_rest(rows);
    expect_holds();
    terms.accepted = terms.dropped_disabled = 2;
    model.check_at_rest(rows);
    expect_violation("another number of events was accepted");
}

TEST_F(shadow_of_an_engine, finds_a_drop_for_a_pause_that_never_was) {
    subscribe("a");
    publish(1);
    auto& terms = rows.subscriptions[0].second;
    std::swap(terms.queued, terms.dropped_disabled);
    model.check(rows);
    expect_violation("dropped as disabled, and never was");
}

}  // namespace
