// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/resilience/circuit_breaker.hpp>
#include <stentor/resilience/rate_limit.hpp>

#include <memory>

namespace stentor::inline v0::detail {

// What stands before the calls of one subscription: a breaker, a rate, or both. Runners ask before
// they take from its lane; refused, they leave the lane to rest, so what is queued keeps its place
// and its attempts. Kept by the lane and by the subscription. Immutable; any thread.
struct call_gate {
    std::shared_ptr<circuit_breaker> breaker;  // null: none
    std::shared_ptr<rate_limiter> rate;        // the same
    // What is measured or outlives its batch needs a permit of its own, so a batch has one entry.
    bool one_by_one = false;
};

}  // namespace stentor::inline v0::detail
