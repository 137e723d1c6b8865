// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

// A stack of its own that is switched to by hand: a logical thread of the explorer.
//
// A fiber costs one function call per switch instead of a trip through the kernel, which is what
// makes 10^5 schedules a matter of seconds. AddressSanitizer is told about each switch. An
// exception must not leave the entry function, and no switch may happen inside a catch block (the
// C++ run time keeps its list of caught exceptions per system thread).
//
// Thread rule: a fiber is created, switched and destroyed by one system thread.
namespace stentor::explore {

class fiber {
public:
    using entry_function = void (*)(void*);

    // The stack that the calling thread already runs on.
    fiber() noexcept;
    // A new stack; `entry` starts at the first switch and must never return.
    fiber(entry_function entry, void* argument);
    ~fiber();

    fiber(const fiber&) = delete;
    fiber& operator=(const fiber&) = delete;

    // Continues `to`; returns when somebody switches back to `from`, the running fiber.
    static void switch_to(fiber& from, fiber& to) noexcept;

    struct impl;

private:
    impl* impl_;
};

}  // namespace stentor::explore
