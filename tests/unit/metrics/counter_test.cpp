// SPDX-License-Identifier: MIT
#include <stentor/metrics/counter.hpp>

#include <gtest/gtest.h>

#include <thread>
#include <vector>

TEST(counter, counts_from_zero) {
    stentor::counter events;
    EXPECT_EQ(events.read(), 0U);
    events.add();
    events.add(41);
    EXPECT_EQ(events.read(), 42U);
}

TEST(counter, wraps_as_unsigned_numbers_do) {
    stentor::counter events;
    events.add(~std::uint64_t{0});
    events.add(3);
    EXPECT_EQ(events.read(), 2U);
}

TEST(counter, never_decreases_for_a_reader_beside_its_writer) {
    constexpr std::uint64_t total = 200'000;
    stentor::counter events;
    std::thread writer([&events] {
        for (std::uint64_t i = 0; i < total; ++i) {
            events.add();
        }
    });
    std::uint64_t last = 0;
    while (last < total) {
        const std::uint64_t now = events.read();
        ASSERT_GE(now, last);
        last = now;
    }
    writer.join();
    EXPECT_EQ(events.read(), total);
}

TEST(shared_counter, loses_no_count_of_many_writers) {
    constexpr int writers = 4;
    constexpr std::uint64_t each = 50'000;
    stentor::shared_counter events;
    std::vector<std::thread> threads;
    for (int i = 0; i < writers; ++i) {
        threads.emplace_back([&events] {
            for (std::uint64_t n = 0; n < each; ++n) {
                events.add(2);
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(events.read(), 2 * writers * each);
}
