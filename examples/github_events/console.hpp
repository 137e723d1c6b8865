// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>

// What is written to the terminal while the run goes on: lines that stay, and under them, on a
// terminal, one status line that is written over and over. Goes to standard error, so that the
// report on standard output can be piped.
//
// Threads: any. Progress: a mutex; handlers do not write here for each event.

namespace github {

class console {
public:
    explicit console(std::FILE* stream);
    ~console();
    console(const console&) = delete;
    console& operator=(const console&) = delete;

    // A line that stays.
    void say(std::string_view line);

    // The status line. Only on a terminal; elsewhere nothing happens.
    void status(std::string_view line);

    // Removes the status line.
    void clear();

    [[nodiscard]] bool is_terminal() const noexcept { return is_terminal_; }

private:
    void clear_locked();

    std::FILE* const stream_;
    const bool is_terminal_;
    std::mutex mutex_;
    bool status_shown_ = false;
};

// Is a person looking at this stream?
[[nodiscard]] bool is_terminal(std::FILE* stream);

// Columns of the terminal behind the stream; for a pipe or a file $COLUMNS, by default 80.
[[nodiscard]] std::size_t terminal_width(std::FILE* stream);

}  // namespace github
