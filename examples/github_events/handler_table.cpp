// SPDX-License-Identifier: MIT

#include "handler_table.hpp"

#include "text.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace github {
namespace {

using stentor::delivery_terms;
using stentor::subscription_snapshot;

constexpr std::size_t duration_width = 7;
struct quantile {
    double value;
    std::string_view title;
};
constexpr std::array quantiles{quantile{0.5, "p50"}, quantile{0.99, "p99"},
                               quantile{0.999, "p99.9"}};

std::int64_t dropped(const delivery_terms& terms) {
    return terms.dropped_full + terms.dropped_no_memory;
}

// How wide the columns of the table of handlers are, and which there are.
struct handler_columns {
    std::size_t name = 7;
    std::size_t topics = 0;  // 0: not shown
    std::size_t delivered = 9;
    std::size_t failed = 6;
    std::size_t dropped = 0;
    std::size_t held = 0;
    std::size_t time = duration_width + 1;
    std::size_t times_shown = quantiles.size();

    handler_columns(const std::vector<subscription_snapshot>& rows,
                    const std::optional<intermission::account>& pause, std::size_t width) {
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
        for (const auto& each : pause ? pause->handlers : std::vector<intermission::backlog>()) {
            held = std::max({held, std::size_t{4}, with_commas(each.held).size()});
        }
        name = std::min<std::size_t>(name, 24);
        // What there is room for: the rarest times, then air between the columns, then the topics.
        times_shown -= whole() <= width ? 0 : 1;
        time += whole() + 2 * times_shown <= width ? 1 : 0;
        longest_topics = std::min<std::size_t>(longest_topics, 28);
        topics = whole() + longest_topics + 2 <= width ? longest_topics : 0;
    }
    [[nodiscard]] std::size_t whole() const { return before_times() + 2 * times_shown * time; }
    [[nodiscard]] std::string times(const stentor::histogram_snapshot& taken) const {
        std::string text;
        for (std::size_t at = 0; at < times_shown; ++at) {
            const double wanted = quantiles[at].value;
            text += right(taken.count == 0 ? "-" : duration_text(taken.quantile_ns(wanted)), time);
        }
        return text;
    }
    [[nodiscard]] std::string time_titles() const {
        std::string text;
        for (std::size_t at = 0; at < times_shown; ++at) {
            text += right(quantiles[at].title, time);
        }
        return text;
    }
    // ".. title .." over the columns of one kind of times.
    [[nodiscard]] std::string over_times(std::string_view title) const {
        const std::size_t whole = times_shown * time;
        if (whole < columns_of(title) + 4) {
            return right(title, whole);
        }
        const std::size_t room = whole - 4 - columns_of(title);
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
               (dropped > 0 ? dropped + 1 : 0) + (held > 0 ? held + 1 : 0);
    }
};

// Empty for those that did not pause.
std::string held_text(const intermission::account& pause, std::string_view handler) {
    for (const auto& each : pause.handlers) {
        if (each.handler == handler) {
            return with_commas(each.held);
        }
    }
    return {};
}

}  // namespace

std::int64_t delivered(const delivery_terms& terms) {
    return terms.completed + terms.failed + terms.dead_lettered;
}

void write_handlers(page& out, const run_report& run) {
    std::vector<subscription_snapshot> rows = run.bus.subscriptions;
    std::sort(rows.begin(), rows.end(), [](const auto& one, const auto& other) {
        return std::pair(-delivered(one.terms), std::string_view(one.name)) <
               std::pair(-delivered(other.terms), std::string_view(other.name));
    });
    const handler_columns columns(rows, run.pause, out.width());
    out.line();
    out.line(std::string(columns.before_times(), ' ') + columns.over_times("in the handler") +
             columns.over_times("publish to done"));
    std::string head = columns.start("handler", "topics") +
                       right("delivered", columns.delivered + 1) +
                       right("failed", columns.failed + 1);
    if (columns.dropped > 0) {
        head += right("dropped", columns.dropped + 1);
    }
    if (columns.held > 0) {
        head += right("held", columns.held + 1);
    }
    out.line(out.coloured("1", head + columns.time_titles() + columns.time_titles()));

    bool sampled = false;
    for (const auto& row : rows) {
        const std::string failed = right(with_commas(row.terms.failed), columns.failed + 1);
        std::string text = columns.start(row.name, row.pattern) +
                           right(with_commas(delivered(row.terms)), columns.delivered + 1) +
                           (row.terms.failed > 0 ? out.coloured("31", failed) : failed);
        if (columns.dropped > 0) {
            text += right(with_commas(dropped(row.terms)), columns.dropped + 1);
        }
        if (columns.held > 0) {
            text += right(held_text(*run.pause, row.name), columns.held + 1);
        }
        text += columns.times(row.service) + columns.times(row.end_to_end);
        out.line(text);
        sampled = sampled || row.sampled;
    }
    if (sampled && run.bus.sampled_one_in > 1) {
        out.line("(calls under 1 us are timed one in " + std::to_string(run.bus.sampled_one_in) +
                 ")");
    }
}

}  // namespace github
