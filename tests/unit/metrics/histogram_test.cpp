// SPDX-License-Identifier: MIT
#include <stentor/metrics/histogram.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

using stentor::histogram;
using stentor::histogram_snapshot;

namespace {

constexpr double error_max = 0.008;
constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();

histogram_snapshot recorded(const std::vector<std::int64_t>& values) {
    const auto made = std::make_unique<histogram>();
    for (const std::int64_t value : values) {
        made->record(value);
    }
    return made->snapshot();
}

void expect_equal(const histogram_snapshot& left, const histogram_snapshot& right) {
    EXPECT_EQ(left.count, right.count);
    EXPECT_EQ(left.sum_ns, right.sum_ns);
    EXPECT_EQ(left.min_ns, right.min_ns);
    EXPECT_EQ(left.max_ns, right.max_ns);
    EXPECT_EQ(left.lost, right.lost);
    EXPECT_EQ(left.overflow, right.overflow);
    ASSERT_EQ(left.buckets.size(), right.buckets.size());
    for (std::size_t at = 0; at < left.buckets.size(); ++at) {
        EXPECT_EQ(left.buckets[at].lowest_ns, right.buckets[at].lowest_ns);
        EXPECT_EQ(left.buckets[at].highest_ns, right.buckets[at].highest_ns);
        EXPECT_EQ(left.buckets[at].count, right.buckets[at].count);
    }
}

// Compares all quantiles and many bounds with those of the sorted values.
void expect_close_to_exact(std::vector<std::int64_t> values) {
    const histogram_snapshot held = recorded(values);
    std::sort(values.begin(), values.end());
    EXPECT_EQ(held.count, values.size());
    EXPECT_EQ(held.min_ns, values.front());
    EXPECT_EQ(held.max_ns, values.back());
    EXPECT_EQ(held.sum_ns, std::accumulate(values.begin(), values.end(), std::int64_t{0}));

    std::int64_t last = 0;
    for (int per_mille = 0; per_mille <= 1000; ++per_mille) {
        const double q = per_mille / 1000.0;
        const double rank = std::ceil(q * static_cast<double>(values.size()));
        const auto exact =
            static_cast<double>(values[static_cast<std::size_t>(std::max(rank, 1.0)) - 1]);
        const std::int64_t got = held.quantile_ns(q);
        ASSERT_NEAR(static_cast<double>(got), exact, exact * error_max) << q;
        ASSERT_GE(got, last);
        last = got;
    }
    const auto exact_count = [&values](double bound) {
        const auto limit = static_cast<std::int64_t>(bound);
        return static_cast<std::uint64_t>(std::upper_bound(values.begin(), values.end(), limit) -
                                          values.begin());
    };
    std::uint64_t last_count = 0;
    for (double bound = 1.0; bound < 1e13; bound *= 1.0173) {
        const std::uint64_t got = held.count_at_or_below(static_cast<std::int64_t>(bound));
        ASSERT_GE(got, exact_count(bound / (1 + error_max) - 1)) << bound;
        ASSERT_LE(got, exact_count(bound * (1 + error_max) + 1)) << bound;
        ASSERT_GE(got, last_count);
        last_count = got;
    }
}

}  // namespace

TEST(histogram, starts_empty) {
    const histogram_snapshot held = recorded({});
    expect_equal(held, histogram_snapshot());
    EXPECT_EQ(held.quantile_ns(0.5), 0);
    EXPECT_EQ(held.count_at_or_below(1000), 0U);
    EXPECT_EQ(held.count_at_or_below(-1), 0U);
    EXPECT_EQ(held.mean_ns(), 0.0);
}

TEST(histogram, is_exact_for_one_value) {
    for (const std::int64_t value :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{63}, std::int64_t{64}, std::int64_t{127},
          std::int64_t{128}, std::int64_t{1000}, std::int64_t{123'456'789},
          histogram::value_max_ns}) {
        const histogram_snapshot held = recorded({value});
        EXPECT_EQ(held.count, 1U);
        EXPECT_EQ(held.sum_ns, value);
        for (const double q : {0.0, 0.001, 0.5, 0.999, 1.0}) {
            EXPECT_EQ(held.quantile_ns(q), value);
        }
        EXPECT_EQ(held.count_at_or_below(value), 1U);
        EXPECT_EQ(held.count_at_or_below(value - 1), 0U);
        EXPECT_EQ(held.mean_ns(), static_cast<double>(value));
    }
}

TEST(histogram, is_exact_below_128_ns) {
    std::vector<std::int64_t> values(128);
    std::iota(values.begin(), values.end(), 0);
    const histogram_snapshot held = recorded(values);
    ASSERT_EQ(held.buckets.size(), 128U);
    for (std::size_t at = 0; at < 128; ++at) {
        EXPECT_EQ(held.buckets[at].lowest_ns, static_cast<std::int64_t>(at));
        EXPECT_EQ(held.buckets[at].highest_ns, static_cast<std::int64_t>(at));
        EXPECT_EQ(held.count_at_or_below(static_cast<std::int64_t>(at)), at + 1);
        EXPECT_EQ(held.quantile_ns(static_cast<double>(at + 1) / 128.0),
                  static_cast<std::int64_t>(at));
    }
}

