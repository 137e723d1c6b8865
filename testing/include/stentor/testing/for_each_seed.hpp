// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/inline_function.hpp>
#include <stentor/testing/export.hpp>

#include <cstdint>
#include <optional>

// A scenario under many seeds, which are many orders of the same events.
//
// Threads: one at a time.

namespace stentor::inline v0::testing {

using seed_scenario = inline_function<void(std::uint64_t seed)>;

struct seed_search {
    std::uint64_t ran = 0;
    // The first seed under which the scenario threw or the test recorded a failure.
    std::optional<std::uint64_t> failed{};

    [[nodiscard]] explicit operator bool() const noexcept { return !failed; }
};

// Calls scenario(seed) with `count` seeds from `first` on until one fails: then it prints the line
// that replays that seed alone to standard error, and stops. What the scenario throws is passed on.
// With STENTOR_SEED in the environment that seed is the only one.
STENTOR_TESTING_EXPORT seed_search for_each_seed(std::uint64_t count, seed_scenario scenario,
                                                 std::uint64_t first = 1);

}  // namespace stentor::inline v0::testing
