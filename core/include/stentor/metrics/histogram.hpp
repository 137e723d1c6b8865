// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/export.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

// Histograms of durations in nanoseconds, from 0 to 1 h. Log-linear: exact up to 127 ns, from there
// 64 equal buckets for each doubling, so that any value read back is within 0.8 % of the recorded
// one. Values above 1 h are recorded as 1 h and counted as overflow, negative ones (a clock that
// was stepped) as 0.
//
// Cost: two relaxed fetch_adds a record; 512 bytes for each doubling that was ever touched,
// allocated when it is. When that allocation fails the value is counted as lost and the next one
// tries again.
//
// Threads: record() and snapshot() by any number of threads at once. Progress: record() is
// lock-free (wait-free but for the first touch of a doubling and for new extremes).

namespace stentor::inline v0 {

// What a histogram held at one moment. Of a histogram in use, the count is that of the buckets, and
// the sum may be ahead of or behind it by the records that were under way.
struct STENTOR_EXPORT histogram_snapshot {
    // Values from lowest to highest (inclusive) that were recorded, which are never none.
    struct bucket {
        std::int64_t lowest_ns = 0;
        std::int64_t highest_ns = 0;
        std::uint64_t count = 0;
    };

    std::uint64_t count = 0;        // recorded values, lost ones excluded
    std::int64_t sum_ns = 0;        // stays at the largest int64 once it got there
    std::int64_t min_ns = 0;        // 0 when empty
    std::int64_t max_ns = 0;        // 0 when empty
    std::uint64_t lost = 0;         // values that found no memory
    std::uint64_t overflow = 0;     // values above 1 h, included in count as 1 h
    std::vector<bucket> buckets{};  // ascending, without empty ones

    // The value below or at which the share q of the values lies (nearest rank), within 0.8 %;
    // exact for q <= 0 (the minimum) and q >= 1 (the maximum). 0 when empty. NaN counts as 0.
    [[nodiscard]] std::int64_t quantile_ns(double q) const noexcept;

    // How many values were at most that, as exactly as the buckets tell: values within 0.8 % of the
    // bound may be on either side. Never decreases with the bound.
    [[nodiscard]] std::uint64_t count_at_or_below(std::int64_t bound_ns) const noexcept;

    // 0 when empty.
    [[nodiscard]] double mean_ns() const noexcept;

    // Adds what another histogram held, as if one had recorded both.
    void merge(const histogram_snapshot& other);
};

class STENTOR_EXPORT histogram {
public:
    static constexpr std::int64_t value_max_ns = 3'600'000'000'000;  // 1 h

    histogram() noexcept = default;
    histogram(const histogram&) = delete;
    histogram& operator=(const histogram&) = delete;
    ~histogram();

    void record(std::int64_t value_ns) noexcept;

    [[nodiscard]] histogram_snapshot snapshot() const;

private:
    // Block 0 holds the values below 64; block b > 0 those from 2^(b+5) up to twice that.
    static constexpr std::size_t block_count = 37;
    static constexpr std::size_t buckets_per_block = 64;
    struct block;

    [[nodiscard]] block* find_or_make(std::size_t index) noexcept;
    void widen(std::int64_t value_ns) noexcept;

    // All are written by recorders and read by snapshots, relaxed: they count and order nothing.
    // The blocks alone are published with release and read with acquire (pair: histogram block).
    std::atomic<std::uint64_t> sum_ns_{0};
    std::atomic<std::int64_t> min_ns_{value_max_ns};
    std::atomic<std::int64_t> max_ns_{0};
    std::atomic<std::uint64_t> lost_{0};
    std::atomic<std::uint64_t> overflow_{0};
    std::atomic<bool> sum_saturated_{false};
    std::array<std::atomic<block*>, block_count> blocks_{};
};

}  // namespace stentor::inline v0
