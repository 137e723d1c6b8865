// SPDX-License-Identifier: MIT
#pragma once

#include "simulation/shadow.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace stentor_test {

// A short right history, which each test continues wrongly.
class shadow_of_an_engine : public ::testing::Test {
protected:
    static constexpr unsigned topic = 1;

    shadow::sub subscribe(const std::string& name, const shadow_limits& limits = {}) {
        const auto which = model.subscribe_begins(name, topic, limits);
        model.subscribe_returns(which);
        rows.subscriptions.emplace_back(name, stentor::delivery_terms{});
        return which;
    }
    void publish(std::int64_t number,
                 stentor::publish_status status = stentor::publish_status::accepted,
                 const std::set<std::string>& dropped = {}, std::string_view full = {},
                 int key = 0) {
        model.publish_begins({.event = number, .topic = topic, .key = key});
        model.publish_returns(number, status, dropped, full);
        rows.publishes.published += 1;
        if (status == stentor::publish_status::accepted ||
            status == stentor::publish_status::accepted_partial) {
            rows.publishes.accepted += 1;
            for (auto& [name, terms] : rows.subscriptions) {
                terms.accepted += 1;
                (dropped.contains(name) ? terms.dropped_full : terms.queued) += 1;
            }
        } else if (status == stentor::publish_status::rejected_full) {
            rows.publishes.rejected_full += 1;
        } else {
            rows.publishes.no_subscribers += 1;
        }
    }
    void handle(shadow::sub which, std::int64_t number) {
        model.call_begins(which, number);
        model.call_ends(which, number, shadow::ending::completed);
        auto& terms = rows.subscriptions[which].second;
        terms.queued -= 1;
        terms.completed += 1;
    }
    void expect_holds() {
        model.check(rows);
        EXPECT_EQ(model.violation().value_or("none"), "none");
    }
    void expect_violation(const std::string& part) {
        ASSERT_TRUE(model.violation().has_value()) << "not found: " << part;
        EXPECT_NE(model.violation()->find(part), std::string::npos) << *model.violation();
    }

    shadow model;
    stentor::audit_report rows;
};

}  // namespace stentor_test
