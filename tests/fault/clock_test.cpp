// SPDX-License-Identifier: MIT
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

// Somebody sets the machine's clock while the engine works. Only the steady clock decides how long
// something waits; the system clock says what is expired, and nothing else changes.
namespace stentor::fault {
namespace {

using namespace std::chrono_literals;

constexpr auto year = std::chrono::hours(24 * 365);

struct tick {
    static constexpr std::string_view topic = "fault.tick";
    int number = 0;
};

// Steady like the machine's, but its system reading jumps years to and fro at every look.
class mad_clock final : public clock {
public:
    std::int64_t steady_ns() noexcept override { return system_clock_source().steady_ns(); }
    std::int64_t system_ns() noexcept override {
        const auto turn = looks_.fetch_add(1, std::memory_order_relaxed);
        const auto jump = (turn % 3 - 1) * std::chrono::nanoseconds(year).count();
        return system_clock_source().system_ns() + jump;
    }

private:
    std::atomic<std::int64_t> looks_{0};
};

TEST(clock_jumps, change_nothing_for_a_bus_under_load) {
    mad_clock mad;
    bus_options options;
    options.clock = &mad;
    bus one(std::move(options));
    std::atomic<int> handled{0};
    const auto counts = one.subscribe<tick>("counts", [&](const tick&) { handled.fetch_add(1); });
    const auto full =
        one.subscribe<tick>("full", [](const tick&) { std::this_thread::sleep_for(50us); },
                            {.capacity = 4, .when_full = when_full::block{2ms}});
    const auto began = std::chrono::steady_clock::now();
    for (int number = 0; number < 2'000; ++number) {
        ASSERT_NE(one.publish(tick{number}).status(), publish_status::expired);
    }
    EXPECT_TRUE(one.wait_idle(20s));
    EXPECT_TRUE(one.drain(20s).complete);
    EXPECT_LT(std::chrono::steady_clock::now() - began, 60s);
    EXPECT_EQ(handled.load(), 2'000);
    EXPECT_EQ(one.audit().unaccounted(), 0);
    EXPECT_EQ(one.snapshot().rescues, 0U);
}

// A whole engine on one thread and a clock that is told what to say.
struct stepped {
    stepped() {
        auto made = std::make_shared<manual_executor>();
        steps = made.get();
        bus_options options;
        options.executor = std::move(made);
        options.clock = &time;
        options.workers = 1;
        one.emplace(std::move(options));
    }
    virtual_clock time;
    manual_executor* steps = nullptr;
    std::optional<bus> one;
};

TEST(clock_jumps, do_not_change_the_order_of_event_times) {
    stepped with;
    std::vector<std::chrono::system_clock::time_point> times;
    const auto handle = with.one->subscribe<tick>(
        "notes", [&](const tick&, context& about) { times.push_back(about.metadata().time); });
    for (const auto jump : {0h, std::chrono::hours(year), -std::chrono::hours(2 * year), 1h}) {
        with.time.jump_system(jump);
        with.time.advance(10ms);
        ASSERT_TRUE(with.one->publish(tick{}));
        with.steps->run_until_idle();
    }
    ASSERT_EQ(times.size(), 4U);
    for (std::size_t index = 1; index < times.size(); ++index) {
        EXPECT_GE(times[index], times[index - 1]);
        EXPECT_LT(times[index] - times[index - 1], 1s) << "a jump shows in an event's time";
    }
}

TEST(clock_jumps, decide_what_is_expired_and_the_law_holds) {
    stepped with;
    int handled = 0;
    const auto handle = with.one->subscribe<tick>("counts", [&](const tick&) { ++handled; });
    const auto now = [&] {
        return std::chrono::system_clock::time_point(
            std::chrono::duration_cast<std::chrono::system_clock::duration>(
                std::chrono::nanoseconds(with.time.system_ns())));
    };
    const auto soon = now() + 1min;
    ASSERT_TRUE(with.one->publish(tick{1}, {.expires_at = soon}));
    ASSERT_TRUE(with.one->publish(tick{2}));
    with.time.jump_system(year);  // both wait in the lane
    with.steps->run_until_idle();
    EXPECT_EQ(handled, 1);
    EXPECT_EQ(with.one->publish(tick{3}, {.expires_at = soon}).status(), publish_status::expired);
    with.time.jump_system(-2 * year);
    ASSERT_TRUE(with.one->publish(tick{4}, {.expires_at = soon}));
    with.steps->run_until_idle();
    EXPECT_EQ(handled, 2);
    EXPECT_TRUE(with.one->drain().complete);
    const auto report = with.one->audit();
    EXPECT_EQ(report.unaccounted(), 0) << report.to_string();
    EXPECT_EQ(report.subscriptions.front().second.expired, 1);
    EXPECT_EQ(report.publishes.expired, 1);
    EXPECT_EQ(report.envelopes_alive, 0);
}

}  // namespace
}  // namespace stentor::fault
