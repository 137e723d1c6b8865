// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include "support/recorder.hpp"
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// Where a subscription's deliveries queue: a lane of its own at first, a shared one when its calls
// were cheap. Time is virtual here and handlers say how long they take, so nothing depends on the
// machine.

namespace {

using namespace stentor_test;
using namespace std::chrono_literals;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};

class placement : public bus_fixture {
protected:
    placement() : executor_(std::make_shared<stentor::manual_executor>(7)) {
        auto options = small_bus();
        options.executor = executor_;
        options.clock = &clock_;
        bus_ = &make_bus(std::move(options));
        clock_.advance(1s);
    }

    void publish_and_run(int count) {
        for (int number = 0; number < count; ++number) {
            ASSERT_TRUE(bus_->publish(tick{number}));
        }
        executor_->run_until_idle();
    }

    [[nodiscard]] std::string placement_of(std::string_view name) const {
        for (const auto& one : bus_->snapshot().subscriptions) {
            if (one.name == name) {
                return one.placement;
            }
        }
        return "gone";
    }

    // A handler that takes that long.
    auto lasting(std::chrono::nanoseconds time) {
        return [this, time](const tick&) { clock_.advance(time); };
    }

    std::shared_ptr<stentor::manual_executor> executor_;
    stentor::bus* bus_ = nullptr;
};

TEST_F(placement, begins_in_a_lane_of_its_own) {
    auto handler = bus_->subscribe<tick>("cheap", [](const tick&) {});
    EXPECT_EQ(placement_of("cheap"), "own");
    publish_and_run(63);
    EXPECT_EQ(placement_of("cheap"), "own") << "63 calls prove nothing yet";
}

TEST_F(placement, of_a_cheap_handler_is_shared_after_64_calls) {
    auto handler = bus_->subscribe<tick>("cheap", lasting(100ns));
    publish_and_run(64);
    EXPECT_EQ(placement_of("cheap"), "shared");
}

TEST_F(placement, of_a_slow_handler_stays_its_own) {
    auto slow = bus_->subscribe<tick>("slow", lasting(1ms));
    auto cheap = bus_->subscribe<tick>("cheap", lasting(100ns));
    publish_and_run(200);
    EXPECT_EQ(placement_of("slow"), "own");
    EXPECT_EQ(placement_of("cheap"), "shared");
}

TEST_F(placement, of_several_cheap_handlers_is_one_lane_per_topic) {
    std::vector<stentor::subscription> handlers;
    for (int index = 0; index < 5; ++index) {
        handlers.push_back(bus_->subscribe<tick>("cheap-" + std::to_string(index), lasting(10ns)));
    }
    EXPECT_EQ(bus_->snapshot().lanes, 5U);
    publish_and_run(64);
    publish_and_run(1);
    EXPECT_EQ(bus_->snapshot().lanes, 1U) << "their own lanes were given back";
    for (const auto& one : bus_->snapshot().subscriptions) {
        EXPECT_EQ(one.placement, "shared") << one.name;
        EXPECT_EQ(one.terms.completed, 65) << one.name;
    }
}

TEST_F(placement, moves_back_when_calls_become_slow) {
    std::chrono::nanoseconds cost = 100ns;
    auto handler = bus_->subscribe<tick>("changing", [&](const tick&) { clock_.advance(cost); });
    auto other = bus_->subscribe<tick>("other", lasting(100ns));
    publish_and_run(64);
    ASSERT_EQ(placement_of("changing"), "shared");
    cost = 200us;
    for (int round = 0; round < 100 && placement_of("changing") == "shared"; ++round) {
        publish_and_run(20);
    }
    EXPECT_EQ(placement_of("changing"), "own");
    EXPECT_EQ(placement_of("other"), "shared");
}

