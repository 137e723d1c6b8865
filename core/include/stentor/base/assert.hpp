// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/export.hpp>

// Assertions that stay on in every build. A broken contract of ours or of the caller's stops the
// process with file, line and reason, because going on would turn it into lost events. Refusals and
// losses are not asserted: they are values and counters.
//
// Threads: any. Progress: does not return when the condition is false; never throws.

namespace stentor::inline v0::detail {

[[noreturn]] STENTOR_EXPORT void assert_failed(const char* condition, const char* message,
                                               const char* file, int line) noexcept;

}  // namespace stentor::inline v0::detail

#define STENTOR_ASSERT(condition, message) \
    (static_cast<bool>(condition)          \
         ? static_cast<void>(0)            \
         : ::stentor::detail::assert_failed(#condition, message, __FILE__, __LINE__))
