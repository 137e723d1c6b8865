// SPDX-License-Identifier: MIT
#pragma once

#include "support/patience.hpp"

#include <chrono>
#include <functional>

namespace stentor_test {

// How a forked child ended.
struct child_end {
    bool hung = false;   // it was still there after the limit
    int signal = 0;      // that killed it; 0 when it exited
    int exit_code = -1;  // when it exited
};

// Forks. The child calls the body and exits with what it returns, without unwinding the test.
[[nodiscard]] child_end run_in_child(const std::function<int()>& body,
                                     std::chrono::seconds limit = patience);

}  // namespace stentor_test
