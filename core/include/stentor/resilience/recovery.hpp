// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/callback.hpp>
#include <stentor/base/result.hpp>
#include <stentor/event/event_id.hpp>
#include <stentor/export.hpp>
#include <stentor/resilience/dead_letter.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Reads an emergency file: critical dead letters that no store would take, one record a line, each
// with a checksum, so that a line that was cut or changed costs no other.
//
// Threads: any. Progress: one pass; a file is read into memory whole.
namespace stentor::inline v0 {

enum class line_damage : std::uint8_t {
    not_a_record,  // it does not begin as records do
    torn,          // it ends before its record does: the write was cut
    bad_checksum,  // it is not what was written
    bad_record,    // it is what was written, and no letter that this version can read
};
[[nodiscard]] STENTOR_EXPORT std::string_view to_string(line_damage damage) noexcept;

struct damaged_line {
    std::size_t line = 0;  // from 1
    line_damage damage = line_damage::not_a_record;
    std::string why{};
};

struct duplicate_line {
    std::size_t line = 0;
    std::size_t first_line = 0;  // of the record of the same event id and subscription
    event_id id{};
};

struct recovery_report {
    std::uint64_t records = 0;                 // handed over
    std::uint64_t without_payload = 0;         // of those: the event was an object in memory
    std::vector<damaged_line> damaged{};       // skipped
    std::vector<duplicate_line> duplicates{};  // skipped; events with a nil id are none
};

struct recovery_error {
    int system_code = 0;  // errno
    std::string message{};
};

using recovery_callback = callback<void(dead_letter letter)>;

// Calls `take` for each whole record, in the order of writing.
[[nodiscard]] STENTOR_EXPORT recovery_report recover_text(std::string_view text,
                                                          const recovery_callback& take);

// The same of a file, which is only read. An error: it cannot be opened or read; nothing was taken.
[[nodiscard]] STENTOR_EXPORT result<recovery_report, recovery_error> recover_file(
    const std::string& path, const recovery_callback& take);

}  // namespace stentor::inline v0
