// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/result.hpp>
#include <stentor/resilience/dead_letter.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// The last place for critical dead letters: a file that was opened before it was needed, since
// then there may be no descriptor and no room left.
//
// A line is `S1 `, the CRC-32C of the rest in 8 hexadecimal digits, a space, and the letter as in
// an export. It is one write(2) at the end of the file. A write that was cut leaves a torn line, so
// the next one begins with an end of line; empty lines mean nothing.
namespace stentor::inline v0::detail {

inline constexpr std::string_view emergency_mark = "S1 ";
inline constexpr std::size_t emergency_head = emergency_mark.size() + 8 + 1;

// CRC-32C (Castagnoli, polynomial 0x1EDC6F41, reflected 0x82F63B78), RFC 3720 section 12.1 and
// appendix B.4.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes) noexcept;

// The line of a letter's text, with its end.
[[nodiscard]] std::string emergency_line(std::string_view letter);

enum class emergency_errc : std::uint8_t {
    cannot_open,    // no such folder, no permission, not a file that can be appended to
    cannot_encode,  // the letter cannot be written as a line
    disk_full,      // no room: nothing of the record is there
    short_write,    // a part of the record is there, as a torn line
    write_failed,   // another error of the system
    sync_failed,    // nobody knows what is on the disk; the file takes nothing more
};
[[nodiscard]] std::string_view to_string(emergency_errc code) noexcept;

struct emergency_error {
    emergency_errc code = emergency_errc::write_failed;
    int system_code = 0;  // errno; 0 when it was none
    std::string message{};
};

// Ownership: owns its descriptor. Threads: one at a time; other processes may append to the same
// file. Progress: append() blocks until the disk has the record.
class emergency_file {
public:
    // Makes the file, for its owner alone, if it is not there. cannot_open.
    [[nodiscard]] static result<emergency_file, emergency_error> open(const std::string& path);

    emergency_file(emergency_file&& other) noexcept;
    emergency_file& operator=(emergency_file&& other) noexcept;
    emergency_file(const emergency_file&) = delete;
    emergency_file& operator=(const emergency_file&) = delete;
    ~emergency_file();

    // Returned without error: the record is on the disk. An event that is an object in memory is
    // not in its record, see dead_letter_content::object.
    result<void, emergency_error> append(const dead_letter& letter);

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    emergency_file(std::string path, int descriptor, bool torn) noexcept;
    [[nodiscard]] result<void, emergency_error> write_line(std::string_view line);
    [[nodiscard]] emergency_error failed(emergency_errc code, int system_code,
                                         std::string_view what) const;

    std::string path_;
    int descriptor_ = -1;
    bool torn_ = false;      // the file ends within a line
    bool poisoned_ = false;  // a sync failed: later ones may claim what is not so
};

}  // namespace stentor::inline v0::detail
