// SPDX-License-Identifier: MIT

#include "handlers.hpp"

#include "events.hpp"
#include "failure.hpp"
#include "json.hpp"

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace github {
namespace {

using namespace std::chrono_literals;

// How long an issue waits for the desk's answer, and for room to ask.
constexpr auto answer_within = 2s;
constexpr auto between_attempts = 20ms;
constexpr int attempts_max = 50;

void add(std::atomic<std::int64_t>& sum, std::int64_t value) {
    sum.fetch_add(value, std::memory_order_relaxed);
}

// Handlers of one type: they get the struct.
void subscribe_typed(stentor::bus& bus, findings& found) {
    bus.keep(
        bus.subscribe<pull_request_opened>("reviews", [&found](const pull_request_opened& pull) {
            add(found.lines_to_review, pull.lines_added + pull.lines_removed);
        }));
    bus.keep(bus.subscribe<pull_request_closed>(
        "merges",
        [&found](const pull_request_closed& pull) { add(found.merges, pull.merged ? 1 : 0); }));
    bus.keep(bus.subscribe<push>(
        "pushes", [&found](const push& pushed) { add(found.commits, pushed.commits); },
        {.tags = {"git"}}));
    bus.keep(bus.subscribe<review_requested>(
        "review-desk", [&found](const review_requested&) { add(found.review_requests, 1); },
        {.tags = {"desk"}}));
}

// A handler that is a coroutine: while it waits for an answer, or for room, no thread waits with
// it. The question inherits the issue's correlation id, and remembers its cause.
stentor::task<> triage(const issues_opened& issue, stentor::context& ctx, findings& found) {
    if (issue.label != "bug") {
        co_return;
    }
    const triage_requested ask{issue.repository, issue.number, "bug: " + issue.title};
    for (int attempt = 1;; ++attempt) {
        auto assigned = co_await ctx.try_request<triage_assigned>(ask, answer_within);
        if (assigned) {
            add(found.issues_assigned, 1);
            co_return;
        }
        const auto& why = assigned.error();
        // A handler never waits for room in publish(), but a coroutine may try again later.
        const bool full = why.kind() == stentor::request_failure_kind::refused &&
                          why.status() == stentor::publish_status::rejected_full;
        if (!full || attempt == attempts_max) {
            throw std::runtime_error(why.message());
        }
        co_await ctx.sleep(between_attempts);
    }
}

void subscribe_asking(stentor::bus& bus, findings& found) {
    bus.keep(bus.subscribe<issues_opened>(
        "triage", [&found](const issues_opened& issue, stentor::context& ctx) {
            return triage(issue, ctx, found);
        }));
    bus.keep(bus.subscribe<triage_requested>(
        "triage-desk",
        [&found](const triage_requested& asked, stentor::context& ctx) {
            add(found.triage_requests, 1);
            ctx.reply(
                triage_assigned{"team " + asked.repository.substr(0, asked.repository.find('/'))});
        },
        {.tags = {"desk"}}));
}

// A handler that fails on some events: the bus counts the delivery as failed, tells the log, and
// goes on; nobody else notices.
void subscribe_failing(stentor::bus& bus, findings& found) {
    bus.keep(bus.subscribe<push>("mirror",
                                 [&found](const push& pushed) {
                                     if (pushed.deleted) {
                                         throw std::runtime_error(
                                             pushed.ref + " was deleted, but the mirror keeps it");
                                     }
                                     add(found.refs_mirrored, 1);
                                 },
                                 {.tags = {"git"}}));
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
    bus.keep(bus.subscribe("audit", stentor::pattern("github.>"),
                           [&audit](const stentor::any_event& event) { audit.write(event); },
                           {.required = true}));
    // One repository's events come one at a time and in the order in which they were published;
    // other repositories go on meanwhile.
    bus.keep(bus.subscribe(
        "repositories", stentor::pattern("github.>"),
        [&repositories](const stentor::any_event& event) { repositories.apply(event); },
        {.order =
             stentor::by_key([](const stentor::any_event& event) { return event.metadata().key; }),
         .required = true}));
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
    subscribe_asking(bus, found);
    subscribe_failing(bus, found);
    subscribe_slow(bus, found, slow);
}

void load_handlers(stentor::bus& bus) {
    // Named, so that a library that was forgotten when linking is found out here and not by
    // somebody who misses reviews.
    const auto loaded = bus.registry().load({.expect = {"reviewer"}});
    if (!loaded) {
        throw failure(exit_code::not_linked, loaded.error().message());
    }
}

}  // namespace github
