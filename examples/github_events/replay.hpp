// SPDX-License-Identifier: MIT
#pragma once

#include "intermission.hpp"
#include "mapping.hpp"
#include "options.hpp"
#include "source.hpp"
#include <stentor/stentor.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

// Publishes the records of a source, over and over until the wanted number is reached, at the
// wanted rate. When the bus is full it waits: that is the back-pressure of this program.
//
// Threads: one runs it; the tally may be read by others.

namespace github {

// What became of the records. Written by the replay, read by the progress and the report.
struct replay_tally {
    std::atomic<std::uint64_t> published{0};  // accepted, wholly or partly, or wanted by nobody
    std::atomic<std::uint64_t> partial{0};    // of these: one handler or more had no room
    std::atomic<std::uint64_t> waits{0};      // times that the bus was full
    std::atomic<std::int64_t> waited_ns{0};
    std::uint64_t passes = 0;                      // over the input, the last one perhaps in part
    std::map<std::string, std::uint64_t> refused;  // for other reasons than being full, by status
};

class replay {
public:
    // `between`: told before each publish and when the bus is full, if there is one.
    replay(stentor::bus& bus, record_source& source, bad_input& bad, const options& chosen,
           intermission* between = nullptr);

    // Returns when all is published, the input is at its end, or a stop was requested.
    void run();

    [[nodiscard]] const replay_tally& tally() const noexcept { return tally_; }

private:
    // False: the run has to end.
    [[nodiscard]] bool take(record& what);
    [[nodiscard]] bool publish(const webhook& hook, const record& what);
    [[nodiscard]] stentor::publish_result try_publish(const webhook& hook, const record& what);
    void keep_the_rate();
    [[nodiscard]] bool finished() const;

    stentor::bus& bus_;
    record_source& source_;
    bad_input& bad_;
    const options& options_;
    intermission* const between_;
    replay_tally tally_;
    std::chrono::steady_clock::time_point started_;
};

}  // namespace github
