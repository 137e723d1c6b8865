// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

// How many may be inside at once, and whether somebody was refused since the last one went: the
// bulkhead's word.
//
//   caller:     makes itself known to whoever tells it, then enter(); refused: waits to be told
//   leaver:     leave() is true: tells all who have made themselves known
//
// One word holds the number inside and the mark of a refusal.
//
// Why nobody waits while there is room. A refusal is an exchange that sets the mark in a word that
// is full; it is made even when the mark is there, because only an exchange is sure to see the
// newest word. So the refusal comes before the leave() of somebody who is inside, in the order of
// the word's changes, and the first such leave() takes the mark and tells. It acquires what the
// caller released: the caller made itself known before. [PAIR room-mark]
// Counter-example of the simpler design (a caller that reads "full, and marked" goes away): what it
// read may be old; the leave() that took the mark has told all it knew of, and the caller, made
// known after that, is never told. tests/litmus finds it.
//
// Exact: inside goes up only by an exchange from a value below the limit.
// Threads: any. Progress: lock-free.
namespace stentor::inline v0::detail {

template <class Sync>
class room {
public:
    // 1 <= limit.
    explicit room(std::uint32_t limit) noexcept : limit_(limit) {}

    [[nodiscard]] bool enter() noexcept {
        auto word = word_.load(std::memory_order_relaxed);
        for (;;) {
            const bool full = inside(word) >= limit_;
            // acquire: whoever left is done with what it used. release: see above.
            if (word_.compare_exchange_weak(word, full ? word | refused : word + 1,
                                            std::memory_order_acq_rel,  // [PAIR room-mark]
                                            std::memory_order_relaxed)) {
                return !full;
            }
        }
    }

    // One that entered. True: somebody was refused meanwhile and must be told.
    [[nodiscard]] bool leave() noexcept {
        auto word = word_.load(std::memory_order_relaxed);
        for (;;) {
            if (word_.compare_exchange_weak(word, (word & ~refused) - 1,
                                            std::memory_order_acq_rel,  // [PAIR room-mark]
                                            std::memory_order_relaxed)) {
                return (word & refused) != 0;
            }
        }
    }

    // relaxed: for people, and for tests when nobody moves.
    [[nodiscard]] std::uint32_t inside() const noexcept {
        return inside(word_.load(std::memory_order_relaxed));
    }
    [[nodiscard]] std::uint32_t limit() const noexcept { return limit_; }

private:
    static constexpr std::uint64_t refused = std::uint64_t{1} << 32U;

    static constexpr std::uint32_t inside(std::uint64_t word) noexcept {
        return static_cast<std::uint32_t>(word);
    }

    // Written by whoever enters, is refused, or leaves.
    typename Sync::template atomic<std::uint64_t> word_{0};
    const std::uint32_t limit_;
};

}  // namespace stentor::inline v0::detail
