// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

// Runs a trial in a child process, so that a crash, a hang or a std::terminate of one trial is one
// failure with a name, and the other trials still run.
//
// Threads: the main one, while there is no other; the child may make threads as it likes.
namespace stentor::fault {

// Says in which step of its trial the child is; shown when it dies there.
void step(const char* name) noexcept;
[[nodiscard]] const char* current_step() noexcept;

// What the trial returned; or how the child died, and in which step. The trial returns an empty
// text when all is well.
[[nodiscard]] std::string isolated(const std::function<std::string()>& trial,
                                   unsigned seconds_max = 60);

}  // namespace stentor::fault
