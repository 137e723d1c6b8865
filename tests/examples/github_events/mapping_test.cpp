// SPDX-License-Identifier: MIT

#include "mapping.hpp"

#include "topic_name.hpp"
#include "topic_rules.hpp"
#include <stentor/event/topic.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>

namespace {

using namespace github;

webhook mapped(std::string event, std::string payload) {
    record from{std::move(event), {}, std::move(payload)};
    auto hook = to_webhook(from);
    EXPECT_TRUE(hook) << (hook ? "" : hook.error());
    return hook ? *hook : webhook{};
}

std::string topic_of(std::string event, std::string payload) {
    return mapped(std::move(event), std::move(payload)).topic;
}

std::string fault_of(std::string event, std::string payload) {
    record from{std::move(event), {}, std::move(payload)};
    const auto hook = to_webhook(from);
    return hook ? "accepted" : hook.error();
}

TEST(mapping, makes_the_topic_of_event_and_action) {
    EXPECT_EQ(topic_of("star", R"({"action":"created"})"), "github.star.created");
    EXPECT_EQ(topic_of("fork", "{}"), "github.fork");
}

TEST(mapping, follows_the_exceptions_of_the_cloudevents_adapter) {
    EXPECT_EQ(topic_of("create", R"({"ref_type":"tag"})"), "github.create.tag");
    EXPECT_EQ(topic_of("deployment", R"({"action":"created"})"), "github.deployment");
    EXPECT_EQ(topic_of("deployment_status",
                       R"({"action":"created","deployment_status":{"state":"success"}})"),
              "github.deployment_status.success");
    EXPECT_EQ(topic_of("membership", R"({"action":"added","scope":"team"})"),
              "github.membership.team.added");
}

TEST(mapping, turns_any_action_into_a_valid_token) {
    EXPECT_EQ(topic_of("repository_dispatch", R"({"action":"Deploy to prod.eu!"})"),
              "github.repository_dispatch.deploy_to_prod_eu_");
    EXPECT_EQ(topic_of("star", R"({"action":""})"), "github.star");
    EXPECT_EQ(topic_of("star", R"({"action":7})"), "github.star");
    const auto longest = topic_of(std::string(64, 'e'),
                                  R"({"action":")" + std::string(500, 'A') + R"(","scope":"x"})");
    EXPECT_TRUE(stentor::topic::parse(longest)) << longest;
    EXPECT_EQ(to_token("\xC3\x9C"), "__");
}

TEST(mapping, takes_the_source_where_the_adapter_says) {
    const std::string repository =
        R"("repository":{"url":"https://r","owner":{"url":"https://o"}})";
    EXPECT_EQ(mapped("star", "{" + repository + "}").source, "https://r");
    EXPECT_EQ(mapped("public", "{" + repository + "}").source, "https://o");
    EXPECT_EQ(mapped("commit_comment",
                     R"({"comment":{"url":"https://c","commit_id":"61137"},)" + repository + "}")
                  .source,
              "https://c/61137");
    EXPECT_EQ(
        mapped("marketplace_purchase", R"({"sender":{"url":"https://api/users/octocat"}})").source,
        "https://api/users");
    EXPECT_EQ(mapped("team", R"({"organization":{"url":"https://org"}})").source, "https://org");
    EXPECT_EQ(mapped("security_advisory", "{}").source, "https://github.com");
    EXPECT_EQ(mapped("marketplace_purchase", R"({"sender":{"url":"x"}})").source, "x");
}

TEST(mapping, parses_the_events_that_have_a_type) {
    const auto hook =
        mapped("issues", R"({"action":"opened","issue":{"number":7,"title":"It \"broke\"",
        "user":{"login":"ann"},"labels":[{"name":"bug"},{"name":"ui"}]},
        "repository":{"full_name":"o/r","url":"https://r"}})");
    EXPECT_EQ(hook.topic, issues_opened::topic);
    EXPECT_EQ(hook.repository, "o/r");
    const auto& issue = std::get<issues_opened>(hook.event);
    EXPECT_EQ(issue.repository, "o/r");
    EXPECT_EQ(issue.number, 7);
    EXPECT_EQ(issue.title, "It \"broke\"");
    EXPECT_EQ(issue.author, "ann");
    EXPECT_EQ(issue.label, "bug");

    const auto pushed = std::get<push>(
        mapped("push", R"({"ref":"refs/heads/main","deleted":false,"commits":[{},{},{}],
                           "pusher":{"name":"bob"},"repository":{"full_name":"o/r"}})")
            .event);
    EXPECT_EQ(pushed.ref, "refs/heads/main");
    EXPECT_EQ(pushed.pusher, "bob");
    EXPECT_EQ(pushed.commits, 3);
    EXPECT_FALSE(pushed.deleted);
}

TEST(mapping, leaves_all_others_untyped) {
    EXPECT_TRUE(std::holds_alternative<untyped>(mapped("issues", R"({"action":"closed"})").event));
    EXPECT_TRUE(std::holds_alternative<untyped>(mapped("fork", "{}").event));
}

TEST(mapping, names_the_field_that_a_typed_event_lacks) {
    EXPECT_EQ(fault_of("issues", R"({"action":"opened","issue":{"number":"7"}})"),
              "github.issues.opened: /issue/number is missing or no number");
    EXPECT_EQ(fault_of("push", R"({"ref":"r","pusher":{"name":"n"},"commits":{},"deleted":false})"),
              "github.push: /commits is missing or no list");
    EXPECT_EQ(fault_of("push", R"({"ref":"r","pusher":{"name":"n"},"commits":[],"deleted":0})"),
              "github.push: /deleted is missing or no true or false");
}

TEST(topic_rules, have_each_event_once) {
    for (const auto& rule : topic_exceptions) {
        EXPECT_EQ(&rule_for(rule.event), &rule);
        EXPECT_TRUE(is_token(rule.event));
    }
    EXPECT_EQ(&rule_for("issues"), &usual_rule);
}

}  // namespace
