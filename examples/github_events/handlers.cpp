// SPDX-License-Identifier: MIT

#include "handlers.hpp"

#include "events.hpp"
#include "json.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace github {
namespace {

void add(std::atomic<std::int64_t>& sum, std::int64_t value) {
    sum.fetch_add(value, std::memory_order_relaxed);
}

// Handlers of one type: they get the struct.
void subscribe_typed(stentor::bus& bus, findings& found) {
    bus.keep(bus.subscribe<issues_opened>("triage", [](const issues_opened& issue,
                                                       stentor::context& ctx) {
        // An event that follows from another inherits its correlation id, and remembers its cause.
        if (issue.label == "bug") {
            ctx.publish(triage_requested{issue.repository, issue.number, "bug: " + issue.title});
        }
    }));
    bus.keep(bus.subscribe<triage_requested>(
        "triage-desk", [&found](const triage_requested&) { add(found.triage_requests, 1); }));
    bus.keep(
        bus.subscribe<pull_request_opened>("reviews", [&found](const pull_request_opened& pull) {
            add(found.lines_to_review, pull.lines_added + pull.lines_removed);
        }));
    bus.keep(bus.subscribe<pull_request_closed>(
        "merges",
        [&found](const pull_request_closed& pull) { add(found.merges, pull.merged ? 1 : 0); }));
    bus.keep(bus.subscribe<push>(
        "pushes", [&found](const push& pushed) { add(found.commits, pushed.commits); }));
}

// A handler that fails on some events: the bus counts the delivery as failed, tells the log, and
// goes on; nobody else notices.
void subscribe_failing(stentor::bus& bus, findings& found) {
    bus.keep(bus.subscribe<push>("mirror", [&found](const push& pushed) {
        if (pushed.deleted) {
            throw std::runtime_error(pushed.ref + " was deleted, but the mirror keeps it");
        }
        add(found.refs_mirrored, 1);
    }));
}

// A handler that is slow, as one that talks to a mail server would be. It has a lane of its own and
// delays no other. Two calls at a time are as many as the bus has spare runners for.
void subscribe_slow(stentor::bus& bus, findings& found, std::chrono::milliseconds slow) {
    bus.keep(bus.subscribe<release_published>("release-notes",
                                              [&found, slow](const release_published&) {
                                                  std::this_thread::sleep_for(slow);
                                                  add(found.releases_announced, 1);
                                              },
                                              {.max_concurrency = 2}));
}

// Handlers of patterns: they get any event, with or without a C++ type.
void subscribe_patterns(stentor::bus& bus, audit_file& audit, projection& repositories,
                        findings& found) {
    // Nothing may be missing in these two, so an event for which they have no room is refused as a
    // whole, and the publisher waits (replay.cpp).
    const stentor::subscription_options complete{.required = true};
    bus.keep(bus.subscribe(
        "audit", stentor::pattern("github.>"),
        [&audit](const stentor::any_event& event) { audit.write(event); }, complete));
    bus.keep(bus.subscribe(
        "repositories", stentor::pattern("github.>"),
        [&repositories](const stentor::any_event& event) { repositories.apply(event); }, complete));
    bus.keep(bus.subscribe("deletions", stentor::pattern("github.*.deleted"),
                           [&found](const stentor::any_event&) { add(found.deletions, 1); }));
    // An event without a C++ type brings its JSON text.
    bus.keep(bus.subscribe(
        "stars", stentor::pattern("github.star.*"), [&found](const stentor::any_event& event) {
            auto payload = json::open_copy(event.text());
            std::string_view action;
            if (payload["action"].get_string().get(action) != simdjson::SUCCESS) {
                throw std::runtime_error("a star without an action");
            }
            add(found.stars, action == "created" ? 1 : -1);
        }));
}

}  // namespace

void subscribe_all(stentor::bus& bus, audit_file& audit, projection& repositories, findings& found,
                   std::chrono::milliseconds slow) {
    subscribe_patterns(bus, audit, repositories, found);
    subscribe_typed(bus, found);
    subscribe_failing(bus, found);
    subscribe_slow(bus, found, slow);
}

}  // namespace github
