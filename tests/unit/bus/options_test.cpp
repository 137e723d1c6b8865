// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include <stentor/stentor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Bad options get a typed error whose message names the option, the value and what to give instead.

namespace {

using namespace stentor_test;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

struct tick {
    static constexpr std::string_view topic = "test.tick";
};

struct bad_bus {
    std::string_view name;
    std::string_view value;
    std::function<void(stentor::bus_options&)> spoil;
};

class bad_bus_option : public ::testing::TestWithParam<bad_bus> {};

TEST_P(bad_bus_option, is_refused_with_its_name_and_value) {
    auto options = small_bus();
    GetParam().spoil(options);
    const auto made = stentor::bus::create(std::move(options));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), stentor::errc::invalid_option);
    EXPECT_THAT(made.error().message(), HasSubstr(std::string(GetParam().name)));
    EXPECT_THAT(made.error().message(), HasSubstr(std::string(GetParam().value)));
    EXPECT_THAT(made.error().message(), HasSubstr("give"));
    auto again = small_bus();
    GetParam().spoil(again);
    EXPECT_THROW(stentor::bus{std::move(again)}, stentor::bus_error);
}

const std::vector<bad_bus> bad_bus_options = {
    {"workers", "-1", [](auto& it) { it.workers = -1; }},
    {"workers", "100000", [](auto& it) { it.workers = 100'000; }},
    {"spare", "-1", [](auto& it) { it.spare = -1; }},
    {"spare", "1000", [](auto& it) { it.spare = 1000; }},
    {"capacity", "0", [](auto& it) { it.capacity = 0; }},
    {"capacity", "-5", [](auto& it) { it.capacity = -5; }},
    {"capacity", "9223372036854775807",
     [](auto& it) { it.capacity = std::numeric_limits<std::int64_t>::max(); }},
    {"memory", "0", [](auto& it) { it.memory = 0; }},
    {"memory", "-1", [](auto& it) { it.memory = -1; }},
    {"publishers", "0", [](auto& it) { it.publishers = 0; }},
    {"publishers", "-3", [](auto& it) { it.publishers = -3; }},
    {"publishers", "1000000", [](auto& it) { it.publishers = 1'000'000; }},
    {"lanes", "0", [](auto& it) { it.lanes = 0; }},
    {"lanes", "2147483647", [](auto& it) { it.lanes = std::numeric_limits<std::int32_t>::max(); }},
    {"untyped_topics", "0", [](auto& it) { it.untyped_topics = 0; }},
    {"drain_deadline", "-1", [](auto& it) { it.drain_deadline = -1ns; }},
};
INSTANTIATE_TEST_SUITE_P(number, bad_bus_option, ::testing::ValuesIn(bad_bus_options),
                         [](const auto& one) {
                             return std::string(one.param.name) + "_" + std::to_string(one.index);
                         });

struct bad_subscription {
    std::string_view says;
    stentor::errc code;
    std::function<void(stentor::subscription_options&)> spoil;
};

class bad_subscription_option : public bus_fixture,
                                public ::testing::WithParamInterface<bad_subscription> {};

TEST_P(bad_subscription_option, is_refused_with_the_name_of_the_subscription) {
    auto& bus = make_bus();
    stentor::subscription_options options;
    GetParam().spoil(options);
    const auto made = bus.try_subscribe<tick>("mail", [](const tick&) {}, options);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), GetParam().code);
    EXPECT_THAT(made.error().message(), HasSubstr("\"mail\""));
    EXPECT_THAT(made.error().message(), HasSubstr(std::string(GetParam().says)));
    EXPECT_TRUE(bus.try_subscribe<tick>("mail", [](const tick&) {})) << "the name is still free";
}