TEST_F(placement, of_a_changed_mind_loses_and_repeats_nothing) {
    recorder<int> seen;
    std::chrono::nanoseconds cost = 0ns;
    auto handler = bus_->subscribe<tick>("changing", [&](const tick& it) {
        clock_.advance(cost);
        seen.add(it.number);
    });
    int next = 0;
    for (int round = 0; round < 40; ++round) {
        cost = (round / 10) % 2 == 0 ? 0ns : 300us;
        for (int turn = 0; turn < 37; ++turn) {
            ASSERT_TRUE(bus_->publish(tick{next++}));
        }
        if (round % 3 == 0) {
            executor_->run_until_idle();
        } else {
            executor_->step();  // moves happen while older events are still queued
        }
    }
    executor_->run_until_idle();
    auto all = seen.all();
    std::sort(all.begin(), all.end());
    ASSERT_EQ(all.size(), static_cast<std::size_t>(next));
    for (int number = 0; number < next; ++number) {
        ASSERT_EQ(all[static_cast<std::size_t>(number)], number);
    }
}

TEST_F(placement, by_request_is_kept) {
    auto own = bus_->subscribe<tick>("own", lasting(10ns), {.placement = stentor::placement::own});
    auto shared =
        bus_->subscribe<tick>("shared", lasting(1ms), {.placement = stentor::placement::shared});
    EXPECT_EQ(placement_of("shared"), "shared");
    publish_and_run(500);
    EXPECT_EQ(placement_of("own"), "own");
    EXPECT_EQ(placement_of("shared"), "shared");
}

TEST_F(placement, of_subscriptions_with_limits_of_their_own_is_their_own) {
    auto small = bus_->subscribe<tick>("small", lasting(0ns), {.capacity = 100});
    auto required = bus_->subscribe<tick>("required", lasting(0ns), {.required = true});
    auto blocks =
        bus_->subscribe<tick>("blocks", lasting(0ns), {.when_full = stentor::when_full::block{1s}});
    auto single = bus_->subscribe<tick>("single", lasting(0ns), {.max_concurrency = 1});
    for (int round = 0; round < 10; ++round) {
        publish_and_run(50);
    }
    for (const auto& one : bus_->snapshot().subscriptions) {
        EXPECT_EQ(one.placement, "own") << one.name;
        EXPECT_EQ(one.terms.completed, 500) << one.name;
    }
}

TEST_F(placement, of_patterns_is_shared_with_the_types_of_the_topic) {
    auto typed = bus_->subscribe<tick>("typed", lasting(10ns));
    auto pattern = bus_->subscribe("pattern", stentor::pattern("test.>"),
                                   [this](const stentor::any_event& event) {
                                       EXPECT_NE(event.as<tick>(), nullptr);
                                       clock_.advance(10ns);
                                   });
    publish_and_run(64);
    publish_and_run(64);
    EXPECT_EQ(placement_of("typed"), "shared");
    EXPECT_EQ(placement_of("pattern"), "shared");
    EXPECT_EQ(bus_->snapshot().lanes, 1U);
}

TEST_F(placement, in_a_shared_lane_can_be_left_at_any_time) {
    auto stays = bus_->subscribe<tick>("stays", lasting(10ns));
    auto goes = bus_->subscribe<tick>("goes", lasting(10ns));
    publish_and_run(64);
    ASSERT_EQ(placement_of("goes"), "shared");
    for (int number = 0; number < 10; ++number) {
        ASSERT_TRUE(bus_->publish(tick{number}));
    }
    EXPECT_EQ(goes.unsubscribe(), stentor::unsubscribe_result::done);
    executor_->run_until_idle();
    const auto audit = bus_->audit();
    EXPECT_EQ(audit.removed.cancelled, 10);
    EXPECT_EQ(audit.subscriptions.front().second.completed, 74);
}

// The same with real threads and the machine's clock: it moves sooner or later, and loses nothing.
TEST(placement_in_real_time, of_a_cheap_handler_is_shared_at_last) {
    stentor::bus bus(small_bus());
    std::atomic<std::int64_t> calls{0};
    auto handler = bus.subscribe<tick>("cheap", [&](const tick&) { calls.fetch_add(1); });
    std::int64_t published = 0;
    EXPECT_TRUE(eventually([&] {
        for (int turn = 0; turn < 64; ++turn) {
            published += bus.publish(tick{turn}) ? 1 : 0;
        }
        static_cast<void>(bus.wait_idle(patience));
        return bus.snapshot().subscriptions.front().placement == "shared";
    }));
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(calls, published);
    settle_accounts(bus);
}

}  // namespace
