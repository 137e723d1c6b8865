// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace stentor::inline v0::detail {

// How a call under a breaker ended. Ignored: it says nothing about what it called.
enum class call_verdict : std::uint8_t { succeeded, failed, ignored };

// How a call counts in a window.
struct call_mark {
    bool failed = false;
    bool slow = false;
};

// What a window holds. Threads: values.
struct call_tally {
    std::int64_t calls = 0;
    std::int64_t failed = 0;
    std::int64_t slow = 0;
};

}  // namespace stentor::inline v0::detail
