// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/metrics/audit.hpp>
#include <stentor/metrics/histogram.hpp>

#include <cstdint>
#include <string>
#include <vector>

// All that a bus knows about itself at one moment, as plain values: what dashboards, exporters and
// tests read. Reading it disturbs no publisher and no handler.
//
// Threads: values.

namespace stentor::inline v0 {

struct subscription_snapshot {
    std::string name{};
    std::string pattern{};  // or the topic of its type
    std::string file{};     // where it was made
    std::uint32_t line = 0;
    delivery_terms terms{};
    std::int64_t ignored = 0;         // of those completed: the handler returned outcome::ignore
    std::int64_t released = 0;        // calls that returned outcome::release; no terminals
    histogram_snapshot queue_wait{};  // accepted to handler called
    histogram_snapshot service{};     // inside the handler
    histogram_snapshot end_to_end{};  // published to settled
    bool sampled = false;             // the histograms saw one in bus_snapshot::sampled_one_in
    std::string placement{};
    std::string state{};          // of the registry
    std::uint64_t late = 0;       // calls that the watchdog reported
    std::uint64_t retried = 0;    // failed attempts that another one follows
    std::uint64_t fell_back = 0;  // deliveries that their fallback completed
    std::uint64_t overdue = 0;    // attempts that took longer than the subscription's deadline
    std::string breaker{};        // the state of its circuit breaker; empty: it has none
};

struct bus_snapshot {
    audit_report audit{};
    std::vector<subscription_snapshot> subscriptions{};
    std::int64_t uptime_ns = 0;
    std::int32_t runners = 0;
    std::int32_t blocking_threads = 0;  // of execution::blocking, started so far
    std::uint64_t parks = 0;            // a runner went to sleep
    std::uint64_t wakeups = 0;          // a runner was woken
    std::uint64_t rescues = 0;  // the backstop found work that nobody was woken for: 0, or a bug
    std::uint64_t spare_activations = 0;   // a spare runner came in beside a slow handler
    std::uint64_t late_replies = 0;        // to requests whose askers waited no more
    std::uint64_t duplicate_replies = 0;   // to requests that were answered already
    std::uint64_t invalid_published = 0;   // events that a rule only warned of
    std::uint64_t validators_threw = 0;    // calls of validators; those events are invalid, too
    std::uint64_t interceptors_threw = 0;  // calls of interceptors
    std::uint64_t lanes = 0;
    std::uint64_t pool_bytes = 0;
    std::uint64_t sampled_one_in = 1;
};

}  // namespace stentor::inline v0
