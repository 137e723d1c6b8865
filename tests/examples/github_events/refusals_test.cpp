// SPDX-License-Identifier: MIT

#include "examples/run_program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

// What the program answers when it cannot do what was asked: a message that says what to do, and an
// exit code of its own for each reason.

namespace {

using stentor_test::program_run;
using stentor_test::run_program;
using stentor_test::scratch_folder;
using ::testing::HasSubstr;

program_run run(std::vector<std::string> arguments, const std::string& input = {}) {
    arguments.insert(arguments.begin(), STENTOR_EXAMPLE_GITHUB_EVENTS);
    return run_program(arguments, {.input = input});
}

void expect_refused(const program_run& refused, int code, const std::string& why) {
    EXPECT_EQ(refused.exit_code, code) << refused.err;
    EXPECT_THAT(refused.err, HasSubstr("stentor_github_events: "));
    EXPECT_THAT(refused.err, HasSubstr(why));
    EXPECT_EQ(refused.out, "") << "a refused run reports nothing";
}

TEST(github_events, refuses_options_that_it_does_not_know) {
    expect_refused(run({"--evnts", "5"}), 2, "did you mean --events?");
    expect_refused(run({"--events", "many"}), 2, "wants a whole number");
    expect_refused(run({"own.ndjson"}), 2, "--input FILE");
}

TEST(github_events, refuses_to_pause_nobody) {
    const scratch_folder folder;
    const auto own = folder.file("own.ndjson", "{\"event\":\"fork\",\"payload\":{}}\n");
    const std::vector<std::string> basic{"--input",    own, "--audit", folder.path("audit"),
                                         "--pause-at", "1"};
    const auto with = [&](const std::string& who) {
        auto arguments = basic;
        arguments.insert(arguments.end(), {"--pause", who});
        return run(arguments);
    };
    expect_refused(with("mirorr"), 2, "did you mean \"mirror\"?");
    expect_refused(with("tag:it"), 2, "did you mean \"git\"?");
    expect_refused(with("none.*"), 2, "no subscription of this bus");
    expect_refused(with("a..*"), 2, "a token is empty");
    expect_refused(run({"--resume-at", "7"}), 2, "--pause-at N begins it");
}

TEST(github_events, prints_its_help) {
    const auto help = run({"--help"});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_EQ(help.err, "");
    EXPECT_THAT(help.out, HasSubstr("usage: stentor_github_events"));
}

TEST(github_events, refuses_input_that_cannot_be_read) {
    const scratch_folder folder;
    const std::string audit = "--audit=" + folder.path("audit");
    expect_refused(run({"--input", folder.path("none"), audit}), 3, "No such file or directory");
    expect_refused(run({"--input", folder.path(), audit}), 3, "Is a directory");
    expect_refused(run({"--data", folder.path(), audit}), 3, "fetch_data.sh");
    static_cast<void>(folder.file("index.json", "{"));
    expect_refused(run({"--data", folder.path(), audit}), 3, "fetch_data.sh --force");
}

TEST(github_events, refuses_an_audit_file_that_cannot_be_written) {
    const scratch_folder folder;
    const auto own = folder.file("own.ndjson", "{\"event\":\"fork\",\"payload\":{}}\n");
    expect_refused(run({"--input", own, "--audit", folder.path()}), 3, "--audit FILE");
}

TEST(github_events, refuses_input_without_any_event) {
    const scratch_folder folder;
    const std::string audit = "--audit=" + folder.path("audit");
    expect_refused(run({"--input", folder.file("empty", ""), audit}), 4, "is empty");
    expect_refused(run({"--input", folder.file("blank", "\n\n"), audit}), 4, "only blank lines");
    expect_refused(run({"--input", "-", audit}), 4, "standard input");
    const auto bad = run({"--input", folder.file("bad", "one\ntwo\n"), audit, "--events", "50"});
    expect_refused(bad, 4, "the lines above say why");
    EXPECT_THAT(bad.err, HasSubstr("bad:1: not valid JSON"));
    EXPECT_THAT(bad.err, HasSubstr("bad:2: not valid JSON"));
}

}  // namespace
