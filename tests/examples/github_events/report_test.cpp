// SPDX-License-Identifier: MIT

#include "report.hpp"

#include "examples/run_program.hpp"
#include "text.hpp"
#include <stentor/metrics/histogram.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace {

using namespace github;
using stentor_test::lines_of;
using ::testing::HasSubstr;
using ::testing::Not;

stentor::subscription_snapshot handler(const char* name, const char* topics, std::int64_t completed,
                                       std::int64_t failed, std::int64_t nanoseconds) {
    stentor::histogram times;
    times.record(nanoseconds);
    stentor::subscription_snapshot row;
    row.name = name;
    row.pattern = topics;
    row.terms.accepted = completed + failed;
    row.terms.completed = completed;
    row.terms.failed = failed;
    row.service = times.snapshot();
    row.end_to_end = times.snapshot();
    return row;
}

run_report example() {
    run_report run;
    run.input = "index.json (329 webhooks)";
    run.published = 1'000'000;
    run.passes = 3040;
    run.elapsed_ns = 4'000'000'000;
    run.bus.subscriptions = {
        handler("mirror", "github.push", 9'120, 12'160, 900),
        handler("audit", "github.>", 1'000'000, 0, 1'200),
        handler("release-notes", "github.release.published", 9'118, 0, 1'100'000)};
    for (const auto& row : run.bus.subscriptions) {
        run.bus.audit.subscriptions.emplace_back(row.name, row.terms);
    }
    run.bus.audit.publishes.published = 1'000'007;
    run.bus.audit.publishes.accepted = 1'000'000;
    run.bus.audit.publishes.rejected_full = 7;
    run.busiest = {{"Codertocat/Hello-World", {.events = 699'000, .pushes = 21'280}}};
    run.repositories = 14;
    run.found = {{"deletions", 109'000}, {"stars", 3'039}};
    run.failures = {{"mirror", "no\033[31m", "github.push", "handlers.cpp:52"}};
    run.audit_path = "/tmp/audit.ndjson";
    run.audit_lines = 1'000'000;
    return run;
}

intermission::account a_pause() {
    return {.which = "tag:git",
            .now = intermission::stage::over,
            .paused_after = 20'000,
            .resumed_after = 600'000,
            .handlers = {{"mirror", 12'345}, {"release-notes", 0}},
            .caught_up_ns = 3'210'000};
}

repair_account a_repair() {
    return {.handlers = {{.name = "alerts",
                          .deliveries = 1'216,
                          .fell_back = 912,
                          .dead_lettered = 304,
                          .retried = 1'216,
                          .brought_back = 304},
                         {.name = "board",
                          .deliveries = 1'520,
                          .completed = 1'216,
                          .dead_lettered = 304,
                          .brought_back = 304}},
            .chat = {.calls = 3'500, .failed = 700, .refused = 41},
            .breaker_openings = 6,
            .groups = {{.count = 304,
                        .subscription = "board",
                        .topic = "github.project_card.created",
                        .reason = stentor::dead_letter_reason::rejected,
                        .error = "/project_card/note is missing or no string"},
                       {.count = 2, .subscription = "alerts", .topic = "t", .error = "no\033[m"}},
            .letters = 306,
            .in_emergency_file = 302,
            .emergency_file = "/tmp/emergency",
            .redriven = stentor::redrive_report{.matched = 306, .redriven = 306},
            .recovered = repair_account::recovery{.records = 302, .recovered = 302}};
}

TEST(report, fits_the_terminal) {
    run_report with_pause = example();
    with_pause.pause = a_pause();
    run_report with_repair = example();
    with_repair.repair = a_repair();
    for (const auto& run : {example(), with_pause, with_repair}) {
        for (const std::size_t width : {std::size_t{80}, std::size_t{100}, std::size_t{120}}) {
            for (const auto& line : lines_of(render(run, {.width = width}))) {
                EXPECT_LE(columns_of(line), width) << line;
            }
        }
    }
}

TEST(report, tells_of_a_pause_what_was_held_for_whom) {
    run_report run = example();
    EXPECT_THAT(render(run, {}), Not(HasSubstr(" held")));
    run.pause = a_pause();
    const std::string text = render(run, {.width = 80});
    EXPECT_THAT(text, HasSubstr("  pause         tag:git after 20,000 events\n"));
    EXPECT_THAT(text, HasSubstr("  resume        after 600,000 events\n"));
    EXPECT_THAT(text, HasSubstr("12,345 deliveries were held, and handled within 3.21 ms\n"));
    for (const auto& line : lines_of(text)) {
        if (line.starts_with("mirror ")) {
            EXPECT_THAT(line, HasSubstr("21,280 12,160 12,345 ")) << text;
        } else if (line.starts_with("audit ")) {
            EXPECT_THAT(line, HasSubstr("1,000,000      0         ")) << text;
        }
    }
}

TEST(report, says_why_a_pause_ended_before_its_time) {
    run_report run = example();
    run.pause = a_pause();
    run.pause->why = intermission::reason::full;
    EXPECT_THAT(render(run, {}), HasSubstr("events, early: the bus was full of what was held\n"));
    run.pause->why = intermission::reason::at_the_end;
    EXPECT_THAT(render(run, {}), HasSubstr("after 600,000 events, the last ones\n"));
    run.pause->now = intermission::stage::catching_up;
    EXPECT_THAT(render(run, {}), HasSubstr("held, and not all handled in time\n"));
    run.pause->now = intermission::stage::to_come;
    EXPECT_THAT(render(run, {}), HasSubstr("  pause         none: there were too few events\n"));
}

TEST(report, tells_what_failed_and_what_came_back) {
    run_report run = example();
    EXPECT_THAT(render(run, {}), Not(HasSubstr("what failed, and what became of it")));
    run.repair = a_repair();
    const std::string text = render(run, {.width = 80});
    for (const char* wanted :
         {"deliveries  handled  by fallback  dead letters  brought back  retries\n",
          "alerts        1,216        0          912           304           304    1,216\n",
          "board         1,520    1,216            0           304           304        0\n",
          "  chat service  3,500 calls: 700 failed by chance, 41 while it was down\n",
          "  its breaker   opened 6 times\n",
          "    304  board, github.project_card.created, rejected:\n"
          "         /project_card/note is missing or no string\n",
          "      2  alerts, t, exhausted: no?[m\n",
          "    302  more for which the store had no room: in the emergency file\n",
          "  redriven      306 of 306 dead letters\n",
          "  recovered     302 of 302 events of the emergency file\n",
          "  left          0 in the store\n"}) {
        EXPECT_THAT(text, HasSubstr(wanted));
    }
    EXPECT_THAT(text, Not(HasSubstr("/tmp/emergency"))) << "nothing is in it any more";
}

TEST(report, hides_no_letter_that_did_not_come_back) {
    run_report run = example();
    run.repair = a_repair();
    run.repair->redriven->redriven = 300;
    run.repair->redriven->returned = 4;
    run.repair->redriven->refused = 2;
    run.repair->redriven->refusals = {{7, "no such subscription"}};
    run.repair->recovered->recovered = 301;
    run.repair->recovered->damaged = 1;
    run.repair->left = 7;
    run.repair->trouble = {"the disk is gone"};
    const std::string text = render(run, {.width = 80});
    for (const char* wanted :
         {"300 of 306 dead letters, 4 came back, 2 refused\n", "letter 7: no such subscription\n",
          "301 of 302 events of the emergency file, 1 lines damaged\n", "7 in the store\n",
          "  the disk is gone\n", "  kept          /tmp/emergency\n"}) {
        EXPECT_THAT(text, HasSubstr(wanted));
    }
}

TEST(report, says_where_to_find_what_a_stopped_run_left) {
    run_report run = example();
    run.repair = a_repair();
    run.repair->redriven.reset();
    run.repair->recovered.reset();
    run.repair->left = 306;
    const std::string text = render(run, {.width = 80});
    EXPECT_THAT(text, HasSubstr("nothing was repaired: the run was stopped\n"));
    EXPECT_THAT(text, HasSubstr("306 in the store\n"));
    EXPECT_THAT(text, HasSubstr("  kept          /tmp/emergency\n"));
}

TEST(report, counts_notices_that_say_the_same) {
    run_report run = example();
    run.notices = {{"a handler is late", 1}, {"event 1 failed", 300}};
    const std::string text = render(run, {});
    EXPECT_THAT(text, HasSubstr("  a handler is late\n"));
    EXPECT_THAT(text, HasSubstr("  event 1 failed (300 times in all)\n"));
}

TEST(report, breaks_a_long_notice_between_words) {
    run_report run = example();
    run.notices = {{"one two three four five six seven eight nine ten"}};
    EXPECT_THAT(render(run, {.width = 24}),
                HasSubstr("\n  one two three four\n    five six seven eight\n    nine ten\n"));
    run.notices = {{"a_word_that_is_longer_than_the_line and more"}};
    EXPECT_THAT(render(run, {.width = 24}),
                HasSubstr("\n  a_word_that_is_longer_than_the_line\n    and more\n"));
}

TEST(report, shows_what_happened_last_where_there_is_room) {
    run_report run = example();
    run.busiest[0].second.latest = "github.issues.opened";
    EXPECT_THAT(render(run, {.width = 80}), Not(HasSubstr("latest")));
    EXPECT_THAT(render(run, {.width = 120}), HasSubstr("  issues.opened\n"));
}

TEST(report, shows_topics_where_there_is_room) {
    EXPECT_THAT(render(example(), {.width = 80}), Not(HasSubstr("github.release.published")));
    EXPECT_THAT(render(example(), {.width = 120}), HasSubstr("github.release.published"));
}

TEST(report, lists_the_busiest_handler_first_with_its_times) {
    const auto lines = lines_of(render(example(), {.width = 80}));
    const auto audit = std::find_if(lines.begin(), lines.end(),
                                    [](const auto& line) { return line.starts_with("audit "); });
    ASSERT_NE(audit, lines.end());
    EXPECT_THAT(*(audit - 1), HasSubstr("delivered")) << "under the heading";
    EXPECT_THAT(*audit, HasSubstr("1,000,000      0"));
    EXPECT_THAT(*audit, HasSubstr("1.2"));
    EXPECT_THAT(*(audit + 1), HasSubstr("mirror"));
    EXPECT_THAT(*(audit + 1), HasSubstr("21,280 12,160"));
}

TEST(report, balances_what_was_published_and_delivered) {
    const std::string text = render(example(), {.width = 80});
    EXPECT_THAT(text, HasSubstr("publishes   1,000,007 = 1,000,000 accepted + 7 refused, full\n"));
    EXPECT_THAT(text, HasSubstr("deliveries  1,030,398 = 1,018,238 completed + 12,160 failed\n"));
    EXPECT_THAT(text, HasSubstr("\n  unaccounted 0\n"));
}

TEST(report, shows_an_imbalance) {
    run_report run = example();
    run.bus.audit.subscriptions[0].second.accepted += 2;
    EXPECT_THAT(render(run, {}), HasSubstr("unaccounted 2"));
}

TEST(report, is_silent_about_nothing_that_went_wrong) {
    run_report run = example();
    run.bad = 3;
    run.waits = 12;
    run.waited_ns = 5'000'000;
    run.partial = 4;
    run.refused["type_mismatch"] = 2;
    run.interrupted = true;
    run.audit_complete = false;
    run.notices = {{"a runner did not start"}};
    run.bus.subscriptions[0].terms.dropped_full = 4;
    run.drained.complete = false;
    run.drained.abandoned = {{"github.push", 17}};
    const std::string text = render(run, {.width = 100});
    for (const char* wanted :
         {"3 bad", "the bus was full 12 times", "waited 5.00 ms", "4 events found a handler full",
          "2 events: type_mismatch", "stopped early", "incomplete", "a runner did not start",
          "dropped", "17 deliveries of github.push were not handled"}) {
        EXPECT_THAT(text, HasSubstr(wanted));
    }
}

TEST(report, colours_only_when_asked_and_passes_no_escape_on) {
    EXPECT_THAT(render(example(), {}), Not(HasSubstr("\033")));
    EXPECT_THAT(render(example(), {}), HasSubstr("mirror (handlers.cpp:52): no?[31m"));
    EXPECT_THAT(render(example(), {.colours = true}), HasSubstr("\033[32munaccounted 0\033[0m"));
}

TEST(report, survives_a_run_in_which_nothing_happened) {
    const std::string text = render(run_report{}, {.width = 20});
    EXPECT_THAT(text, HasSubstr("unaccounted 0"));
}

}  // namespace
