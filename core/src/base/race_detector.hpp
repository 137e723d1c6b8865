// SPDX-License-Identifier: MIT
#pragma once

#if defined(__SANITIZE_THREAD__)
#define STENTOR_RACE_DETECTION 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define STENTOR_RACE_DETECTION 1
#endif
#endif

#if defined(STENTOR_RACE_DETECTION)
#include <sanitizer/tsan_interface.h>
#endif

// What ThreadSanitizer is told of orderings that it cannot see, because they are made by fences,
// which it does not model, or inside a library that is not instrumented. A claim made here is
// believed, and one too many hides races: so each stands beside the argument for the ordering, and
// tests/sanitizer shows what is still reported in spite of it. Without ThreadSanitizer all of this
// is nothing.
//
// Threads: any.
namespace stentor::inline v0::detail {

#if defined(STENTOR_RACE_DETECTION)
inline constexpr bool race_detection = true;

// All that this thread did so far comes before what a thread does after it takes the same place.
inline void claim_handed_over(const void* place) noexcept {
    __tsan_release(const_cast<void*>(place));
}
inline void claim_taken_over(const void* place) noexcept {
    __tsan_acquire(const_cast<void*>(place));
}
#else
inline constexpr bool race_detection = false;

inline void claim_handed_over(const void*) noexcept {}
inline void claim_taken_over(const void*) noexcept {}
#endif

}  // namespace stentor::inline v0::detail

#undef STENTOR_RACE_DETECTION
