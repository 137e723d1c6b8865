// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/child_process.hpp"
#include "support/gate.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>

// After a fork the bus is the parent's. In the child its threads do not exist, so every call
// answers `closed` at once, and destroying it leaves it alone.

namespace {

using namespace stentor_test;
using stentor::publish_status;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};
struct fresh {
    static constexpr std::string_view topic = "test.fresh";
};

// Exit codes of children: 0, or the number of the first thing that was wrong.
#define STENTOR_CHILD_EXPECT(number, condition) \
    do {                                        \
        if (!(condition)) {                     \
            return number;                      \
        }                                       \
    } while (false)

class forked : public bus_fixture {};

TEST_F(forked, child_finds_the_bus_closed) {
    auto& bus = make_bus();
    tally calls;
    auto handler = bus.subscribe<tick>("any", [&](const tick&) { calls.add(); });
    auto hot = bus.publisher<tick>();
    ASSERT_TRUE(bus.publish(tick{1}));
    const auto end = run_in_child([&]() -> int {
        STENTOR_CHILD_EXPECT(1, bus.publish(tick{2}).status() == publish_status::closed);
        STENTOR_CHILD_EXPECT(2, bus.publish(fresh{}).status() == publish_status::closed);
        STENTOR_CHILD_EXPECT(3, hot.publish(tick{2}).status() == publish_status::closed);
        STENTOR_CHILD_EXPECT(4, bus.closed());
        STENTOR_CHILD_EXPECT(5, !bus.wait_idle(patience));
        STENTOR_CHILD_EXPECT(6,
                             handler.unsubscribe() == stentor::unsubscribe_result::not_subscribed);
        static_cast<void>(bus.drain(patience));
        return 0;
    });
    EXPECT_FALSE(end.hung);
    EXPECT_EQ(end.exit_code, 0);
    EXPECT_EQ(bus.publish(tick{3}).status(), publish_status::accepted) << "the parent goes on";
    EXPECT_TRUE(calls.await(2));
}

TEST_F(forked, child_may_destroy_the_bus) {
    auto bus = std::make_unique<stentor::bus>(small_bus());
    gate door;
    tally calls;
    auto handler =
        std::make_unique<stentor::subscription>(bus->subscribe<tick>("any", [&](const tick&) {
            door.pass();
            calls.add();
        }));
    const open_at_end opener(door);
    for (int number = 0; number < 10; ++number) {
        ASSERT_TRUE(bus->publish(tick{number}));
    }
    ASSERT_TRUE(door.await_waiting(1));
    const auto end = run_in_child([&]() -> int {
        handler.reset();
        bus.reset();
        return 0;
    });
    EXPECT_FALSE(end.hung);
    EXPECT_EQ(end.exit_code, 0);
    door.open();
    EXPECT_TRUE(calls.await(10));
    settle_accounts(*bus);
}

TEST_F(forked, child_may_make_a_bus_of_its_own) {
    auto& bus = make_bus();
    auto handler = bus.subscribe<tick>("any", [](const tick&) {});
    ASSERT_TRUE(bus.publish(tick{1}));
    const auto end = run_in_child([&]() -> int {
        auto options = small_bus();
        options.executor = stentor::make_thread_executor();  // oneTBB's pool was the parent's
        stentor::bus own(std::move(options));
        std::atomic<int> calls{0};
        auto mine = own.subscribe<tick>("mine", [&](const tick&) { calls.fetch_add(1); });
        STENTOR_CHILD_EXPECT(1, own.publish(tick{1}).status() == publish_status::accepted);
        STENTOR_CHILD_EXPECT(2, own.drain(patience).complete);
        STENTOR_CHILD_EXPECT(3, calls == 1);
        return 0;
    });
    EXPECT_FALSE(end.hung);
    EXPECT_EQ(end.exit_code, 0);
}

// Whatever lock another thread of the parent held when it forked, nobody will ever open it again.
TEST_F(forked, child_does_not_wait_for_locks_that_its_parent_held) {
    auto& bus = make_bus();
    std::atomic<bool> stop{false};
    std::thread busy([&] {
        while (!stop) {
            static_cast<void>(bus.audit());
        }
    });
    for (int turn = 0; turn < 30; ++turn) {
        const auto end = run_in_child(
            [&]() -> int {
                const auto made = bus.try_subscribe<tick>("child", [](const tick&) {});
                STENTOR_CHILD_EXPECT(1, !made);
                STENTOR_CHILD_EXPECT(2, made.error().code() == stentor::errc::closed);
                STENTOR_CHILD_EXPECT(3, !bus.would_deliver<tick>());
                static_cast<void>(bus.audit());
                static_cast<void>(bus.snapshot());
                static_cast<void>(bus.name_of(1));
                bus.warm();
                return 0;
            },
            std::chrono::seconds(10));
        EXPECT_FALSE(end.hung);
        EXPECT_EQ(end.exit_code, 0);
        if (HasFailure()) {
            break;
        }
    }
    stop = true;
    busy.join();
}

}  // namespace
