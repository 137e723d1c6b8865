// SPDX-License-Identifier: MIT
#pragma once

#include "options.hpp"
#include <stentor/stentor.hpp>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

// --pause-at and --resume-at: some handlers are disabled in the middle of the run, with what is
// queued for them and what comes held back, and enabled later. Meanwhile the publisher and all
// other handlers go on.
//
// A backlog needs room. When the bus is full and everything in it is held, no handler but the
// paused ones could make room again, so they are resumed before their time.
//
// Threads: the publishing thread calls what changes something; any thread may ask. Progress: a
// mutex, held for some assignments; pausing waits for the calls that run.

namespace github {

class intermission {
public:
    enum class stage { to_come, paused, catching_up, over };
    enum class reason {
        asked,      // --resume-at
        full,       // the bus was full of what was held
        at_the_end  // everything is published
    };
    struct backlog {
        std::string handler;
        std::int64_t held = 0;  // when it was resumed; nothing leaves a pause, so the most
    };
    // What happened, for the report.
    struct account {
        std::string which;  // as it was asked for: "tag:git"
        stage now = stage::to_come;
        std::uint64_t paused_after = 0;  // events
        std::uint64_t resumed_after = 0;
        reason why = reason::asked;
        std::vector<backlog> handlers;
        std::int64_t caught_up_ns = 0;  // from the resume until what was held is handled
    };

    // Throws failure(usage) when nobody is meant by options.pause.
    intermission(stentor::bus& bus, const options& chosen);

    // --- the publisher tells; `published` events are out -------------------------------------
    void before_publish(std::uint64_t published);
    void when_full(std::uint64_t published);
    void input_ends(std::uint64_t published);
    // Has the backlog been worked off? To be asked now and then.
    void look();

    // --- anybody asks ------------------------------------------------------------------------
    [[nodiscard]] account told() const;
    // Deliveries to the paused handlers that are not finished.
    [[nodiscard]] std::int64_t outstanding() const;

private:
    void pause(std::uint64_t published);
    void resume(std::uint64_t published, reason why);
    [[nodiscard]] stentor::delivery_terms terms() const;
    void enter(stage next);

    stentor::bus& bus_;
    const stentor::selector which_;
    const std::uint64_t pause_at_;
    const std::optional<std::uint64_t> resume_at_;
    std::vector<std::string> names_;
    std::int64_t handled_then_ = 0;  // when they were resumed
    std::int64_t held_ = 0;
    std::chrono::steady_clock::time_point resumed_;
    std::chrono::steady_clock::time_point looked_;
    stage stage_ = stage::to_come;  // the publisher's; others read the account

    mutable std::mutex mutex_;
    account account_;
};

// A name, "tag:" and a tag, or a pattern over names. Throws failure(usage).
[[nodiscard]] stentor::selector selector_from(const std::string& text);

}  // namespace github
