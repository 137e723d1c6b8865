// SPDX-License-Identifier: MIT
#include "support/ledger.hpp"

#include <bit>

namespace bench {
namespace {

// Cells of one thread fill whole pairs of lines, and an odd number of them: equal rows of different
// threads do not meet in one cache set.
std::size_t padded_stride(std::size_t handlers) {
    constexpr std::size_t cells_per_block = 8;
    const std::size_t blocks = (handlers + cells_per_block - 1) / cells_per_block + 1;
    return (blocks | 1) * cells_per_block;
}

}  // namespace

ledger::ledger(std::size_t handlers)
    : handlers_(handlers),
      stride_(padded_stride(handlers)),
      cells_(std::make_unique<cell[]>(stride_ * thread_slots)) {}

tally ledger::of(std::size_t handler) const noexcept {
    tally result;
    // Only slots that wrote: a publisher that looks at its window must not walk cold lines.
    for (std::uint64_t rest = slots_.load(std::memory_order_acquire); rest != 0; rest &= rest - 1) {
        const auto slot = static_cast<std::size_t>(std::countr_zero(rest));
        const cell& row = cells_[slot * stride_ + handler];
        result.count += row.count.load(std::memory_order_acquire);
        result.sum += row.sum.load(std::memory_order_relaxed);
    }
    return result;
}

tally ledger::total() const noexcept {
    tally result;
    for (std::size_t handler = 0; handler < handlers_; ++handler) {
        const tally row = of(handler);
        result.count += row.count;
        result.sum += row.sum;
    }
    return result;
}

void ledger::note_thread(unsigned slot) noexcept {
    slots_.fetch_or(std::uint64_t{1} << slot, std::memory_order_release);
    cpus_.fetch_or(current_cpu_bit(), std::memory_order_relaxed);
}

}  // namespace bench
