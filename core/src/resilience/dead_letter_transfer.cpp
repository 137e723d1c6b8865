// SPDX-License-Identifier: MIT
#include <stentor/resilience/dead_letter_lines.hpp>

#include <utility>

namespace stentor::inline v0 {

namespace {

constexpr std::size_t bad_lines_kept = 1000;
constexpr std::size_t letters_at_once = 16;

void note_bad(dead_letter_import& report, std::size_t line, std::string why) {
    ++report.bad;
    if (report.bad_lines.size() < bad_lines_kept) {
        report.bad_lines.push_back({line, std::move(why)});
    }
}

void import_line(dead_letter_import& report, std::size_t number, std::string_view line,
                 dead_letter_store& store) {
    auto letter = read_dead_letter_line(line);
    if (!letter) {
        note_bad(report, number, letter.error().message());
        return;
    }
    const auto stored = store.put(std::move(letter).value(), on_duplicate::refuse);
    if (stored) {
        ++report.letters;
    } else if (stored.error().code == dead_letter_errc::duplicate) {
        ++report.duplicates;
    } else {
        note_bad(report, number, stored.error().message);
    }
}

}  // namespace

dead_letter_result<dead_letter_export> export_dead_letters(const dead_letter_store& store,
                                                           const dead_letter_filter& filter,
                                                           const dead_letter_sink& sink) {
    dead_letter_export report;
    dead_letter_page page{.after = 0, .limit = letters_at_once};
    do {
        auto some = store.list(filter, page);
        if (!some) {
            return unexpected(std::move(some).error());
        }
        for (const dead_letter& letter : some->letters) {
            std::string line;
            if (auto written = append_dead_letter_line(line, letter); !written) {
                return unexpected(dead_letter_error{dead_letter_errc::invalid_letter,
                                                    "dead letter " + std::to_string(letter.number) +
                                                        ": " + written.error().message()});
            }
            line += '\n';
            if (!sink || !sink(line)) {
                return unexpected(dead_letter_error{
                    dead_letter_errc::unavailable,
                    "the sink did not take dead letter " + std::to_string(letter.number) + "; " +
                        std::to_string(report.letters) + " were exported before it"});
            }
            ++report.letters;
            if (letter.payload.content == dead_letter_content::object) {
                report.without_payload.push_back(
                    {letter.number, letter.id, letter.subscription, letter.type_name});
            }
        }
        page.after = some->next;
    } while (page.after != 0);
    return report;
}

dead_letter_import import_dead_letters(std::string_view text, dead_letter_store& store) {
    dead_letter_import report;
    std::size_t number = 0;
    while (!text.empty()) {
        ++number;
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        if (!line.empty()) {
            import_line(report, number, line, store);
        }
    }
    return report;
}

}  // namespace stentor::inline v0
