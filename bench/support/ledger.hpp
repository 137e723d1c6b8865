// SPDX-License-Identifier: MIT
#pragma once

#include "support/payload.hpp"
#include "support/thread_slot.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

// What was delivered: a count and a checksum per handler. `add` is the work of every handler in
// every competitor. Handlers may run on any thread, also in parallel with themselves: each thread
// writes cells of its own (wait-free, no read-modify-write), readers add them up.

namespace bench {

struct tally {
    std::uint64_t count = 0;
    std::uint64_t sum = 0;

    friend bool operator==(const tally&, const tally&) = default;
};

class ledger {
public:
    explicit ledger(std::size_t handlers);

    void add(std::size_t handler, const payload& event) noexcept {
        const unsigned slot = thread_slot();
        cell& mine = cells_[slot * stride_ + handler];
        const std::uint64_t count = mine.count.load(std::memory_order_relaxed);
        if ((count & 0xffff) == 0) {
            note_thread(slot);
        }
        mine.sum.store(mine.sum.load(std::memory_order_relaxed) + checksum(event),
                       std::memory_order_relaxed);
        // Pairs with the acquire in the readers: who sees the count sees the sum too.
        mine.count.store(count + 1, std::memory_order_release);
    }

    [[nodiscard]] std::size_t handlers() const noexcept { return handlers_; }
    [[nodiscard]] tally of(std::size_t handler) const noexcept;
    [[nodiscard]] tally total() const noexcept;
    [[nodiscard]] std::uint64_t delivered() const noexcept { return total().count; }

    // One bit per CPU on which a handler was seen.
    [[nodiscard]] std::uint64_t cpus() const noexcept {
        return cpus_.load(std::memory_order_relaxed);
    }

private:
    struct cell {
        std::atomic<std::uint64_t> count{0};
        std::atomic<std::uint64_t> sum{0};
    };

    void note_thread(unsigned slot) noexcept;

    std::size_t handlers_;
    std::size_t stride_;
    std::unique_ptr<cell[]> cells_;
    std::atomic<std::uint64_t> slots_{0};  // one bit per slot that has written here
    std::atomic<std::uint64_t> cpus_{0};
};

// The handler of all twins: a callable for one row of the ledger.
struct adder {
    ledger* book = nullptr;
    std::size_t handler = 0;

    void operator()(const payload& event) const noexcept { book->add(handler, event); }
};

}  // namespace bench
