// SPDX-License-Identifier: MIT
#pragma once

#include "resilience/call_tally.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

// The calls of the last so many nanoseconds under a breaker, in sixty parts: the current part and
// the fifty-nine before it. A call, or several equal ones that are recorded together, is one
// exchange of the part's word, which holds three counts and a tag, made of the breaker's generation
// and of the part's number; a word with another tag is empty. So neither time nor a new generation
// has to clear anything.
//
// A part counts up to 4 095 calls; then its counts are halved, and go on: the proportions stay,
// and within the part newer calls weigh more.
//
// Whoever records last counts all: the exchange of each record and the looks that follow it are
// sequentially consistent, so of two calls in different parts the one whose exchange comes second
// sees the other. [PAIR window-parts]
//
// A thread that is stopped between reading the clock and its exchange for a whole window may empty
// a part that is in use: a sixtieth of the calls is then forgotten.
// Threads: any. Progress: lock-free.
namespace stentor::inline v0::detail {

template <class Sync>
class time_window {
public:
    static constexpr std::int64_t parts = 60;

    // parts <= length.
    explicit time_window(std::int64_t length_ns) noexcept : part_ns_(length_ns / parts) {}

    // 0 <= now. So many calls that ended alike.
    void record(std::uint32_t generation, call_mark mark, std::int64_t now_ns,
                std::int64_t calls = 1) noexcept {
        const auto part = now_ns / part_ns_;
        const auto mine = tag(generation, part);
        auto& word = words_[index(part)];
        auto held = word.load(std::memory_order_relaxed);  // the exchange checks it
        auto left = static_cast<std::uint64_t>(calls);
        while (left != 0) {
            auto counts = (held >> tag_at) == mine ? held & low(tag_at) : 0;
            if ((counts & low(count_bits)) == low(count_bits)) {
                counts = halved(counts);
            }
            const auto put = std::min(left, low(count_bits) - (counts & low(count_bits)));
            counts += put + (mark.failed ? put << count_bits : 0) +
                      (mark.slow ? put << (2 * count_bits) : 0);
            const auto next = counts | (mine << tag_at);
            if (word.compare_exchange_weak(held, next,
                                           std::memory_order_seq_cst,  // [PAIR window-parts]
                                           std::memory_order_relaxed)) {
                held = next;
                left -= put;
            }
        }
    }

    [[nodiscard]] call_tally tally(std::uint32_t generation, std::int64_t now_ns) const noexcept {
        call_tally sum;
        const auto newest = now_ns / part_ns_;
        for (auto part = newest; part > newest - parts && part >= 0; --part) {
            const auto word =
                words_[index(part)].load(std::memory_order_seq_cst);  // [PAIR window-parts]
            if ((word >> tag_at) == tag(generation, part)) {
                sum.calls += field(word, 0);
                sum.failed += field(word, 1);
                sum.slow += field(word, 2);
            }
        }
        return sum;
    }

private:
    static constexpr unsigned count_bits = 12;
    static constexpr unsigned tag_at = 3 * count_bits;
    static constexpr unsigned tag_part_bits = 22;
    static constexpr unsigned tag_generation_bits = 64 - tag_at - tag_part_bits;

    static constexpr std::uint64_t low(unsigned bits) noexcept {
        return (std::uint64_t{1} << bits) - 1;
    }
    // Never 0, so that an untouched word is nobody's.
    static constexpr std::uint64_t tag(std::uint32_t generation, std::int64_t part) noexcept {
        const auto number = static_cast<std::uint64_t>(part) % low(tag_part_bits) + 1;
        return ((generation & low(tag_generation_bits)) << tag_part_bits) | number;
    }
    static constexpr std::size_t index(std::int64_t part) noexcept {
        return static_cast<std::size_t>(part % parts);
    }
    static constexpr std::int64_t field(std::uint64_t word, unsigned which) noexcept {
        return static_cast<std::int64_t>((word >> (which * count_bits)) & low(count_bits));
    }
    static constexpr std::uint64_t halved(std::uint64_t counts) noexcept {
        constexpr auto half = low(count_bits - 1);
        constexpr auto fields = half | (half << count_bits) | (half << (2 * count_bits));
        return (counts >> 1U) & fields;
    }

    const std::int64_t part_ns_;
    // Each written by whoever records in its part.
    std::array<typename Sync::template atomic<std::uint64_t>, parts> words_{};
};

}  // namespace stentor::inline v0::detail
