// SPDX-License-Identifier: MIT
#include <stentor/resilience/bulkhead.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

using stentor::bulkhead;
using stentor::errc;
using testing::HasSubstr;

namespace {

std::shared_ptr<bulkhead> bulkhead_of(stentor::bulkhead_options options) {
    auto made = bulkhead::make(std::move(options));
    EXPECT_TRUE(made) << made.error().message();
    return std::move(made).value();
}

TEST(bulkhead, admits_as_many_as_its_limit) {
    const auto room = bulkhead_of({.limit = 2});
    EXPECT_EQ(room->limit(), 2);
    auto one = room->try_enter();
    auto two = room->try_enter();
    EXPECT_TRUE(one);
    EXPECT_TRUE(two);
    EXPECT_FALSE(room->try_enter());
    EXPECT_EQ(room->inside(), 2);
    one.leave();
    one.leave();
    EXPECT_EQ(room->inside(), 1) << "a place comes back once";
    EXPECT_TRUE(room->try_enter());
}

TEST(bulkhead, gets_its_places_back_with_the_permits) {
    const auto room = bulkhead_of({.limit = 1});
    {
        auto permit = room->try_enter();
        auto moved = std::move(permit);
        EXPECT_FALSE(permit);  // NOLINT(bugprone-use-after-move): is the subject
        EXPECT_EQ(room->inside(), 1);
        moved = bulkhead::permit();
        EXPECT_EQ(room->inside(), 0);
        moved = room->try_enter();
        EXPECT_TRUE(moved);
    }
    EXPECT_EQ(room->inside(), 0);
}

TEST(bulkhead, tells_of_room_only_after_a_refusal_and_once) {
    int told = 0;
    const auto room = bulkhead_of({.limit = 2, .on_room = [&told] { ++told; }});
    auto one = room->try_enter();
    auto two = room->try_enter();
    one.leave();
    EXPECT_EQ(told, 0);
    one = room->try_enter();
    EXPECT_FALSE(room->try_enter());
    EXPECT_FALSE(room->try_enter());
    one.leave();
    EXPECT_EQ(told, 1);
    two.leave();
    EXPECT_EQ(told, 1);
}

#if defined(__cpp_exceptions)
TEST(bulkhead, swallows_what_its_observer_throws) {
    const auto room = bulkhead_of({.limit = 1, .on_room = [] { throw std::runtime_error("oh"); }});
    auto permit = room->try_enter();
    EXPECT_FALSE(room->try_enter());
    permit.leave();
    EXPECT_EQ(room->inside(), 0);
}
#endif

TEST(bulkhead, keeps_its_limit_for_several_threads) {
    const auto room = bulkhead_of({.limit = 2});
    std::atomic<int> inside{0};
    std::atomic<int> entered{0};
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 4; ++caller) {
        callers.emplace_back([&] {
            for (int step = 0; step < 5'000; ++step) {
                if (const auto permit = room->try_enter()) {
                    EXPECT_LE(inside.fetch_add(1) + 1, 2);
                    entered.fetch_add(1);
                    inside.fetch_sub(1);
                }
            }
        });
    }
    for (auto& caller : callers) {
        caller.join();
    }
    EXPECT_EQ(room->inside(), 0);
    EXPECT_GT(entered.load(), 0);
}

TEST(bulkhead, refuses_a_limit_that_is_none) {
    for (const int limit : {0, -1, 1'000'001}) {
        const auto made = bulkhead::make({.limit = limit});
        ASSERT_FALSE(made);
        EXPECT_EQ(made.error().code(), errc::invalid_option);
        EXPECT_THAT(made.error().message(), HasSubstr("; give 1 to 1000000"));
    }
}

}  // namespace
