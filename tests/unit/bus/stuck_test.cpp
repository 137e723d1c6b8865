// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/counted.hpp"
#include "support/gate.hpp"
#include "support/must_return.hpp"
#include <stentor/stentor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// A handler that never returns does not hold up the end. What it uses is left behind for it.

namespace {

using namespace stentor_test;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};

// What the stuck handler uses. Static, since nothing that ends with the test is safe from it.
struct stage {
    gate door;
    tally entered;
    tally left;
    ledger captures;
};

stage& new_stage() {
    static std::vector<std::unique_ptr<stage>> all;
    return *all.emplace_back(std::make_unique<stage>());
}

// The handlers of these tests return when the test is over, so that no thread outlives the program;
// by then the bus is long gone.
void let_go(stage& set) {
    set.door.open();
    EXPECT_TRUE(set.left.await(set.entered.count()));
}

TEST(stuck, handler_is_reported_by_the_drain_with_its_place) {
    auto& set = new_stage();
    test_log log;
    auto options = small_bus();
    options.log = log.sink();
    {
        stentor::bus bus(std::move(options));
        tally others;
        const auto line = static_cast<std::uint32_t>(__LINE__ + 1);
        bus.keep(bus.subscribe<tick>("never-returns",
                                     [&set](const tick&) {
                                         set.entered.add();
                                         set.door.pass();
                                         set.left.add();
                                     },
                                     {.max_concurrency = 1}));
        auto other = bus.subscribe<tick>("other", [&](const tick&) { others.add(); });
        for (int number = 0; number < 10; ++number) {
            ASSERT_TRUE(bus.publish(tick{number}));
        }
        ASSERT_TRUE(set.entered.await(1));
        ASSERT_TRUE(others.await(10));
        stentor::drain_report report;
        // The deadline, a second of grace, and much for a loaded machine.
        must_return("drain with a stuck handler", [&] { report = bus.drain(20ms); }, 20s);
        EXPECT_FALSE(report.complete);
        ASSERT_EQ(report.stuck.size(), 1U);
        EXPECT_EQ(report.stuck.front().subscription, "never-returns");
        EXPECT_THAT(report.stuck.front().location.file_name(), HasSubstr("stuck_test.cpp"));
        EXPECT_EQ(report.stuck.front().location.line(), line);
        EXPECT_GE(report.stuck.front().running_ns, 1'000'000);
        EXPECT_EQ(bus.publish(tick{1}).status(), stentor::publish_status::closed);
        EXPECT_EQ(bus.audit().unaccounted(), 0) << bus.audit().to_string();
        EXPECT_EQ(bus.snapshot().rescues, 0U);
        ASSERT_FALSE(log.notices().empty());
        EXPECT_THAT(log.notices().back(), HasSubstr("did not return"));
    }
    let_go(set);
}

TEST(stuck, handler_keeps_its_captures_and_its_event) {
    auto& set = new_stage();
    struct probe {
        counted held;
        std::string text = std::string(1000, 'p');
    };
    static std::string read_after;
    {
        auto options = small_bus();
        options.drain_deadline = 10ms;
        options.log = test_log().sink();
        auto bus = std::make_unique<stentor::bus>(std::move(options));
        bus->keep(bus->subscribe<tick>("never-returns", [&set, mine = probe{counted(set.captures)}](
                                                            const tick& it, stentor::context& ctx) {
            set.entered.add();
            set.door.pass();
            // All of this is still there, long after the bus.
            read_after = mine.text.substr(0, 1) + std::to_string(it.number) + "/" +
                         std::string(ctx.metadata().user_id) + "/" + std::string(ctx.topic());
            EXPECT_EQ(ctx.publish(tick{9}).status(), stentor::publish_status::closed);
            set.left.add();
        }));
        ASSERT_TRUE(bus->publish(tick{7}, {.user_id = "u-1"}));
        ASSERT_TRUE(set.entered.await(1));
        must_return("~bus with a stuck handler", [&] { bus.reset(); }, 20s);
    }
    EXPECT_GT(set.captures.alive(), 0);
    let_go(set);
    EXPECT_EQ(read_after, "p7/u-1/test.tick");
}

TEST(stuck, handler_does_not_make_a_second_drain_wait) {
    auto& set = new_stage();
    {
        auto options = small_bus();
        options.log = test_log().sink();
        options.drain_deadline = 30s * 10;
        stentor::bus bus(std::move(options));
        bus.keep(bus.subscribe<tick>("never-returns", [&set](const tick&) {
            set.entered.add();
            set.door.pass();
            set.left.add();
        }));
        ASSERT_TRUE(bus.publish(tick{0}));
        ASSERT_TRUE(set.entered.await(1));
        must_return("drain with a stuck handler", [&] {
            const auto first = bus.drain(1ms);
            const auto second = bus.drain(patience * 10);
            EXPECT_EQ(second.stuck.size(), first.stuck.size());
        });
    }
    let_go(set);
}

TEST(stuck, handlers_may_be_all_there_are) {
    auto& set = new_stage();
    {
        auto options = small_bus();
        options.log = test_log().sink();
        options.drain_deadline = 1ms;
        auto bus = std::make_unique<stentor::bus>(std::move(options));
        for (int index = 0; index < 6; ++index) {
            bus->keep(bus->subscribe<tick>("blocked-" + std::to_string(index), [&set](const tick&) {
                set.entered.add();
                set.door.pass();
                set.left.add();
            }));
        }
        ASSERT_TRUE(bus->publish(tick{0}));
        ASSERT_TRUE(set.entered.await(4)) << "four runners";
        must_return("~bus with all runners stuck", [&] { bus.reset(); }, 20s);
    }
    let_go(set);
}

TEST(stuck, handler_does_not_hold_up_the_destruction_of_its_subscription_after_the_drain) {
    auto& set = new_stage();
    {
        auto options = small_bus();
        options.log = test_log().sink();
        options.drain_deadline = 1ms;
        auto bus = std::make_unique<stentor::bus>(std::move(options));
        auto handler = std::make_unique<stentor::subscription>(
            bus->subscribe<tick>("never-returns", [&set](const tick&) {
                set.entered.add();
                set.door.pass();
                set.left.add();
            }));
        ASSERT_TRUE(bus->publish(tick{0}));
        ASSERT_TRUE(set.entered.await(1));
        bus.reset();
        must_return("~subscription whose bus gave its handler up", [&] { handler.reset(); }, 20s);
    }
    let_go(set);
}

}  // namespace
