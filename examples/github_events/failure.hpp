// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>

// Why the program cannot do what was asked, with the exit code that a script can branch on. Thrown
// while the run is set up and caught in main(). What goes wrong inside a run (a bad line, a handler
// that throws) is no failure of the program: it is counted and shown in the report.

namespace github {

enum class exit_code : int {
    success = 0,
    not_balanced = 1,  // the conservation law does not hold, or the run broke off
    usage = 2,         // the command line is wrong
    no_file = 3,       // a file cannot be opened, read or written
    no_events = 4,     // the input has no usable event
    not_linked = 5,    // a handler that registers itself is not in the program
    interrupted = 130  // stopped by Ctrl-C; the report was printed
};

class failure : public std::runtime_error {
public:
    failure(exit_code code, const std::string& message)
        : std::runtime_error(message), code_(code) {}

    [[nodiscard]] exit_code code() const noexcept { return code_; }

private:
    exit_code code_;
};

}  // namespace github
