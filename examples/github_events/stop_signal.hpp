// SPDX-License-Identifier: MIT
#pragma once

// Ctrl-C and SIGTERM ask the run to end in order; the second one ends the program at once. Signals
// belong to the program: the library never touches them.
//
// Threads: any may ask. Progress: one relaxed load.

namespace github::stop_signal {

// Call once, from main(), before other threads start.
void install();

[[nodiscard]] bool requested() noexcept;

// While one lives, threads that are started take no signals, so that main() is the one who gets
// them and a read from a terminal or a pipe is interrupted.
class blocked_here {
public:
    blocked_here();
    ~blocked_here();
    blocked_here(const blocked_here&) = delete;
    blocked_here& operator=(const blocked_here&) = delete;
};

}  // namespace github::stop_signal
