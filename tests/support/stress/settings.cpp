// SPDX-License-Identifier: MIT
#include "support/stress/settings.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace stentor::stress {

namespace {

constexpr std::uint64_t events_default = 50'000'000;
constexpr std::uint64_t seed_default = 20'240'601;

std::uint64_t number_in(const char* variable, std::uint64_t otherwise) noexcept {
    const char* text = std::getenv(variable);
    return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 0);
}

}  // namespace

std::uint64_t events_of_run() noexcept {
    return number_in("STENTOR_STRESS_EVENTS", events_default / cost);
}

std::uint64_t seed_of_run() noexcept {
    return number_in("STENTOR_STRESS_SEED", seed_default);
}

std::uint64_t rounds_max() noexcept {
    return number_in("STENTOR_STRESS_ROUNDS", std::numeric_limits<std::uint64_t>::max());
}

std::uint64_t repeats(std::uint64_t often) noexcept {
    const auto scale = static_cast<double>(events_of_run()) / static_cast<double>(events_default);
    return std::max<std::uint64_t>(static_cast<std::uint64_t>(static_cast<double>(often) * scale),
                                   2);
}

}  // namespace stentor::stress
