// SPDX-License-Identifier: MIT
#include <stentor/metrics/histogram.hpp>

#include <stentor/base/cache_line.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <limits>
#include <memory>
#include <new>
#include <utility>

namespace stentor::inline v0 {
namespace {

constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();

struct place {
    std::size_t block;
    std::size_t bucket;
};

// The value's top seven bits are its bucket, the number of bits below them its block.
constexpr place place_of(std::int64_t value_ns) noexcept {
    const auto value = static_cast<std::uint64_t>(value_ns);
    const auto width = static_cast<std::size_t>(std::bit_width(value));
    if (width <= 6) {
        return {0, static_cast<std::size_t>(value)};
    }
    const std::size_t block = width - 6;
    return {block, static_cast<std::size_t>(value >> (block - 1)) - 64};
}

constexpr std::int64_t lowest_of(place at) noexcept {
    if (at.block == 0) {
        return static_cast<std::int64_t>(at.bucket);
    }
    return static_cast<std::int64_t>((at.bucket + 64) << (at.block - 1));
}

constexpr std::int64_t highest_of(place at) noexcept {
    return at.block == 0 ? lowest_of(at) : lowest_of(at) + (std::int64_t{1} << (at.block - 1)) - 1;
}

static_assert(place_of(histogram::value_max_ns).block == 36);
static_assert(place_of(63).block == 0 && place_of(64).block == 1 && place_of(64).bucket == 0);
static_assert(lowest_of(place_of(127)) == 127 && highest_of(place_of(127)) == 127);
static_assert(lowest_of(place_of(1000)) == 1000 && highest_of(place_of(1000)) == 1007);

constexpr std::int64_t middle_of(const histogram_snapshot::bucket& bucket) noexcept {
    return bucket.lowest_ns + (bucket.highest_ns - bucket.lowest_ns) / 2;
}

constexpr std::int64_t add_saturated(std::int64_t left, std::int64_t right) noexcept {
    return left > int64_max - right ? int64_max : left + right;
}

}  // namespace

struct alignas(cache_line_size) histogram::block {
    std::array<std::atomic<std::uint64_t>, buckets_per_block> counts{};
};

histogram::~histogram() {
    for (const auto& slot : blocks_) {
        delete slot.load(std::memory_order_acquire);  // pair: histogram block
    }
}

void histogram::record(std::int64_t value_ns) noexcept {
    const std::int64_t value = std::clamp<std::int64_t>(value_ns, 0, value_max_ns);
    const place at = place_of(value);
    block* const counts = find_or_make(at.block);
    if (counts == nullptr) {
        lost_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    if (value_ns > value_max_ns) {
        overflow_.fetch_add(1, std::memory_order_relaxed);
    }
    widen(value);
    const auto amount = static_cast<std::uint64_t>(value);
    const std::uint64_t sum = sum_ns_.fetch_add(amount, std::memory_order_relaxed) + amount;
    if (sum > static_cast<std::uint64_t>(int64_max)) {
        sum_saturated_.store(true, std::memory_order_relaxed);
    }
    counts->counts[at.bucket].fetch_add(1, std::memory_order_relaxed);
}

histogram::block* histogram::find_or_make(std::size_t index) noexcept {
    std::atomic<block*>& slot = blocks_[index];
    block* found = slot.load(std::memory_order_acquire);  // pair: histogram block
    if (found != nullptr) {
        return found;
    }
    std::unique_ptr<block> fresh(new (std::nothrow) block);
    if (fresh == nullptr) {
        return nullptr;
    }
    // Release: the zeros must be there before the pointer is. Pair: histogram block.
    if (slot.compare_exchange_strong(found, fresh.get(), std::memory_order_acq_rel,
                                     std::memory_order_acquire)) {
        return fresh.release();
    }
    return found;  // somebody was faster
}

void histogram::widen(std::int64_t value_ns) noexcept {
    std::int64_t least = min_ns_.load(std::memory_order_relaxed);
    while (value_ns < least &&
           !min_ns_.compare_exchange_weak(least, value_ns, std::memory_order_relaxed)) {
    }
    std::int64_t most = max_ns_.load(std::memory_order_relaxed);
    while (value_ns > most &&
           !max_ns_.compare_exchange_weak(most, value_ns, std::memory_order_relaxed)) {
    }
}

histogram_snapshot histogram::snapshot() const {
    histogram_snapshot out;
    for (std::size_t index = 0; index < block_count; ++index) {
        const block* const counts = blocks_[index].load(std::memory_order_acquire);
        if (counts == nullptr) {
            continue;
        }
        for (std::size_t bucket = 0; bucket < buckets_per_block; ++bucket) {
            const std::uint64_t count = counts->counts[bucket].load(std::memory_order_relaxed);
            if (count > 0) {
                const place at{index, bucket};
                out.buckets.push_back({lowest_of(at), highest_of(at), count});
                out.count += count;
            }
        }
    }
    out.lost = lost_.load(std::memory_order_relaxed);
    out.overflow = overflow_.load(std::memory_order_relaxed);
    if (out.count == 0) {
        return out;
    }
    const std::uint64_t sum = sum_ns_.load(std::memory_order_relaxed);
    const bool saturated = sum_saturated_.load(std::memory_order_relaxed) ||
                           sum > static_cast<std::uint64_t>(int64_max);
    out.sum_ns = saturated ? int64_max : static_cast<std::int64_t>(sum);
    // A record under way may have moved an extreme whose bucket was not seen, or the reverse.
    out.min_ns = std::clamp(min_ns_.load(std::memory_order_relaxed), out.buckets.front().lowest_ns,
                            out.buckets.front().highest_ns);
    out.max_ns = std::clamp(max_ns_.load(std::memory_order_relaxed), out.buckets.back().lowest_ns,
                            out.buckets.back().highest_ns);
    out.max_ns = std::max(out.min_ns, out.max_ns);
    return out;
}

std::int64_t histogram_snapshot::quantile_ns(double q) const noexcept {
    if (count == 0 || !(q > 0.0)) {
        return min_ns;
    }
    if (q >= 1.0) {
        return max_ns;
    }
    const double exact_rank = std::ceil(q * static_cast<double>(count));
    // The product may round up past the count.
    const std::uint64_t rank =
        exact_rank >= static_cast<double>(count)
            ? count
            : std::max<std::uint64_t>(1, static_cast<std::uint64_t>(exact_rank));
    std::uint64_t seen = 0;
    for (const bucket& each : buckets) {
        seen += each.count;
        if (seen >= rank) {
            return std::clamp(middle_of(each), min_ns, max_ns);
        }
    }
    return max_ns;
}

std::uint64_t histogram_snapshot::count_at_or_below(std::int64_t bound_ns) const noexcept {
    if (bound_ns < min_ns) {
        return 0;
    }
    if (bound_ns >= max_ns) {
        return count;
    }
    std::uint64_t seen = 0;
    for (const bucket& each : buckets) {
        if (middle_of(each) > bound_ns) {
            break;
        }
        seen += each.count;
    }
    return seen;
}

double histogram_snapshot::mean_ns() const noexcept {
    return count == 0 ? 0.0 : static_cast<double>(sum_ns) / static_cast<double>(count);
}

void histogram_snapshot::merge(const histogram_snapshot& other) {
    if (other.count > 0) {
        std::vector<bucket> both;
        both.reserve(buckets.size() + other.buckets.size());
        std::merge(buckets.begin(), buckets.end(), other.buckets.begin(), other.buckets.end(),
                   std::back_inserter(both), [](const bucket& left, const bucket& right) {
                       return left.lowest_ns < right.lowest_ns;
                   });
        std::size_t last = 0;
        for (std::size_t next = 1; next < both.size(); ++next) {
            if (both[next].lowest_ns == both[last].lowest_ns) {
                both[last].count += both[next].count;
            } else {
                both[++last] = both[next];
            }
        }
        both.resize(last + 1);
        min_ns = count == 0 ? other.min_ns : std::min(min_ns, other.min_ns);
        max_ns = count == 0 ? other.max_ns : std::max(max_ns, other.max_ns);
        buckets = std::move(both);
    }
    count += other.count;
    sum_ns = add_saturated(sum_ns, other.sum_ns);
    lost += other.lost;
    overflow += other.overflow;
}

}  // namespace stentor::inline v0
