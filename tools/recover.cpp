// SPDX-License-Identifier: MIT
#include "commands.hpp"
#include <stentor/resilience/dead_letter_lines.hpp>
#include <stentor/resilience/recovery.hpp>

#include <cstdio>
#include <string>

namespace stentor_tool {

namespace {

void tell(const std::string& path, const stentor::recovery_report& report) {
    for (const auto& one : report.damaged) {
        std::fprintf(stderr, "%s:%zu: %s: %s\n", path.c_str(), one.line,
                     std::string(to_string(one.damage)).c_str(), one.why.c_str());
    }
    for (const auto& one : report.duplicates) {
        std::fprintf(stderr, "%s:%zu: the same event and subscription as in line %zu\n",
                     path.c_str(), one.line, one.first_line);
    }
    std::fprintf(stderr, "%llu whole, %zu damaged, %zu there twice, %llu without a payload\n",
                 static_cast<unsigned long long>(report.records), report.damaged.size(),
                 report.duplicates.size(), static_cast<unsigned long long>(report.without_payload));
}

}  // namespace

// The lines are those of an export: import_dead_letters() reads them.
int recover(std::span<const std::string_view> arguments) {
    if (arguments.size() != 1) {
        std::fputs("usage: stentor recover FILE\n", stderr);
        return failed;
    }
    const std::string path(arguments.front());
    std::string lines;
    bool written = true;
    const auto report = stentor::recover_file(path, [&](const stentor::dead_letter& letter) {
        lines.clear();
        written = written && stentor::append_dead_letter_line(lines, letter);
        lines += '\n';
        written = written && std::fwrite(lines.data(), 1, lines.size(), stdout) == lines.size();
    });
    if (!report) {
        std::fprintf(stderr, "stentor: %s\n", report.error().message.c_str());
        return failed;
    }
    if (!written || std::fflush(stdout) != 0) {
        std::fputs("stentor: standard output could not be written\n", stderr);
        return failed;
    }
    tell(path, *report);
    return report->damaged.empty() ? done : incomplete;
}

}  // namespace stentor_tool
