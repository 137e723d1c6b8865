// SPDX-License-Identifier: MIT
#include <stentor/resilience/memory_dead_letters.hpp>

#include "conformance/dead_letter_suite.hpp"

namespace conformance {

struct in_memory {
    static std::unique_ptr<stentor::dead_letter_store> make() {
        return stentor::memory_dead_letters::make().value();
    }
};

TEST(dead_letter_rules, are_run_against_an_empty_store) {
    EXPECT_EQ(in_memory::make()->room().letters, 0U);
}

INSTANTIATE_TYPED_TEST_SUITE_P(memory, dead_letter_stores, in_memory);

}  // namespace conformance
