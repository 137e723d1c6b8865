// SPDX-License-Identifier: MIT

#include "examples/run_program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

// What the main example does about failures, in whole runs: every delivery is accounted for, and
// what failed comes back.

namespace {

using stentor_test::lines_of;
using stentor_test::program_run;
using stentor_test::run_options;
using stentor_test::run_program;
using stentor_test::scratch_folder;
using stentor_test::text_of_file;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class run_with_failures : public ::testing::Test {
protected:
    void SetUp() override {
        const auto fetched = run_program({STENTOR_EXAMPLE_FETCH_DATA, "--quiet"});
        ASSERT_EQ(fetched.exit_code, 0) << fetched.err;
    }

    program_run run(std::vector<std::string> arguments, const run_options& options = {}) {
        arguments.insert(arguments.begin(),
                         {STENTOR_EXAMPLE_GITHUB_EVENTS, "--quiet", "--slow=0", "--audit",
                          folder.path("audit"), "--emergency-file", folder.path("emergency")});
        return run_program(arguments, options);
    }

    // The handler's line in the part about failures, which is the last one that begins so.
    static std::string row_of(const program_run& run, const std::string& handler) {
        std::string row = "no row for " + handler + " in\n" + run.out;
        for (const auto& line : lines_of(run.out)) {
            if (line.starts_with(handler + " ")) {
                row = line;
            }
        }
        return row;
    }

    scratch_folder folder;
};

TEST_F(run_with_failures, accounts_for_every_delivery_and_brings_back_what_failed) {
    const auto ten = run({"--events", "3290", "--down-at", "0"});
    EXPECT_EQ(ten.exit_code, 0) << ten.out << ten.err;
    EXPECT_THAT(ten.out, HasSubstr("\n  unaccounted 0\n"));
    // 5 cards a pass, one of them without a note; 4 alerts, one of them critical.
    EXPECT_THAT(row_of(ten, "board"), ContainsRegex("^board +50 +40 +0 +10 +10 +0$"));
    EXPECT_THAT(row_of(ten, "alerts"), ContainsRegex("^alerts +40 +0 +30 +10 +10 +40$"));
    EXPECT_THAT(row_of(ten, "chat"), ContainsRegex("^chat +90 +90 +0 +0 +0 +[1-9][0-9]$"));
    EXPECT_THAT(ten.out, HasSubstr("10  board, github.project_card.created, rejected:"));
    EXPECT_THAT(ten.out, HasSubstr("/project_card/note is missing or no string"));
    EXPECT_THAT(ten.out, HasSubstr("2  alerts, github.security_advisory.withdrawn, exhausted:"));
    EXPECT_THAT(ten.out, HasSubstr("8  more for which the store had no room"));
    EXPECT_THAT(ten.out, HasSubstr("redriven      12 of 12 dead letters\n"));
    EXPECT_THAT(ten.out, HasSubstr("recovered     8 of 8 events of the emergency file\n"));
    EXPECT_THAT(ten.out, HasSubstr("left          0 in the store\n"));
    EXPECT_THAT(ten.out, HasSubstr(" cards 50,"));
    EXPECT_THAT(ten.out, HasSubstr(" alerts mailed 10,"));
    EXPECT_THAT(ten.out, HasSubstr(" alerts put off 30,"));
    EXPECT_FALSE(std::filesystem::exists(folder.path("emergency"))) << "nothing is left in it";
}

TEST_F(run_with_failures, leaves_a_service_alone_that_is_down) {
    const auto down = run({"--events", "3290", "--down-at", "20"});
    EXPECT_EQ(down.exit_code, 0) << down.out << down.err;
    EXPECT_THAT(down.out, HasSubstr("\n  unaccounted 0\n"));
    EXPECT_GE(down.took.count(), 2'000);
    EXPECT_THAT(down.out, ContainsRegex("its breaker   opened ([2-9]|1[0-9]) times\n"));
    EXPECT_THAT(down.out, ContainsRegex("failed by chance, [1-9][0-9]* while it was down\n"));
    // A comment whose attempts all fell into the two seconds is a dead letter, too.
    EXPECT_THAT(row_of(down, "chat"), ContainsRegex("^chat +90 +"));
    EXPECT_THAT(down.out, ContainsRegex("redriven      [1-9][0-9]* of [1-9][0-9]* dead letters\n"));
    EXPECT_THAT(down.out, HasSubstr("left          0 in the store\n"));
}

TEST_F(run_with_failures, chooses_other_calls_to_fail_for_another_seed) {
    const auto failed = [&](const char* seed) {
        const auto once = run({"--events", "3290", "--down-at", "0", "--flaky-seed", seed});
        const std::size_t at = once.out.find("  chat service  ");
        return once.out.substr(at, once.out.find('\n', at) - at);
    };
    EXPECT_EQ(failed("5"), failed("5"));
    EXPECT_NE(failed("5"), failed("6"));
}

TEST_F(run_with_failures, leaves_to_the_next_run_what_a_stopped_one_did_not_bring_back) {
    // On a terminal the progress says when there have been some alerts.
    const auto stopped = run_program(
        {STENTOR_EXAMPLE_GITHUB_EVENTS, "--audit", folder.path("audit"), "--emergency-file",
         folder.path("emergency"), "--events", "1000000000", "--rate", "1000", "--down-at", "0"},
        {.signal = SIGINT, .signal_when_seen = "%  2,", .terminal_columns = 80});
    EXPECT_EQ(stopped.exit_code, 130) << stopped.out;
    EXPECT_THAT(stopped.out, HasSubstr("nothing was repaired: the run was stopped"));
    EXPECT_THAT(stopped.out, HasSubstr("unaccounted 0"));
    EXPECT_THAT(stopped.out, HasSubstr("kept          " + folder.path("emergency")));
    const std::size_t kept = lines_of(text_of_file(folder.path("emergency"))).size();
    EXPECT_GE(kept, 4U);

    const auto next = run({"--events", "10"});
    EXPECT_EQ(next.exit_code, 0) << next.out << next.err;
    const std::string all = std::to_string(kept) + " of " + std::to_string(kept);
    EXPECT_THAT(next.out, HasSubstr("recovered     " + all + " events of the emergency file\n"));
    EXPECT_THAT(next.out, HasSubstr("alerts mailed " + std::to_string(kept) + ","));
    EXPECT_FALSE(std::filesystem::exists(folder.path("emergency")));
}

TEST_F(run_with_failures, refuses_an_emergency_file_that_cannot_be_written) {
    const auto refused = run({"--events", "10", "--emergency-file", folder.path()});
    EXPECT_EQ(refused.exit_code, 3) << refused.err;
    EXPECT_THAT(refused.err, HasSubstr("--emergency-file FILE names another"));
    EXPECT_EQ(refused.out, "");
}

}  // namespace
