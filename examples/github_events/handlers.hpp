// SPDX-License-Identifier: MIT
#pragma once

#include "audit_file.hpp"
#include "projection.hpp"
#include <stentor/stentor.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>

// The handlers: what an application would be made of. Each is a function with a name; the bus calls
// them in parallel, each isolated from the others.

namespace github {

// What the handlers found out, for the report. They run in parallel, hence atomics; each is a sum
// of its own that orders nothing.
struct findings {
    std::atomic<std::int64_t> triage_requests{0};
    std::atomic<std::int64_t> issues_assigned{0};
    std::atomic<std::int64_t> review_requests{0};
    std::atomic<std::int64_t> lines_to_review{0};
    std::atomic<std::int64_t> merges{0};
    std::atomic<std::int64_t> commits{0};
    std::atomic<std::int64_t> refs_mirrored{0};
    std::atomic<std::int64_t> releases_announced{0};
    std::atomic<std::int64_t> deletions{0};
    std::atomic<std::int64_t> stars{0};
};

// Subscribes all of them for the life of the bus; what they write to has to outlive it.
void subscribe_all(stentor::bus& bus, audit_file& audit, projection& repositories, findings& found,
                   std::chrono::milliseconds slow);

// And those that register themselves (reviewer.cpp). Throws failure(not_linked) when one is
// missing.
void load_handlers(stentor::bus& bus);

}  // namespace github
