// SPDX-License-Identifier: MIT

#include "options.hpp"

#include "failure.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <unistd.h>

namespace github {
namespace {

using namespace std::string_view_literals;

constexpr std::array known{"--data"sv,           "--input"sv,     "--events"sv,  "--rate"sv,
                           "--workers"sv,        "--audit"sv,     "--slow"sv,    "--pause"sv,
                           "--pause-at"sv,       "--resume-at"sv, "--down-at"sv, "--flaky-seed"sv,
                           "--emergency-file"sv, "--quiet"sv,     "--help"sv};

constexpr std::uint64_t events_max = 1'000'000'000'000;

[[noreturn]] void refuse(const std::string& why) {
    throw failure(exit_code::usage, why + "\n(--help lists the options)");
}

std::string quoted(std::string_view text) {
    return std::string("'").append(printable(cut(text, 60))).append("'");
}

// Edits between two words (Levenshtein), to find what a mistyped option was meant to be.
std::size_t distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    for (std::size_t column = 0; column <= to.size(); ++column) {
        row[column] = column;
    }
    for (std::size_t line = 1; line <= from.size(); ++line) {
        std::size_t diagonal = std::exchange(row[0], line);
        for (std::size_t column = 1; column <= to.size(); ++column) {
            const std::size_t changed = diagonal + (from[line - 1] == to[column - 1] ? 0U : 1U);
            diagonal = row[column];
            row[column] = std::min({changed, row[column] + 1, row[column - 1] + 1});
        }
    }
    return row.back();
}

[[noreturn]] void refuse_unknown(std::string_view name) {
    const auto* nearest = std::min_element(known.begin(), known.end(), [&](auto one, auto other) {
        return distance(name, one) < distance(name, other);
    });
    std::string why = "unknown option " + quoted(name);
    if (distance(name, *nearest) <= 3) {
        why += "; did you mean " + std::string(*nearest) + "?";
    }
    refuse(why);
}

std::uint64_t number(std::string_view name, std::string_view text, std::uint64_t lowest,
                     std::uint64_t highest) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || value < lowest || value > highest) {
        refuse(std::string(name) + " wants a whole number from " + std::to_string(lowest) + " to " +
               std::to_string(highest) + ", not " + quoted(text));
    }
    return value;
}

void set(options& chosen, std::string_view name, std::string_view value) {
    if (name == "--data") {
        chosen.data = value;
    } else if (name == "--input") {
        chosen.input = value;
    } else if (name == "--events") {
        chosen.events = number(name, value, 1, events_max);
    } else if (name == "--rate") {
        chosen.rate = number(name, value, 0, 1'000'000'000);
    } else if (name == "--workers") {
        chosen.workers = static_cast<int>(number(name, value, 0, 1024));
    } else if (name == "--audit") {
        chosen.audit = value;
    } else if (name == "--pause") {
        chosen.pause = value;
    } else if (name == "--pause-at") {
        chosen.pause_at = number(name, value, 0, events_max);
    } else if (name == "--resume-at") {
        chosen.resume_at = number(name, value, 1, events_max);
    } else if (name == "--down-at") {
        chosen.down_at = number(name, value, 0, events_max);
    } else if (name == "--flaky-seed") {
        chosen.flaky_seed = number(name, value, 0, UINT64_MAX);
    } else if (name == "--emergency-file") {
        chosen.emergency_file = value;
    } else {
        chosen.slow = std::chrono::milliseconds(number(name, value, 0, 10'000));
    }
}

void check_pause(const options& chosen) {
    if (!chosen.pause_at) {
        if (chosen.resume_at) {
            refuse("--resume-at ends a pause; --pause-at N begins it, so give both");
        }
        if (!chosen.pause.empty()) {
            refuse("--pause says who pauses; --pause-at N says when, so give both");
        }
        return;
    }
    if (chosen.resume_at && *chosen.resume_at <= *chosen.pause_at) {
        refuse("--resume-at " + std::to_string(*chosen.resume_at) + " is not after --pause-at " +
               std::to_string(*chosen.pause_at) + "; it counts events from the start, too");
    }
    if (!chosen.events) {
        return;  // how many the file has is not known yet
    }
    const auto never = [&](std::string_view name, std::uint64_t at) {
        refuse(std::string(name) + " " + std::to_string(at) + " comes too late: " +
               std::to_string(*chosen.events) + " events are published (--events)");
    };
    if (*chosen.pause_at >= *chosen.events) {
        never("--pause-at", *chosen.pause_at);
    }
    if (chosen.resume_at.value_or(0) > *chosen.events) {
        never("--resume-at", *chosen.resume_at);
    }
}

// Of this process alone: two runs at a time must not recover each other's events.
std::string own_emergency_file() {
    std::error_code none;
    const auto folder = std::filesystem::temp_directory_path(none);
    return (folder / ("stentor_github_events_" + std::to_string(::getpid()) + ".emergency"))
        .string();
}

void complete(options& chosen) {
    if (!chosen.data.empty() && !chosen.input.empty()) {
        refuse("--data and --input exclude each other: one run reads one input");
    }
    if (chosen.data.empty()) {
        chosen.data = cache_folder() / "github_events";
    }
    if (chosen.audit.empty()) {
        chosen.audit = cache_folder() / "github_events_audit.ndjson";
    }
    if (chosen.emergency_file.empty()) {
        chosen.emergency_file = own_emergency_file();
    }
    if (!chosen.events && chosen.input.empty()) {
        chosen.events = default_events;
    }
    check_pause(chosen);
    if (chosen.pause.empty()) {
        chosen.pause = default_pause;
    }
}

}  // namespace

std::filesystem::path cache_folder() {
    // The XDG rule: a relative path in the variable is to be ignored.
    if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/') {
        return std::filesystem::path(cache) / "stentor";
    }
    if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
        return std::filesystem::path(home) / ".cache" / "stentor";
    }
    return ".";
}

