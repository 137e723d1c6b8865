// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/testing/export.hpp>

#include <cstdint>
#include <string>

// What the kit asks the test framework, so that a failing test says its seed. matchers.hpp answers
// for GoogleTest; another framework is introduced once, before the first test.
//
// Threads: set and used by the thread that runs the tests.

namespace stentor::inline v0::testing {

struct test_framework {
    // Failures of the running test so far.
    std::int64_t (*failures)() = nullptr;
    // The arguments with which the program runs this test alone, for example
    // "--gtest_filter=mail.retries".
    std::string (*selection)() = nullptr;
};

STENTOR_TESTING_EXPORT void use_test_framework(test_framework framework) noexcept;

// The line for a shell that runs this test again with the seed.
[[nodiscard]] STENTOR_TESTING_EXPORT std::string replay_line(std::uint64_t seed);

}  // namespace stentor::inline v0::testing
