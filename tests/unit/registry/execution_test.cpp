// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include <stentor/stentor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Which policies go with which execution: the table of docs/guide/handlers.md, row by row.

namespace {

using namespace std::chrono_literals;
using namespace stentor_test;
using stentor::execution;
using stentor::subscription_options;
using ::testing::HasSubstr;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};
struct quiet_loop : stentor::loop {
    void wake() noexcept override {}
};

struct row {
    std::string name;
    subscription_options options;
};

// Every policy that is not the default, one at a time, with the given execution.
std::vector<row> rows_of(const execution& where) {
    return {{"alone", {.execution = where}},
            {"serial", {.order = stentor::order::serial, .execution = where}},
            {"by_key", {.order = stentor::by_key(&tick::number), .execution = where}},
            {"capacity", {.execution = where, .capacity = 10}},
            {"block", {.execution = where, .when_full = stentor::when_full::block{1ms}}},
            {"drop_oldest", {.execution = where, .when_full = stentor::when_full::drop_oldest}},
            {"on_drop", {.execution = where, .on_drop = [](const stentor::gap&) {}}},
            {"required", {.execution = where, .required = true}},
            {"one_at_a_time", {.execution = where, .max_concurrency = 1}},
            {"several_at_a_time", {.execution = where, .max_concurrency = 4}},
            {"own_lane", {.execution = where, .placement = stentor::placement::own}},
            {"shared_lane", {.execution = where, .placement = stentor::placement::shared}}};
}

class execution_table : public bus_fixture {
protected:
    // The names of the rows that are refused, each with a message that says what to do.
    std::vector<std::string> refused(const execution& where) {
        auto& bus = make_bus();
        std::vector<std::string> names;
        for (auto& each : rows_of(where)) {
            const auto made =
                bus.try_subscribe<tick>(each.name, [](const tick&) {}, std::move(each.options));
            if (!made) {
                EXPECT_EQ(made.error().code(), stentor::errc::unsupported_combination);
                EXPECT_THAT(made.error().message(), HasSubstr("leave")) << each.name;
                names.push_back(each.name);
            }
        }
        return names;
    }
};

TEST_F(execution_table, pool_goes_with_all) {
    EXPECT_EQ(refused(execution::pool), std::vector<std::string>{});
}

TEST_F(execution_table, blocking_does_not_go_with_a_shared_lane) {
    EXPECT_EQ(refused(execution::blocking), std::vector<std::string>{"shared_lane"});
}

TEST_F(execution_table, polled_makes_one_call_at_a_time) {
    const std::vector<std::string> expected{"several_at_a_time", "shared_lane"};
    EXPECT_EQ(refused(execution::polled), expected);
    EXPECT_EQ(refused(execution::on(std::make_shared<quiet_loop>())), expected);
}

TEST_F(execution_table, inline_goes_with_nothing_that_needs_a_queue) {
    const std::vector<std::string> expected{
        "serial",   "by_key",        "capacity",          "block",    "drop_oldest", "on_drop",
        "required", "one_at_a_time", "several_at_a_time", "own_lane", "shared_lane"};
    EXPECT_EQ(refused(execution::inline_), expected);
}

TEST_F(execution_table, inline_takes_no_spans) {
    auto& bus = make_bus();
    const auto made = bus.try_subscribe<tick>("spans", [](std::span<const tick* const>) {},
                                              {.execution = execution::inline_});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), stentor::errc::unsupported_combination);
    EXPECT_THAT(made.error().message(), HasSubstr("takes spans"));
}

TEST_F(execution_table, on_wants_a_loop) {
    auto& bus = make_bus();
    const auto made =
        bus.try_subscribe<tick>("lost", [](const tick&) {}, {.execution = execution::on(nullptr)});
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().message(), HasSubstr("got no loop"));
}

TEST_F(execution_table, on_serves_sixteen_loops) {
    auto& bus = make_bus();
    std::vector<stentor::subscription> kept;
    for (int index = 0; index < 16; ++index) {
        kept.push_back(
            bus.subscribe<tick>("loop-" + std::to_string(index), [](const tick&) {},
                                {.execution = execution::on(std::make_shared<quiet_loop>())}));
    }
    const auto made =
        bus.try_subscribe<tick>("one-more", [](const tick&) {},
                                {.execution = execution::on(std::make_shared<quiet_loop>())});
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().message(), HasSubstr("at most 16 loops"));
}

TEST(execution, tells_where) {
    using place = stentor::execution::place;
    EXPECT_EQ(execution::pool.where(), place::pool);
    EXPECT_EQ(execution::blocking.where(), place::blocking);
    EXPECT_EQ(execution::inline_.where(), place::publisher);
    EXPECT_EQ(execution::polled.where(), place::polled);
    const auto loop = std::make_shared<quiet_loop>();
    EXPECT_EQ(execution::on(loop).told(), loop);
    EXPECT_EQ(execution::on(loop), execution::on(loop));
    EXPECT_NE(execution::on(loop), execution::polled);
}

}  // namespace
