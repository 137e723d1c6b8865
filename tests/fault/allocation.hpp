// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

// Memory that runs out at a chosen moment. The program that links allocation.cpp has its own forms
// of operator new, all of them, which count and refuse.
//
// Threads: any number allocate; arm() and disarm() one at a time.
namespace stentor::fault {

enum class shortage {
    once,   // one allocation fails, the next ones succeed
    onward  // none succeeds from there on
};

// From now on the n-th allocation (counted from 1) of the calling thread, or of all threads, fails.
void arm(std::uint64_t nth, shortage kind, bool all_threads) noexcept;
// Returns how many allocations were counted since arm().
std::uint64_t disarm() noexcept;
// How many of them failed.
[[nodiscard]] std::uint64_t failures() noexcept;

// Blocks allocated and not freed, by all threads, since the program began.
[[nodiscard]] std::int64_t blocks_alive() noexcept;

// Takes a moment out of the shortage, for what the test itself allocates.
class spared {
public:
    spared() noexcept;
    ~spared();
    spared(const spared&) = delete;
    spared& operator=(const spared&) = delete;

private:
    bool before_;
};

}  // namespace stentor::fault