using stentor::errc;
const std::vector<bad_subscription> bad_subscription_options = {
    {"capacity is 0", errc::invalid_option, [](auto& it) { it.capacity = 0; }},
    {"capacity is -1", errc::invalid_option, [](auto& it) { it.capacity = -1; }},
    {"capacity is", errc::invalid_option,
     [](auto& it) { it.capacity = std::numeric_limits<std::int64_t>::max(); }},
    {"negative deadline", errc::invalid_option,
     [](auto& it) { it.when_full = stentor::when_full::block{-1ns}; }},
    {"max_concurrency is -1", errc::invalid_option, [](auto& it) { it.max_concurrency = -1; }},
    {"max_concurrency is 100000", errc::invalid_option,
     [](auto& it) { it.max_concurrency = 100'000; }},
    {"placement::shared", errc::unsupported_combination,
     [](auto& it) {
         it.placement = stentor::placement::shared;
         it.capacity = 10;
     }},
    {"placement::shared", errc::unsupported_combination,
     [](auto& it) {
         it.placement = stentor::placement::shared;
         it.required = true;
     }},
    {"placement::shared", errc::unsupported_combination,
     [](auto& it) {
         it.placement = stentor::placement::shared;
         it.when_full = stentor::when_full::block{1s};
     }},
    {"placement::shared", errc::unsupported_combination,
     [](auto& it) {
         it.placement = stentor::placement::shared;
         it.max_concurrency = 1;
     }},
    {"placement::shared", errc::unsupported_combination,
     [](auto& it) {
         it.placement = stentor::placement::shared;
         it.order = stentor::order::serial;
     }},
    {"order::serial is one call at a time", errc::unsupported_combination,
     [](auto& it) {
         it.order = stentor::order::serial;
         it.max_concurrency = 2;
     }},
    {"owner", errc::invalid_option,
     [](auto& it) { it.owner = std::weak_ptr<const void>(std::make_shared<int>(1)); }},
};
INSTANTIATE_TEST_SUITE_P(number, bad_subscription_option,
                         ::testing::ValuesIn(bad_subscription_options),
                         [](const auto& one) { return std::to_string(one.index); });

class options : public bus_fixture {};

TEST_F(options, at_their_limits_work) {
    auto limits = small_bus();
    limits.workers = 1;
    limits.spare = 0;
    limits.capacity = 1;
    limits.memory = 4096;
    limits.publishers = 1;
    limits.lanes = 1;
    limits.untyped_topics = 1;
    auto& bus = make_bus(std::move(limits));
    tally calls;
    auto handler = bus.subscribe<tick>("any", [&](const tick&) { calls.add(); },
                                       {.capacity = stentor::capacity_max});
    EXPECT_TRUE(bus.publish(tick{}));
    EXPECT_TRUE(calls.await(1));
    const auto second = bus.try_subscribe<tick>("second", [](const tick&) {},
                                                {.placement = stentor::placement::own});
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().message(), HasSubstr("lanes"));
}

TEST_F(options, of_zero_workers_means_what_the_machine_allows) {
    auto& bus = make_bus({});
    EXPECT_GE(bus.snapshot().runners, 1);
    tally calls;
    auto handler = bus.subscribe<tick>("any", [&](const tick&) { calls.add(); });
    EXPECT_TRUE(bus.publish(tick{}));
    EXPECT_TRUE(calls.await(1));
}

TEST_F(options, of_each_profile_deliver) {
    for (const auto profile :
         {stentor::profile::balanced, stentor::profile::low_latency, stentor::profile::efficient}) {
        auto some = small_bus();
        some.profile = profile;
        stentor::bus bus(std::move(some));
        tally calls;
        auto handler = bus.subscribe<tick>("any", [&](const tick&) { calls.add(); });
        for (int turn = 0; turn < 100; ++turn) {
            ASSERT_TRUE(bus.publish(tick{}));
        }
        EXPECT_TRUE(calls.await(100));
        settle_accounts(bus);
    }
}

TEST_F(options, of_the_number_of_lanes_bound_the_subscriptions) {
    auto few = small_bus();
    few.lanes = 3;
    auto& bus = make_bus(std::move(few));
    std::vector<stentor::subscription> held;
    for (int index = 0; index < 3; ++index) {
        held.push_back(bus.subscribe<tick>("own-" + std::to_string(index), [](const tick&) {},
                                           {.placement = stentor::placement::own}));
    }
    const auto refused = bus.try_subscribe<tick>("one-more", [](const tick&) {},
                                                 {.placement = stentor::placement::own});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), stentor::errc::no_memory);
    EXPECT_THAT(refused.error().message(), HasSubstr("one-more"));
    held.pop_back();
    // Its lane is given back by the watch, a grace period later.
    EXPECT_TRUE(eventually([&] {
        return bus
            .try_subscribe<tick>("one-more", [](const tick&) {},
                                 {.placement = stentor::placement::own})
            .has_value();
    }));
}

}  // namespace
