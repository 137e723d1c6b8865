// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

// Chance that a seed decides: the same seed and number give the same choice on every machine, so a
// schedule with jitter can be repeated and tested. Nothing here keeps a state.
//
// Threads: pure functions. Progress: wait-free.
namespace stentor::inline v0::detail {

// Spreads a number over all 64 bits; the last step of SplitMix64 (Steele, Lea and Flood, "Fast
// splittable pseudorandom number generators", 2014). `number` tells the draws of one seed apart.
[[nodiscard]] constexpr std::uint64_t drawn(std::uint64_t seed, std::uint64_t number) noexcept {
    std::uint64_t mixed = seed + (number + 1) * 0x9e37'79b9'7f4a'7c15U;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58'476d'1ce4'e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d0'49bb'1331'11ebU;
    return mixed ^ (mixed >> 31U);
}

// The upper 64 bits of a product of 128.
[[nodiscard]] constexpr std::uint64_t product_high(std::uint64_t a, std::uint64_t b) noexcept {
    constexpr std::uint64_t low_half = 0xffff'ffffU;
    const std::uint64_t low = (a & low_half) * (b & low_half);
    const std::uint64_t first = (a >> 32U) * (b & low_half) + (low >> 32U);
    const std::uint64_t second = (a & low_half) * (b >> 32U) + (first & low_half);
    return (a >> 32U) * (b >> 32U) + (first >> 32U) + (second >> 32U);
}

// A number from `least` to `most`, both possible, evenly but for one part in 2^64 / (most - least).
// 0 <= least; when most < least it is `least`.
[[nodiscard]] constexpr std::int64_t uniform(std::int64_t least, std::int64_t most,
                                             std::uint64_t draw) noexcept {
    if (most <= least) {
        return least;
    }
    const auto choices = static_cast<std::uint64_t>(most - least) + 1;
    return least + static_cast<std::int64_t>(product_high(draw, choices));
}

}  // namespace stentor::inline v0::detail
