// SPDX-License-Identifier: MIT
#include "unit/testing/events.hpp"
#include <stentor/stentor.hpp>
#include <stentor/testing/matchers.hpp>
#include <stentor/testing/testing.hpp>

#include <gtest/gtest-spi.h>

#include <cstdlib>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

// A failing test says its seed, and the seed does the same again.

namespace {

using stentor::testing::for_each_seed;
using stentor::testing::test_bus;
using stentor_test::stock_reserved;

class seed_in_environment {
public:
    explicit seed_in_environment(const char* value) { ::setenv("STENTOR_SEED", value, 1); }
    seed_in_environment(const seed_in_environment&) = delete;
    seed_in_environment& operator=(const seed_in_environment&) = delete;
    ~seed_in_environment() { ::unsetenv("STENTOR_SEED"); }
};

TEST(replay, line_names_the_seed_the_program_and_the_test) {
    const auto line = stentor::testing::replay_line(42);
    EXPECT_EQ(line.find("STENTOR_SEED=42 "), 0U) << line;
    EXPECT_NE(line.find("stentor_unit_testing --gtest_filter=replay.line_names_the_seed_the_"
                        "program_and_the_test"),
              std::string::npos)
        << line;
}

TEST(replay, a_seed_in_the_environment_wins) {
    const seed_in_environment given("77");
    const test_bus bus{{.seed = 42}};
    EXPECT_EQ(bus.seed(), 77U);
}

TEST(replay, a_seed_that_is_no_number_is_refused) {
    const seed_in_environment given("77x");
    EXPECT_THROW(test_bus{}, std::invalid_argument);
}

// Failures of the framework as the kit is told of them, without a test that fails.
std::int64_t pretended_failures = 0;

class pretended_framework {
public:
    pretended_framework() {
        pretended_failures = 0;
        stentor::testing::use_test_framework(
            {.failures = [] { return pretended_failures; },
             .selection = [] { return std::string("--only this_test"); }});
    }
    pretended_framework(const pretended_framework&) = delete;
    pretended_framework& operator=(const pretended_framework&) = delete;
    ~pretended_framework() {
        stentor::testing::use_test_framework(
            {.failures = &stentor::testing::detail::google_test_failures,
             .selection = &stentor::testing::detail::google_test_selection});
    }
};

TEST(replay, a_bus_whose_test_fails_prints_the_line) {
    const pretended_framework framework;
    ::testing::internal::CaptureStderr();
    {
        const test_bus fine{{.seed = 7}};
    }
    {
        const test_bus failing{{.seed = 42}};
        ++pretended_failures;
    }
    const auto printed = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(printed, "stentor: this test failed with seed 42; again: " +
                           stentor::testing::replay_line(42) + "\n");
    EXPECT_NE(printed.find("--only this_test"), std::string::npos);
}

TEST(replay, a_bus_that_an_exception_leaves_prints_the_line) {
    ::testing::internal::CaptureStderr();
    try {
        const test_bus failing{{.seed = 42}};
        throw std::runtime_error("the test's own");
    } catch (const std::runtime_error&) {
    }
    EXPECT_NE(::testing::internal::GetCapturedStderr().find("STENTOR_SEED=42"), std::string::npos);
}

TEST(for_each_seed, runs_all_of_them_when_none_fails) {
    std::set<std::uint64_t> seen;
    const auto search = for_each_seed(100, [&](std::uint64_t seed) { seen.insert(seed); });
    EXPECT_TRUE(search);
    EXPECT_EQ(search.ran, 100U);
    EXPECT_EQ(seen.size(), 100U);
}

// Handlers a and b are independent; a test that wants a first is wrong, and some seed says so.
char first_under(std::uint64_t seed) {
    std::string order;
    test_bus bus{{.seed = seed}};
    auto a = bus.subscribe<stock_reserved>("a", [&](const stock_reserved&) { order += 'a'; });
    auto b = bus.subscribe<stock_reserved>("b", [&](const stock_reserved&) { order += 'b'; });
    bus.publish(stock_reserved{1});
    bus.settle();
    return order.at(0);
}

TEST(for_each_seed, finds_the_order_that_fails_and_replays_it_with_one_line) {
    const pretended_framework framework;
    ::testing::internal::CaptureStderr();
    const auto scenario = [](std::uint64_t seed) {
        pretended_failures += first_under(seed) == 'a' ? 0 : 1;
    };
    const auto search = for_each_seed(1000, scenario);
    const auto printed = ::testing::internal::GetCapturedStderr();
    ASSERT_TRUE(search.failed.has_value());
    EXPECT_EQ(search.ran, *search.failed);
    EXPECT_EQ(printed, "stentor: this test failed with seed " + std::to_string(*search.failed) +
                           "; again: " + stentor::testing::replay_line(*search.failed) + "\n");

    const seed_in_environment given(std::to_string(*search.failed).c_str());
    ::testing::internal::CaptureStderr();
    const auto again = for_each_seed(1000, scenario);
    static_cast<void>(::testing::internal::GetCapturedStderr());
    EXPECT_EQ(again.ran, 1U);
    EXPECT_EQ(again.failed, search.failed);
}

TEST(for_each_seed, passes_on_what_the_scenario_throws) {
    ::testing::internal::CaptureStderr();
    EXPECT_THROW(for_each_seed(10,
                               [](std::uint64_t seed) {
                                   if (seed == 3) {
                                       throw std::runtime_error("third");
                                   }
                               }),
                 std::runtime_error);
    EXPECT_NE(::testing::internal::GetCapturedStderr().find("with seed 3; again: STENTOR_SEED=3 "),
              std::string::npos);
}

}  // namespace
