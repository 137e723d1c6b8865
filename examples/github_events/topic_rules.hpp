// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string_view>

// How a GitHub webhook becomes an event: the CloudEvents adapter for GitHub
// (cloudevents/spec, cloudevents/adapters/github.md), which says
//
//     type   = com.github.<event>.<action>      here the topic github.<event>.<action>
//     source = the URL of the repository
//     id     = X-GitHub-Delivery                here the correlation id
//
// with the exceptions below. We differ from it in one thing: the name of the event is always the
// one that GitHub sends ("issues", where the adapter writes "issue").

namespace github {

struct topic_rule {
    std::string_view event;
    std::string_view tokens;  // JSON pointers to what follows the event in the topic
    std::string_view source;  // JSON pointers, joined with '/'; "/.." takes the last part off
};

inline constexpr topic_rule usual_rule{"", "/action", "/repository/url"};

inline constexpr std::array topic_exceptions{
    topic_rule{"commit_comment", "/action", "/comment/url /comment/commit_id"},
    topic_rule{"create", "/ref_type", "/repository/url"},
    topic_rule{"delete", "/ref_type", "/repository/url"},
    topic_rule{"deployment", "", "/repository/url"},
    topic_rule{"deployment_status", "/deployment_status/state", "/deployment/url"},
    topic_rule{"github_app_authorization", "", "/sender/url"},
    topic_rule{"installation", "/action", "/installation/account/url"},
    topic_rule{"installation_repositories", "/action", "/installation/account/url"},
    topic_rule{"issue_comment", "/action", "/issue/url"},
    topic_rule{"marketplace_purchase", "/action", "/sender/url/.."},
    topic_rule{"membership", "/scope /action", "/team/url"},
    topic_rule{"org_block", "/action", "/organization/url"},
    topic_rule{"organization", "/action", "/organization/url"},
    topic_rule{"public", "", "/repository/owner/url"},
    topic_rule{"pull_request_review", "/action", "/pull_request/url"},
    topic_rule{"pull_request_review_comment", "/action", "/pull_request/url"},
    topic_rule{"repository", "/action", "/repository/owner/url"},
    topic_rule{"repository_import", "", "/repository/owner/url"},
};

// Where a payload has not what its rule wants: the first of these that is there, else GitHub itself
// (which is also what the adapter says for security advisories).
inline constexpr std::array source_fallbacks{"/repository/url", "/organization/url", "/sender/url"};
inline constexpr std::string_view source_of_last_resort = "https://github.com";

[[nodiscard]] constexpr const topic_rule& rule_for(std::string_view event) noexcept {
    for (const topic_rule& rule : topic_exceptions) {
        if (rule.event == event) {
            return rule;
        }
    }
    return usual_rule;
}

}  // namespace github
