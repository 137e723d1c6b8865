// SPDX-License-Identifier: MIT
#pragma once

#include "console.hpp"
#include "intermission.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

// Says how far the run is: on a terminal one line that is written over ten times a second,
// elsewhere a line every five seconds.

namespace github {

struct progress_state {
    bool publishing = true;  // else: waiting for the handlers
    std::uint64_t published = 0;
    std::optional<std::uint64_t> target;  // unknown when a file is read once
    std::int64_t in_flight = 0;           // deliveries that are not finished
    std::int64_t failed = 0;
    std::uint64_t bad = 0;  // bad records
    intermission::stage pause = intermission::stage::to_come;
    std::int64_t backlog = 0;  // of the paused handlers, also after the pause
};

// The line for a state; `per_second` is the current rate of publishing.
[[nodiscard]] std::string progress_line(const progress_state& state, double per_second);

class progress {
public:
    // `look` is called on a thread of its own until the object is gone.
    progress(console& out, std::function<progress_state()> look);
    ~progress();
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;

private:
    void work(std::stop_token stopped);

    console& out_;
    std::function<progress_state()> look_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::jthread thread_;
};

}  // namespace github
