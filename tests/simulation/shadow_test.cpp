// SPDX-License-Identifier: MIT
#include "simulation/shadow_fixture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

// The model must find each kind of wrong history; a check that cannot fail is no check.

namespace {

using stentor::publish_status;
using stentor::unsubscribe_result;
using stentor_test::shadow;
using stentor_test::shadow_of_an_engine;

TEST_F(shadow_of_an_engine, accepts_what_is_right) {
    const auto a = subscribe("a");
    publish(1);
    expect_holds();
    handle(a, 1);
    expect_holds();
    model.check_at_rest(rows);
    expect_holds();
}

TEST_F(shadow_of_an_engine, finds_a_delivery_made_twice) {
    const auto a = subscribe("a");
    publish(1);
    handle(a, 1);
    model.call_begins(a, 1);
    expect_violation("made twice");
}

TEST_F(shadow_of_an_engine, accepts_a_second_call_of_what_was_given_back) {
    const auto a = subscribe("a");
    publish(1);
    model.call_begins(a, 1);
    model.call_ends(a, 1, shadow::ending::given_back);
    expect_holds();
    handle(a, 1);
    expect_holds();
}

TEST_F(shadow_of_an_engine, finds_a_lost_delivery) {
    subscribe("a");
    publish(1);
    rows.subscriptions[0].second.queued = 0;
    rows.subscriptions[0].second.completed = 0;
    rows.subscriptions[0].second.expired = 1;  // the books balance all the same
    model.check_at_rest(rows);
    expect_violation("a delivery was lost");
}

TEST_F(shadow_of_an_engine, finds_something_left_behind) {
    subscribe("a");
    publish(1);
    model.check_at_rest(rows);
    expect_violation("something is left behind");
}

TEST_F(shadow_of_an_engine, finds_books_that_do_not_balance) {
    subscribe("a");
    publish(1);
    rows.subscriptions[0].second.queued = 0;
    model.check(rows);
    expect_violation("do not balance");
}

TEST_F(shadow_of_an_engine, finds_books_at_rest_that_do_not_balance) {
    const auto a = subscribe("a");
    publish(1);
    handle(a, 1);
    rows.subscriptions[0].second.cancelled = 1;
    rows.subscriptions[0].second.accepted = 1;
    model.unsubscribe_begins(a);
    model.unsubscribe_returns(a, unsubscribe_result::done, true);
    model.check_at_rest(rows);
    expect_violation("do not balance");
}

TEST_F(shadow_of_an_engine, finds_publishes_that_do_not_balance) {
    subscribe("a");
    publish(1);
    rows.publishes.published = 2;
    model.check(rows);
    expect_violation("the publishes do not balance");
}

TEST_F(shadow_of_an_engine, finds_books_that_balance_and_are_wrong) {
    const auto a = subscribe("a");
    publish(1);
    model.call_begins(a, 1);
    model.call_ends(a, 1, shadow::ending::failed);
    rows.subscriptions[0].second.queued = 0;
    rows.subscriptions[0].second.completed = 1;  // it failed
    model.check(rows);
    expect_violation("other calls were counted");
}

TEST_F(shadow_of_an_engine, finds_an_acceptance_that_nobody_made) {
    subscribe("a");
    publish(1);
    rows.subscriptions[0].second.accepted = 2;
    rows.subscriptions[0].second.queued = 2;
    model.check(rows);
    expect_violation("another number of events was accepted");
}

TEST_F(shadow_of_an_engine, finds_more_outstanding_than_the_capacity) {
    subscribe("a", {.capacity = 2, .limited = true});
    publish(1);
    publish(2);
    publish(3);
    expect_violation("accepted beyond the capacity");
}

TEST_F(shadow_of_an_engine, finds_a_row_beyond_its_capacity) {
    const auto a = model.subscribe_begins("a", topic, {.capacity = 1, .limited = true});
    model.subscribe_returns(a);
    rows.subscriptions.emplace_back("a", stentor::delivery_terms{.accepted = 2, .queued = 2});
    model.check(rows);
    expect_violation("more is outstanding than the capacity");
}

TEST_F(shadow_of_an_engine, finds_a_drop_where_there_was_room) {
    subscribe("a", {.capacity = 2, .limited = true});
    subscribe("b");
    publish(1, publish_status::accepted_partial, {"a"});
    expect_violation("where there was room");
}

TEST_F(shadow_of_an_engine, accepts_a_drop_where_there_was_none) {
    subscribe("a", {.capacity = 1, .limited = true});
    subscribe("b");
    publish(1);
    publish(2, publish_status::accepted_partial, {"a"});
    expect_holds();
}

TEST_F(shadow_of_an_engine, finds_a_silent_drop) {
    subscribe("a", {.capacity = 1, .limited = true});
    subscribe("b");
    publish(1);
    publish(2, publish_status::accepted, {"a"});
    expect_violation("does not say that somebody was full");
}

TEST_F(shadow_of_an_engine, finds_an_overflow_that_costs_others_their_delivery) {
    subscribe("a", {.capacity = 1, .limited = true});
    subscribe("b");
    publish(1);
    publish(2, publish_status::rejected_full, {}, "a");
    expect_violation("cost others their delivery");
}

TEST_F(shadow_of_an_engine, accepts_that_a_required_one_refuses_for_all) {
    subscribe("a", {.capacity = 1, .limited = true, .required = true});
    subscribe("b");
    publish(1);
    publish(2, publish_status::rejected_full, {}, "a");
    expect_holds();
}

TEST_F(shadow_of_an_engine, finds_a_call_of_a_refused_event) {
    const auto a = subscribe("a", {.capacity = 1, .limited = true});
    publish(1);
    publish(2, publish_status::rejected_full, {}, "a");
    model.call_begins(a, 2);
    expect_violation("a refused event reached a handler");
}

TEST_F(shadow_of_an_engine, finds_a_call_after_the_end) {
    const auto a = subscribe("a");
    publish(1);
    model.unsubscribe_begins(a);
    model.unsubscribe_returns(a, unsubscribe_result::done, true);
    model.call_begins(a, 1);
    expect_violation("a call after the subscription's end");
}

TEST_F(shadow_of_an_engine, finds_an_unsubscribe_that_did_not_wait) {
    const auto a = subscribe("a");
    publish(1);
    model.call_begins(a, 1);
    model.unsubscribe_begins(a);
    model.unsubscribe_returns(a, unsubscribe_result::done, true);
    expect_violation("returned done while the handler runs");
}

TEST_F(shadow_of_an_engine, finds_captures_that_outlive_the_barrier) {
    const auto a = subscribe("a");
    model.unsubscribe_begins(a);
    model.unsubscribe_returns(a, unsubscribe_result::done, false);
    expect_violation("the captures are there");
}

TEST_F(shadow_of_an_engine, finds_a_handler_that_is_never_destroyed) {
    const auto a = subscribe("a");
    model.unsubscribe_begins(a);
    model.unsubscribe_returns(a, unsubscribe_result::deferred, false);
    model.check_at_rest(rows);
    expect_violation("outlived its subscription");
}

TEST_F(shadow_of_an_engine, finds_an_event_from_before_the_subscription) {
    publish(1, publish_status::no_subscribers);
    const auto a = subscribe("a");
    model.call_begins(a, 1);
    expect_violation("is not to see");
}

TEST_F(shadow_of_an_engine, finds_an_event_of_another_topic) {
    const auto a = model.subscribe_begins("a", 2, {});
    model.subscribe_returns(a);
    publish(1, publish_status::no_subscribers);
    model.call_begins(a, 1);
    expect_violation("is not to see");
}

TEST_F(shadow_of_an_engine, finds_more_lost_than_was_dropped) {
    subscribe("a", {.capacity = 1, .limited = true, .lossy = true});
    publish(1);
    publish(2);
    auto& terms = rows.subscriptions[0].second;
    terms.queued = 0;
    terms.dropped_oldest = 1;
    terms.expired = 1;  // the books balance all the same
    model.check_at_rest(rows);
    expect_violation("another number was lost than dropped");
}

TEST_F(shadow_of_an_engine, finds_a_lossy_subscription_that_pushes_back) {
    subscribe("a", {.capacity = 1, .limited = true, .lossy = true});
    publish(1);
    publish(2, publish_status::rejected_full, {}, "a");
    expect_violation("rejected_full names one that had room");
}

TEST_F(shadow_of_an_engine, finds_a_report_of_what_did_not_happen) {
    const auto a = subscribe("a");
    publish(1);
    handle(a, 1);
    model.delivery_reported("a", 1, stentor::delivery_status::completed);
    expect_holds();
    model.delivery_reported("a", 1, stentor::delivery_status::failed);
    expect_violation("which is not what happened");
}

TEST_F(shadow_of_an_engine, finds_a_subscriber_who_was_passed_over) {
    subscribe("a");
    publish(1, publish_status::no_subscribers);
    expect_violation("though somebody was subscribed");
}

TEST_F(shadow_of_an_engine, finds_events_of_one_key_out_of_order) {
    const auto a = subscribe("a", {.keys = 2});
    publish(1, publish_status::accepted, {}, {}, 1);
    publish(2, publish_status::accepted, {}, {}, 0);
    publish(3, publish_status::accepted, {}, {}, 1);
    handle(a, 2);  // another key
    expect_holds();
    model.call_begins(a, 3);
    expect_violation("out of order");
}

TEST_F(shadow_of_an_engine, finds_two_calls_of_one_key_at_the_same_time) {
    const auto a = subscribe("a", {.keys = 1});
    publish(1);
    publish(2);
    model.call_begins(a, 1);
    model.call_begins(a, 2);
    expect_violation("at the same time");
}

TEST_F(shadow_of_an_engine, finds_an_outsider_who_is_let_in_after_the_drain_began) {
    subscribe("a");
    model.drain_begins();
    publish(1);
    expect_violation("let in after the drain began");
}

}  // namespace
