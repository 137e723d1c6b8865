// SPDX-License-Identifier: MIT
#pragma once

#include "console.hpp"
#include "record.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

// Where the records come from: the fetched set, which is kept in memory, or a file of the user's
// own, which is read as a stream, so that its size does not matter. A bad line is reported with
// file and line, counted, and skipped. Opening throws failure(no_file).
//
// Threads: one reads; bad_input may be asked by others.

namespace github {

// What was wrong with the input. The first reports are printed, the rest is counted.
class bad_input {
public:
    explicit bad_input(console& out) : out_(out) {}

    void report(std::string_view where, std::string_view why);

    [[nodiscard]] std::uint64_t count() const noexcept {
        return count_.load(std::memory_order_relaxed);  // a number to show: nothing hangs on it
    }

private:
    static constexpr std::uint64_t printed_max = 20;

    console& out_;
    std::atomic<std::uint64_t> count_{0};
};

class record_source {
public:
    virtual ~record_source() = default;

    // The next record, valid until the next call; null at the end. Not const because parsers want
    // room behind the text and may make it; nobody changes what it says.
    virtual record* next() = 0;

    // Back to the first record; false when the source can be read only once.
    virtual bool rewind() = 0;

    // Of the whole, for people: "index.json (329 webhooks)".
    [[nodiscard]] virtual std::string name() const = 0;

    // The place of the last record, for reports: "own.ndjson:12".
    [[nodiscard]] virtual std::string where() const = 0;

    // False when reading broke off before the end.
    [[nodiscard]] virtual bool intact() const = 0;
};

// index.json of @octokit/webhooks-examples: a list of {"name": ..., "examples": [payload, ...]}.
[[nodiscard]] std::unique_ptr<record_source> open_examples(const std::filesystem::path& folder,
                                                           bad_input& bad);

// One record a line, see ndjson.hpp. "-" is standard input.
[[nodiscard]] std::unique_ptr<record_source> open_ndjson(const std::string& file, bad_input& bad);

}  // namespace github
