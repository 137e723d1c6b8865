// SPDX-License-Identifier: MIT
#include "conformance/dead_letter_rules.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

// Within a rule: an expectation that does not hold becomes a complaint, and the rule goes on.
#define EXPECT_THAT_HOLDS(condition)      \
    do {                                  \
        if (!(condition)) {               \
            out.emplace_back(#condition); \
        }                                 \
    } while (false)

namespace conformance {

using namespace std::chrono_literals;
using stentor::dead_letter;
using stentor::dead_letter_errc;
using stentor::dead_letter_store;
using stentor::on_duplicate;
using stentor::purge_confirmation;
using moment = std::chrono::system_clock::time_point;

dead_letter letter_of(std::uint64_t index, std::string subscription, std::string error) {
    dead_letter letter;
    letter.id = stentor::event_id::from_words(0x0190'0000'0000'7000, index + 1);
    letter.topic = "order.placed";
    letter.type_name = "order_placed";
    letter.key = "k" + std::to_string(index);
    letter.subscription = std::move(subscription);
    letter.payload = {stentor::dead_letter_content::json, "{\"id\":" + std::to_string(index) + "}",
                      nullptr};
    letter.headers = {{"tenant", "acme"}};
    stentor::add_attempt(letter, {1, moment(1s) + std::chrono::seconds(index), 1ms, {error}});
    return letter;
}

namespace {

template <class Result>
bool fails(const Result& answer, dead_letter_errc code) {
    return !answer.has_value() && answer.error().code == code && !answer.error().message.empty();
}

std::uint64_t put(dead_letter_store& store, dead_letter letter) {
    return store.put(std::move(letter)).value_or(std::uint64_t{0});
}

void keeps_everything(dead_letter_store& store, complaints& out) {
    dead_letter given = letter_of(1);
    given.notes = {{"seen", "by nobody"}};
    given.causation_id = stentor::event_id::from_words(1, 2);
    given.expires_at = moment(99s);
    const std::uint64_t number = put(store, given);
    EXPECT_THAT_HOLDS(number != 0);
    const auto kept = store.get(number);
    given.number = number;
    given.fingerprint = fingerprint_of(given);
    EXPECT_THAT_HOLDS(kept.has_value() && *kept == given);
    EXPECT_THAT_HOLDS(fails(store.get(number + 1), dead_letter_errc::not_found));
    EXPECT_THAT_HOLDS(fails(store.put(letter_of(2, "")), dead_letter_errc::invalid_letter));
    EXPECT_THAT_HOLDS(store.room().letters == 1);
}

void merges_the_same_delivery(dead_letter_store& store, complaints& out) {
    const std::uint64_t number = put(store, letter_of(1));
    dead_letter again = letter_of(1, "mail", "other");
    again.reason = stentor::dead_letter_reason::rejected;
    EXPECT_THAT_HOLDS(fails(store.put(again, on_duplicate::refuse), dead_letter_errc::duplicate));
    EXPECT_THAT_HOLDS(put(store, again) == number);
    EXPECT_THAT_HOLDS(store.room().letters == 1);
    const auto kept = store.get(number);
    EXPECT_THAT_HOLDS(kept.has_value() && kept->attempts_total == 2 && kept->attempts.size() == 2);
    EXPECT_THAT_HOLDS(kept.has_value() && kept->attempts.back().number == 2);
    EXPECT_THAT_HOLDS(kept.has_value() && kept->reason == stentor::dead_letter_reason::rejected);
    EXPECT_THAT_HOLDS(kept.has_value() && kept->fingerprint == fingerprint_of(*kept));
    EXPECT_THAT_HOLDS(put(store, letter_of(1, "audit")) != number);
    dead_letter nameless = letter_of(3);
    nameless.id = {};
    EXPECT_THAT_HOLDS(put(store, nameless) != put(store, nameless));
}

void pages_are_stable(dead_letter_store& store, complaints& out) {
    for (std::uint64_t index = 0; index < 25; ++index) {
        put(store, letter_of(index));
    }
    std::set<std::uint64_t> seen;
    std::uint64_t after = 0;
    std::uint64_t extra = 100;
    do {
        const auto page = store.list({.subscription = "mail"}, {.after = after, .limit = 4});
        if (!page.has_value()) {
            out.emplace_back("list() failed");
            return;
        }
        EXPECT_THAT_HOLDS(page->letters.size() <= 4);
        for (const dead_letter& each : page->letters) {
            EXPECT_THAT_HOLDS(seen.insert(each.number).second);
        }
        after = page->next;
        if (extra < 103) {
            put(store, letter_of(extra++));  // others store meanwhile
        }
    } while (after != 0 && seen.size() < 1000);
    EXPECT_THAT_HOLDS(seen.size() == 28);
    EXPECT_THAT_HOLDS(fails(store.list({}, {.limit = 0}), dead_letter_errc::invalid_page));
    const auto exact = store.list({}, {.limit = 28});
    EXPECT_THAT_HOLDS(exact.has_value() && exact->letters.size() == 28 && exact->next == 0);
}

void filters(dead_letter_store& store, complaints& out) {
    put(store, letter_of(1));
    dead_letter other = letter_of(2, "audit", "no such table");
    other.topic = "stock.moved";
    other.reason = stentor::dead_letter_reason::expired;
    const std::uint64_t number = put(store, other);
    const auto only = [&](const stentor::dead_letter_filter& filter) {
        const auto found = store.list(filter);
        return found.has_value() && found->letters.size() == 1 &&
               found->letters[0].number == number;
    };
    EXPECT_THAT_HOLDS(only({.subscription = "audit"}));
    EXPECT_THAT_HOLDS(only({.topic = "stock.*"}));
    EXPECT_THAT_HOLDS(only({.reason = stentor::dead_letter_reason::expired}));
    EXPECT_THAT_HOLDS(only({.fingerprint = fingerprint_of(other)}));
    EXPECT_THAT_HOLDS(only({.from = other.last_failed}));
    EXPECT_THAT_HOLDS(!only({.until = other.last_failed}));
    EXPECT_THAT_HOLDS(only({.id = other.id}));
    EXPECT_THAT_HOLDS(only({.text = "such table"}));
    EXPECT_THAT_HOLDS(!only({.subscription = "mail", .text = "such table"}));
    EXPECT_THAT_HOLDS(fails(store.list({.topic = "a..b"}), dead_letter_errc::invalid_filter));
    EXPECT_THAT_HOLDS(fails(store.list({.from = moment(2s), .until = moment(1s)}),
                            dead_letter_errc::invalid_filter));
    EXPECT_THAT_HOLDS(fails(store.stats({.topic = "a..b"}), dead_letter_errc::invalid_filter));
}

void groups(dead_letter_store& store, complaints& out) {
    put(store, letter_of(1, "audit", "no such table"));
    const std::uint64_t first = put(store, letter_of(2, "mail", "mailbox 17 is full"));
    put(store, letter_of(3, "mail", "mailbox 18 is full"));
    const auto all = store.stats({});
    if (!all.has_value() || all->size() != 2) {
        out.emplace_back("there are not two groups");
        return;
    }
    const stentor::dead_letter_group& largest = all->front();
    EXPECT_THAT_HOLDS(largest.count == 2 && largest.subscription == "mail");
    EXPECT_THAT_HOLDS(largest.example == first && largest.error == "mailbox 17 is full");
    EXPECT_THAT_HOLDS(largest.first_failed == letter_of(2).first_failed);
    EXPECT_THAT_HOLDS(largest.last_failed == letter_of(3).last_failed);
    EXPECT_THAT_HOLDS(store.stats({.subscription = "audit"})->size() == 1);
}

void claims_are_exclusive(dead_letter_store& store, complaints& out) {
    const std::uint64_t number = put(store, letter_of(1));
    const auto mine = store.claim(number);
    EXPECT_THAT_HOLDS(mine.has_value() && mine->letter.number == number && mine->token != 0);
    EXPECT_THAT_HOLDS(fails(store.claim(number), dead_letter_errc::claimed));
    EXPECT_THAT_HOLDS(fails(store.claim(number + 1), dead_letter_errc::not_found));
    EXPECT_THAT_HOLDS(store.room().claimed == 1 && store.room().letters == 1);
    EXPECT_THAT_HOLDS(store.get(number).has_value());
    if (!mine.has_value()) {
        return;
    }
    EXPECT_THAT_HOLDS(store.release(*mine).has_value());
    EXPECT_THAT_HOLDS(store.get(number).has_value() && store.get(number)->redrives == 0);
    EXPECT_THAT_HOLDS(fails(store.finish(*mine), dead_letter_errc::not_claimed));
    const auto second = store.claim(number);
    EXPECT_THAT_HOLDS(second.has_value() && second->token != mine->token);
    EXPECT_THAT_HOLDS(fails(store.give_back(*mine, {}), dead_letter_errc::not_claimed));
    EXPECT_THAT_HOLDS(second.has_value() && store.finish(*second).has_value());
    EXPECT_THAT_HOLDS(fails(store.get(number), dead_letter_errc::not_found));
    EXPECT_THAT_HOLDS(second.has_value() &&
                      fails(store.finish(*second), dead_letter_errc::not_found));
    EXPECT_THAT_HOLDS(store.room().letters == 0 && store.room().claimed == 0);
    EXPECT_THAT_HOLDS(put(store, letter_of(1)) > number);  // numbers are not used again
}

void failed_redrives_return(dead_letter_store& store, complaints& out) {
    const std::uint64_t number = put(store, letter_of(1));
    const auto mine = store.claim(number);
    if (!mine.has_value()) {
        out.emplace_back("claim() failed");
        return;
    }
    EXPECT_THAT_HOLDS(store.give_back(*mine, {{2, moment(50s), 1ms, {"still full"}}}).has_value());
    const auto kept = store.get(number);
    EXPECT_THAT_HOLDS(kept.has_value() && kept->redrives == 1 && kept->attempts_total == 2);
    EXPECT_THAT_HOLDS(kept.has_value() && last_error(*kept) == "still full");
    EXPECT_THAT_HOLDS(kept.has_value() && kept->fingerprint == fingerprint_of(*kept));
    EXPECT_THAT_HOLDS(kept.has_value() && kept->first_failed == letter_of(1).first_failed);
    EXPECT_THAT_HOLDS(kept.has_value() && kept->payload == letter_of(1).payload);
    EXPECT_THAT_HOLDS(store.claim(number).has_value());
}

void failures_during_a_claim_are_kept(dead_letter_store& store, complaints& out) {
    const std::uint64_t number = put(store, letter_of(1));
    const auto mine = store.claim(number);
    EXPECT_THAT_HOLDS(put(store, letter_of(1, "mail", "again")) == number);
    EXPECT_THAT_HOLDS(mine.has_value() && store.finish(*mine).has_value());
    const auto kept = store.get(number);
    EXPECT_THAT_HOLDS(kept.has_value() && kept->attempts_total == 2 && kept->redrives == 1);
    const auto next = store.claim(number);
    EXPECT_THAT_HOLDS(next.has_value() && store.finish(*next).has_value());
    EXPECT_THAT_HOLDS(fails(store.get(number), dead_letter_errc::not_found));
}

// For a store that has a bound of letters.
void claims_take_no_room(dead_letter_store& store, complaints& out) {
    const auto letters_max = store.room().letters_max;
    for (std::uint64_t index = 1; index <= letters_max; ++index) {
        put(store, letter_of(index));
    }
    if (letters_max == 0 || store.room().letters != letters_max) {
        return;
    }
    EXPECT_THAT_HOLDS(fails(store.put(letter_of(letters_max + 1)), dead_letter_errc::full));
    const auto number = store.list({}, {.after = 0, .limit = 1})->letters.front().number;
    const auto mine = store.claim(number);
    EXPECT_THAT_HOLDS(store.put(letter_of(letters_max + 1)).has_value());
    EXPECT_THAT_HOLDS(fails(store.put(letter_of(letters_max + 2)), dead_letter_errc::full));
    EXPECT_THAT_HOLDS(mine.has_value() && store.release(*mine).has_value());
    EXPECT_THAT_HOLDS(store.get(number).has_value());
    EXPECT_THAT_HOLDS(store.room().letters == letters_max + 1);
    EXPECT_THAT_HOLDS(fails(store.put(letter_of(letters_max + 2)), dead_letter_errc::full));
}

void purges_are_confirmed(dead_letter_store& store, complaints& out) {
    put(store, letter_of(1));
    const std::uint64_t audit = put(store, letter_of(2, "audit"));
    EXPECT_THAT_HOLDS(fails(store.purge({.subscription = "mail"}, purge_confirmation::none),
                            dead_letter_errc::not_confirmed));
    EXPECT_THAT_HOLDS(
        fails(store.purge({}, purge_confirmation::matching), dead_letter_errc::empty_filter));
    EXPECT_THAT_HOLDS(store.room().letters == 2);
    const auto mail = store.purge({.subscription = "mail"}, purge_confirmation::matching);
    EXPECT_THAT_HOLDS(mail.has_value() && mail->removed == 1 && mail->kept == 0);
    const auto mine = store.claim(audit);
    const auto rest = store.purge({}, purge_confirmation::everything);
    EXPECT_THAT_HOLDS(rest.has_value() && rest->removed == 0 && rest->kept == 1);
    EXPECT_THAT_HOLDS(store.get(audit).has_value());
    EXPECT_THAT_HOLDS(mine.has_value() && store.release(*mine).has_value());
    EXPECT_THAT_HOLDS(store.purge({}, purge_confirmation::everything).has_value());
    EXPECT_THAT_HOLDS(store.room().letters == 0 && store.room().bytes == 0);
}

void notes_stay(dead_letter_store& store, complaints& out) {
    const std::uint64_t number = put(store, letter_of(1));
    EXPECT_THAT_HOLDS(store.annotate(number, "ticket", "OPS-1").has_value());
    EXPECT_THAT_HOLDS(store.annotate(number, "ticket", "OPS-2").has_value());
    EXPECT_THAT_HOLDS(store.annotate(number, "who", "ada").has_value());
    const auto kept = store.get(number);
    EXPECT_THAT_HOLDS(kept.has_value() &&
                      kept->notes == std::vector<stentor::dead_letter_note>(
                                         {{"ticket", "OPS-2"}, {"who", "ada"}}));
    EXPECT_THAT_HOLDS(fails(store.annotate(number + 1, "a", "b"), dead_letter_errc::not_found));
    const auto found = store.list({.text = "OPS-2"});
    EXPECT_THAT_HOLDS(found.has_value() && found->letters.size() == 1);
}

}  // namespace

const std::vector<rule>& dead_letter_rules() {
    static const std::vector<rule> rules = {
        {"keeps everything", keeps_everything},
        {"merges the same delivery", merges_the_same_delivery},
        {"pages are stable", pages_are_stable},
        {"filters", filters},
        {"groups", groups},
        {"claims are exclusive", claims_are_exclusive},
        {"failed redrives return", failed_redrives_return},
        {"failures during a claim are kept", failures_during_a_claim_are_kept},
        {"claims take no room", claims_take_no_room},
        {"purges are confirmed", purges_are_confirmed},
        {"notes stay", notes_stay},
    };
    return rules;
}

}  // namespace conformance
