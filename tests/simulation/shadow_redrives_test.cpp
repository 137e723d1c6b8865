// SPDX-License-Identifier: MIT
#include "simulation/shadow_letters_fixture.hpp"

#include <gtest/gtest.h>

#include <utility>

// Wrong histories of redrives, which the model must find.

namespace {

using stentor_test::shadow;
using stentor_test::shadow_limits;
using stentor_test::shadow_of_letters;

class shadow_of_redrives : public shadow_of_letters {
protected:
    // Events 1 to `count` have failed, and are about to be redriven.
    shadow::sub begin(int count, const shadow_limits& limits = {}) {
        const auto a = lettered("a", limits);
        for (int event = 1; event <= count; ++event) {
            publish(event);
            fail(a, event);
        }
        model.redrive_begins();
        return a;
    }
    void returns(const stentor::redrive_report& report, bool dry = false) {
        model.redrive_returns(&report, dry);
    }
};

TEST_F(shadow_of_redrives, accepts_one_that_is_handled) {
    const auto a = begin(1);
    redrive(a, 1);
    handled_again(a, 1);
    returns({.matched = 1, .redriven = 1});
    model.check_letters({});
    model.check_at_rest(rows);
    expect_holds();
}

TEST_F(shadow_of_redrives, accepts_one_that_comes_back) {
    const auto a = begin(1);
    redrive(a, 1);
    failed_again(a, 1);
    returns({.matched = 1, .returned = 1});
    model.check_letters({1});
    model.check_at_rest(rows);
    model.check_claims();
    expect_holds();
}

TEST_F(shadow_of_redrives, accepts_one_that_is_cut_short) {
    const auto a = begin(1, {.attempts = 2});
    redrive(a, 1);
    redriven(a, 1, shadow::ending::put_off);
    model.unsubscribe_begins(a);
    model.letter_released(1);
    auto& terms = rows.subscriptions[0].second;
    std::swap(terms.queued, terms.cancelled);
    returns({.matched = 1, .undone = 1});
    expect_holds();
    model.check_letters({1});
    expect_holds();
}

TEST_F(shadow_of_redrives, finds_a_call_of_what_nobody_redrives) {
    const auto a = begin(1);
    redriven(a, 1, shadow::ending::completed);
    expect_violation("a redriven call of what nobody redrives");
}

TEST_F(shadow_of_redrives, finds_a_call_that_does_not_say_that_it_is_one) {
    const auto a = begin(1);
    redrive(a, 1);
    model.call_begins(a, 1);
    expect_violation("a delivery was made twice");
}

TEST_F(shadow_of_redrives, finds_an_attempt_of_before_that_comes_after) {
    const auto a = begin(1, {.attempts = 2});
    redrive(a, 1);
    redriven(a, 1, shadow::ending::put_off);
    model.call_begins(a, 1, 2);
    expect_violation("a delivery was made twice");
}

TEST_F(shadow_of_redrives, finds_one_that_is_handled_twice) {
    const auto a = begin(1);
    redrive(a, 1);
    redriven(a, 1, shadow::ending::completed);
    redriven(a, 1, shadow::ending::completed);
    expect_violation("a delivery was made twice");
}

TEST_F(shadow_of_redrives, finds_attempts_that_are_not_counted_from_one) {
    const auto a = begin(1, {.attempts = 3});
    redrive(a, 1);
    model.redriven_call_begins(a, 1, 2, 0);
    expect_violation("attempt 2 after 0");
}

TEST_F(shadow_of_redrives, finds_another_event_than_the_transform_made) {
    const auto a = begin(1);
    redrive(a, 1);
    model.letter_mended(1, 7);
    model.redriven_call_begins(a, 1, 1, 0);
    expect_violation("another event is redriven than the transform made");
}

TEST_F(shadow_of_redrives, finds_a_call_during_a_pause) {
    const auto a = begin(1);
    redrive(a, 1);
    model.pause_begins(a, stentor::backlog::hold);
    model.pause_returns(a, false);
    model.redriven_call_begins(a, 1, 1, 0);
    expect_violation("a call during a pause");
}

TEST_F(shadow_of_redrives, finds_a_call_after_the_subscriptions_end) {
    const auto a = begin(1);
    redrive(a, 1);
    model.unsubscribe_begins(a);
    model.unsubscribe_returns(a, stentor::unsubscribe_result::done, true);
    model.redriven_call_begins(a, 1, 1, 0);
    expect_violation("a call after the subscription's end");
}

TEST_F(shadow_of_redrives, finds_one_that_was_counted_twice) {
    const auto a = begin(1);
    redrive(a, 1);
    handled_again(a, 1);
    expect_holds();
    auto& terms = rows.subscriptions[0].second;
    terms.accepted += 1;
    terms.expired += 1;  // the books balance all the same
    model.check(rows);
    expect_violation("another number of events was accepted");
}

TEST_F(shadow_of_redrives, finds_one_that_was_not_counted) {
    const auto a = begin(1);
    redrive(a, 1);
    handled_again(a, 1);
    auto& terms = rows.subscriptions[0].second;
    terms.accepted -= 1;
    terms.completed -= 1;  // the books balance all the same
    model.check(rows);
    expect_violation("another number of events was accepted");
}

// Nothing of it was published, so it is in no term.
TEST_F(shadow_of_redrives, finds_that_what_was_left_alone_was_counted) {
    begin(1);
    model.letter_claimed(1);
    model.letter_released(1);
    returns({.matched = 1, .skipped = 1});
    expect_holds();
    auto& terms = rows.subscriptions[0].second;
    terms.accepted += 1;
    terms.expired += 1;
    model.check(rows);
    expect_violation("another number of events was accepted");
}

TEST_F(shadow_of_redrives, finds_one_that_is_faster_than_its_pace) {
    const auto a = begin(3);
    model.redrive_begins(1'000);
    model.time_is(5'000);
    redrive(a, 1);
    model.time_is(6'000);
    redrive(a, 2);
    EXPECT_FALSE(model.violation().has_value());
    model.time_is(6'999);
    redrive(a, 3);
    expect_violation("a redrive is faster than its pace");
}

// --- order ---------------------------------------------------------------------------------------

TEST_F(shadow_of_redrives, finds_two_of_a_key_at_the_same_time) {
    const auto a = begin(2, {.keys = 1, .attempts = 2});
    redrive(a, 1);
    redrive(a, 2);
    model.redriven_call_begins(a, 2, 1, 0);
    expect_violation("two of one key are redriven at the same time");
}

TEST_F(shadow_of_redrives, finds_one_that_passes_one_of_its_key_that_came_back) {
    const auto a = begin(2, {.keys = 1});
    redrive(a, 1);
    failed_again(a, 1);
    redrive(a, 2);
    model.redriven_call_begins(a, 2, 1, 0);
    expect_violation("passes one of its key that came back");
}

TEST_F(shadow_of_redrives, accepts_that_other_keys_go_on) {
    const auto a = lettered("a", {.keys = 2});
    publish(1, stentor::publish_status::accepted, {}, {}, 0);
    fail(a, 1);
    publish(2, stentor::publish_status::accepted, {}, {}, 1);
    fail(a, 2);
    model.redrive_begins();
    redrive(a, 1);
    redrive(a, 2);
    handled_again(a, 2);
    failed_again(a, 1);
    returns({.matched = 2, .redriven = 1, .returned = 1});
    expect_holds();
}

TEST_F(shadow_of_redrives, finds_one_beside_a_call_of_its_key) {
    const auto a = begin(1, {.keys = 1});
    publish(2);
    redrive(a, 1);
    model.call_begins(a, 2);
    model.redriven_call_begins(a, 1, 1, 0);
    expect_violation("two calls of one key at the same time");
}

TEST_F(shadow_of_redrives, finds_one_that_passes_what_was_published_before) {
    const auto a = begin(1, {.keys = 1});
    publish(2);
    redrive(a, 1);
    model.redriven_call_begins(a, 1, 1, 0);
    expect_violation("out of order");
}

// --- what becomes of the letter ------------------------------------------------------------------

TEST_F(shadow_of_redrives, finds_a_letter_that_goes_before_its_event_was_handled) {
    const auto a = begin(1);
    redrive(a, 1);
    model.letter_finished(1);
    expect_violation("left the store, and its event was not handled");
}

TEST_F(shadow_of_redrives, finds_a_letter_that_goes_though_its_event_failed) {
    const auto a = begin(1);
    redrive(a, 1);
    redriven(a, 1, shadow::ending::failed);
    keep(a, 1, 2);
    model.letter_finished(1);
    expect_violation("left the store, and its event was not handled");
}

TEST_F(shadow_of_redrives, finds_a_letter_that_stays_though_its_event_was_handled) {
    const auto a = begin(1);
    redrive(a, 1);
    redriven(a, 1, shadow::ending::completed);
    model.letter_released(1);
    expect_violation("ended, and its letter is as it was");
}

TEST_F(shadow_of_redrives, finds_a_letter_that_comes_back_though_nothing_failed) {
    const auto a = begin(1);
    redrive(a, 1);
    model.letter_given_back(1, 1, 1);
    expect_violation("came back, and nothing failed again");
}

TEST_F(shadow_of_redrives, finds_a_letter_that_comes_back_without_its_history) {
    const auto a = begin(1);
    redrive(a, 1);
    redriven(a, 1, shadow::ending::failed);
    keep(a, 1, 2);
    model.letter_given_back(1, 2, 0);
    expect_violation("came back without its history");
}

TEST_F(shadow_of_redrives, finds_a_failure_that_is_not_added_to_its_letter) {
    const auto a = begin(1);
    redrive(a, 1);
    redriven(a, 1, shadow::ending::failed);
    keep(a, 1, 1);
    expect_violation("a letter says 1 attempts");
}

TEST_F(shadow_of_redrives, finds_attempts_that_are_missing_in_a_letter) {
    const auto a = begin(1);
    redrive(a, 1);
    redriven(a, 1, shadow::ending::failed);
    keep(a, 1, 2);
    model.letter_tells(1, {1, 2});
    EXPECT_FALSE(model.violation().has_value());
    model.letter_tells(1, {1, 1});
    expect_violation("tells of other attempts than there were");
}

TEST_F(shadow_of_redrives, finds_a_second_letter_of_a_delivery) {
    const auto a = begin(1);
    redrive(a, 1);
    redriven(a, 1, shadow::ending::failed);
    model.letter_put(a, 1, 2, 2, 0);
    expect_violation("a delivery has two letters");
}

TEST_F(shadow_of_redrives, finds_a_claim_of_what_is_claimed) {
    const auto a = begin(1);
    redrive(a, 1);
    redrive(a, 1);
    expect_violation("a claim of a letter that is not to be had");
}

TEST_F(shadow_of_redrives, finds_a_claim_without_a_redrive) {
    begin(1);
    returns({.matched = 1, .skipped = 1});
    model.letter_claimed(1);
    expect_violation("a claim of a letter that is not to be had");
}

TEST_F(shadow_of_redrives, finds_a_redrive_that_never_ends) {
    const auto a = begin(1);
    redrive(a, 1);
    returns({.matched = 1, .pending = 1});
    expect_holds();
    model.check_claims();
    expect_violation("a redrive never ended");
}

// --- what it reports -----------------------------------------------------------------------------

TEST_F(shadow_of_redrives, finds_a_report_of_what_was_not) {
    const auto a = begin(1);
    redrive(a, 1);
    failed_again(a, 1);
    returns({.matched = 1, .redriven = 1});
    expect_violation("a redrive reports what was not");
}

TEST_F(shadow_of_redrives, finds_a_report_that_forgets_a_letter) {
    const auto a = begin(2);
    redrive(a, 1);
    handled_again(a, 1);
    returns({.matched = 2, .redriven = 1});
    expect_violation("a redrive reports what was not");
}

TEST_F(shadow_of_redrives, finds_a_report_that_forgets_one_under_way) {
    const auto a = begin(1);
    redrive(a, 1);
    returns({.matched = 1, .undone = 1});
    expect_violation("a redrive reports what was not");
}

TEST_F(shadow_of_redrives, finds_a_dry_run_that_claims) {
    begin(1);
    model.letter_claimed(1);
    returns({.matched = 1, .redriven = 1}, true);
    expect_violation("refused or dry has claimed letters");
}

TEST_F(shadow_of_redrives, finds_a_refused_one_that_claims) {
    begin(1);
    model.letter_claimed(1);
    model.redrive_returns(nullptr, false);
    expect_violation("refused or dry has claimed letters");
}

}  // namespace
