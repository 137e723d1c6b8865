// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <thread>

// How long a test waits for what must happen. Long, because a test that waits this long fails
// anyway, and a loaded machine or a sanitizer must not fail it for being slow.
namespace stentor_test {

inline constexpr std::chrono::seconds patience{20};

// Looks again and again until the condition holds, for what has no signal to wait for (counters,
// the state of threads). False: it did not come true in time.
template <class Condition>
[[nodiscard]] bool eventually(Condition&& condition, std::chrono::nanoseconds limit = patience) {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= until) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    return true;
}

}  // namespace stentor_test
