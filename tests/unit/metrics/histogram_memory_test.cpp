// SPDX-License-Identifier: MIT
#include <stentor/metrics/histogram.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <new>

namespace {

std::atomic<bool> memory_is_short{false};

}  // namespace

// The form that the histogram uses for its blocks, and nothing else in this program.
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
    return memory_is_short.load() ? nullptr : ::operator new(size, alignment);
}

TEST(histogram, counts_values_as_lost_while_memory_is_short) {
    const auto held = std::make_unique<stentor::histogram>();
    held->record(1000);
    memory_is_short = true;
    held->record(1001);       // its block is there already
    held->record(5'000'000);  // this one's is not
    held->record(6'000'000);
    held->record(stentor::histogram::value_max_ns + 1);
    const stentor::histogram_snapshot during = held->snapshot();
    memory_is_short = false;
    EXPECT_EQ(during.count, 2U);
    EXPECT_EQ(during.lost, 3U);
    EXPECT_EQ(during.overflow, 0U) << "a lost value is lost, and nothing else";
    EXPECT_EQ(during.sum_ns, 2001);
    EXPECT_EQ(during.min_ns, 1000);
    EXPECT_EQ(during.max_ns, 1001);

    held->record(5'000'000);
    const stentor::histogram_snapshot after = held->snapshot();
    EXPECT_EQ(after.count, 3U);
    EXPECT_EQ(after.lost, 3U);
    EXPECT_EQ(after.max_ns, 5'000'000);
}

TEST(histogram, survives_when_there_never_was_memory) {
    const auto held = std::make_unique<stentor::histogram>();
    memory_is_short = true;
    held->record(1);
    const stentor::histogram_snapshot during = held->snapshot();
    memory_is_short = false;
    EXPECT_EQ(during.count, 0U);
    EXPECT_EQ(during.lost, 1U);
    EXPECT_EQ(during.max_ns, 0);
    EXPECT_EQ(during.quantile_ns(0.5), 0);
}
