// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>

// A token bucket in one word: the rate limiter, and the retry budget. Tokens come back one per
// `cost` of some count that only grows: nanoseconds for a rate, first attempts for a budget. The
// bucket holds `burst` of them and begins full.
//
// The word is no number of tokens but the count at which the bucket would be full again; it is the
// "theoretical arrival time" of the generic cell rate algorithm (ITU-T I.371). So nothing has to be
// refilled, and one exchange takes a token:
//     full_at' = max(full_at, now) + cost, allowed while full_at' - now <= burst * cost
//
// Exact: of the tokens that are taken and kept, at most burst + length / cost fall into any stretch
// of that length, whatever the threads do, because each successful exchange moves the word on from
// the value that it was decided on. A reading of `now` that comes late, because its thread was
// stopped, finds fewer tokens than there are, never more.
//
// relaxed throughout: the word holds all that is decided on, and orders nothing else.
// Threads: any. Progress: lock-free; give_back() is wait-free.
namespace stentor::inline v0::detail {

template <class Sync>
class token_bucket {
public:
    // 1 <= burst, 1 <= cost, and their product is at most 2^61.
    token_bucket(std::int64_t burst, std::int64_t cost) noexcept
        : depth_(burst * cost), cost_(cost) {}

    // 0: a token was taken. Else how far the count has to go on until one is there.
    [[nodiscard]] std::int64_t take(std::int64_t now) noexcept {
        now = std::min(now, latest);
        auto full_at = full_at_.load(std::memory_order_relaxed);
        for (;;) {
            const auto next = std::max(full_at, now) + cost_;
            if (next - now > depth_) {
                // The word may be an old one, with fewer tokens than there are now; but it is none
                // older than what the caller knows of.
                return next - now - depth_;
            }
            if (full_at_.compare_exchange_weak(full_at, next, std::memory_order_relaxed,
                                               std::memory_order_relaxed)) {
                return 0;
            }
        }
    }

    // The token was not used. One that comes back to a full bucket is nobody's.
    void give_back() noexcept { full_at_.fetch_sub(cost_, std::memory_order_relaxed); }

    // How many could be taken now, one after the other.
    [[nodiscard]] std::int64_t available(std::int64_t now) const noexcept {
        now = std::min(now, latest);
        const auto full_at = full_at_.load(std::memory_order_relaxed);
        return std::max<std::int64_t>(0, (depth_ - (std::max(full_at, now) - now)) / cost_);
    }

private:
    // So that no sum overflows: 2^62 ns are 146 years.
    static constexpr std::int64_t latest = std::numeric_limits<std::int64_t>::max() / 2;

    // Written by whoever takes a token or gives one back.
    typename Sync::template atomic<std::int64_t> full_at_{0};
    const std::int64_t depth_;
    const std::int64_t cost_;
};

}  // namespace stentor::inline v0::detail
