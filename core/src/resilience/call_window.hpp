// SPDX-License-Identifier: MIT
#pragma once

#include "resilience/call_tally.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>

// The last `size` calls under a breaker, exactly, in a ring of words. A call is one exchange, and
// so are several equal ones that are recorded together, for each word that they reach.
//
// A word holds CallsPerWord calls as bits, oldest lowest: whether each failed, whether each was
// slow, how many there are, and a tag, which is the word's number in the sequence of all words. The
// cursor holds the generation of the breaker that the calls belong to, how many words of it are in
// the ring, and the number of the current word. A new generation begins with a fresh word, so its
// first call empties the window, and a call of an old one finds its word outside the window or is
// refused.
//
// Whoever records last counts all. A call is later than another if it stands at a higher place of
// the same word, or in a later word. The same word: the later exchange comes after the earlier one
// in the word's order of changes, and so does the look that follows it. A later word: its number
// was put into the cursor (release) by somebody who had seen the word before it full, and read from
// there (acquire) by whoever records in it; so its look at the earlier word sees it full as well.
// Hence of the calls that together reach a threshold, at least one sees it reached. [PAIR window]
//
// Threads: any. Progress: lock-free. A tally of calls that are being recorded meanwhile may or may
// not have these in it.
namespace stentor::inline v0::detail {

template <class Sync, unsigned CallsPerWord = 20>
class call_window {
    static_assert(CallsPerWord >= 1 && CallsPerWord <= 20);

public:
    // 1 <= size <= 10 000. Allocates the ring.
    explicit call_window(std::int64_t size)
        : size_(size),
          span_max_(static_cast<std::uint32_t>((size + CallsPerWord - 1) / CallsPerWord + 1)),
          words_count_(std::bit_ceil(span_max_ + 1)),
          words_(new typename Sync::template atomic<std::uint64_t>[words_count_] {}) {}

    // So many calls that ended alike, one after the other: those that others record meanwhile may
    // stand between them. False: the window is that of a later generation already.
    bool record(std::uint32_t generation, call_mark mark, std::int64_t calls = 1) noexcept {
        auto left = static_cast<unsigned>(std::min(calls, size_));  // no more than it ever holds
        auto at = cursor_.load(std::memory_order_acquire);          // [PAIR window]
        while (left != 0) {
            if (generation_of(at) != generation) {
                if (is_after(generation_of(at), generation)) {
                    return false;
                }
                move_on(at, cursor(generation, 1, sequence_of(at) + 1));
                continue;
            }
            switch (append(at, mark, left)) {
                case place::found: break;
                case place::full:
                    move_on(at, cursor(generation, std::min(span_of(at) + 1, span_max_),
                                       sequence_of(at) + 1));
                    break;
                case place::gone:
                    at = cursor_.load(std::memory_order_acquire);  // [PAIR window]
                    break;
            }
        }
        return true;
    }

    [[nodiscard]] call_tally tally(std::uint32_t generation) const noexcept {
        call_tally sum;
        const auto at = cursor_.load(std::memory_order_acquire);  // [PAIR window]
        if (generation_of(at) != generation) {
            return sum;
        }
        for (std::uint32_t back = 0; back < span_of(at) && sum.calls < size_; ++back) {
            const auto sequence = sequence_of(at) - back;
            const auto word = word_at(sequence).load(std::memory_order_acquire);  // [PAIR window]
            if (tag_of(word) == tag(sequence)) {
                add(sum, word);
            }
        }
        return sum;
    }

private:
    enum class place : std::uint8_t { found, full, gone };

    static constexpr unsigned count_at = 2 * CallsPerWord;
    static constexpr unsigned tag_at = count_at + 5;
    static constexpr unsigned tag_bits = 64 - tag_at;
    static constexpr unsigned sequence_bits = 24;
    static constexpr unsigned span_bits = 12;
    static constexpr unsigned generation_bits = 28;

