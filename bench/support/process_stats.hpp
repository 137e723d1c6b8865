// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

// What the kernel says about this process. Any thread; each call is a system call.

namespace bench {

struct process_usage {
    double cpu_seconds = 0;
    std::uint64_t context_switches = 0;
};

[[nodiscard]] process_usage usage_now() noexcept;
[[nodiscard]] std::uint64_t resident_bytes() noexcept;

}  // namespace bench
