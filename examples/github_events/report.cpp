// SPDX-License-Identifier: MIT

#include "report.hpp"

#include "handler_table.hpp"
#include "page.hpp"
#include "repair_page.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace github {
namespace {

using stentor::delivery_terms;

std::string count(std::uint64_t value) {
    return with_commas(static_cast<std::int64_t>(value));
}

std::string times(std::uint64_t number) {
    return number == 1 ? "once" : count(number) + " times";
}

std::int64_t held_in_all(const intermission::account& pause) {
    std::int64_t sum = 0;
    for (const auto& each : pause.handlers) {
        sum += each.held;
    }
    return sum;
}

void write_pause(page& out, const intermission::account& pause) {
    using stage = intermission::stage;
    if (pause.now == stage::to_come) {
        out.line("  pause         none: there were too few events");
        return;
    }
    out.line("  pause         " + pause.which + " after " + count(pause.paused_after) + " events");
    const std::string_view why = pause.why == intermission::reason::asked ? ""
                                 : pause.why == intermission::reason::full
                                     ? ", early: the bus was full of what was held"
                                     : ", the last ones";
    out.line("  resume        after " + count(pause.resumed_after) + " events" + std::string(why));
    out.line("  backlog       " + with_commas(held_in_all(pause)) + " deliveries were held, " +
             (pause.now == stage::over ? "and handled within " + duration_text(pause.caught_up_ns)
                                       : "and not all handled in time"));
}

void write_headline(page& out, const run_report& run) {
    const double seconds = std::max(static_cast<double>(run.elapsed_ns) / 1e9, 1e-9);
    std::int64_t deliveries = 0;
    for (const auto& subscription : run.bus.subscriptions) {
        deliveries += delivered(subscription.terms);
    }
    const auto rate = [&](double number) {
        return with_commas(static_cast<std::int64_t>(number / seconds));
    };
    out.line(out.coloured("1", count(run.published) + " events in " +
                                   duration_text(run.elapsed_ns) + ": " +
                                   rate(static_cast<double>(run.published)) + " per second"));
    out.line("  deliveries    " + with_commas(deliveries) + " to " +
             std::to_string(run.bus.subscriptions.size()) + " handlers, " +
             rate(static_cast<double>(deliveries)) + " per second");
    out.line("  input         " + printable(run.input) + ", " + count(run.passes) +
             (run.passes == 1 ? " pass, " : " passes, ") + count(run.bad) + " bad");
    out.line("  bus           " + std::to_string(run.bus.runners) + " runners, parked " +
             times(run.bus.parks) + ", spare ones helped out " + times(run.bus.spare_activations));
    if (run.waits > 0) {
        out.line("  back-pressure the bus was full " + times(run.waits) + "; publishing waited " +
                 duration_text(run.waited_ns) + " in all");
    }
    if (run.partial > 0) {
        out.line("  overflow      " + count(run.partial) +
                 " events found a handler full; see 'dropped'");
    }
    for (const auto& [status, number] : run.refused) {
        out.line("  refused       " + count(number) + " events: " + status);
    }
    if (run.pause) {
        write_pause(out, *run.pause);
    }
    if (run.interrupted) {
        out.line("  stopped early, as asked; what was accepted was finished");
    }
}

// All topics of repositories begin so.
std::string_view without_prefix(std::string_view topic) {
    constexpr std::string_view prefix = "github.";
    return topic.starts_with(prefix) ? topic.substr(prefix.size()) : topic;
}

void write_repositories(page& out, const run_report& run) {
    if (run.busiest.empty()) {
        return;
    }
    struct column {
        std::string_view title;
        std::size_t width;
        std::int64_t repository_counts::* value;
    };
    constexpr std::array columns{column{"events", 10, &repository_counts::events},
                                 column{"issues", 8, &repository_counts::issues_opened},
                                 column{"pulls", 7, &repository_counts::pulls_opened},
                                 column{"merged", 7, &repository_counts::pulls_merged},
                                 column{"pushes", 8, &repository_counts::pushes},
                                 column{"commits", 8, &repository_counts::commits},
                                 column{"releases", 9, &repository_counts::releases}};
    std::size_t numbers = 0;
    for (const column& each : columns) {
        numbers += each.width;
    }
    // Where there is room: what happened last.
    constexpr std::size_t latest_max = 28;
    constexpr std::size_t name_min = 24;
    const std::size_t latest = out.width() >= numbers + name_min + 2 + latest_max ? latest_max : 0;
    numbers += latest > 0 ? latest + 2 : 0;
    const std::size_t name_width = out.width() > numbers + 12 ? out.width() - numbers : 12;
    const auto start = [&](std::string_view name) {
        return left(name, std::min<std::size_t>(name_width, 40));
    };
    std::string head = start("repository (" + std::to_string(run.busiest.size()) + " of " +
                             with_commas(static_cast<std::int64_t>(run.repositories)) + ")");
    for (const column& each : columns) {
        head += right(each.title, each.width);
    }
    head += latest > 0 ? "  latest" : "";
    out.line();
    out.line(out.coloured("1", head));
    for (const auto& [name, counts] : run.busiest) {
        std::string text = start(printable(name));
        for (const column& each : columns) {
            const std::int64_t value = counts.*each.value;
            const std::string full = with_commas(value);
            text += right(full.size() < each.width ? full : in_short(value), each.width);
        }
        if (latest > 0) {
            text += "  " + cut(printable(without_prefix(counts.latest)), latest);
        }
        out.line(text);
    }
}

void write_findings(page& out, const run_report& run) {
    out.heading("what the handlers found");
    std::string text = " ";
    for (const auto& [what, number] : run.found) {
        const std::string item = " " + what + " " + with_commas(number) + ",";
        if (columns_of(text) + columns_of(item) > out.width()) {
            out.line(text);
            text.assign(1, ' ');
        }
        text += item;
    }
    text.back() = ' ';
    out.line(text.substr(0, text.find_last_not_of(' ') + 1));
    out.line(
        "  audit file: " + count(run.audit_lines) + " lines in " + printable(run.audit_path) +
        (run.audit_complete ? "" : out.coloured("31", " (incomplete: the last write failed)")));
}

void write_failures(page& out, const run_report& run) {
    if (!run.failures.empty()) {
        out.heading("why handlers failed");
        for (const auto& failure : run.failures) {
            const std::string who = "  " + failure.handler + " (" + failure.where + "):";
            const std::string why = printable(failure.error);
            if (columns_of(who) + columns_of(why) < out.width()) {
                out.line(who + " " + why);
            } else {
                out.line(who);
                out.line("    " + cut(why, std::max<std::size_t>(out.width(), 24) - 4));
            }
        }
    }
    if (!run.notices.empty() || !run.drained.complete) {
        out.heading("notices of the bus");
        for (const auto& notice : run.notices) {
            out.paragraph(printable(notice.text) +
                          (notice.times > 1 ? " (" + times(notice.times) + " in all)" : ""));
        }
        for (const auto& topic : run.drained.abandoned) {
            out.line("  " + with_commas(topic.deliveries) + " deliveries of " + topic.topic +
                     " were not handled before the deadline");
        }
        for (const auto& stuck : run.drained.stuck) {
            out.line("  " + stuck.subscription + " did not return");
        }
    }
}

std::vector<std::string> named_terms(
    const std::vector<std::pair<std::string_view, std::int64_t>>& terms) {
    std::vector<std::string> list;
    for (const auto& [name, value] : terms) {
        // The first is always there; the others when they are something.
        if (list.empty() || value != 0) {
            list.push_back(with_commas(value) + " " + std::string(name));
        }
    }
    return list;
}

void write_law(page& out, const stentor::audit_report& audit) {
    const stentor::publish_terms& publishes = audit.publishes;
    delivery_terms all = audit.removed;
    for (const auto& [name, terms] : audit.subscriptions) {
        all += terms;
    }
    out.heading("nothing is lost");
    out.equation("publishes", with_commas(publishes.published),
                 named_terms({{"accepted", publishes.accepted},
                              {"wanted by nobody", publishes.no_subscribers},
                              {"refused, full", publishes.rejected_full},
                              {"refused, invalid", publishes.rejected_invalid},
                              {"refused, too deep", publishes.rejected_too_deep},
                              {"refused, no memory", publishes.rejected_no_memory},
                              {"refused, another type's topic", publishes.type_mismatch},
                              {"refused, by an interceptor", publishes.rejected_interceptor},
                              {"refused, would deadlock", publishes.would_deadlock},
                              {"after closing", publishes.closed},
                              {"expired", publishes.expired}}));
    out.equation("deliveries", with_commas(all.accepted),
                 named_terms({{"completed", all.completed},
                              {"failed", all.failed},
                              {"dead-lettered", all.dead_lettered},
                              {"dropped, full", all.dropped_full},
                              {"dropped, no memory", all.dropped_no_memory},
                              {"cancelled", all.cancelled},
                              {"expired", all.expired},
                              {"outstanding", all.outstanding()}}));
    const std::int64_t unaccounted = audit.unaccounted();
    out.line("  " + out.coloured(unaccounted == 0 ? "32" : "31",
                                 "unaccounted " + with_commas(unaccounted)));
}

}  // namespace

std::string render(const run_report& run, const report_style& style) {
    page out(style);
    write_headline(out, run);
    write_handlers(out, run);
    write_repositories(out, run);
    write_findings(out, run);
    if (run.repair) {
        write_repair(out, *run.repair);
    }
    write_failures(out, run);
    write_law(out, run.bus.audit);
    return out.take();
}

}  // namespace github
