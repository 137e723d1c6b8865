// SPDX-License-Identifier: MIT

#include "letter_shares.hpp"

#include <exception>
#include <utility>

namespace github {

using stentor::dead_letter_result;

letter_shares::letter_shares(shares of)
    : letters_(stentor::memory_dead_letters::make().value()), shares_(std::move(of)) {}

void letter_shares::lift_share_of(std::string_view subscription) {
    const std::lock_guard lock(mutex_);
    if (const auto found = shares_.find(subscription); found != shares_.end()) {
        shares_.erase(found);
    }
}

dead_letter_result<std::uint64_t> letter_shares::put(stentor::dead_letter letter,
                                                     stentor::on_duplicate same) noexcept {
    using stentor::dead_letter_errc;
    try {
        const std::lock_guard lock(mutex_);
        if (!has_room_for(letter)) {
            return stentor::unexpected(stentor::dead_letter_error{
                dead_letter_errc::full, "the share of " + letter.subscription + " is used up"});
        }
        return letters_->put(std::move(letter), same);
    } catch (const std::exception&) {
        return stentor::unexpected(stentor::dead_letter_error{dead_letter_errc::no_memory});
    }
}

bool letter_shares::has_room_for(const stentor::dead_letter& letter) const {
    const auto share = shares_.find(letter.subscription);
    if (share == shares_.end()) {
        return true;
    }
    // One that is there already gets no second place.
    const auto same = letters_->list({.subscription = letter.subscription, .id = letter.id});
    const auto all =
        letters_->list({.subscription = letter.subscription}, {.limit = share->second});
    return (same && !same->empty()) || (all && all->size() < share->second);
}

dead_letter_result<stentor::dead_letter> letter_shares::get(std::uint64_t number) const {
    return letters_->get(number);
}
dead_letter_result<stentor::dead_letter_list> letter_shares::list(
    const stentor::dead_letter_filter& filter, stentor::dead_letter_page page) const {
    return letters_->list(filter, page);
}
dead_letter_result<std::vector<stentor::dead_letter_group>> letter_shares::stats(
    const stentor::dead_letter_filter& filter) const {
    return letters_->stats(filter);
}
dead_letter_result<stentor::dead_letter_claim> letter_shares::claim(std::uint64_t number) {
    return letters_->claim(number);
}
dead_letter_result<void> letter_shares::finish(const stentor::dead_letter_claim& claim) {
    return letters_->finish(claim);
}
dead_letter_result<void> letter_shares::give_back(
    const stentor::dead_letter_claim& claim, std::vector<stentor::dead_letter_attempt> failed) {
    return letters_->give_back(claim, std::move(failed));
}
dead_letter_result<void> letter_shares::release(const stentor::dead_letter_claim& claim) {
    return letters_->release(claim);
}
dead_letter_result<stentor::dead_letter_purged> letter_shares::purge(
    const stentor::dead_letter_filter& filter, stentor::purge_confirmation confirmed) {
    return letters_->purge(filter, confirmed);
}
dead_letter_result<void> letter_shares::annotate(std::uint64_t number, std::string key,
                                                 std::string value) {
    return letters_->annotate(number, std::move(key), std::move(value));
}
stentor::dead_letter_room letter_shares::room() const noexcept {
    return letters_->room();
}

}  // namespace github
