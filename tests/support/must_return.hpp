// SPDX-License-Identifier: MIT
#pragma once

#include "support/patience.hpp"

#include <chrono>
#include <functional>

namespace stentor_test {

// Runs the action on a thread of its own. When it has not returned in time, says what hangs and
// ends the process with a failure: a thread that hangs in the engine cannot be joined, and what it
// holds cannot be destroyed.
void must_return(const char* what, const std::function<void()>& action,
                 std::chrono::seconds limit = patience);

}  // namespace stentor_test
