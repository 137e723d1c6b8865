// SPDX-License-Identifier: MIT
#include "resilience/emergency_file.hpp"

#include <stentor/resilience/dead_letter_lines.hpp>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace stentor::inline v0::detail {

namespace {

constexpr std::array<std::uint32_t, 256> make_crc_table() noexcept {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value >> 1) ^ ((value & 1U) != 0 ? 0x82F6'3B78U : 0U);
        }
        table[byte] = value;
    }
    return table;
}
constexpr std::array<std::uint32_t, 256> crc_table = make_crc_table();

// Whether the file ends within a line, as another process may have left it.
bool ends_torn(int descriptor, const std::string& path) noexcept {
    struct stat about{};
    if (::fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size == 0) {
        return false;
    }
    const int reading = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (reading < 0) {
        return true;  // an empty line too many does no harm
    }
    char last = 0;
    const bool read = ::pread(reading, &last, 1, about.st_size - 1) == 1;
    ::close(reading);
    return !read || last != '\n';
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) noexcept {
    std::uint32_t value = 0xFFFF'FFFFU;
    for (const char c : bytes) {
        value = crc_table[(value ^ static_cast<unsigned char>(c)) & 255U] ^ (value >> 8);
    }
    return ~value;
}

std::string emergency_line(std::string_view letter) {
    std::string line(emergency_mark);
    const std::uint32_t sum = crc32c(letter);
    for (unsigned shift = 32; shift > 0; shift -= 4) {
        line += "0123456789abcdef"[sum >> (shift - 4) & 15U];
    }
    line += ' ';
    line += letter;
    line += '\n';
    return line;
}

std::string_view to_string(emergency_errc code) noexcept {
    switch (code) {
        case emergency_errc::cannot_open: return "cannot_open";
        case emergency_errc::cannot_encode: return "cannot_encode";
        case emergency_errc::disk_full: return "disk_full";
        case emergency_errc::short_write: return "short_write";
        case emergency_errc::write_failed: return "write_failed";
        case emergency_errc::sync_failed: return "sync_failed";
    }
    return "unknown";
}

emergency_file::emergency_file(std::string path, int descriptor, bool torn) noexcept
    : path_(std::move(path)), descriptor_(descriptor), torn_(torn) {}

emergency_file::emergency_file(emergency_file&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      torn_(other.torn_),
      poisoned_(other.poisoned_) {}

emergency_file& emergency_file::operator=(emergency_file&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(descriptor_, other.descriptor_);
    std::swap(torn_, other.torn_);
    std::swap(poisoned_, other.poisoned_);
    return *this;
}

emergency_file::~emergency_file() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

result<emergency_file, emergency_error> emergency_file::open(const std::string& path) {
    const int descriptor =
        ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0) {
        const int why = errno;
        return unexpected(emergency_error{
            emergency_errc::cannot_open, why,
            "emergency file " + path + ": " + std::generic_category().message(why) +
                "; name a file in a folder that exists and that this process may write"});
    }
    return emergency_file(path, descriptor, ends_torn(descriptor, path));
}

emergency_error emergency_file::failed(emergency_errc code, int system_code,
                                       std::string_view what) const {
    std::string message = "emergency file " + path_ + ": " + std::string(what);
    if (system_code != 0) {
        message += ": " + std::generic_category().message(system_code);
    }
    return {code, system_code, std::move(message)};
}

result<void, emergency_error> emergency_file::write_line(std::string_view line) {
    ssize_t written = 0;
    do {
        written = ::write(descriptor_, line.data(), line.size());
    } while (written < 0 && errno == EINTR);
    if (written < 0) {
        const int why = errno;
        const bool full = why == ENOSPC || why == EDQUOT || why == EFBIG;
        return unexpected(failed(full ? emergency_errc::disk_full : emergency_errc::write_failed,
                                 why, full ? "no room for a record; make some" : "write"));
    }
    if (static_cast<std::size_t>(written) < line.size()) {
        torn_ = torn_ || written > 0;
        return unexpected(failed(emergency_errc::short_write, 0,
                                 "only " + std::to_string(written) + " of " +
                                     std::to_string(line.size()) +
                                     " bytes of a record; is the disk full?"));
    }
    torn_ = false;
    return {};
}

result<void, emergency_error> emergency_file::append(const dead_letter& letter) {
    if (poisoned_) {
        return unexpected(failed(emergency_errc::sync_failed, 0,
                                 "an earlier sync failed; open another file, on another disk"));
    }
    std::string text;
    if (auto encoded = append_dead_letter_line(text, letter); !encoded) {
        return unexpected(failed(emergency_errc::cannot_encode, 0, encoded.error().message()));
    }
    std::string line(torn_ ? 1 : 0, '\n');
    line += emergency_line(text);
    if (auto written = write_line(line); !written) {
        return written;
    }
    if (::fsync(descriptor_) != 0) {
        poisoned_ = true;
        return unexpected(failed(emergency_errc::sync_failed, errno, "sync"));
    }
    return {};
}

}  // namespace stentor::inline v0::detail
