// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

// The command line. parse_options() throws failure(usage) with a message that says what to write
// instead.

namespace github {

// Whom --pause-at pauses unless --pause names others.
inline constexpr const char* default_pause = "tag:git";

// The chat service goes down at this call of it: not in a short run.
inline constexpr std::uint64_t default_down_at = 300;

struct options {
    std::filesystem::path data;  // folder with the fetched index.json
    std::string input;           // the user's own NDJSON; "-" is standard input; empty: data
    std::optional<std::uint64_t> events;  // how many to publish, over and over the input if need be
    std::uint64_t rate = 0;               // per second; 0 is as fast as possible
    int workers = 0;                      // 0 lets the library choose
    std::filesystem::path audit;          // where the audit handler writes
    std::chrono::milliseconds slow{1};    // how long the slow handler takes
    std::string pause;                    // which handlers pause: a name, tag:TAG, or a pattern
    std::optional<std::uint64_t> pause_at;    // after so many events; none: never
    std::optional<std::uint64_t> resume_at;   // none: when all is published
    std::uint64_t flaky_seed = 1;             // which calls of the chat service fail
    std::uint64_t down_at = default_down_at;  // the call at which it goes down for two seconds
    std::string emergency_file;               // for critical events that nothing else takes
    bool quiet = false;                       // no progress
    bool help = false;
};

// Without --events: what a replay of the fetched set publishes. A file of the user's own is read
// once.
inline constexpr std::uint64_t default_events = 100'000;

[[nodiscard]] options parse_options(std::span<const char* const> arguments);

[[nodiscard]] std::string help_text();

// $XDG_CACHE_HOME/stentor, by default ~/.cache/stentor: where fetch_data.sh puts the data.
[[nodiscard]] std::filesystem::path cache_folder();

}  // namespace github
