// SPDX-License-Identifier: MIT
#include "simulation/shadow.hpp"

#include <algorithm>
#include <string>
#include <utility>

// Dead letters on their way back: who has them, whose turn it is, and how they end.
namespace stentor_test {

void shadow::redrive_begins(std::int64_t pace_ns) {
    ++now_;
    redriving_.push_back(redrives_.size());
    redrives_.emplace_back().pace_ns = pace_ns;
}

void shadow::letter_claimed(letter claimed) {
    ++now_;
    const auto at = letters_.find(claimed);
    if (broken()) {
        return;
    }
    if (at == letters_.end() || at->second.claimed != 0 || redriving_.empty()) {
        violate("a claim of a letter that is not to be had: " + std::to_string(claimed));
        return;
    }
    auto& entry = at->second;
    entry.claimed = now_;
    entry.run = redriving_.back();
    entry.called = entry.put = false;
    entry.mended = 0;
    auto& run = redrives_[entry.run];
    if (run.last_claim_ns >= 0 && time_ns_ - run.last_claim_ns < run.pace_ns) {
        violate("a redrive is faster than its pace: " + about(subs_[entry.of], entry.event));
    }
    run.last_claim_ns = time_ns_;
    ++run.claimed;
    ++subs_[entry.of].redriving;
}

void shadow::letter_mended(letter claimed, std::int32_t mended) {
    if (auto* entry = claimed_letter(claimed, "mended")) {
        entry->mended = mended;
    }
}

shadow::letter_entry* shadow::claimed_letter(letter which, const char* what) {
    ++now_;
    const auto at = letters_.find(which);
    if (broken()) {
        return nullptr;
    }
    if (at == letters_.end() || at->second.claimed == 0) {
        violate("a letter was " + std::string(what) +
                ", and nobody redrives it: " + std::to_string(which));
        return nullptr;
    }
    return &at->second;
}

bool shadow::same_key(const letter_entry& one, const letter_entry& other) const {
    const auto keys = subs_[one.of].limits.keys;
    return one.of == other.of && keys != 0 &&
           events_.at(one.event).what.key % keys == events_.at(other.event).what.key % keys;
}

// Within a redrive those of a key go one by one, and none after one that came back.
void shadow::check_turn(letter which, const letter_entry& entry) {
    const auto& one = subs_[entry.of];
    for (const auto& [number_of, other] : letters_) {
        if (number_of < which && other.claimed != 0 && other.run == entry.run &&
            same_key(entry, other)) {
            violate("two of one key are redriven at the same time: " + about(one, entry.event));
        }
    }
    for (const auto& [number_of, other] : redrives_[entry.run].came_back) {
        if (number_of < which && same_key(entry, other)) {
            violate("a redriven event passes one of its key that came back: " +
                    about(one, entry.event));
        }
    }
}

void shadow::redriven_call_begins(sub which, number number_of, std::int32_t attempt,
                                  std::int32_t mended) {
    ++now_;
    if (broken()) {
        return;
    }
    auto& one = subs_[which];
    const auto at = letters_.find(find_letter(which, number_of));
    if (at == letters_.end() || at->second.claimed == 0) {
        violate("a redriven call of what nobody redrives: " + about(one, number_of));
        return;
    }
    auto& entry = at->second;
    if (mended != entry.mended) {
        violate("another event is redriven than the transform made: " + about(one, number_of));
        return;
    }
    if (!std::exchange(entry.called, true)) {
        check_turn(at->first, entry);
        auto& delivered = one.deliveries[number_of];
        delivered.state = end::open;
        delivered.redriven = true;
        delivered.certain = false;
        delivered.attempts = 0;
        delivered.laid = false;
        --one.redriving;
        ++one.beside;
        ++one.redriven;
    }
    seen_.retried += attempt > 1 ? 1 : 0;
    check_call(which, number_of, attempt, true);
    if (!broken()) {
        start_call(which, number_of, entry.claimed);
    }
}

void shadow::end_claim(letter_entry& entry) {
    auto& one = subs_[entry.of];
    auto& delivered = one.deliveries[entry.event];
    if (!entry.called) {
        --one.redriving;
    }
    if (delivered.running) {
        violate("a redrive ended before its call: " + about(one, entry.event));
    }
    delivered.redriven = false;
    entry.claimed = 0;
}

void shadow::letter_finished(letter claimed) {
    auto* entry = claimed_letter(claimed, "finished");
    if (entry == nullptr) {
        return;
    }
    const auto& one = subs_[entry->of];
    if (!entry->called || one.deliveries.at(entry->event).state != end::completed) {
        violate("a letter left the store, and its event was not handled: " +
                about(one, entry->event));
        return;
    }
    ++redrives_[entry->run].finished;
    ++seen_.redriven;
    seen_.mended += entry->mended != 0 ? 1 : 0;
    end_claim(*entry);
    letters_.erase(claimed);
}

void shadow::letter_given_back(letter claimed, std::uint64_t attempts, std::uint64_t redrives) {
    auto* entry = claimed_letter(claimed, "given back");
    if (entry == nullptr) {
        return;
    }
    const auto& one = subs_[entry->of];
    const auto& delivered = one.deliveries.at(entry->event);
    if (!entry->called || delivered.state != end::failed || (!entry->put && !draining_)) {
        violate("a letter came back, and nothing failed again: " + about(one, entry->event));
        return;
    }
    if (attempts != entry->attempts || redrives != ++entry->redrives) {
        violate("a letter came back without its history: " + about(one, entry->event));
    }
    auto& run = redrives_[entry->run];
    ++run.returned;
    ++seen_.returned;
    run.came_back.emplace(claimed, *entry);
    end_claim(*entry);
}

// It came to no end: the letter is as it was.
void shadow::letter_released(letter claimed) {
    auto* entry = claimed_letter(claimed, "released");
    if (entry == nullptr) {
        return;
    }
    auto& one = subs_[entry->of];
    auto& delivered = one.deliveries[entry->event];
    auto& run = redrives_[entry->run];
    ++run.released;
    if (!entry->called) {
        ++run.uncalled[entry->of];
        ++one.undone;
        end_claim(*entry);
        return;
    }
    if (delivered.state == end::completed || (delivered.state == end::failed && !draining_)) {
        violate("a redrive ended, and its letter is as it was: " + about(one, entry->event));
        return;
    }
    ++run.cut_short;
    ++seen_.cut_short;
    ++one.cut_short;
    run.came_back.emplace(claimed, *entry);
    if (std::exchange(delivered.put_off, false)) {
        --one.put_off;
        free_key(one, entry->event);
    }
    end_claim(*entry);
    delivered.state = end::failed;
}

void shadow::redrive_returns(const stentor::redrive_report* report, bool dry) {
    ++now_;
    if (broken()) {
        return;
    }
    const auto which = redriving_.back();
    redriving_.pop_back();
    const auto& run = redrives_[which];
    if (report == nullptr || dry) {
        if (run.claimed != 0) {
            violate("a redrive that was refused or dry has claimed letters");
        }
        return;
    }
    const auto pending = static_cast<std::uint64_t>(std::ranges::count_if(
        letters_, [&](auto& one) { return one.second.claimed != 0 && one.second.run == which; }));
    const auto undisturbed = report->held + report->undone + report->refused;
    const auto all =
        report->redriven + report->returned + report->pending + report->skipped + undisturbed;
    const bool right = report->redriven == run.finished && report->returned == run.returned &&
                       report->pending == pending && report->undone >= run.cut_short &&
                       undisturbed <= run.released &&
                       run.released <= undisturbed + report->skipped + (report->stopped ? 1 : 0) &&
                       (report->stopped ? all <= report->matched : all == report->matched);
    if (!right) {
        violate("a redrive reports what was not: of " + std::to_string(run.claimed) +
                " claimed letters " + std::to_string(run.finished) + " finished, " +
                std::to_string(run.returned) + " given back, " + std::to_string(run.released) +
                " released, " + std::to_string(pending) + " under way; it says " +
                std::to_string(report->matched) + " matched, " + std::to_string(report->redriven) +
                " redriven, " + std::to_string(report->returned) + " returned, " +
                std::to_string(report->held) + " held, " + std::to_string(report->skipped) +
                " skipped, " + std::to_string(report->undone) + " undone, " +
                std::to_string(report->refused) + " refused, " + std::to_string(report->pending) +
                " pending");
        return;
    }
    seen_.held += static_cast<std::int64_t>(report->held);
    seen_.refused += static_cast<std::int64_t>(report->refused);
    seen_.pending += static_cast<std::int64_t>(report->pending);
    seen_.stopped += report->stopped ? 1 : 0;
    if (report->undone == run.cut_short) {
        for (const auto& [whose, count] : run.uncalled) {
            subs_[whose].undone -= count;  // they were never published
        }
    }
}

}  // namespace stentor_test
