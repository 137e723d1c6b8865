// SPDX-License-Identifier: MIT

#include "audit_file.hpp"

#include "failure.hpp"
#include "text.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace github {
namespace {

void append_escaped(std::string& line, std::string_view text) {
    for (const char letter : text) {
        if (letter == '"' || letter == '\\') {
            line += '\\';
            line += letter;
        } else if (static_cast<unsigned char>(letter) < 0x20U) {
            std::array<char, 8> escape{};
            static_cast<void>(std::snprintf(escape.data(), escape.size(), "\\u%04x",
                                            static_cast<unsigned>(letter)));
            line += escape.data();
        } else {
            line += letter;
        }
    }
}

// RFC 3339, in UTC, to the millisecond.
void append_time(std::string& line, std::chrono::system_clock::time_point time) {
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(floor<milliseconds>(time - day));
    std::array<char, 64> text{};
    static_cast<void>(std::snprintf(
        text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", int(date.year()),
        unsigned(date.month()), unsigned(date.day()), static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
        static_cast<int>(clock.subseconds().count())));
    line += text.data();
}

}  // namespace

audit_file::audit_file(std::filesystem::path path) : path_(std::move(path)) {
    if (path_.has_parent_path()) {
        std::error_code ignored;  // the attempt to open the file says what is wrong
        std::filesystem::create_directories(path_.parent_path(), ignored);
    }
    file_.reset(std::fopen(path_.c_str(), "wb"));
    if (!file_) {
        throw failure(exit_code::no_file,
                      "cannot write the audit file '" + printable(path_.string()) +
                          "': " + std::strerror(errno) + "\nChoose another: --audit FILE");
    }
}

void audit_file::write(const stentor::any_event& event) {
    thread_local std::string line;
    const stentor::metadata metadata = event.metadata();
    line.assign(R"({"time":")");
    append_time(line, metadata.time);
    line.append(R"(","id":")").append(event.id().to_string());
    line.append(R"(","topic":")").append(event.topic());
    line.append(R"(","repository":")");
    append_escaped(line, metadata.key);
    line.append("\"}\n");

    const std::lock_guard lock(mutex_);
    if (std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size()) {
        throw std::runtime_error("cannot write to the audit file: " +
                                 std::system_category().message(errno));
    }
    ++lines_;
}

bool audit_file::flush() {
    const std::lock_guard lock(mutex_);
    return std::fflush(file_.get()) == 0 && std::ferror(file_.get()) == 0;
}

std::uint64_t audit_file::lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
}

}  // namespace github
