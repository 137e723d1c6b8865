// SPDX-License-Identifier: MIT
#pragma once

#include "chat_service.hpp"
#include "troubled_handlers.hpp"
#include <stentor/bus/redrive.hpp>
#include <stentor/resilience/dead_letter_store.hpp>
#include <stentor/stentor.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// The end of the run: what failed is looked at, what is broken is repaired, and what was kept is
// handled after all. Dead letters are redriven, the emergency file is recovered.
//
// Threads: the one that publishes, when all is handled that can be.

namespace github {

// What happened, for the report.
struct repair_account {
    // A handler that retries, falls back, or has dead letters.
    struct handler {
        std::string name{};
        std::int64_t deliveries = 0;  // those that ended before the repair
        std::int64_t completed = 0;   // of these: by the handler itself
        std::int64_t fell_back = 0;   // by its fallback
        std::int64_t dead_lettered = 0;
        std::int64_t retried = 0;       // attempts
        std::int64_t brought_back = 0;  // deliveries that were completed after the repair
    };
    struct recovery {
        std::uint64_t records = 0;
        std::uint64_t recovered = 0;
        std::uint64_t damaged = 0;  // lines
        std::uint64_t not_stored = 0;
    };

    std::vector<handler> handlers{};
    chat_service::account chat{};
    std::int64_t breaker_openings = 0;

    std::vector<stentor::dead_letter_group> groups{};  // before the repair
    std::uint64_t letters = 0;                         // in all groups
    std::int64_t in_emergency_file = 0;
    std::string emergency_file{};

    // Not there: the run was stopped, and nothing was repaired; or `trouble` says why not.
    std::optional<stentor::redrive_report> redriven{};
    std::optional<recovery> recovered{};
    std::vector<std::string> trouble{};
    std::uint64_t left = 0;  // letters in the store at the end

    // Nothing is left in the emergency file that is not handled.
    [[nodiscard]] bool file_is_done() const noexcept;
};

// `stopped`: look, but repair nothing.
[[nodiscard]] repair_account look_and_repair(stentor::bus& bus, troubles& all,
                                             const std::string& emergency_file, bool stopped);

// Where the emergency file is. Nobody wants one with nothing in it, so that goes with this object,
// which outlives the bus that writes there.
class emergency_place {
public:
    explicit emergency_place(std::string path) : path_(std::move(path)) {}
    ~emergency_place();
    emergency_place(const emergency_place&) = delete;
    emergency_place& operator=(const emergency_place&) = delete;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    // When all that was in it is handled. The bus must be drained.
    void remove() const;

private:
    std::string path_;
};

}  // namespace github