options parse_options(std::span<const char* const> arguments) {
    options chosen;
    for (std::size_t at = 0; at < arguments.size(); ++at) {
        const std::string_view argument = arguments[at];
        if (!argument.starts_with("--")) {
            refuse("unexpected argument " + quoted(argument) +
                   "; a file of your own goes to --input FILE");
        }
        const std::size_t equals = argument.find('=');
        const std::string_view name = argument.substr(0, equals);
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            refuse_unknown(name);
        }
        if (name == "--help" || name == "--quiet") {
            if (equals != std::string_view::npos) {
                refuse(std::string(name) + " takes no value");
            }
            (name == "--help" ? chosen.help : chosen.quiet) = true;
            continue;
        }
        std::string_view value;
        if (equals != std::string_view::npos) {
            value = argument.substr(equals + 1);
        } else if (at + 1 < arguments.size()) {
            value = arguments[++at];
        }
        if (value.empty()) {
            refuse(std::string(name) + " wants a value");
        }
        set(chosen, name, value);
    }
    complete(chosen);
    return chosen;
}

std::string help_text() {
    return R"(Replays real GitHub webhooks as events through a stentor bus and prints a report.

usage: stentor_github_events [options]

  --events N     how many events to publish; the input is repeated as needed
                 (default: )" +
           with_commas(static_cast<std::int64_t>(default_events)) +
           R"(; with --input: the file, once)
  --rate R       events per second; 0 is as fast as possible (default)
  --workers N    threads of the bus; 0 lets the library choose (default)
  --input FILE   your own events, one a line; - is standard input:
                 {"event": "issues", "id": "any text", "payload": {...}}
  --data DIR     folder of the fetched index.json (default: )" +
           (cache_folder() / "github_events").string() + R"()
  --audit FILE   where the audit handler writes one line per event
                 (default: )" +
           (cache_folder() / "github_events_audit.ndjson").string() + R"()
  --slow MS      how long the slow handler takes per event (default: 1)
  --pause-at N   after N events pause some handlers: what is for them waits
  --resume-at M  after M events let them go on (default: when all is published)
  --pause WHO    who pauses: a handler's name, tag:TAG, or a pattern over names
                 (default: )" +
           std::string(default_pause) + R"()
  --down-at N    the chat service goes down at its Nth call, for two seconds; 0: never
                 (default: )" +
           std::to_string(default_down_at) + R"()
  --flaky-seed S decides which calls of the chat service fail (default: 1)
  --emergency-file FILE
                 where critical events go that no dead letter store takes; what an
                 earlier run left in it is recovered, too (default: a new one)
  --quiet        no progress, only the report
  --help         this text

Ctrl-C stops publishing, lets what was accepted finish, and still prints the report; a second one
ends the program at once.

exit codes: 0 done, 1 the books do not balance or the run broke off, 2 wrong usage, 3 a file
cannot be opened, 4 the input has no usable event, 5 a handler is missing in the program,
130 stopped by Ctrl-C.
)";
}

}  // namespace github
