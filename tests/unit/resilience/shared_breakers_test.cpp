// SPDX-License-Identifier: MIT
#include "resilience/shared_breakers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using stentor::breaker;
using stentor::errc;
using stentor::detail::shared_breakers;
using testing::HasSubstr;

namespace {

TEST(shared_breakers, are_one_for_each_name) {
    stentor::virtual_clock time;
    shared_breakers all(time);
    const auto payments = all.get({.name = "payments"});
    const auto again = all.get({.name = "payments"});
    const auto mail = all.get({.name = "mail"});
    ASSERT_TRUE(payments && again && mail);
    EXPECT_EQ(payments->get(), again->get());
    EXPECT_NE(payments->get(), mail->get());
    EXPECT_EQ(all.find("mail"), *mail);
    EXPECT_EQ(all.find("post"), nullptr);
}

TEST(shared_breakers, are_nobody_elses_without_a_name) {
    stentor::virtual_clock time;
    shared_breakers all(time);
    const auto one = all.get({});
    const auto other = all.get({});
    ASSERT_TRUE(one && other);
    EXPECT_NE(one->get(), other->get());
    EXPECT_EQ(all.find(""), nullptr);
}

TEST(shared_breakers, refuse_other_options_for_a_name_in_use) {
    stentor::virtual_clock time;
    shared_breakers all(time);
    const auto one = all.get({.name = "payments"});
    ASSERT_TRUE(one);
    const auto other = all.get({.name = "payments", .window = 50});
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code(), errc::unsupported_combination);
    EXPECT_THAT(other.error().message(),
                HasSubstr("breaker payments is in use with other options; give the same ones"));
}

TEST(shared_breakers, refuse_wrong_options_and_keep_nothing) {
    stentor::virtual_clock time;
    shared_breakers all(time);
    const auto wrong = all.get({.name = "payments", .window = 0});
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code(), errc::invalid_option);
    EXPECT_TRUE(all.get({.name = "payments"}));
}

TEST(shared_breakers, are_forgotten_with_their_last_user) {
    stentor::virtual_clock time;
    shared_breakers all(time);
    ASSERT_TRUE(all.get({.name = "payments"}));
    EXPECT_EQ(all.find("payments"), nullptr);
    EXPECT_TRUE(all.get({.name = "payments", .window = 50})) << "with other options as well";
}

}  // namespace
