// SPDX-License-Identifier: MIT
#include <stentor/metrics/audit.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <string>
#include <vector>

using stentor::audit_report;
using stentor::delivery_terms;
using stentor::publish_terms;

namespace {

constexpr std::array terminal_terms{
    &delivery_terms::completed,         &delivery_terms::failed,
    &delivery_terms::dead_lettered,     &delivery_terms::dropped_full,
    &delivery_terms::dropped_no_memory, &delivery_terms::dropped_newest,
    &delivery_terms::dropped_oldest,    &delivery_terms::dropped_nested,
    &delivery_terms::dropped_disabled,  &delivery_terms::dropped_dependency,
    &delivery_terms::cancelled,         &delivery_terms::expired,
};

constexpr std::array outstanding_terms{
    &delivery_terms::queued,
    &delivery_terms::running,
    &delivery_terms::retry_waiting,
    &delivery_terms::held,
};

constexpr std::array publish_outcomes{
    &publish_terms::accepted,
    &publish_terms::no_subscribers,
    &publish_terms::rejected_full,
    &publish_terms::rejected_invalid,
    &publish_terms::rejected_too_deep,
    &publish_terms::rejected_no_memory,
    &publish_terms::expired,
    &publish_terms::closed,
    &publish_terms::would_deadlock,
    &publish_terms::type_mismatch,
    &publish_terms::rejected_interceptor,
};

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

// Where the words of a line end, which is where right-aligned columns must agree.
std::vector<std::size_t> word_ends(const std::string& line) {
    std::vector<std::size_t> ends;
    for (std::size_t at = 0; at < line.size(); ++at) {
        if (line[at] != ' ' && (at + 1 == line.size() || line[at + 1] == ' ')) {
            ends.push_back(at);
        }
    }
    return ends;
}

}  // namespace

