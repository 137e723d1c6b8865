// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <source_location>
#include <string>
#include <vector>

namespace stentor::inline v0 {

// How a drain ended.
struct drain_report {
    struct abandoned_topic {
        std::string topic;
        std::int64_t deliveries = 0;
    };
    struct stuck_handler {
        std::string subscription;
        std::source_location location;
        std::int64_t running_ns = 0;  // since about when; from the watch tick, 1 ms
    };

    struct suspended_handler {
        std::string subscription;
        std::source_location location;
        std::int64_t coroutines = 0;
        std::int64_t waiting_ns = 0;  // the one that suspended first, since then
    };

    // Deliveries that ended while it waited.
    std::int64_t completed = 0;
    // Deliveries that waited for another attempt; counted as cancelled.
    std::int64_t retries_waiting = 0;
    // Accepted, never handled; counted as cancelled.
    std::vector<abandoned_topic> abandoned;
    // Calls that did not return; their threads and the engine's core are left behind.
    std::vector<stuck_handler> stuck;
    // Coroutines that still waited for something at the deadline, or when the drain began if their
    // subscription was disabled. They were destroyed where they waited, and their deliveries are
    // counted as cancelled.
    std::vector<suspended_handler> suspended;
    bool complete = true;
};

}  // namespace stentor::inline v0
