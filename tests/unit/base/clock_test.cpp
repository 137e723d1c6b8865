// SPDX-License-Identifier: MIT
#include <stentor/base/clock.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <thread>

using namespace std::chrono_literals;

TEST(system_clock_source, never_goes_back) {
    stentor::clock& clock = stentor::system_clock_source();
    std::int64_t last = clock.steady_ns();
    for (int i = 0; i < 1000; ++i) {
        const std::int64_t now = clock.steady_ns();
        EXPECT_GE(now, last);
        last = now;
    }
}

TEST(system_clock_source, reads_the_clocks_of_the_standard_library) {
    const auto read = [](auto now) {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
    };
    stentor::clock& clock = stentor::system_clock_source();
    const std::int64_t steady_before = read(std::chrono::steady_clock::now());
    const std::int64_t steady = clock.steady_ns();
    EXPECT_LE(steady_before, steady);
    EXPECT_LE(steady, read(std::chrono::steady_clock::now()));

    const std::int64_t second = 1'000'000'000;
    EXPECT_NEAR(static_cast<double>(clock.system_ns() / second),
                static_cast<double>(read(std::chrono::system_clock::now()) / second), 2.0);
}

TEST(system_clock_source, is_one_real_clock) {
    EXPECT_EQ(&stentor::system_clock_source(), &stentor::system_clock_source());
    EXPECT_FALSE(stentor::system_clock_source().is_virtual());
}

TEST(virtual_clock, stands_still_until_it_is_advanced) {
    stentor::virtual_clock clock(1000);
    EXPECT_TRUE(clock.is_virtual());
    EXPECT_EQ(clock.steady_ns(), 0);
    EXPECT_EQ(clock.system_ns(), 1000);
    clock.advance(5us);
    EXPECT_EQ(clock.steady_ns(), 5000);
    EXPECT_EQ(clock.system_ns(), 6000);
    clock.advance(0ns);
    EXPECT_EQ(clock.steady_ns(), 5000);
}

TEST(virtual_clock, starts_at_a_plausible_date) {
    stentor::virtual_clock clock;
    const std::chrono::sys_time<std::chrono::nanoseconds> start{
        std::chrono::nanoseconds{clock.system_ns()}};
    EXPECT_EQ(start, std::chrono::sys_days{std::chrono::year{2024} / 1 / 1} + 12h);
}

TEST(virtual_clock, lets_the_system_reading_jump_alone) {
    stentor::virtual_clock clock(0);
    clock.jump_system(-1h);
    EXPECT_EQ(clock.steady_ns(), 0);
    EXPECT_EQ(clock.system_ns(), -3'600'000'000'000);
}

TEST(virtual_clock, refuses_to_go_back) {
    stentor::virtual_clock clock;
    EXPECT_DEATH(clock.advance(-1ns), "only goes forward");
}

TEST(virtual_clock, may_be_read_while_it_is_advanced) {
    constexpr int steps = 20'000;
    stentor::virtual_clock clock(0);
    std::thread driver([&clock] {
        for (int i = 0; i < steps; ++i) {
            clock.advance(1ns);
        }
    });
    std::int64_t last = 0;
    while (last < steps) {
        const std::int64_t now = clock.steady_ns();
        ASSERT_GE(now, last);
        last = now;
    }
    driver.join();
    EXPECT_EQ(clock.system_ns(), steps);
}
