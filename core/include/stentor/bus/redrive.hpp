// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/callback.hpp>
#include <stentor/resilience/dead_letter.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

// How dead letters are redriven, and what came of it; see dead_letters::redrive().
//
// Ownership and threads: values.
namespace stentor::inline v0 {

// A letter that could not be published, and stays as it was.
struct redrive_refusal {
    std::uint64_t number = 0;
    std::string message{};  // what was wrong, and what to do
};

inline constexpr std::size_t redrive_refusals_kept = 100;

struct redrive_report {
    std::uint64_t matched = 0;   // letters that the filter found when the redrive began
    std::uint64_t redriven = 0;  // handled, and gone from the store; in a dry run: that could be
    std::uint64_t returned = 0;  // failed again: they are there, with what happened added
    std::uint64_t held = 0;      // not tried: an earlier letter of the same key came back
    std::uint64_t skipped = 0;   // the transform said no, or the letter was gone or claimed
    std::uint64_t undone = 0;    // ended without an attempt (dropped, cancelled): as before
    std::uint64_t refused = 0;   // not published, see `refusals`
    std::uint64_t pending = 0;   // not ended yet; each is settled when it does
    bool stopped = false;        // asked to, or the bus was closed, or nothing ended for too long
    std::vector<redrive_refusal> refusals{};  // the first 100

    // Every letter that the filter found was handled, or could be.
    [[nodiscard]] explicit operator bool() const noexcept { return redriven == matched; }
};

struct redrive_options {
    double per_second = 0;  // letters at most; 0: as fast as they are handled
    // Publishes nothing and claims nothing: says what would be refused.
    bool dry_run = false;
    // The subscription that gets them, instead of the one that each failed in: when it was renamed.
    std::string to{};
    // On a copy of each letter, on the calling thread: what it makes of payload, metadata and
    // headers is published; the stored letter stays as it is. False: this one is skipped. What it
    // throws makes a refusal.
    callback<bool(dead_letter&)> transform{};
    // After each letter, on the calling thread: the figures so far.
    callback<void(const redrive_report&)> progress{};
    // Ends the redrive before the next letter; what is under way is still waited for.
    std::stop_token stop{};
    // How long to wait while none of those under way ends.
    std::chrono::nanoseconds patience = std::chrono::seconds(30);
};

}  // namespace stentor::inline v0
