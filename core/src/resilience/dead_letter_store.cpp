// SPDX-License-Identifier: MIT
#include <stentor/resilience/dead_letter_store.hpp>

#include <algorithm>
#include <utility>

namespace stentor::inline v0 {

dead_letter_store::~dead_letter_store() = default;

std::string_view to_string(dead_letter_errc code) noexcept {
    switch (code) {
        case dead_letter_errc::full: return "full";
        case dead_letter_errc::not_found: return "not_found";
        case dead_letter_errc::duplicate: return "duplicate";
        case dead_letter_errc::claimed: return "claimed";
        case dead_letter_errc::not_claimed: return "not_claimed";
        case dead_letter_errc::not_confirmed: return "not_confirmed";
        case dead_letter_errc::empty_filter: return "empty_filter";
        case dead_letter_errc::invalid_filter: return "invalid_filter";
        case dead_letter_errc::invalid_page: return "invalid_page";
        case dead_letter_errc::invalid_letter: return "invalid_letter";
        case dead_letter_errc::unavailable: return "unavailable";
        case dead_letter_errc::no_memory: return "no_memory";
    }
    return "unknown";
}

namespace {

bool has_text(const dead_letter& letter, std::string_view text) noexcept {
    const auto in = [text](std::string_view whole) {
        return whole.find(text) != std::string_view::npos;
    };
    return in(letter.key) ||
           std::any_of(letter.attempts.begin(), letter.attempts.end(),
                       [&](const dead_letter_attempt& attempt) {
                           return std::any_of(attempt.errors.begin(), attempt.errors.end(), in);
                       }) ||
           std::any_of(letter.notes.begin(), letter.notes.end(), [&](const dead_letter_note& note) {
               return in(note.key) || in(note.value);
           });
}

}  // namespace

dead_letter_result<dead_letter_matcher> dead_letter_matcher::make(dead_letter_filter filter) {
    std::optional<pattern> topics;
    if (!filter.topic.empty()) {
        auto parsed = pattern::parse(filter.topic);
        if (!parsed) {
            return unexpected(dead_letter_error{
                dead_letter_errc::invalid_filter,
                "dead letter filter: topic: " + std::move(parsed).error().message()});
        }
        topics = std::move(parsed).value();
    }
    if (filter.from && filter.until && *filter.until < *filter.from) {
        return unexpected(
            dead_letter_error{dead_letter_errc::invalid_filter,
                              "dead letter filter: `until` is before `from`; exchange them"});
    }
    return dead_letter_matcher(std::move(filter), std::move(topics));
}

bool dead_letter_matcher::matches(const dead_letter& letter) const noexcept {
    return (filter_.subscription.empty() || filter_.subscription == letter.subscription) &&
           (!topics_ || topics_->matches(letter.topic)) &&
           (!filter_.reason || *filter_.reason == letter.reason) &&
           (!filter_.fingerprint || *filter_.fingerprint == letter.fingerprint) &&
           (!filter_.from || *filter_.from <= letter.last_failed) &&
           (!filter_.until || letter.last_failed < *filter_.until) &&
           (!filter_.id || *filter_.id == letter.id) &&
           (filter_.text.empty() || has_text(letter, filter_.text));
}

void merge_failure(dead_letter& stored, const dead_letter& later) {
    const auto first = stored.attempts_total == 0 ? later.first_failed : stored.first_failed;
    const std::uint64_t total = stored.attempts_total + later.attempts_total;
    const auto before =
        static_cast<std::int64_t>(std::min<std::uint64_t>(stored.attempts_total, INT32_MAX));
    for (dead_letter_attempt attempt : later.attempts) {
        // The later letter counts its own from 1.
        attempt.number =
            static_cast<std::int32_t>(std::min<std::int64_t>(before + attempt.number, INT32_MAX));
        add_attempt(stored, std::move(attempt));
    }
    if (stored.payload.missing()) {
        stored.payload = later.payload;
    }
    stored.attempts_total = total;
    stored.first_failed = first;
    stored.last_failed = later.last_failed;
    stored.reason = later.reason;
    stored.fingerprint = fingerprint_of(stored);
}

dead_letter_result<dead_letter_matcher> checked_purge(const dead_letter_filter& filter,
                                                      purge_confirmation confirmed) {
    if (confirmed == purge_confirmation::none) {
        return unexpected(dead_letter_error{
            dead_letter_errc::not_confirmed,
            "a purge deletes for good: look at list() of the same filter, then pass "
            "purge_confirmation::matching"});
    }
    if (filter.empty() && confirmed != purge_confirmation::everything) {
        return unexpected(
            dead_letter_error{dead_letter_errc::empty_filter,
                              "an empty filter matches every dead letter: give a filter, or pass "
                              "purge_confirmation::everything"});
    }
    return dead_letter_matcher::make(filter);
}

}  // namespace stentor::inline v0
