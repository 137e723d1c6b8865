// SPDX-License-Identifier: MIT
#include "fuzz/fuzz_check.hpp"
#include <stentor/resilience/dead_letter_lines.hpp>
#include <stentor/resilience/memory_dead_letters.hpp>
#include <stentor/resilience/recovery.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// The bytes as an export and as an emergency file: every line is stored, skipped as a duplicate, or
// reported, and a letter that was read comes back from its own line.

namespace {

void check_round_trip(const stentor::dead_letter& letter) {
    std::string line;
    STENTOR_FUZZ_CHECK(stentor::append_dead_letter_line(line, letter).has_value());
    STENTOR_FUZZ_CHECK(line.find('\n') == std::string::npos);
    const auto again = stentor::read_dead_letter_line(line);
    STENTOR_FUZZ_CHECK(again.has_value());
    STENTOR_FUZZ_CHECK(*again == letter);
}

std::size_t lines_in(std::string_view text) {
    std::size_t count = 0;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        count += line.empty() || line == "\r" ? 0U : 1U;
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto letter = stentor::read_dead_letter_line(text)) {
        check_round_trip(*letter);
    }
    auto store = stentor::memory_dead_letters::make({.letters_max = 3}).value();
    const auto report = stentor::import_dead_letters(text, *store);
    STENTOR_FUZZ_CHECK(report.letters + report.duplicates + report.bad == lines_in(text));
    STENTOR_FUZZ_CHECK(store->room().letters == report.letters);

    std::uint64_t taken = 0;
    const auto recovered = stentor::recover_text(text, [&taken](const stentor::dead_letter& each) {
        check_round_trip(each);
        ++taken;
    });
    STENTOR_FUZZ_CHECK(taken == recovered.records);
    STENTOR_FUZZ_CHECK(taken + recovered.damaged.size() + recovered.duplicates.size() <= size);
    return 0;
}