TEST(histogram, has_buckets_without_gap_or_overlap) {
    std::vector<std::int64_t> edges(64);
    std::iota(edges.begin(), edges.end(), 0);
    for (std::int64_t power = 64; power < histogram::value_max_ns; power *= 2) {
        for (std::int64_t step = 0; step < 64; ++step) {
            edges.push_back(power + power / 64 * step);
            edges.push_back(power + power / 64 * step - 1);
        }
    }
    std::erase_if(edges, [](std::int64_t value) { return value > histogram::value_max_ns; });
    const histogram_snapshot held = recorded(edges);
    for (std::size_t at = 1; at < held.buckets.size(); ++at) {
        ASSERT_EQ(held.buckets[at].lowest_ns, held.buckets[at - 1].highest_ns + 1);
    }
    for (const auto& bucket : held.buckets) {
        const std::int64_t width = bucket.highest_ns - bucket.lowest_ns;
        ASSERT_LE(static_cast<double>(width), static_cast<double>(bucket.lowest_ns) / 64.0);
    }
    for (const std::int64_t edge : edges) {
        const auto holds_edge = [edge](const histogram_snapshot::bucket& bucket) {
            return bucket.lowest_ns <= edge && edge <= bucket.highest_ns;
        };
        ASSERT_TRUE(std::any_of(held.buckets.begin(), held.buckets.end(), holds_edge)) << edge;
    }
}

