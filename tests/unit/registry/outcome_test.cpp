// SPDX-License-Identifier: MIT
#include <stentor/registry/outcome.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

// What a handler answers is a small value.

namespace {

using namespace std::chrono_literals;
using verdict = stentor::outcome::verdict;

TEST(outcome, is_done_unless_it_says_otherwise) {
    EXPECT_EQ(stentor::outcome().what(), verdict::done);
    EXPECT_EQ(stentor::outcome::done().what(), verdict::done);
    EXPECT_TRUE(stentor::outcome::done().why().empty());
}

TEST(outcome, keeps_what_it_was_made_with) {
    const auto retry = stentor::outcome::retry(5s, "the shop is closed");
    EXPECT_EQ(retry.what(), verdict::retry);
    EXPECT_EQ(retry.after(), 5s);
    EXPECT_EQ(retry.why(), "the shop is closed");
    const auto reject = stentor::outcome::reject("no such article");
    EXPECT_EQ(reject.what(), verdict::reject);
    EXPECT_EQ(reject.why(), "no such article");
    EXPECT_EQ(stentor::outcome::ignore("not ours").what(), verdict::ignore);
    EXPECT_EQ(stentor::outcome::ignore("not ours").why(), "not ours");
    EXPECT_EQ(stentor::outcome::release().what(), verdict::release);
}

TEST(outcome, is_moved_with_its_reason) {
    auto first = stentor::outcome::reject(std::string(1000, 'x'));
    const auto second = std::move(first);
    EXPECT_EQ(second.what(), verdict::reject);
    EXPECT_EQ(second.why().size(), 1000U);
}

}  // namespace
