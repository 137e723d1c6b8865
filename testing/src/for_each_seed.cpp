// SPDX-License-Identifier: MIT
#include <stentor/testing/for_each_seed.hpp>

#include "seeds.hpp"

namespace stentor::inline v0::testing {

seed_search for_each_seed(std::uint64_t count, seed_scenario scenario, std::uint64_t first) {
    if (const auto given = detail::seed_from_environment()) {
        first = *given;
        count = 1;
    }
    const detail::search_scope searching;
    const auto before = detail::failures_so_far();
    seed_search search;
    for (std::uint64_t at = 0; at < count; ++at) {
        const auto seed = first + at;
        ++search.ran;
        try {
            scenario(seed);
        } catch (...) {
            detail::report_seed(seed);
            throw;
        }
        if (detail::failures_so_far() != before) {
            detail::report_seed(seed);
            search.failed = seed;
            return search;
        }
    }
    return search;
}

}  // namespace stentor::inline v0::testing
