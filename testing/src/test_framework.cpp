// SPDX-License-Identifier: MIT
#include <stentor/testing/test_framework.hpp>

#include "seeds.hpp"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace stentor::inline v0::testing {

namespace {

constinit test_framework framework_in_use{};

}  // namespace

void use_test_framework(test_framework framework) noexcept {
    framework_in_use = framework;
}

std::string replay_line(std::uint64_t seed) {
    auto line = "STENTOR_SEED=" + std::to_string(seed) + ' ' + program_invocation_name;
    if (framework_in_use.selection != nullptr) {
        if (const auto arguments = framework_in_use.selection(); !arguments.empty()) {
            line += ' ' + arguments;
        }
    }
    return line;
}

namespace detail {

int search_scope::depth = 0;

std::optional<std::uint64_t> seed_from_environment() {
    const auto* text = std::getenv("STENTOR_SEED");
    if (text == nullptr || *text == '\0') {
        return std::nullopt;
    }
    const std::string_view digits(text);
    std::uint64_t seed = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), seed);
    if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size()) {
        throw std::invalid_argument("stentor: STENTOR_SEED is \"" + std::string(digits) +
                                    "\"; give a whole number from 0 to 2^64 - 1");
    }
    return seed;
}

std::int64_t failures_so_far() {
    return framework_in_use.failures != nullptr ? framework_in_use.failures() : 0;
}

void report_seed(std::uint64_t seed) {
    std::fprintf(stderr, "stentor: this test failed with seed %llu; again: %s\n",
                 static_cast<unsigned long long>(seed), replay_line(seed).c_str());
}

}  // namespace detail
}  // namespace stentor::inline v0::testing