TEST(histogram, stays_within_its_error_for_every_size_of_value) {
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> exponent(std::log(100.0), std::log(3.6e12));
    std::vector<std::int64_t> values(20'000);
    for (std::int64_t& value : values) {
        value = static_cast<std::int64_t>(std::exp(exponent(random)));
    }
    expect_close_to_exact(values);
}

TEST(histogram, stays_within_its_error_for_service_times) {
    std::mt19937_64 random(2);
    std::exponential_distribution<double> fast(1.0 / 800.0);
    std::normal_distribution<double> slow(2e6, 3e5);
    std::vector<std::int64_t> values(20'000);
    for (std::size_t at = 0; at < values.size(); ++at) {
        const double value = at % 50 == 0 ? slow(random) : fast(random);
        values[at] = std::max<std::int64_t>(0, static_cast<std::int64_t>(value));
    }
    expect_close_to_exact(values);
}

TEST(histogram, stays_within_its_error_for_few_and_equal_values) {
    expect_close_to_exact({1000});
    expect_close_to_exact({5, 1'000'000'000});
    expect_close_to_exact(std::vector<std::int64_t>(999, 12'345));
    expect_close_to_exact({0, 0, 0, histogram::value_max_ns});
}

TEST(histogram, records_too_long_ones_as_an_hour_and_says_so) {
    const histogram_snapshot held = recorded({histogram::value_max_ns + 1, int64_max, 5});
    EXPECT_EQ(held.count, 3U);
    EXPECT_EQ(held.overflow, 2U);
    EXPECT_EQ(held.max_ns, histogram::value_max_ns);
    EXPECT_EQ(held.sum_ns, 2 * histogram::value_max_ns + 5);
    EXPECT_EQ(recorded({histogram::value_max_ns}).overflow, 0U);
}

TEST(histogram, records_negative_ones_as_zero) {
    const histogram_snapshot held = recorded({-1, std::numeric_limits<std::int64_t>::min()});
    EXPECT_EQ(held.count, 2U);
    EXPECT_EQ(held.sum_ns, 0);
    EXPECT_EQ(held.min_ns, 0);
    EXPECT_EQ(held.max_ns, 0);
}

TEST(histogram, keeps_its_sum_at_the_largest_number) {
    constexpr std::size_t enough = std::size_t{2'562'047} + 1;  // times 1 h is past 2^63 ns
    const auto held = std::make_unique<histogram>();
    for (std::size_t at = 0; at < enough; ++at) {
        held->record(histogram::value_max_ns);
    }
    EXPECT_EQ(held->snapshot().sum_ns, int64_max);
    EXPECT_EQ(held->snapshot().count, enough);
    for (std::size_t at = 0; at < enough; ++at) {
        held->record(histogram::value_max_ns);  // past 2^64, where it would look small again
    }
    held->record(histogram::value_max_ns);
    EXPECT_EQ(held->snapshot().sum_ns, int64_max);
}

TEST(histogram, loses_nothing_of_many_writers) {
    constexpr int writers = 4;
    constexpr std::int64_t each = 20'000;
    const auto held = std::make_unique<histogram>();
    std::atomic<int> running{writers};
    std::vector<std::thread> threads;
    for (int writer = 0; writer < writers; ++writer) {
        threads.emplace_back([&, writer] {
            for (std::int64_t i = 0; i < each; ++i) {
                held->record((i * writers + writer) * 97);
            }
            running.fetch_sub(1);
        });
    }
    std::uint64_t last = 0;
    while (running.load() > 0) {
        const histogram_snapshot now = held->snapshot();
        ASSERT_GE(now.count, last);
        ASSERT_LE(now.min_ns, now.max_ns);
        ASSERT_GE(now.quantile_ns(0.5), now.min_ns);
        ASSERT_LE(now.quantile_ns(0.5), now.max_ns);
        ASSERT_EQ(now.count_at_or_below(now.max_ns), now.count);
        last = now.count;
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    std::vector<std::int64_t> values(writers * each);
    for (std::size_t at = 0; at < values.size(); ++at) {
        values[at] = static_cast<std::int64_t>(at) * 97;
    }
    expect_equal(held->snapshot(), recorded(values));
}

TEST(histogram, makes_each_block_once_when_many_writers_touch_it_first) {
    for (int round = 0; round < 50; ++round) {
        const auto held = std::make_unique<histogram>();
        std::atomic<bool> go{false};
        std::vector<std::thread> threads;
        for (int writer = 0; writer < 3; ++writer) {
            threads.emplace_back([&] {
                while (!go.load()) {
                }
                for (std::int64_t value = 1; value < histogram::value_max_ns; value *= 2) {
                    held->record(value);
                }
            });
        }
        go.store(true);
        for (std::thread& thread : threads) {
            thread.join();
        }
        EXPECT_EQ(held->snapshot().count, 3U * 42U);
    }
}

TEST(histogram_snapshot, takes_odd_quantiles) {
    const histogram_snapshot held = recorded({10, 20, 30});
    EXPECT_EQ(held.quantile_ns(-1.0), 10);
    EXPECT_EQ(held.quantile_ns(0.0), 10);
    EXPECT_EQ(held.quantile_ns(1.0), 30);
    EXPECT_EQ(held.quantile_ns(2.0), 30);
    EXPECT_EQ(held.quantile_ns(std::numeric_limits<double>::infinity()), 30);
    EXPECT_EQ(held.quantile_ns(-std::numeric_limits<double>::infinity()), 10);
    EXPECT_EQ(held.quantile_ns(std::numeric_limits<double>::quiet_NaN()), 10);
    EXPECT_EQ(held.quantile_ns(std::numeric_limits<double>::denorm_min()), 10);
    EXPECT_EQ(held.quantile_ns(0.334), 20);
    EXPECT_EQ(held.quantile_ns(std::nextafter(1.0, 0.0)), 30);
}

TEST(histogram_snapshot, takes_odd_bounds) {
    const histogram_snapshot held = recorded({10, 20, 30});
    EXPECT_EQ(held.count_at_or_below(std::numeric_limits<std::int64_t>::min()), 0U);
    EXPECT_EQ(held.count_at_or_below(9), 0U);
    EXPECT_EQ(held.count_at_or_below(29), 2U);
    EXPECT_EQ(held.count_at_or_below(int64_max), 3U);
}

TEST(histogram_snapshot, merges_as_if_one_had_recorded_both) {
    std::mt19937_64 random(3);
    std::vector<std::int64_t> left;
    std::vector<std::int64_t> right;
    std::vector<std::int64_t> both;
    for (int i = 0; i < 5000; ++i) {
        const auto value = static_cast<std::int64_t>(random() >> (random() % 60 + 1));
        (i % 3 == 0 ? left : right).push_back(value);
        both.push_back(value);
    }
    histogram_snapshot merged = recorded(left);
    merged.merge(recorded(right));
    expect_equal(merged, recorded(both));
}

TEST(histogram_snapshot, merges_with_nothing_on_either_side) {
    const histogram_snapshot some = recorded({5, 500, 5000});
    histogram_snapshot merged = some;
    merged.merge(histogram_snapshot());
    expect_equal(merged, some);
    histogram_snapshot from_nothing;
    from_nothing.merge(some);
    expect_equal(from_nothing, some);
    histogram_snapshot nothing;
    nothing.merge(histogram_snapshot());
    expect_equal(nothing, histogram_snapshot());
}

TEST(histogram_snapshot, merges_with_itself) {
    histogram_snapshot held = recorded({5, 500, 5000});
    held.merge(held);
    EXPECT_EQ(held.count, 6U);
    EXPECT_EQ(held.sum_ns, 2 * 5505);
    EXPECT_EQ(held.buckets.size(), 3U);
    EXPECT_EQ(held.buckets.front().count, 2U);
}

TEST(histogram_snapshot, keeps_its_sum_at_the_largest_number_when_merged) {
    histogram_snapshot held = recorded({5});
    held.sum_ns = int64_max - 3;
    histogram_snapshot other = recorded({5});
    held.merge(other);
    EXPECT_EQ(held.sum_ns, int64_max);
    other.lost = 7;
    other.overflow = 2;
    held.merge(other);
    EXPECT_EQ(held.lost, 7U);
    EXPECT_EQ(held.overflow, 2U);
}
