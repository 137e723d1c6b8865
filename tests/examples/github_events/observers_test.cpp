// SPDX-License-Identifier: MIT
#include "observers.hpp"

#include "events.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

using namespace std::chrono_literals;

TEST(mail_addresses, are_masked_in_place_whatever_stands_around_them) {
    std::string text = R"({"email":"ann.smith+git@example.com","by":"bob@x.org, @octocat"})";
    EXPECT_EQ(github::mask_addresses(text), 2);
    EXPECT_EQ(text, R"({"email":"*************@example.com","by":"***@x.org, @octocat"})");
    std::string plain = R"({"login":"octocat"})";
    EXPECT_EQ(github::mask_addresses(plain), 0);
    EXPECT_EQ(plain, R"({"login":"octocat"})");
    std::string only = "@";
    EXPECT_EQ(github::mask_addresses(only), 0);
}

class observers : public ::testing::Test {
protected:
    static stentor::bus_options options(github::observations& into) {
        stentor::bus_options made;
        made.interceptors = github::make_observers(into);
        made.log.on_error = [](const stentor::error_record&) {};
        return made;
    }
    github::observations seen_;
    stentor::bus bus_{options(seen_)};
};

TEST_F(observers, mask_addresses_before_any_handler_has_the_event) {
    std::string handled;
    auto audit = bus_.subscribe("audit", stentor::pattern("github.>"),
                                [&](const stentor::any_event& event) { handled = event.text(); });
    ASSERT_TRUE(bus_.publish(stentor::topic("github.star.created"), R"({"email":"ann@x.org"})"));
    ASSERT_TRUE(bus_.wait_idle(20s));
    EXPECT_EQ(handled, R"({"email":"***@x.org"})");
    EXPECT_EQ(seen_.addresses_masked.load(), 1);
    EXPECT_EQ(seen_.spans.load(), 0) << "only issues are traced";
}

TEST_F(observers, trace_issues_through_their_handlers) {
    auto fine = bus_.subscribe<github::issues_opened>("fine", [](const github::issues_opened&) {});
    auto poor = bus_.subscribe<github::issues_opened>(
        "poor", [](const github::issues_opened&) { throw std::runtime_error("no"); });
    ASSERT_TRUE(bus_.publish(github::issues_opened{}));
    ASSERT_TRUE(bus_.wait_idle(20s));
    EXPECT_EQ(seen_.spans.load(), 3) << "one to send, one for each handler";
    EXPECT_EQ(seen_.spans_failed.load(), 1);
}

}  // namespace
