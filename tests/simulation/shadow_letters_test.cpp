// SPDX-License-Identifier: MIT
#include "simulation/shadow_letters_fixture.hpp"

#include <gtest/gtest.h>

#include <utility>

// Wrong histories of dead letters, fallbacks and last places, which the model must find.

namespace {

using stentor_test::shadow;
using stentor_test::shadow_of_letters;

TEST_F(shadow_of_letters, accepts_that_what_failed_is_kept) {
    const auto a = lettered("a");
    publish(1);
    fail(a, 1);
    expect_holds();
    model.check_letters({1});
    model.check_at_rest(rows);
    expect_holds();
}

TEST_F(shadow_of_letters, finds_a_dead_letter_that_nobody_has) {
    const auto a = lettered("a");
    publish(1);
    model.call_begins(a, 1);
    model.call_ends(a, 1, shadow::ending::failed);
    auto& terms = rows.subscriptions[0].second;
    std::swap(terms.queued, terms.dead_lettered);
    model.check(rows);
    expect_violation("other calls were counted");
}

TEST_F(shadow_of_letters, finds_a_failure_that_was_not_to_be_given_up) {
    const auto a = lettered("a", {.owed = true});
    publish(1);
    model.call_begins(a, 1);
    model.call_ends(a, 1, shadow::ending::failed);
    auto& terms = rows.subscriptions[0].second;
    std::swap(terms.queued, terms.failed);
    model.check(rows);
    expect_violation("other calls were counted");
}

TEST_F(shadow_of_letters, finds_a_failure_that_waits_for_room_and_is_nowhere) {
    const auto a = lettered("a", {.owed = true});
    publish(1);
    model.call_begins(a, 1);
    model.call_ends(a, 1, shadow::ending::failed);
    auto& terms = rows.subscriptions[0].second;
    std::swap(terms.queued, terms.retry_waiting);
    expect_holds();
    std::swap(terms.retry_waiting, terms.expired);  // the books balance all the same
    model.check(rows);
    expect_violation("other calls were counted");
}

TEST_F(shadow_of_letters, finds_a_subscription_that_goes_on_while_a_letter_waits) {
    const auto a = lettered("a", {.owed = true});
    publish(1);
    model.check_waiting(a, false);
    model.call_begins(a, 1);
    model.call_ends(a, 1, shadow::ending::failed);
    model.check_waiting(a, true);
    EXPECT_FALSE(model.violation().has_value());
    model.check_waiting(a, false);
    expect_violation("a letter waits for room, and its subscription goes on");
}

TEST_F(shadow_of_letters, finds_a_pause_for_room_that_nothing_waits_for) {
    const auto a = lettered("a", {.owed = true});
    publish(1);
    fail(a, 1);
    model.check_waiting(a, true);
    expect_violation("paused for want of room, and nothing waits for it");
}

TEST_F(shadow_of_letters, finds_a_letter_of_a_delivery_that_waits_for_another_attempt) {
    const auto a = lettered("a", {.attempts = 2});
    publish(1);
    model.call_begins(a, 1);
    model.call_ends(a, 1, shadow::ending::put_off);
    keep(a, 1);
    expect_violation("a letter of what has not failed for good");
}

TEST_F(shadow_of_letters, finds_a_letter_that_is_kept_twice) {
    const auto a = lettered("a");
    publish(1);
    fail(a, 1);
    keep(a, 1);
    expect_violation("a letter of what has not failed for good");
}

TEST_F(shadow_of_letters, finds_a_letter_with_another_number_of_attempts) {
    const auto a = lettered("a", {.attempts = 2});
    publish(1);
    model.call_begins(a, 1);
    model.call_ends(a, 1, shadow::ending::put_off);
    model.call_begins(a, 1, 2);
    model.call_ends(a, 1, shadow::ending::failed);
    keep(a, 1, 1);
    expect_violation("a letter says 1 attempts");
}

TEST_F(shadow_of_letters, finds_a_letter_that_was_lost) {
    const auto a = lettered("a");
    publish(1);
    fail(a, 1);
    model.check_letters({});
    expect_violation("a letter was lost");
}

TEST_F(shadow_of_letters, finds_a_letter_of_nothing_that_failed) {
    model.check_letters({1});
    expect_violation("a letter of nothing that failed");
}

TEST_F(shadow_of_letters, finds_a_purge_of_what_is_redriven) {
    const auto a = lettered("a");
    publish(1);
    fail(a, 1);
    model.redrive_begins();
    redrive(a, 1);
    model.letters_purged({});
    expect_violation("purged while it was redriven");
}

TEST_F(shadow_of_letters, finds_an_event_with_two_ids) {
    model.event_named(1, stentor::event_id::from_words(1, 2));
    model.event_named(2, stentor::event_id::from_words(1, 3));
    model.event_named(1, stentor::event_id::from_words(1, 2));
    EXPECT_FALSE(model.violation().has_value());
    model.event_named(1, stentor::event_id::from_words(1, 3));
    expect_violation("has two ids");
}

// --- fallbacks and last places -------------------------------------------------------------------

class shadow_of_fallbacks : public shadow_of_letters {
protected:
    shadow::sub fallen() {
        const auto a = lettered("a", {.falls = true});
        publish(1);
        model.call_begins(a, 1);
        model.call_ends(a, 1, shadow::ending::failed);
        return a;
    }
};

TEST_F(shadow_of_fallbacks, accepts_that_one_takes_what_failed) {
    const auto a = fallen();
    model.fallback_ends(a, 1, false);
    auto& terms = rows.subscriptions[0].second;
    std::swap(terms.queued, terms.completed);
    expect_holds();
}

TEST_F(shadow_of_fallbacks, accepts_that_one_fails_too) {
    const auto a = fallen();
    model.fallback_ends(a, 1, true);
    keep(a, 1);
    expect_holds();
}

TEST_F(shadow_of_fallbacks, finds_one_that_was_not_called) {
    fallen();
    model.check(rows);
    expect_violation("other calls were counted");
}

TEST_F(shadow_of_fallbacks, finds_one_that_was_passed_over) {
    const auto a = subscribe("a", {.falls = true});
    publish(1);
    model.call_begins(a, 1);
    model.call_ends(a, 1, shadow::ending::failed);
    auto& terms = rows.subscriptions[0].second;
    std::swap(terms.queued, terms.failed);
    model.check(rows);
    expect_violation("was not given to its fallback");
}

TEST_F(shadow_of_fallbacks, finds_a_letter_before_one_was_called) {
    const auto a = fallen();
    keep(a, 1);
    expect_violation("a letter before the fallback was called");
}

TEST_F(shadow_of_fallbacks, finds_one_that_is_called_twice) {
    const auto a = fallen();
    model.fallback_ends(a, 1, true);
    model.fallback_ends(a, 1, true);
    expect_violation("a fallback was called for what had not failed");
}

TEST_F(shadow_of_fallbacks, finds_a_letter_of_what_one_took) {
    const auto a = fallen();
    model.fallback_ends(a, 1, false);
    keep(a, 1);
    expect_violation("a letter of what has not failed for good");
}

TEST_F(shadow_of_letters, accepts_what_is_in_the_last_place) {
    const auto a = lettered("a", {.owed = true});
    publish(1);
    model.call_begins(a, 1);
    model.call_ends(a, 1, shadow::ending::failed);
    model.letter_saved(a, 1);
    auto& terms = rows.subscriptions[0].second;
    std::swap(terms.queued, terms.dead_lettered);
    expect_holds();
    model.check_saved({{a, 1}});
    expect_holds();
}

TEST_F(shadow_of_letters, finds_what_is_not_in_the_file) {
    const auto a = lettered("a", {.owed = true});
    publish(1);
    model.call_begins(a, 1);
    model.call_ends(a, 1, shadow::ending::failed);
    model.letter_saved(a, 1);
    model.check_saved({});
    expect_violation("in the emergency file are 0 letters, of 1");
}

TEST_F(shadow_of_letters, finds_in_the_last_place_what_the_store_took) {
    const auto a = lettered("a", {.owed = true});
    publish(1);
    fail(a, 1);
    model.letter_saved(a, 1);
    expect_violation("saved, and had not failed for good");
}

// --- without a call ------------------------------------------------------------------------------

// Key 1 has a letter, of event 1; event 2 comes behind it.
class shadow_of_held_keys : public shadow_of_letters {
protected:
    shadow_of_held_keys() : a(lettered("a", {.keys = 4, .holds = true})) {
        publish(1, stentor::publish_status::accepted, {}, {}, 1);
        fail(a, 1);
        publish(2, stentor::publish_status::accepted, {}, {}, 1);
    }
    void lay(std::int64_t event, stentor::dead_letter_reason why) {
        model.letter_put(a, event, letter_of(event), 0, 0, why);
        auto& terms = rows.subscriptions[a].second;
        terms.queued -= 1;
        terms.dead_lettered += 1;
    }

