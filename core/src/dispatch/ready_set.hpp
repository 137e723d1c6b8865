// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

// The lanes that wait for a runner: one bit per lane. Any thread inserts, any runner takes; both
// are wait-free but for the scan, which is bounded by the number of words in use.
//
// A lane is inserted only by who claimed it (lane_state), so it is never in the set twice. take()
// starts its scan behind the lane that this runner took last, hence no ready lane is passed over
// more than once per runner while it waits: fair between lanes, whatever their load.
//
// A bit set needs neither nodes nor reclamation, and a slow inserter never hides another's lane,
// which a bounded ring with per-cell turns would allow.
namespace stentor::inline v0::detail {

template <class Sync>
class ready_set {
public:
    static constexpr std::size_t bits_per_word = 64;

    explicit ready_set(std::size_t lanes_max)
        : capacity_(((lanes_max + bits_per_word - 1) / bits_per_word) * bits_per_word),
          words_(std::make_unique<word[]>(capacity_ / bits_per_word)) {}

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

    // Makes lanes below `count` visible to scans; before the first insert of such a lane. Only
    // under the registry's lock.
    void cover(std::size_t count) noexcept {
        const auto words = (count + bits_per_word - 1) / bits_per_word;
        if (words > words_used_.load(std::memory_order_relaxed)) {
            // seq_cst: a scan that follows an insert in the total order must cover its word.
            words_used_.store(words, std::memory_order_seq_cst);
        }
    }

    // Lanes with ids below this may exist.
    [[nodiscard]] std::size_t covered() const noexcept {
        return words_used_.load(std::memory_order_acquire) * bits_per_word;
    }

    // seq_cst: the bit and the look at the parking word that follows make one half of a Dekker
    // pair; a runner's parking and its last look at the set are the other. [PAIR ready-park]
    void insert(std::size_t lane) noexcept {
        words_[lane / bits_per_word].fetch_or(bit(lane), std::memory_order_seq_cst);
    }

    // Takes one lane, scanning cyclically from `cursor`, which moves behind it. False: none.
    [[nodiscard]] bool take(std::size_t& cursor, std::size_t& lane) noexcept {
        const auto words = words_used_.load(std::memory_order_seq_cst);
        if (words == 0) {
            return false;
        }
        auto index = (cursor / bits_per_word) % words;
        // First the part of the first word from the cursor on, at last its other part.
        auto mask = ~std::uint64_t{0} << (cursor % bits_per_word);
        for (std::size_t step = 0; step <= words; ++step) {
            if (take_from(index, mask, lane)) {
                cursor = lane + 1;
                return true;
            }
            index = index + 1 == words ? 0 : index + 1;
            mask = ~std::uint64_t{0};
        }
        return false;
    }

    [[nodiscard]] bool empty() const noexcept {
        const auto words = words_used_.load(std::memory_order_seq_cst);
        for (std::size_t index = 0; index < words; ++index) {
            if (words_[index].load(std::memory_order_seq_cst) != 0) {  // [PAIR ready-park]
                return false;
            }
        }
        return true;
    }
    // No lane but perhaps this one. As of a moment ago.
    [[nodiscard]] bool empty_but_for(std::size_t lane) const noexcept {
        const auto words = words_used_.load(std::memory_order_relaxed);
        for (std::size_t index = 0; index < words; ++index) {
            const auto own = index == lane / bits_per_word ? bit(lane) : 0;
            if ((words_[index].load(std::memory_order_relaxed) & ~own) != 0) {
                return false;
            }
        }
        return true;
    }

private:
    using word = typename Sync::template atomic<std::uint64_t>;

    static std::uint64_t bit(std::size_t lane) noexcept {
        return std::uint64_t{1} << (lane % bits_per_word);
    }

    bool take_from(std::size_t index, std::uint64_t mask, std::size_t& lane) noexcept {
        auto bits = words_[index].load(std::memory_order_seq_cst) & mask;
        while (bits != 0) {
            const auto lowest = bits & (~bits + 1);
            const auto before = words_[index].fetch_and(~lowest, std::memory_order_seq_cst);
            if ((before & lowest) != 0) {
                lane = index * bits_per_word + static_cast<std::size_t>(std::countr_zero(lowest));
                return true;
            }
            bits = before & mask & ~lowest;  // another runner was faster; look at what is left
        }
        return false;
    }

    const std::size_t capacity_;
    // Bits: set by claimers, cleared by runners.
    std::unique_ptr<word[]> words_;
    // Written under the registry's lock, read by runners.
    typename Sync::template atomic<std::size_t> words_used_{0};
};

}  // namespace stentor::inline v0::detail
