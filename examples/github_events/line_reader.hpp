// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

// Lines of a stream, whatever is in it: the length of a line is bounded (the rest of a longer one
// is skipped, not kept), LF and CRLF both end a line, so does the end of the stream, and a byte
// order mark at the start is dropped.
//
// Threads: one. Progress: blocks as the stream does.

namespace github {

class line_reader {
public:
    enum class outcome { line, too_long, end, failed };

    // GitHub sends no webhook over 25 MB.
    static constexpr std::size_t line_bytes_max = 32U << 20U;

    explicit line_reader(std::FILE* stream) : stream_(stream), chunk_(64U << 10U) {}

    [[nodiscard]] outcome next(std::string& line);

    // Of the line that next() returned last; the first is 1.
    [[nodiscard]] std::uint64_t line_number() const noexcept { return line_number_; }

    // The error number of a failed read.
    [[nodiscard]] int error_number() const noexcept { return error_number_; }

    // After the stream was set back to its start.
    void restart() noexcept;

private:
    [[nodiscard]] bool refill();

    std::FILE* const stream_;
    std::vector<char> chunk_;
    std::size_t at_ = 0;
    std::size_t filled_ = 0;
    std::uint64_t line_number_ = 0;
    int error_number_ = 0;
};

}  // namespace github
