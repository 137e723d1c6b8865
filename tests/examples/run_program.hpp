// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

// Runs a program as a user would and keeps what it said. For tests of whole programs.

namespace stentor_test {

struct program_run {
    int exit_code = -1;  // 128 + n when signal n ended it, as a shell tells
    bool timed_out = false;
    std::string out;
    std::string err;  // on a terminal both come as `out`
    std::chrono::milliseconds took{};
};

struct run_options {
    std::string input{};                     // for its standard input
    std::vector<std::string> environment{};  // "NAME=value", beside what we have
    int signal = 0;                          // sent to it...
    std::string signal_when_seen{};          // ...as soon as it has said this
    unsigned short terminal_columns = 0;     // not 0: it runs on a terminal of that width
    std::chrono::seconds time_limit{60};
};

[[nodiscard]] program_run run_program(const std::vector<std::string>& command,
                                      const run_options& options = {});

// A folder of its own for a test, gone with the object.
class scratch_folder {
public:
    scratch_folder();
    ~scratch_folder();
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;

    [[nodiscard]] std::string path(std::string_view name = {}) const;
    // Makes a file with that text and gives its path.
    [[nodiscard]] std::string file(std::string_view name, std::string_view text) const;

private:
    std::filesystem::path folder_;
};

[[nodiscard]] std::vector<std::string> lines_of(std::string_view text);
[[nodiscard]] std::string text_of_file(const std::string& path);

}  // namespace stentor_test
