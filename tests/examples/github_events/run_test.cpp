// SPDX-License-Identifier: MIT

#include "examples/run_program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <vector>

// Whole runs of the main example: on the real webhooks, and on input of a user's own.

namespace {

using stentor_test::lines_of;
using stentor_test::program_run;
using stentor_test::run_options;
using stentor_test::run_program;
using stentor_test::scratch_folder;
using stentor_test::text_of_file;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t webhooks = 329;

class run_of_real_webhooks : public ::testing::Test {
protected:
    void SetUp() override {
        const auto fetched = run_program({STENTOR_EXAMPLE_FETCH_DATA, "--quiet"});
        ASSERT_EQ(fetched.exit_code, 0) << fetched.err;
    }

    program_run run(std::vector<std::string> arguments, const run_options& options = {}) {
        arguments.insert(arguments.begin(),
                         {STENTOR_EXAMPLE_GITHUB_EVENTS, "--audit", folder.path("audit"),
                          "--emergency-file", folder.path("emergency"), "--slow=0"});
        return run_program(arguments, options);
    }

    scratch_folder folder;
};

class run_of_own_input : public run_of_real_webhooks {
protected:
    void SetUp() override {}
};

// The number in the handler's row under "delivered", which is followed by the one under "failed".
std::string row_of(const program_run& run, const std::string& handler) {
    for (const auto& line : lines_of(run.out)) {
        if (line.starts_with(handler + " ")) {
            return line;
        }
    }
    return "no row for " + handler + " in\n" + run.out;
}

void expect_balanced(const program_run& run, int code = 0) {
    EXPECT_EQ(run.exit_code, code) << run.out << run.err;
    EXPECT_FALSE(run.timed_out);
    EXPECT_THAT(run.out, HasSubstr("\n  unaccounted 0\n"));
}

TEST_F(run_of_real_webhooks, delivers_each_of_them_to_its_handlers) {
    const auto once = run({"--events", "329", "--quiet"});
    expect_balanced(once);
    EXPECT_EQ(once.err, "");
    EXPECT_THAT(once.out, HasSubstr("329 events in "));
    EXPECT_THAT(once.out, HasSubstr("index.json (329 webhooks), 1 pass, 0 bad"));
    EXPECT_THAT(row_of(once, "audit"), ContainsRegex("^audit +329 +0 "));
    EXPECT_THAT(row_of(once, "repositories"), ContainsRegex("^repositories +329 +0 "));
    EXPECT_THAT(row_of(once, "deletions"), ContainsRegex("^deletions +20 +0 "));
    EXPECT_THAT(row_of(once, "triage"), ContainsRegex("^triage +4 +0 "));
    EXPECT_THAT(row_of(once, "triage-desk"), ContainsRegex("^triage-desk +4 +0 "));
    EXPECT_THAT(row_of(once, "mirror"), ContainsRegex("^mirror +7 +4 ")) << "it fails on deletions";
    EXPECT_THAT(row_of(once, "stars"), ContainsRegex("^stars +3 +0 "));
    EXPECT_THAT(once.out, HasSubstr("refs/tags/simple-tag was deleted, but the mirror keeps it"));
    EXPECT_EQ(lines_of(text_of_file(folder.path("audit"))).size(), webhooks);
}

TEST_F(run_of_real_webhooks, loads_a_handler_that_registers_itself) {
    const auto once = run({"--events", "329", "--quiet"});
    expect_balanced(once);
    EXPECT_THAT(row_of(once, "reviewer"), ContainsRegex("^reviewer +4 +0 "));
    EXPECT_THAT(row_of(once, "review-desk"), ContainsRegex("^review-desk +4 +0 "));
    EXPECT_THAT(once.out, HasSubstr("reviews requested 4"));
}

TEST_F(run_of_real_webhooks, answers_what_a_coroutine_asks) {
    const auto once = run({"--events", "329", "--quiet"});
    EXPECT_THAT(once.out, HasSubstr("triage requests 4, issues assigned 4"));
}

TEST_F(run_of_real_webhooks, knows_what_happened_last_in_each_repository) {
    for (int time = 0; time < 3; ++time) {
        const auto once = run({"--events", "329", "--quiet"}, {.environment = {"COLUMNS=120"}});
        EXPECT_THAT(row_of(once, "Codertocat/Hello-World"),
                    ContainsRegex("^Codertocat/Hello-World +230 .* workflow_run.completed$"));
    }
}

TEST_F(run_of_real_webhooks, keeps_the_order_of_each_repository) {
    const auto many = run({"--events", "20000", "--pause-at", "5000", "--resume-at", "7000",
                           "--pause", "repositories"});
    expect_balanced(many);
    EXPECT_THAT(many.out, HasSubstr("out of order 0"));
}

TEST_F(run_of_real_webhooks, holds_a_backlog_and_works_it_off) {
    const auto paused = run({"--events", "3290", "--pause-at", "329", "--resume-at", "1645"});
    expect_balanced(paused);
    EXPECT_THAT(paused.out, HasSubstr("pause         tag:git after 329 events\n"));
    EXPECT_THAT(paused.out, HasSubstr("resume        after 1,645 events\n"));
    // Those of the pause, and of the first ones those that were queued when it began.
    EXPECT_THAT(paused.out, ContainsRegex("backlog       (5[6-9]|6[0-9]|70) deliveries were held, "
                                          "and handled within"));
    EXPECT_THAT(row_of(paused, "mirror"), ContainsRegex("^mirror +70 +40 +(2[89]|3[0-5]) "));
    EXPECT_THAT(row_of(paused, "pushes"), ContainsRegex("^pushes +70 +0 +(2[89]|3[0-5]) "));
    EXPECT_THAT(row_of(paused, "audit"), ContainsRegex("^audit +3,290 +0 "));
}

TEST_F(run_of_real_webhooks, resumes_before_it_drains) {
    const auto paused = run({"--events", "658", "--pause-at", "0", "--pause", "*"});
    expect_balanced(paused);
    EXPECT_THAT(paused.out, HasSubstr("resume        after 658 events, the last ones\n"));
    EXPECT_THAT(row_of(paused, "audit"), ContainsRegex("^audit +658 +0 +658 "));
    EXPECT_THAT(row_of(paused, "triage"), ContainsRegex("^triage +8 +0 +8 "));
    EXPECT_THAT(paused.out, HasSubstr("issues assigned 8"));
    EXPECT_THAT(paused.out, Not(HasSubstr("were not handled before the deadline")));
}

TEST_F(run_of_real_webhooks, resumes_early_rather_than_wait_for_ever) {
    const auto paused = run({"--events", "20000", "--pause-at", "0", "--pause", "audit"});
    expect_balanced(paused);
    EXPECT_THAT(paused.out, HasSubstr("early: the bus was full of what was held\n"));
    EXPECT_THAT(row_of(paused, "audit"), ContainsRegex("^audit +20,000 +0 "));
}

TEST_F(run_of_real_webhooks, shows_the_backlog_while_it_is_held) {
    const auto shown =
        run({"--events", "3000", "--rate", "4000", "--pause-at", "0", "--pause", "audit"},
            {.terminal_columns = 100});
    EXPECT_EQ(shown.exit_code, 0) << shown.out;
    EXPECT_THAT(shown.out, ContainsRegex("in flight [0-9.]+k?  held [0-9.]+k?"));
}

TEST_F(run_of_real_webhooks, repeats_them_to_any_volume) {
    const auto many = run({"--events", "5000", "--workers", "2"});
    expect_balanced(many);
    EXPECT_THAT(many.out, HasSubstr("5,000 events in "));
    EXPECT_THAT(many.out, HasSubstr("16 passes"));
    EXPECT_EQ(lines_of(text_of_file(folder.path("audit"))).size(), 5'000U);
}

TEST_F(run_of_real_webhooks, keeps_the_rate) {
    const auto paced = run({"--events", "300", "--rate", "600"});
    expect_balanced(paced);
    EXPECT_GE(paced.took.count(), 490);
}

TEST_F(run_of_real_webhooks, waits_for_a_slow_handler) {
    // Given last, this --slow counts.
    const auto slow = run({"--events", "329", "--slow", "50"});
    expect_balanced(slow);
    EXPECT_THAT(row_of(slow, "release-notes"),
                ContainsRegex("^release-notes +3 +0 +([5-9][0-9]\\.[0-9]|[1-9][0-9][0-9]) ms"));
}

TEST_F(run_of_real_webhooks, drains_and_reports_after_ctrl_c) {
    const auto stopped =
        run({"--events", "1000000000", "--rate", "2000"},
            {.signal = SIGINT, .signal_when_seen = " of 1,000,000,000", .terminal_columns = 80});
    EXPECT_EQ(stopped.exit_code, 130) << stopped.out;
    EXPECT_THAT(stopped.out, HasSubstr("stopped early, as asked"));
    EXPECT_THAT(stopped.out, HasSubstr("unaccounted 0"));
}

TEST_F(run_of_real_webhooks, delivers_what_is_held_after_ctrl_c) {
    const auto stopped =
        run({"--events", "1000000000", "--rate", "2000", "--pause-at", "0", "--pause", "audit"},
            {.signal = SIGINT, .signal_when_seen = "  held ", .terminal_columns = 80});
    EXPECT_EQ(stopped.exit_code, 130) << stopped.out;
    EXPECT_THAT(stopped.out, HasSubstr(", the last ones"));
    EXPECT_THAT(stopped.out, Not(HasSubstr("were not handled before the deadline")));
    EXPECT_THAT(stopped.out, HasSubstr("unaccounted 0"));
}

TEST_F(run_of_real_webhooks, shows_progress_in_one_line_that_fits_the_terminal) {
    const auto shown = run({"--events", "2000", "--rate", "4000"}, {.terminal_columns = 40});
    EXPECT_EQ(shown.exit_code, 0) << shown.out;
    const std::string progress = shown.out.substr(0, shown.out.find("2,000 events in "));
    EXPECT_THAT(progress, ContainsRegex("\r +[0-9]+%  [0-9,]+ of 2,000"));
    EXPECT_THAT(progress, Not(HasSubstr("\n"))) << "it is always the same line";
    for (std::size_t at = progress.find('\r'); at != std::string::npos;) {
        const std::size_t next = progress.find('\r', at + 1);
        const std::string line = progress.substr(at + 1, next - at - 1);
        EXPECT_LT(line.find("\033[K"), 40U) << line;
        at = next;
    }
}

TEST_F(run_of_real_webhooks, is_sparse_and_plain_when_nobody_looks) {
    const auto piped = run({"--events", "2000", "--rate", "4000"});
    expect_balanced(piped);
    EXPECT_THAT(piped.err + piped.out, Not(HasSubstr("\r")));
    EXPECT_LE(lines_of(piped.err).size(), static_cast<std::size_t>(piped.took.count()) / 5000);
    EXPECT_THAT(piped.out, Not(HasSubstr("\033")));
}

TEST_F(run_of_own_input, reports_bad_lines_and_goes_on) {
    const std::string own = folder.file(
        "own.ndjson",
        "{\"event\":\"star\",\"id\":\"d-1\",\"payload\":{\"action\":\"created\"}}\n"
        "this is not JSON\n"
        "{\"event\":\"issues\",\"payload\":{\"action\":\"opened\"}}\n"
        "{\"event\":\"fork\",\"payload\":{\"repository\":{\"full_name\":\"me/mine\"}}}\n");
    const auto some = run({"--input", own});
    expect_balanced(some);
    EXPECT_THAT(some.err, HasSubstr("own.ndjson:2: not valid JSON; skipped\n"));
    EXPECT_THAT(some.err,
                HasSubstr("own.ndjson:3: github.issues.opened: /issue/number is missing"));
    EXPECT_THAT(some.out, HasSubstr("1 pass, 2 bad"));
    EXPECT_THAT(some.out, HasSubstr("2 events in "));
    const std::string audit = text_of_file(folder.path("audit"));
    EXPECT_THAT(audit, HasSubstr("\"topic\":\"github.star.created\""));
    EXPECT_THAT(audit, HasSubstr("\"repository\":\"me/mine\""));
}

TEST_F(run_of_own_input, can_be_repeated) {
    const std::string own =
        folder.file("own.ndjson", "oops\n{\"event\":\"fork\",\"payload\":{}}\n");
    const auto many = run({"--input", own, "--events", "1000"});
    expect_balanced(many);
    EXPECT_THAT(many.out, HasSubstr("1,000 events in "));
    EXPECT_THAT(many.out, HasSubstr("1,000 passes, 1 bad"));
}

TEST_F(run_of_own_input, can_come_through_a_pipe_once) {
    const auto piped =
        run({"--input", "-", "--events", "50"},
            {.input = "{\"event\":\"fork\",\"payload\":{}}\n"
                      "{\"event\":\"watch\",\"payload\":{\"action\":\"started\"}}\n"});
    expect_balanced(piped);
    EXPECT_THAT(piped.out, HasSubstr("2 events in "));
    EXPECT_THAT(piped.out, HasSubstr("standard input, 1 pass"));
}

}  // namespace
