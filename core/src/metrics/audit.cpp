// SPDX-License-Identifier: MIT
#include <stentor/metrics/audit.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace stentor::inline v0 {

std::int64_t delivery_terms::dropped() const noexcept {
    return dropped_full + dropped_no_memory + dropped_newest + dropped_oldest + dropped_nested +
           dropped_disabled + dropped_dependency;
}

std::int64_t delivery_terms::terminal() const noexcept {
    return completed + failed + dead_lettered + dropped() + cancelled + expired;
}

std::int64_t delivery_terms::outstanding() const noexcept {
    return queued + running + retry_waiting + held;
}

std::int64_t delivery_terms::unaccounted() const noexcept {
    return accepted - terminal() - outstanding();
}

delivery_terms& delivery_terms::operator+=(const delivery_terms& other) noexcept {
    accepted += other.accepted;
    completed += other.completed;
    failed += other.failed;
    dead_lettered += other.dead_lettered;
    dropped_full += other.dropped_full;
    dropped_no_memory += other.dropped_no_memory;
    dropped_newest += other.dropped_newest;
    dropped_oldest += other.dropped_oldest;
    dropped_nested += other.dropped_nested;
    dropped_disabled += other.dropped_disabled;
    dropped_dependency += other.dropped_dependency;
    cancelled += other.cancelled;
    expired += other.expired;
    queued += other.queued;
    running += other.running;
    retry_waiting += other.retry_waiting;
    held += other.held;
    return *this;
}

std::int64_t publish_terms::unaccounted() const noexcept {
    return published - accepted - no_subscribers - rejected_full - rejected_invalid -
           rejected_too_deep - rejected_no_memory - expired - closed - would_deadlock -
           type_mismatch - rejected_interceptor;
}

namespace {

std::int64_t magnitude(std::int64_t value) noexcept {
    return value < 0 ? -value : value;
}

template <class Terms>
struct column {
    std::string_view title;
    std::int64_t Terms::* term;
    bool always;  // shown even if it is 0 in every row
};

constexpr std::array publish_columns{
    column<publish_terms>{"published", &publish_terms::published, true},
    column<publish_terms>{"accepted", &publish_terms::accepted, true},
    column<publish_terms>{"no_subscribers", &publish_terms::no_subscribers, true},
    column<publish_terms>{"rejected_full", &publish_terms::rejected_full, false},
    column<publish_terms>{"rejected_invalid", &publish_terms::rejected_invalid, false},
    column<publish_terms>{"rejected_too_deep", &publish_terms::rejected_too_deep, false},
    column<publish_terms>{"rejected_no_memory", &publish_terms::rejected_no_memory, false},
    column<publish_terms>{"expired", &publish_terms::expired, false},
    column<publish_terms>{"closed", &publish_terms::closed, false},
    column<publish_terms>{"would_deadlock", &publish_terms::would_deadlock, false},
    column<publish_terms>{"type_mismatch", &publish_terms::type_mismatch, false},
    column<publish_terms>{"rejected_interceptor", &publish_terms::rejected_interceptor, false},
};

constexpr std::array delivery_columns{
    column<delivery_terms>{"accepted", &delivery_terms::accepted, true},
    column<delivery_terms>{"completed", &delivery_terms::completed, true},
    column<delivery_terms>{"failed", &delivery_terms::failed, false},
    column<delivery_terms>{"dead_lettered", &delivery_terms::dead_lettered, false},
    column<delivery_terms>{"dropped_full", &delivery_terms::dropped_full, false},
    column<delivery_terms>{"dropped_no_memory", &delivery_terms::dropped_no_memory, false},
    column<delivery_terms>{"dropped_newest", &delivery_terms::dropped_newest, false},
    column<delivery_terms>{"dropped_oldest", &delivery_terms::dropped_oldest, false},
    column<delivery_terms>{"dropped_nested", &delivery_terms::dropped_nested, false},
    column<delivery_terms>{"dropped_disabled", &delivery_terms::dropped_disabled, false},
    column<delivery_terms>{"dropped_dependency", &delivery_terms::dropped_dependency, false},
    column<delivery_terms>{"cancelled", &delivery_terms::cancelled, false},
    column<delivery_terms>{"expired", &delivery_terms::expired, false},
    column<delivery_terms>{"queued", &delivery_terms::queued, false},
    column<delivery_terms>{"running", &delivery_terms::running, false},
    column<delivery_terms>{"retry_waiting", &delivery_terms::retry_waiting, false},
    column<delivery_terms>{"held", &delivery_terms::held, false},
};

template <class Terms>
struct table_row {
    std::string_view name;
    const Terms* terms;
};

void append_left(std::string& out, std::string_view text, std::size_t width) {
    out += text;
    out.append(width - std::min(width, text.size()), ' ');
}

void append_right(std::string& out, std::string_view text, std::size_t width) {
    out.append(2 + width - std::min(width, text.size()), ' ');
    out += text;
}

// A title and a row for each name, then the columns that have something to say, and the imbalance.
template <class Terms, std::size_t Count>
void append_table(std::string& out, std::string_view title,
                  const std::array<column<Terms>, Count>& columns,
                  const std::vector<table_row<Terms>>& rows) {
    std::vector<std::string> lines(rows.size() + 1);
    std::size_t name_width = title.size();
    for (const auto& row : rows) {
        name_width = std::max(name_width, row.name.size());
    }
    append_left(lines[0], title, name_width);
    for (std::size_t at = 0; at < rows.size(); ++at) {
        append_left(lines[at + 1], rows[at].name, name_width);
    }
    const auto append_column = [&](std::string_view head, bool always, auto read) {
        std::vector<std::string> cells;
        std::size_t width = head.size();
        bool any = always;
        for (const auto& row : rows) {
            const std::int64_t value = read(*row.terms);
            any = any || value != 0;
            cells.push_back(std::to_string(value));
            width = std::max(width, cells.back().size());
        }
        if (any) {
            append_right(lines[0], head, width);
            for (std::size_t at = 0; at < rows.size(); ++at) {
                append_right(lines[at + 1], cells[at], width);
            }
        }
    };
    for (const auto& each : columns) {
        append_column(each.title, each.always,
                      [&](const Terms& terms) { return terms.*each.term; });
    }
    append_column("unaccounted", true, [](const Terms& terms) { return terms.unaccounted(); });
    for (const std::string& line : lines) {
        out += line;
        out += '\n';
    }
}

}  // namespace

std::int64_t audit_report::unaccounted() const noexcept {
    std::int64_t sum = magnitude(publishes.unaccounted()) + magnitude(removed.unaccounted());
    for (const auto& [name, terms] : subscriptions) {
        sum += magnitude(terms.unaccounted());
    }
    return sum;
}

std::string audit_report::to_string() const {
    std::string out;
    append_table(out, "publishes", publish_columns, {{"all", &publishes}});
    std::vector<table_row<delivery_terms>> rows;
    rows.reserve(subscriptions.size() + 1);
    for (const auto& [name, terms] : subscriptions) {
        rows.push_back({name, &terms});
    }
    if (removed != delivery_terms{}) {
        rows.push_back({"(removed)", &removed});
    }
    if (!rows.empty()) {
        out += '\n';
        append_table(out, "deliveries", delivery_columns, rows);
    }
    out += "\nenvelopes alive " + std::to_string(envelopes_alive) + '\n';
    out += "unaccounted " + std::to_string(unaccounted()) + '\n';
    return out;
}

}  // namespace stentor::inline v0
