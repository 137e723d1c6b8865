// SPDX-License-Identifier: MIT
#pragma once

#include "simulation/shadow_fixture.hpp"

#include <cstdint>
#include <string>

namespace stentor_test {

// Deliveries that fail for good, and are kept.
class shadow_of_letters : public shadow_of_an_engine {
protected:
    shadow::sub lettered(const std::string& name, shadow_limits limits = {}) {
        limits.lettered = true;
        return subscribe(name, limits);
    }
    // The numbers of letters are those of events, here.
    void keep(shadow::sub which, std::int64_t event, std::uint64_t attempts = 1,
              std::uint64_t redrives = 0) {
        model.letter_put(which, event, static_cast<std::uint64_t>(event), attempts, redrives);
        auto& terms = rows.subscriptions[which].second;
        terms.queued -= 1;
        terms.dead_lettered += 1;
    }
    void fail(shadow::sub which, std::int64_t event) {
        model.call_begins(which, event);
        model.call_ends(which, event, shadow::ending::failed);
        keep(which, event);
    }
    // It is claimed and published.
    void redrive(shadow::sub which, std::uint64_t letter) {
        model.letter_claimed(letter);
        auto& terms = rows.subscriptions[which].second;
        terms.accepted += 1;
        terms.queued += 1;
    }
    void redriven(shadow::sub which, std::int64_t event, shadow::ending how) {
        model.redriven_call_begins(which, event, 1, 0);
        model.call_ends(which, event, how);
    }
    void handled_again(shadow::sub which, std::int64_t event) {
        redriven(which, event, shadow::ending::completed);
        model.letter_finished(static_cast<std::uint64_t>(event));
        auto& terms = rows.subscriptions[which].second;
        terms.queued -= 1;
        terms.completed += 1;
    }
    void failed_again(shadow::sub which, std::int64_t event) {
        redriven(which, event, shadow::ending::failed);
        keep(which, event, 2);
        model.letter_given_back(static_cast<std::uint64_t>(event), 2, 1);
    }
    static constexpr std::uint64_t letter_of(std::int64_t event) {
        return static_cast<std::uint64_t>(event);
    }
};

}  // namespace stentor_test