    shadow::sub a;
};

TEST_F(shadow_of_held_keys, accepts_a_letter_behind_another_and_calls_when_both_are_gone) {
    lay(2, stentor::dead_letter_reason::held_by_key);
    expect_holds();
    model.redrive_begins();
    redrive(a, 1);
    handled_again(a, 1);
    redrive(a, 2);
    handled_again(a, 2);
    publish(3, stentor::publish_status::accepted, {}, {}, 1);
    handle(a, 3);
    expect_holds();
    model.check_at_rest(rows);
    expect_holds();
}

TEST_F(shadow_of_held_keys, finds_a_call_before_an_earlier_event_of_its_key) {
    handle(a, 2);
    expect_violation("handled before an earlier event of its key that is a letter");
}

TEST_F(shadow_of_held_keys, finds_a_letter_behind_nothing) {
    model.letters_purged({});
    lay(2, stentor::dead_letter_reason::held_by_key);
    expect_violation("put away as held_by_key, and is not");
}

TEST_F(shadow_of_held_keys, finds_one_of_another_key_put_away) {
    publish(3, stentor::publish_status::accepted, {}, {}, 2);
    lay(3, stentor::dead_letter_reason::held_by_key);
    expect_violation("put away as held_by_key, and is not");
}

TEST_F(shadow_of_held_keys, finds_one_put_away_that_was_handled) {
    model.letters_purged({});
    handle(a, 2);
    lay(2, stentor::dead_letter_reason::held_by_key);
    expect_violation("put away as held_by_key, and is not");
}

TEST_F(shadow_of_held_keys, finds_an_event_that_does_not_expire_put_away_as_expired) {
    lay(2, stentor::dead_letter_reason::expired);
    expect_violation("put away as expired, and is not");
}

TEST_F(shadow_of_letters, finds_an_event_that_expired_and_has_no_letter) {
    lettered("a", {.owed = true});
    publish(1);
    auto& terms = rows.subscriptions[0].second;
    std::swap(terms.queued, terms.expired);
    model.check(rows);
    expect_violation("expired without a letter");
}

}  // namespace