TEST(delivery_terms, balances_when_every_term_is_counted_once) {
    delivery_terms terms;
    std::int64_t amount = 1;
    for (const auto term : terminal_terms) {
        terms.*term = amount;
        terms.accepted += amount;
        amount *= 10;
    }
    EXPECT_EQ(terms.terminal(), 111'111'111'111);
    for (const auto term : outstanding_terms) {
        terms.*term = amount;
        terms.accepted += amount;
        amount *= 10;
    }
    EXPECT_EQ(terms.outstanding(), 1'111'000'000'000'000);
    EXPECT_EQ(terms.unaccounted(), 0);
}

TEST(delivery_terms, shows_what_is_missing_and_what_is_double) {
    for (const auto term : terminal_terms) {
        delivery_terms terms{.accepted = 5};
        EXPECT_EQ(terms.unaccounted(), 5);
        terms.*term = 7;
        EXPECT_EQ(terms.unaccounted(), -2);
    }
}

TEST(delivery_terms, adds_up_term_by_term) {
    delivery_terms terms;
    std::int64_t amount = 1;
    terms.accepted = amount;
    for (const auto term : terminal_terms) {
        terms.*term = ++amount;
    }
    for (const auto term : outstanding_terms) {
        terms.*term = ++amount;
    }
    delivery_terms sum = terms;
    sum += terms;
    EXPECT_EQ(sum.accepted, 2);
    EXPECT_EQ(sum.terminal(), 2 * terms.terminal());
    EXPECT_EQ(sum.outstanding(), 2 * terms.outstanding());
    for (const auto term : terminal_terms) {
        EXPECT_EQ(sum.*term, 2 * (terms.*term));
    }
    for (const auto term : outstanding_terms) {
        EXPECT_EQ(sum.*term, 2 * (terms.*term));
    }
}

TEST(publish_terms, counts_every_outcome) {
    publish_terms terms{.published = 100};
    EXPECT_EQ(terms.unaccounted(), 100);
    std::int64_t left = 100;
    for (const auto outcome : publish_outcomes) {
        terms.*outcome = 3;
        left -= 3;
        EXPECT_EQ(terms.unaccounted(), left);
    }
}

TEST(audit_report, is_balanced_when_nothing_happened) {
    EXPECT_EQ(audit_report().unaccounted(), 0);
}

TEST(audit_report, does_not_let_imbalances_hide_each_other) {
    audit_report report;
    report.publishes = {.published = 2, .accepted = 1};
    report.subscriptions = {{"plus", {.accepted = 5, .completed = 2}},
                            {"minus", {.accepted = 2, .completed = 5}}};
    report.removed = {.completed = 4};
    EXPECT_EQ(report.unaccounted(), 1 + 3 + 3 + 4);
    report.envelopes_alive = 9;
    EXPECT_EQ(report.unaccounted(), 11) << "an envelope may be alive for other reasons";
}

TEST(audit_report, prints_a_table_for_people) {
    audit_report report;
    report.publishes = {
        .published = 1200, .accepted = 1190, .no_subscribers = 9, .rejected_full = 1};
    report.subscriptions = {
        {"printer", {.accepted = 1190, .completed = 1180, .queued = 9, .running = 1}},
        {"mail.sender", {.accepted = 30, .completed = 20, .dead_lettered = 10}}};
    report.removed = {.accepted = 4, .completed = 3, .cancelled = 1};
    report.envelopes_alive = 2;
    EXPECT_EQ(report.to_string(),
              "publishes  published  accepted  no_subscribers  rejected_full  unaccounted\n"
              "all             1200      1190               9              1            0\n"
              "\n"
              "deliveries   accepted  completed  dead_lettered  cancelled  queued  running  "
              "unaccounted\n"
              "printer          1190       1180              0          0       9        1  "
              "          0\n"
              "mail.sender        30         20             10          0       0        0  "
              "          0\n"
              "(removed)           4          3              0          1       0        0  "
              "          0\n"
              "\n"
              "envelopes alive 2\n"
              "unaccounted 0\n");
}

TEST(audit_report, prints_only_what_there_is) {
    EXPECT_EQ(audit_report().to_string(),
              "publishes  published  accepted  no_subscribers  unaccounted\n"
              "all                0         0               0            0\n"
              "\n"
              "envelopes alive 0\n"
              "unaccounted 0\n");
}

TEST(audit_report, shows_every_term_that_is_not_zero) {
    audit_report report;
    for (const auto outcome : publish_outcomes) {
        report.publishes.*outcome = 1;
    }
    delivery_terms terms;
    for (const auto term : terminal_terms) {
        terms.*term = 1;
    }
    for (const auto term : outstanding_terms) {
        terms.*term = 1;
    }
    report.subscriptions = {{"all", terms}};
    const std::string text = report.to_string();
    for (const char* const title : {"rejected_full",
                                    "rejected_invalid",
                                    "rejected_too_deep",
                                    "rejected_no_memory",
                                    "expired",
                                    "closed",
                                    "would_deadlock",
                                    "type_mismatch",
                                    "rejected_interceptor",
                                    "failed",
                                    "dead_lettered",
                                    "dropped_full",
                                    "dropped_no_memory",
                                    "dropped_newest",
                                    "dropped_oldest",
                                    "dropped_nested",
                                    "dropped_disabled",
                                    "dropped_dependency",
                                    "cancelled",
                                    "queued",
                                    "running",
                                    "retry_waiting",
                                    "held"}) {
        EXPECT_NE(text.find(title), std::string::npos) << title;
    }
    EXPECT_EQ(lines_of(text).back(), "unaccounted 27");
}

TEST(audit_report, keeps_columns_aligned_for_any_numbers_and_names) {
    audit_report report;
    report.subscriptions = {{"x", {.accepted = -5'000'000'000'000}},
                            {std::string(80, 'n'), {.accepted = 1, .failed = 123'456'789'012}},
                            {"", {}}};
    const std::vector<std::string> lines = lines_of(report.to_string());
    ASSERT_EQ(lines.size(), 10U);
    const std::vector<std::size_t> head = word_ends(lines[3]);
    for (std::size_t row = 4; row < 7; ++row) {
        std::vector<std::size_t> ends = word_ends(lines[row]);
        const std::size_t numbers = head.size() - 1;  // the first column is left-aligned
        ASSERT_GE(ends.size(), numbers);
        EXPECT_TRUE(std::equal(head.end() - static_cast<std::ptrdiff_t>(numbers), head.end(),
                               ends.end() - static_cast<std::ptrdiff_t>(numbers)))
            << lines[row];
    }
}