    static constexpr std::uint64_t low(unsigned bits) noexcept {
        return (std::uint64_t{1} << bits) - 1;
    }
    static constexpr std::uint64_t cursor(std::uint32_t generation, std::uint32_t span,
                                          std::uint32_t sequence) noexcept {
        return (std::uint64_t{generation} << (sequence_bits + span_bits)) |
               (std::uint64_t{span} << sequence_bits) | (sequence & low(sequence_bits));
    }
    static constexpr std::uint32_t sequence_of(std::uint64_t at) noexcept {
        return static_cast<std::uint32_t>(at & low(sequence_bits));
    }
    static constexpr std::uint32_t span_of(std::uint64_t at) noexcept {
        return static_cast<std::uint32_t>((at >> sequence_bits) & low(span_bits));
    }
    static constexpr std::uint32_t generation_of(std::uint64_t at) noexcept {
        return static_cast<std::uint32_t>(at >> (sequence_bits + span_bits));
    }
    // Generations are numbers that wrap; half of them would have to pass unseen to confuse this.
    static constexpr bool is_after(std::uint32_t left, std::uint32_t right) noexcept {
        return ((left - right) & low(generation_bits)) <
               (std::uint64_t{1} << (generation_bits - 1));
    }

    static constexpr std::uint64_t tag(std::uint32_t sequence) noexcept {
        return sequence & low(std::min(tag_bits, sequence_bits));
    }
    static constexpr std::uint64_t tag_of(std::uint64_t word) noexcept { return word >> tag_at; }
    static constexpr unsigned count_of(std::uint64_t word) noexcept {
        return static_cast<unsigned>((word >> count_at) & low(5));
    }

    [[nodiscard]] auto& word_at(std::uint32_t sequence) const noexcept {
        return words_[sequence & (words_count_ - 1)];
    }

    void move_on(std::uint64_t& at, std::uint64_t next) noexcept {
        if (cursor_.compare_exchange_strong(at, next, std::memory_order_acq_rel,  // [PAIR window]
                                            std::memory_order_acquire)) {
            at = next;
        }
    }

    // As many of them as the word takes; lowers `left` by these.
    place append(std::uint64_t at, call_mark mark, unsigned& left) noexcept {
        const auto mine = tag(sequence_of(at));
        auto& word = word_at(sequence_of(at));
        auto held = word.load(std::memory_order_acquire);  // [PAIR window]
        for (;;) {
            const bool begun = tag_of(held) == mine;
            // Another tag is that of an earlier lap, unless the cursor has moved on.
            if (!begun && cursor_.load(std::memory_order_acquire) != at) {  // [PAIR window]
                return place::gone;
            }
            const unsigned count = begun ? count_of(held) : 0;
            if (count == CallsPerWord) {
                return place::full;
            }
            const unsigned put = std::min(left, CallsPerWord - count);
            const auto theirs = low(put) << count;
            const auto bits = (begun ? held & low(count_at) : 0) | (mark.failed ? theirs : 0) |
                              (mark.slow ? theirs << CallsPerWord : 0);
            const auto next = bits | (std::uint64_t{count + put} << count_at) | (mine << tag_at);
            if (word.compare_exchange_strong(held, next,
                                             std::memory_order_acq_rel,  // [PAIR window]
                                             std::memory_order_acquire)) {
                left -= put;
                return place::found;
            }
        }
    }

    // The newest calls of a word, as many as the window still takes.
    void add(call_tally& sum, std::uint64_t word) const noexcept {
        const auto count = count_of(word);
        const auto taken = static_cast<unsigned>(std::min<std::int64_t>(count, size_ - sum.calls));
        const auto newest = low(taken) << (count - taken);
        sum.calls += taken;
        sum.failed += std::popcount(word & newest);
        sum.slow += std::popcount((word >> CallsPerWord) & newest);
    }

    const std::int64_t size_;
    const std::uint32_t span_max_;     // how many words can have calls of the window
    const std::uint32_t words_count_;  // a power of two, so that numbers may wrap
    // Written by whoever begins a word or a generation.
    typename Sync::template atomic<std::uint64_t> cursor_{cursor(0, 1, 0)};
    // Each written by whoever records in it.
    std::unique_ptr<typename Sync::template atomic<std::uint64_t>[]> words_;
};

}  // namespace stentor::inline v0::detail
