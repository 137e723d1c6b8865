// SPDX-License-Identifier: MIT
#include "simulation/shadow.hpp"

#include <algorithm>
#include <string>
#include <utility>

// What failed for good: fallbacks, dead letters, the last places.
namespace stentor_test {

void shadow::tally::operator+=(const tally& other) {
    redriven += other.redriven;
    returned += other.returned;
    cut_short += other.cut_short;
    held += other.held;
    refused += other.refused;
    stopped += other.stopped;
    pending += other.pending;
    mended += other.mended;
    retried += other.retried;
    waiting += other.waiting;
    fell_back += other.fell_back;
    fell_through += other.fell_through;
    saved += other.saved;
    opened += other.opened;
    trials += other.trials;
    expired += other.expired;
    behind += other.behind;
}

void shadow::fallback_ends(sub which, number number_of, bool threw) {
    ++now_;
    auto& one = subs_[which];
    auto& delivered = one.deliveries[number_of];
    if (!std::exchange(delivered.falls, false)) {
        violate("a fallback was called for what had not failed: " + about(one, number_of));
        return;
    }
    --one.falling;
    ++(threw ? seen_.fell_through : seen_.fell_back);
    if (!threw) {
        delivered.state = end::completed;
        delivered.unkept = false;
        --one.failed;
        ++one.completed;
    }
}

void shadow::event_named(number number_of, stentor::event_id id) {
    const auto [at, fresh] = ids_.emplace(number_of, id);
    if (!fresh && at->second != id) {
        violate("event " + std::to_string(number_of) + " has two ids: " + at->second.to_string() +
                " and " + id.to_string());
    }
}

// --- letters -------------------------------------------------------------------------------------

shadow::letter shadow::find_letter(sub which, number number_of) const {
    const auto at = std::ranges::find_if(letters_, [&](const auto& each) {
        return each.second.of == which && each.second.event == number_of;
    });
    return at != letters_.end() ? at->first : 0;
}

// A letter of that key is in the store.
bool shadow::held(sub which, number number_of) const {
    const auto& one = subs_[which];
    const auto key = [&](number event) { return events_.at(event).what.key % one.limits.keys; };
    return one.limits.holds && std::ranges::any_of(letters_, [&](const auto& each) {
               return each.second.of == which && key(each.second.event) == key(number_of);
           });
}

void shadow::lay_away(sub which, number number_of, stentor::dead_letter_reason why) {
    auto& one = subs_[which];
    auto& delivered = one.deliveries[number_of];
    if (delivered.laid && delivered.unkept) {
        return;  // offered once more
    }
    const bool expires = why == stentor::dead_letter_reason::expired;
    const bool right = expires ? events_.at(number_of).what.expires
                               : delivered.attempts == 0 && held(which, number_of);
    if (!right || !one.limits.lettered || delivered.state != end::open || delivered.running ||
        delivered.redriven) {
        violate("put away as " + std::string(to_string(why)) +
                ", and is not: " + about(one, number_of));
        return;
    }
    ++(expires ? seen_.expired : seen_.behind);
    one.put_off -= std::exchange(delivered.put_off, false) ? 1 : 0;
    delivered.state = end::failed;
    delivered.laid = delivered.unkept = true;
    ++one.failed;
}

namespace {

bool uncalled(stentor::dead_letter_reason why) noexcept {
    return why == stentor::dead_letter_reason::expired ||
           why == stentor::dead_letter_reason::held_by_key;
}

}  // namespace

void shadow::letter_refused(sub which, number number_of, stentor::dead_letter_reason why) {
    ++now_;
    if (!broken() && uncalled(why)) {
        lay_away(which, number_of, why);
    }
}

void shadow::letter_put(sub which, number number_of, letter kept, std::uint64_t attempts,
                        std::uint64_t redrives, stentor::dead_letter_reason why) {
    ++now_;
    if (!broken() && uncalled(why)) {
        lay_away(which, number_of, why);
    }
    if (broken()) {
        return;
    }
    auto& one = subs_[which];
    auto& delivered = one.deliveries[number_of];
    if (!std::exchange(delivered.unkept, false)) {
        violate("a letter of what has not failed for good: " + about(one, number_of));
        return;
    }
    if (delivered.falls) {
        violate("a letter before the fallback was called: " + about(one, number_of));
    }
    ++one.kept;
    auto expected = static_cast<std::uint64_t>(delivered.attempts) + (delivered.laid ? 0 : 1);
    const auto before = find_letter(which, number_of);
    if (delivered.redriven != (before != 0) || (before != 0 && before != kept)) {
        violate("a delivery has two letters, or its letter was lost: " + about(one, number_of));
        return;
    }
    auto& entry = letters_[kept];
    expected += entry.attempts;
    if (attempts != expected || redrives != entry.redrives) {
        violate("a letter says " + std::to_string(attempts) + " attempts and " +
                std::to_string(redrives) + " redrives, of " + std::to_string(expected) + " and " +
                std::to_string(entry.redrives) + ": " + about(one, number_of));
    }
    entry.of = which;
    entry.event = number_of;
    entry.attempts = attempts;
    entry.put = true;
}

// The first three and the last seventeen of all, whatever redrives lie between them.
void shadow::letter_tells(letter kept, const std::vector<std::int32_t>& attempts) {
    const auto at = letters_.find(kept);
    if (broken() || at == letters_.end()) {
        return;
    }
    std::vector<std::int32_t> expected;
    const auto all = static_cast<std::int32_t>(at->second.attempts);
    for (std::int32_t attempt = 1; attempt <= all; ++attempt) {
        if (attempt <= 3 || attempt > all - 17) {
            expected.push_back(attempt);
        }
    }
    if (attempts != expected) {
        violate("a letter tells of other attempts than there were: " +
                about(subs_[at->second.of], at->second.event));
    }
}

void shadow::letter_saved(sub which, number number_of) {
    ++now_;
    auto& one = subs_[which];
    auto& delivered = one.deliveries[number_of];
    if (!std::exchange(delivered.unkept, false) || delivered.falls) {
        violate("saved, and had not failed for good: " + about(one, number_of));
        return;
    }
    ++one.kept;
    saved_.emplace(which, number_of);
    ++seen_.saved;
}

void shadow::letters_purged(const std::set<letter>& left) {
    for (const auto& [which, entry] : letters_) {
        if (entry.claimed != 0 && !left.contains(which)) {
            violate("a letter was purged while it was redriven: " +
                    about(subs_[entry.of], entry.event));
        }
    }
    std::erase_if(letters_, [&](const auto& each) { return !left.contains(each.first); });
    check_letters(left);
}

void shadow::check_waiting(sub which, bool paused) {
    const auto& one = subs_[which];
    if (one.closing != never || draining_ || one.paused) {
        return;
    }
    if (paused && unkept(one) == 0) {
        violate("paused for want of room, and nothing waits for it: " + one.name);
    } else if (!paused && unkept(one) != 0) {
        violate("a letter waits for room, and its subscription goes on: " + one.name);
    }
}

void shadow::check_letters(const std::set<letter>& stored) {
    for (const auto& [which, entry] : letters_) {
        if (!stored.contains(which)) {
            violate("a letter was lost: " + about(subs_[entry.of], entry.event));
        }
    }
    for (const auto which : stored) {
        if (!letters_.contains(which)) {
            violate("a letter of nothing that failed: " + std::to_string(which));
        }
    }
}

void shadow::check_claims() {
    for (const auto& [which, entry] : letters_) {
        if (entry.claimed != 0) {
            violate("a redrive never ended: " + about(subs_[entry.of], entry.event));
        }
    }
}

void shadow::check_saved(const std::multiset<std::pair<sub, number>>& found) {
    if (found != saved_) {
        violate("in the emergency file are " + std::to_string(found.size()) + " letters, of " +
                std::to_string(saved_.size()));
    }
}

}  // namespace stentor_test
