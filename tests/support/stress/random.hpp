// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

// Seeded randomness of the stress tests: the same seed gives the same plan on every machine.
//
// Threads: one thread at a time.
namespace stentor::stress {

// Spreads neighbouring numbers over all 64 bits (the mixer of SplitMix64, Steele et al. 2014).
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t value) noexcept {
    value += 0x9e3779b97f4a7c15ULL;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31);
}

class random_source {
public:
    explicit random_source(std::uint64_t seed) noexcept : state_(seed) {}

    std::uint64_t next() noexcept { return mix(state_ += 0x9e3779b97f4a7c15ULL); }
    // Of `low` to `high`, both included.
    std::uint64_t within(std::uint64_t low, std::uint64_t high) noexcept {
        return low + next() % (high - low + 1);
    }
    // True once in `times` on average; 0 is never.
    bool one_in(std::uint64_t times) noexcept { return times != 0 && next() % times == 0; }
    template <class T, std::size_t Count>
    const T& of(const T (&choices)[Count]) noexcept {
        return choices[next() % Count];
    }

private:
    std::uint64_t state_;
};

}  // namespace stentor::stress
