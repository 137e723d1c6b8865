// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/any_event.hpp>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <mutex>

// One line of JSON per event: when, which, about what. A handler's class: write() is called by
// several runners at once, and throws when the disk is full, which the bus counts as a failed
// delivery.
//
// Threads: any. Progress: a mutex around a buffered write; the line is built outside of it.

namespace github {

class audit_file {
public:
    // Empties the file. Throws failure(no_file).
    explicit audit_file(std::filesystem::path path);

    void write(const stentor::any_event& event);

    // What is still in the buffer; false when it could not be written.
    [[nodiscard]] bool flush();

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    [[nodiscard]] std::uint64_t lines() const;

private:
    struct close_file {
        void operator()(std::FILE* file) const noexcept { static_cast<void>(std::fclose(file)); }
    };

    std::filesystem::path path_;
    mutable std::mutex mutex_;
    std::unique_ptr<std::FILE, close_file> file_;
    std::uint64_t lines_ = 0;
};

}  // namespace github
