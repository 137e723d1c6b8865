// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>

// A moment that goes with one generation of something that is itself one word and changes without
// a lock: when an open breaker may be tried. The word changes first; then, whoever changed it or
// whoever else needs the moment puts it here, and the first one counts.
//
// put() exchanges the moment of an older generation only. So there is one moment for each
// generation; a thread that was stopped between the change of the word and put() spoils nothing
// when it goes on; and no thread waits for another. Counter-example of the simpler design (put() is
// a store): a thread is stopped before it, the word changes twice more, and the old moment comes
// last; whoever looks next finds none and puts one anew, so a breaker stays open for longer than it
// says. tests/litmus finds it.
//
// Generations are compared modulo 2^16: put() must follow every change of the word, which bounds
// how far a moment can lag by the number of threads. Moments are kept to 16 us, rounded down, for
// 146 years.
//
// A moment says itself which generation it is of. Whoever reads that of a later one than expected
// has the word of that generation, or a later one, to read: put() releases it, after the word was
// seen there, and read() acquires. [PAIR due]
// Threads: any. Progress: lock-free; read() is wait-free.
namespace stentor::inline v0::detail {

template <class Sync>
class due_time {
public:
    void put(std::uint32_t generation, std::int64_t at_ns) noexcept {
        constexpr auto latest = std::numeric_limits<std::int64_t>::max() / 2;
        const auto units =
            static_cast<std::uint64_t>(std::clamp<std::int64_t>(at_ns, 0, latest)) >> unit_bits;
        const auto next = (units << tag_bits) | tag(generation);
        auto known = word_.load(std::memory_order_relaxed);
        while (is_older(known & tag_mask, tag(generation)) &&
               !word_.compare_exchange_weak(known, next, std::memory_order_release,  // [PAIR due]
                                            std::memory_order_relaxed)) {
        }
    }

    // Nothing: nobody has put it there yet.
    [[nodiscard]] std::optional<std::int64_t> read(std::uint32_t generation) const noexcept {
        const auto word = word_.load(std::memory_order_acquire);  // [PAIR due]
        if ((word & tag_mask) != tag(generation)) {
            return std::nullopt;
        }
        return static_cast<std::int64_t>((word >> tag_bits) << unit_bits);
    }

private:
    static constexpr unsigned tag_bits = 16;
    static constexpr unsigned unit_bits = 14;
    static constexpr std::uint64_t tag_mask = (std::uint64_t{1} << tag_bits) - 1;

    static constexpr std::uint64_t tag(std::uint32_t generation) noexcept {
        return generation & tag_mask;
    }
    static constexpr bool is_older(std::uint64_t left, std::uint64_t right) noexcept {
        const auto ahead = (right - left) & tag_mask;
        return ahead != 0 && ahead <= tag_mask / 2;
    }

    // Written by whoever is the first to put a generation's moment.
    typename Sync::template atomic<std::uint64_t> word_{0};
};

}  // namespace stentor::inline v0::detail
