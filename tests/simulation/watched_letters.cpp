// SPDX-License-Identifier: MIT
#include "simulation/watched_letters.hpp"

#include "simulation/world.hpp"
#include <stentor/bus/letter_payload.hpp>

#include <stdexcept>
#include <utility>
#include <vector>

namespace stentor_test {

namespace {

template <class E>
std::int64_t number_of(const stentor::dead_letter& letter) {
    if (const auto* event = stentor::event_in<E>(letter)) {
        return event->number;
    }
    return stentor::from_json<E>(letter.payload.bytes).value().number;
}

}  // namespace

std::int64_t number_in(const stentor::dead_letter& letter) {
    return letter.topic == small_event::topic   ? number_of<small_event>(letter)
           : letter.topic == large_event::topic ? number_of<large_event>(letter)
           : letter.topic == other_event::topic
               ? number_of<other_event>(letter)
               : throw std::logic_error("a letter of no topic of this world");
}

watched_letters::watched_letters(shadow& model, std::uint64_t letters_max, refused not_taken,
                                 time now_ns)
    : model_(model),
      inner_(stentor::memory_dead_letters::make({.letters_max = letters_max}).value()),
      not_taken_(std::move(not_taken)),
      now_ns_(std::move(now_ns)) {}

stentor::dead_letter_result<std::uint64_t> watched_letters::put(
    stentor::dead_letter letter, stentor::on_duplicate same) noexcept {
    const auto which = model_.find(letter.subscription);
    const auto event = number_in(letter);
    model_.event_named(event, letter.id);
    const auto why = letter.reason;
    auto answer = inner_->put(std::move(letter), same);
    if (!which) {
        model_.complain("a letter of a subscription that nobody made");
    } else if (answer) {
        const auto kept = inner_->get(*answer).value();
        model_.event_named(event, kept.id);
        model_.letter_put(*which, event, *answer, kept.attempts_total, kept.redrives, why);
        std::vector<std::int32_t> attempts;
        for (const auto& one : kept.attempts) {
            attempts.push_back(one.number);
        }
        model_.letter_tells(*answer, attempts);
    } else {
        model_.letter_refused(*which, event, why);
        not_taken_(*which, event);
    }
    return answer;
}

stentor::dead_letter_result<stentor::dead_letter_claim> watched_letters::claim(
    std::uint64_t number) {
    auto answer = inner_->claim(number);
    if (answer) {
        model_.time_is(now_ns_());
        model_.letter_claimed(number);
    }
    return answer;
}

stentor::dead_letter_result<void> watched_letters::finish(const stentor::dead_letter_claim& claim) {
    auto answer = inner_->finish(claim);
    if (!answer || inner_->get(claim.letter.number)) {
        model_.complain("a handled letter could not be finished");
    }
    model_.letter_finished(claim.letter.number);
    return answer;
}

stentor::dead_letter_result<void> watched_letters::give_back(
    const stentor::dead_letter_claim& claim, std::vector<stentor::dead_letter_attempt> failed) {
    auto answer = inner_->give_back(claim, std::move(failed));
    if (const auto now = inner_->get(claim.letter.number)) {
        model_.letter_given_back(now->number, now->attempts_total, now->redrives);
    } else {
        model_.complain("a letter that came back is gone");
    }
    return answer;
}

stentor::dead_letter_result<void> watched_letters::release(
    const stentor::dead_letter_claim& claim) {
    auto answer = inner_->release(claim);
    model_.letter_released(claim.letter.number);
    return answer;
}

stentor::dead_letter_result<stentor::dead_letter_purged> watched_letters::purge(
    const stentor::dead_letter_filter& filter, stentor::purge_confirmation confirmed) {
    auto answer = inner_->purge(filter, confirmed);
    model_.letters_purged(numbers());
    return answer;
}

std::set<std::uint64_t> watched_letters::numbers() const {
    std::set<std::uint64_t> all;
    stentor::dead_letter_page page{.after = 0, .limit = stentor::dead_letter_page_max};
    do {
        const auto found = inner_->list({}, page).value();
        for (const auto& one : found) {
            all.insert(one.number);
        }
        page.after = found.next;
    } while (page.after != 0);
    return all;
}

}  // namespace stentor_test
