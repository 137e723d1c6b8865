// SPDX-License-Identifier: MIT

#include "chat_service.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace {

using github::chat_service;
using namespace std::chrono_literals;

bool post(chat_service& to) {
    try {
        to.post("a comment");
    } catch (const std::runtime_error&) {
        return false;
    }
    return true;
}

std::vector<bool> posts(std::uint64_t seed, int calls) {
    stentor::virtual_clock clock;
    chat_service service(clock, seed, 0);
    std::vector<bool> worked;
    for (int call = 0; call < calls; ++call) {
        worked.push_back(post(service));
    }
    return worked;
}

TEST(chat_service, fails_on_the_same_calls_for_the_same_seed) {
    EXPECT_EQ(posts(1, 500), posts(1, 500));
    EXPECT_NE(posts(1, 500), posts(2, 500));
}

TEST(chat_service, fails_on_a_fifth_of_the_calls) {
    stentor::virtual_clock clock;
    for (const std::uint64_t seed : {1U, 2U, 77U}) {
        chat_service service(clock, seed, 0);
        for (int call = 0; call < 10'000; ++call) {
            static_cast<void>(post(service));
        }
        EXPECT_EQ(service.told().calls, 10'000);
        EXPECT_NEAR(static_cast<double>(service.told().failed), 2'000, 200) << "seed " << seed;
        EXPECT_EQ(service.told().refused, 0);
    }
}

TEST(chat_service, is_down_for_two_seconds_from_the_chosen_call_on) {
    stentor::virtual_clock clock;
    chat_service service(clock, 1, 5);
    for (int call = 1; call < 5; ++call) {
        static_cast<void>(post(service));
    }
    EXPECT_EQ(service.told().refused, 0);
    EXPECT_FALSE(post(service));
    clock.advance(1999ms);
    EXPECT_FALSE(post(service));
    EXPECT_EQ(service.told().refused, 2);
    clock.advance(1ms);
    static_cast<void>(post(service));
    EXPECT_EQ(service.told().refused, 2);
    EXPECT_EQ(service.told().calls, 7);
}

TEST(chat_service, never_fails_once_it_is_repaired) {
    stentor::virtual_clock clock;
    chat_service service(clock, 1, 1);
    EXPECT_FALSE(post(service));
    service.repair();
    for (int call = 0; call < 1'000; ++call) {
        EXPECT_TRUE(post(service));
    }
}

}  // namespace
