// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

// The events that have a C++ type: a struct with a topic, no base class, no registration. All other
// webhooks travel as their JSON text under the topic that topic_rules.hpp gives them.

namespace github {

struct issues_opened {
    static constexpr std::string_view topic = "github.issues.opened";
    std::string repository;  // "owner/name"
    std::int64_t number = 0;
    std::string title;
    std::string author;
    std::string label;  // the first one; empty when there is none
};

struct pull_request_opened {
    static constexpr std::string_view topic = "github.pull_request.opened";
    std::string repository;
    std::int64_t number = 0;
    std::string title;
    std::string author;
    std::int64_t lines_added = 0;
    std::int64_t lines_removed = 0;
};

struct pull_request_closed {
    static constexpr std::string_view topic = "github.pull_request.closed";
    std::string repository;
    std::int64_t number = 0;
    bool merged = false;
};

struct push {
    static constexpr std::string_view topic = "github.push";
    std::string repository;
    std::string ref;  // "refs/heads/master"
    std::string pusher;
    std::int64_t commits = 0;
    bool deleted = false;  // the push removed the ref
};

struct release_published {
    static constexpr std::string_view topic = "github.release.published";
    std::string repository;
    std::string tag;
    std::string author;
};

// Not from GitHub, but from handlers. "triage" asks for somebody who looks at an issue...
struct triage_requested {
    static constexpr std::string_view topic = "triage.requested";
    std::string repository;
    std::int64_t number = 0;
    std::string why;
};

// ...and this is the answer.
struct triage_assigned {
    static constexpr std::string_view topic = "triage.assigned";
    std::string team;
};

// "reviewer" publishes it for each pull request.
struct review_requested {
    static constexpr std::string_view topic = "review.requested";
    std::string repository;
    std::int64_t number = 0;
    std::string author;
};

// A webhook without a C++ type: what is published is the text of the record.
struct untyped {};

using any_webhook = std::variant<untyped, issues_opened, pull_request_opened, pull_request_closed,
                                 push, release_published>;

}  // namespace github
