// SPDX-License-Identifier: MIT
#pragma once

#include "resilience/token_bucket.hpp"
#include <stentor/resilience/retry_policy.hpp>

#include <algorithm>
#include <cstdint>

namespace stentor::inline v0::detail {

// The retry budget of one subscription. It is a token bucket over the count of first attempts, so
// an attempt that does not fail costs nothing here: its count is read when a retry asks.
//
// Threads: any. Progress: lock-free.
template <class Sync>
class retry_allowance {
public:
    // Checked already.
    explicit retry_allowance(const retry_budget& budget) noexcept
        : bucket_(budget.burst, std::max<std::int64_t>(
                                    1, static_cast<std::int64_t>(one_attempt / budget.share))) {}

    // `first_attempts`: how many there were, as far as the caller knows. False: put the retry off.
    [[nodiscard]] bool take(std::int64_t first_attempts) noexcept {
        return bucket_.take(std::clamp<std::int64_t>(first_attempts, 0, most) * one_attempt) == 0;
    }

private:
    static constexpr std::int64_t one_attempt = std::int64_t{1} << 16U;
    static constexpr std::int64_t most = std::int64_t{1} << 45U;

    token_bucket<Sync> bucket_;
};

}  // namespace stentor::inline v0::detail
