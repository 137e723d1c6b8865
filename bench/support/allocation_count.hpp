// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

// Every allocation of the process, counted: linking allocation_count.cpp replaces malloc and its
// kin and anonymous mmap by counting ones. Only programs that measure memory link it, because
// counting costs. Any thread; relaxed counters.

namespace bench {

struct allocation_count {
    std::uint64_t calls = 0;      // allocations made (malloc and kin, mmap)
    std::int64_t live_bytes = 0;  // allocated and not yet freed, as the allocator rounds them
};

[[nodiscard]] allocation_count allocations_now() noexcept;

}  // namespace bench
