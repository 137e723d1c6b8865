// SPDX-License-Identifier: MIT
#pragma once

#include "resilience/call_tally.hpp"
#include <stentor/resilience/breaker.hpp>

#include <cstdint>

namespace stentor::inline v0::detail {

// All that decides whether a breaker lets a call through, in 64 bits:
//
//   state        3    one of breaker_state
//   trips        5    how often it opened since it was last closed, less one
//   admitted     7    half open: trial calls that are under way or have ended
//   completed    7    of these, such as have ended
//   failed       7    of the completed ones
//   slow         7    of the completed ones
//   generation   28   counts the changes, so that a call belongs to the time in which it began
//
// Threads: a value.
class breaker_word {
public:
    static constexpr std::uint32_t trials_max = 127;
    static constexpr std::uint32_t trips_max = 31;
    static constexpr std::uint32_t generation_mask = (1U << 28U) - 1;

    constexpr breaker_word() noexcept = default;
    constexpr explicit breaker_word(std::uint64_t bits) noexcept : bits_(bits) {}

    [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_; }
    [[nodiscard]] constexpr breaker_state state() const noexcept {
        return static_cast<breaker_state>(bits_ & 7U);
    }
    [[nodiscard]] constexpr std::uint32_t trips() const noexcept { return field(3, 5); }
    [[nodiscard]] constexpr std::uint32_t admitted() const noexcept { return field(8, 7); }
    [[nodiscard]] constexpr std::uint32_t completed() const noexcept { return field(15, 7); }
    [[nodiscard]] constexpr std::uint32_t failed() const noexcept { return field(22, 7); }
    [[nodiscard]] constexpr std::uint32_t slow() const noexcept { return field(29, 7); }
    [[nodiscard]] constexpr std::uint32_t generation() const noexcept { return field(36, 28); }
    [[nodiscard]] constexpr std::uint32_t under_way() const noexcept {
        return admitted() - completed();
    }

    // The next generation, without trials.
    [[nodiscard]] constexpr breaker_word moved(breaker_state to,
                                               std::uint32_t trips) const noexcept {
        return breaker_word(static_cast<std::uint64_t>(to) | (std::uint64_t{trips} << 3U) |
                            next_generation());
    }
    // The next generation, with its trials.
    [[nodiscard]] constexpr breaker_word renewed() const noexcept {
        constexpr auto others = (std::uint64_t{1} << 36U) - 1;
        return breaker_word((bits_ & others) | next_generation());
    }
    [[nodiscard]] constexpr breaker_word with_trial() const noexcept {
        return breaker_word(bits_ + one(8));
    }
    [[nodiscard]] constexpr breaker_word without_trial() const noexcept {
        return breaker_word(bits_ - one(8));
    }
    [[nodiscard]] constexpr breaker_word with_completed(call_mark mark) const noexcept {
        return breaker_word(bits_ + one(15) + (mark.failed ? one(22) : 0) +
                            (mark.slow ? one(29) : 0));
    }

    friend constexpr bool operator==(breaker_word, breaker_word) noexcept = default;

private:
    static constexpr std::uint64_t one(unsigned at) noexcept { return std::uint64_t{1} << at; }
    [[nodiscard]] constexpr std::uint32_t field(unsigned at, unsigned size) const noexcept {
        return static_cast<std::uint32_t>((bits_ >> at) & (one(size) - 1));
    }
    [[nodiscard]] constexpr std::uint64_t next_generation() const noexcept {
        return std::uint64_t{(generation() + 1) & generation_mask} << 36U;
    }

    std::uint64_t bits_ = 0;  // closed, generation 0
};

}  // namespace stentor::inline v0::detail
