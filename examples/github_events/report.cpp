// SPDX-License-Identifier: MIT

#include "report.hpp"

#include "text.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace github {
namespace {

using stentor::delivery_terms;
using stentor::subscription_snapshot;

constexpr std::size_t duration_width = 7;
constexpr std::array quantiles{0.5, 0.99, 0.999};

std::string count(std::uint64_t value) {
    return with_commas(static_cast<std::int64_t>(value));
}

std::string times(std::uint64_t number) {
    return number == 1 ? "once" : count(number) + " times";
}

// The deliveries whose handler was called and came back, in whatever way.
std::int64_t delivered(const delivery_terms& terms) {
    return terms.completed + terms.failed + terms.dead_lettered;
}

std::int64_t dropped(const delivery_terms& terms) {
    return terms.dropped_full + terms.dropped_no_memory;
}

class page {
public:
    explicit page(const report_style& style) : style_(style) {}

    void line(std::string_view text = {}) { text_.append(text).append("\n"); }
    void heading(std::string_view text) {
        line();
        line(coloured("1", text));
    }
    // The codes are those of the terminal: 1 bold, 31 red, 32 green.
    [[nodiscard]] std::string coloured(std::string_view code, std::string_view text) const {
        if (!style_.colours) {
            return std::string(text);
        }
        return "\033[" + std::string(code) + "m" + std::string(text) + "\033[0m";
    }
    // "label   left = a + b + c", broken at the pluses where it does not fit.
    void equation(std::string_view label, const std::string& left,
                  const std::vector<std::string>& terms) {
        std::string current = "  " + github::left(label, 12) + left + " ";
        const std::size_t indent = columns_of(current);
        std::string_view sign = "= ";
        for (const std::string& term : terms) {
            if (columns_of(current) + columns_of(term) + 3 > style_.width && sign != "= ") {
                line(current.substr(0, current.size() - 1));
                current.assign(indent, ' ');
            }
            current.append(sign).append(term).append(" ");
            sign = "+ ";
        }
        line(current.substr(0, current.size() - 1));
    }
    [[nodiscard]] std::size_t width() const { return style_.width; }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    const report_style& style_;
    std::string text_;
};

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
    if (run.interrupted) {
        out.line("  stopped early, as asked; what was accepted was finished");
    }
}

// How wide the columns of the table of handlers are, and which there are.
struct handler_columns {
    std::size_t name = 7;
    std::size_t topics = 0;  // 0: not shown
    std::size_t delivered = 9;
    std::size_t failed = 6;
    std::size_t dropped = 0;
    std::size_t time = duration_width + 1;

    handler_columns(const std::vector<subscription_snapshot>& rows, std::size_t width) {
        std::size_t longest_topics = 6;
        for (const auto& row : rows) {
            name = std::max(name, columns_of(row.name));
            delivered = std::max(delivered, with_commas(github::delivered(row.terms)).size());
            failed = std::max(failed, with_commas(row.terms.failed).size());
            if (const std::int64_t lost = github::dropped(row.terms); lost > 0) {
                dropped = std::max({dropped, std::size_t{7}, with_commas(lost).size()});
            }
            longest_topics = std::max(longest_topics, columns_of(row.pattern));
        }
        name = std::min<std::size_t>(name, 24);
        // What there is room for: first air between the columns, then the topics.
        time += whole() + 2 * quantiles.size() <= width ? 1 : 0;
        longest_topics = std::min<std::size_t>(longest_topics, 28);
        topics = whole() + longest_topics + 2 <= width ? longest_topics : 0;
    }
    [[nodiscard]] std::size_t whole() const { return before_times() + 2 * quantiles.size() * time; }
    [[nodiscard]] std::string times(const stentor::histogram_snapshot& taken) const {
        std::string text;
        for (const double quantile : quantiles) {
            text +=
                right(taken.count == 0 ? "-" : duration_text(taken.quantile_ns(quantile)), time);
        }
        return text;
    }
    // ".. title .." over the columns of one kind of times.
    [[nodiscard]] std::string over_times(std::string_view title) const {
        const std::size_t room = quantiles.size() * time - 4 - columns_of(title);
        return "  " + std::string(room - room / 2, '.') + " " + std::string(title) + " " +
               std::string(room / 2, '.');
    }
    [[nodiscard]] std::string start(std::string_view handler, std::string_view pattern) const {
        std::string text = left(handler, name);
        if (topics > 0) {
            text += "  " + left(pattern, topics);
        }
        return text;
    }
    [[nodiscard]] std::size_t before_times() const {
        return name + (topics > 0 ? topics + 2 : 0) + delivered + 1 + failed + 1 +
               (dropped > 0 ? dropped + 1 : 0);
    }
};

void write_handlers(page& out, const run_report& run) {
    std::vector<subscription_snapshot> rows = run.bus.subscriptions;
    std::sort(rows.begin(), rows.end(), [](const auto& one, const auto& other) {
        return std::pair(-delivered(one.terms), std::string_view(one.name)) <
               std::pair(-delivered(other.terms), std::string_view(other.name));
    });
    const handler_columns columns(rows, out.width());
    out.line();
    out.line(std::string(columns.before_times(), ' ') + columns.over_times("in the handler") +
             columns.over_times("publish to done"));
    std::string head = columns.start("handler", "topics") +
                       right("delivered", columns.delivered + 1) +
                       right("failed", columns.failed + 1);
    if (columns.dropped > 0) {
        head += right("dropped", columns.dropped + 1);
    }
    for (int side = 0; side < 2; ++side) {
        for (const std::string_view title : {"p50", "p99", "p99.9"}) {
            head += right(title, columns.time);
        }
    }
    out.line(out.coloured("1", head));

    bool sampled = false;
    for (const auto& row : rows) {
        const std::string failed = right(with_commas(row.terms.failed), columns.failed + 1);
        std::string text = columns.start(row.name, row.pattern) +
                           right(with_commas(delivered(row.terms)), columns.delivered + 1) +
                           (row.terms.failed > 0 ? out.coloured("31", failed) : failed);
        if (columns.dropped > 0) {
            text += right(with_commas(dropped(row.terms)), columns.dropped + 1);
        }
        text += columns.times(row.service) + columns.times(row.end_to_end);
        out.line(text);
        sampled = sampled || row.sampled;
    }
    if (sampled && run.bus.sampled_one_in > 1) {
        out.line("(calls under 1 us are timed one in " + count(run.bus.sampled_one_in) + ")");
    }
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
    const std::size_t name_width = out.width() > numbers + 12 ? out.width() - numbers : 12;
    const auto start = [&](std::string_view name) {
        return left(name, std::min<std::size_t>(name_width, 40));
    };
    std::string head = start("repository (" + std::to_string(run.busiest.size()) + " of " +
                             with_commas(static_cast<std::int64_t>(run.repositories)) + ")");
    for (const column& each : columns) {
        head += right(each.title, each.width);
    }
    out.line();
    out.line(out.coloured("1", head));
    for (const auto& [name, counts] : run.busiest) {
        std::string text = start(printable(name));
        for (const column& each : columns) {
            const std::int64_t value = counts.*each.value;
            const std::string full = with_commas(value);
            text += right(full.size() < each.width ? full : in_short(value), each.width);
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
            text = " ";
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
        for (const std::string& notice : run.notices) {
            out.line("  " + printable(notice));
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
    write_failures(out, run);
    write_law(out, run.bus.audit);
    return out.take();
}

}  // namespace github
