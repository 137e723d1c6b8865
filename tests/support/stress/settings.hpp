// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

// How much, and from which seed. A run is the same program in CI, where it takes a minute, and in
// the long runs, which set these variables:
//   STENTOR_STRESS_EVENTS   events of the whole stress suite; each test takes its share
//   STENTOR_STRESS_SEED     where the sequence of plans begins
//   STENTOR_STRESS_ROUNDS   so many plans and no more, to replay one
namespace stentor::stress {

// Sanitizers make events dear; what a test counts in events or rounds is divided by this.
#if defined(__SANITIZE_THREAD__)
inline constexpr std::uint64_t cost = 50;
#elif defined(__SANITIZE_ADDRESS__)
inline constexpr std::uint64_t cost = 20;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
inline constexpr std::uint64_t cost = 50;
#elif __has_feature(address_sanitizer)
inline constexpr std::uint64_t cost = 20;
#else
inline constexpr std::uint64_t cost = 1;
#endif
#else
inline constexpr std::uint64_t cost = 1;
#endif

// 5 * 10^7, or what the variable says; less with sanitizers.
[[nodiscard]] std::uint64_t events_of_run() noexcept;
// The variable's value, or a number that is always the same.
[[nodiscard]] std::uint64_t seed_of_run() noexcept;
// The most plans that one test may run.
[[nodiscard]] std::uint64_t rounds_max() noexcept;
// `often` in a plain build, fewer with sanitizers, times STENTOR_STRESS_EVENTS over its default.
[[nodiscard]] std::uint64_t repeats(std::uint64_t often) noexcept;

}  // namespace stentor::stress
