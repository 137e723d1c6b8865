// SPDX-License-Identifier: MIT

#include "repair_page.hpp"

#include "text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace github {
namespace {

std::string count(std::uint64_t value) {
    return with_commas(static_cast<std::int64_t>(value));
}

void write_table(page& out, const repair_account& told) {
    struct column {
        std::string_view title;
        std::int64_t repair_account::handler::* value;
    };
    using handler = repair_account::handler;
    constexpr std::array columns{column{"deliveries", &handler::deliveries},
                                 column{"handled", &handler::completed},
                                 column{"by fallback", &handler::fell_back},
                                 column{"dead letters", &handler::dead_lettered},
                                 column{"brought back", &handler::brought_back},
                                 column{"retries", &handler::retried}};
    std::size_t name = 7;
    for (const auto& row : told.handlers) {
        name = std::max(name, std::min<std::size_t>(columns_of(row.name), 24));
    }
    std::string head = left("", name);
    for (const column& each : columns) {
        head += "  " + std::string(each.title);
    }
    out.line(head);
    for (const auto& row : told.handlers) {
        std::string text = left(row.name, name);
        for (const column& each : columns) {
            text += right(with_commas(row.*each.value), columns_of(each.title) + 2);
        }
        out.line(text);
    }
}

void write_chat(page& out, const repair_account& told) {
    const auto& chat = told.chat;
    out.line("  chat service  " + with_commas(chat.calls) + " calls: " + with_commas(chat.failed) +
             " failed by chance, " + with_commas(chat.refused) + " while it was down");
    out.line("  its breaker   opened " +
             (told.breaker_openings == 1 ? "once" : with_commas(told.breaker_openings) + " times"));
}

void write_letters(page& out, const repair_account& told) {
    out.heading("dead letters, before the repair");
    for (const auto& group : told.groups) {
        const std::string line = right(count(group.count), 7) + "  " +
                                 printable(group.subscription) + ", " + printable(group.topic) +
                                 ", " + std::string(to_string(group.reason)) + ":";
        const std::string why = printable(group.error);
        if (columns_of(line) + columns_of(why) < out.width()) {
            out.line(line + " " + why);
        } else {
            out.line(line);
            out.line("         " + cut(why, std::max<std::size_t>(out.width(), 24) - 9));
        }
    }
    if (told.in_emergency_file > 0) {
        out.line(right(with_commas(told.in_emergency_file), 7) +
                 "  more for which the store had no room: in the emergency file");
    }
}

// "5 of 5 dead letters", green when these are all.
std::string of_all(page& out, std::uint64_t some, std::uint64_t all, std::string_view what) {
    return out.coloured(some == all ? "32" : "31", count(some) + " of " + count(all)) + " " +
           std::string(what);
}

void write_redrive(page& out, const stentor::redrive_report& redriven) {
    std::string text =
        "  redriven      " + of_all(out, redriven.redriven, redriven.matched, "dead letters");
    const std::array others{
        std::pair{"came back", redriven.returned}, std::pair{"held by key", redriven.held},
        std::pair{"skipped", redriven.skipped},    std::pair{"undone", redriven.undone},
        std::pair{"refused", redriven.refused},    std::pair{"pending", redriven.pending}};
    for (const auto& [what, number] : others) {
        text += number > 0 ? ", " + count(number) + " " + what : "";
    }
    out.line(text);
    for (const auto& refusal : redriven.refusals) {
        out.line("    letter " + count(refusal.number) + ": " + printable(refusal.message));
    }
}

void write_outcome(page& out, const repair_account& told) {
    out.heading("after the repair");
    if (!told.redriven && !told.recovered && told.trouble.empty()) {
        out.line("  nothing was repaired: the run was stopped");
    }
    if (told.redriven) {
        write_redrive(out, *told.redriven);
    }
    if (told.recovered) {
        const auto& back = *told.recovered;
        out.line("  recovered     " +
                 of_all(out, back.recovered, back.records, "events of the emergency file") +
                 (back.damaged > 0 ? ", " + count(back.damaged) + " lines damaged" : "") +
                 (back.not_stored > 0 ? ", " + count(back.not_stored) + " not stored" : ""));
    }
    for (const std::string& trouble : told.trouble) {
        out.line("  " + printable(trouble));
    }
    out.line("  left          " + count(told.left) + " in the store");
    if (!told.file_is_done() && (told.in_emergency_file > 0 || told.recovered)) {
        out.line("  kept          " + printable(told.emergency_file));
        out.line("                (give it to --emergency-file of another run)");
    }
}

}  // namespace

void write_repair(page& out, const repair_account& told) {
    if (told.handlers.empty() && told.trouble.empty() &&
        (!told.recovered || told.recovered->records == 0)) {
        return;
    }
    out.heading("what failed, and what became of it");
    if (!told.handlers.empty()) {
        write_table(out, told);
        write_chat(out, told);
    }
    if (told.letters > 0 || told.in_emergency_file > 0) {
        write_letters(out, told);
    }
    write_outcome(out, told);
}

}  // namespace github
