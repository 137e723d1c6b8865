// SPDX-License-Identifier: MIT

#include "options.hpp"

#include "failure.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using namespace github;
using ::testing::HasSubstr;

options parse(const std::vector<const char*>& arguments) {
    return parse_options(arguments);
}

std::string refusal_of(const std::vector<const char*>& arguments) {
    try {
        static_cast<void>(parse_options(arguments));
    } catch (const failure& why) {
        EXPECT_EQ(why.code(), exit_code::usage);
        return why.what();
    }
    return "accepted";
}

TEST(options, have_defaults_that_run_the_fetched_set) {
    const auto chosen = parse({});
    EXPECT_EQ(chosen.events, default_events);
    EXPECT_EQ(chosen.rate, 0U);
    EXPECT_EQ(chosen.workers, 0);
    EXPECT_EQ(chosen.input, "");
    EXPECT_EQ(chosen.data, cache_folder() / "github_events");
    EXPECT_FALSE(chosen.quiet);
}

TEST(options, read_a_file_of_the_user_once_by_default) {
    EXPECT_FALSE(parse({"--input", "own.ndjson"}).events.has_value());
    EXPECT_EQ(parse({"--input", "own.ndjson", "--events", "7"}).events, 7U);
}

TEST(options, take_values_after_a_space_or_an_equals_sign) {
    const auto chosen = parse({"--events=12", "--rate", "500", "--workers=3", "--slow", "0",
                               "--data", "/some/where", "--audit=/dev/null", "--quiet"});
    EXPECT_EQ(chosen.events, 12U);
    EXPECT_EQ(chosen.rate, 500U);
    EXPECT_EQ(chosen.workers, 3);
    EXPECT_EQ(chosen.slow.count(), 0);
    EXPECT_EQ(chosen.data, "/some/where");
    EXPECT_EQ(chosen.audit, "/dev/null");
    EXPECT_TRUE(chosen.quiet);
}

TEST(options, suggest_what_a_mistyped_one_was_meant_to_be) {
    EXPECT_THAT(refusal_of({"--evnts", "3"}), HasSubstr("did you mean --events?"));
    EXPECT_THAT(refusal_of({"--event=3"}), HasSubstr("did you mean --events?"));
    EXPECT_THAT(refusal_of({"--something-else"}), Not(HasSubstr("did you mean")));
}

TEST(options, refuse_what_is_no_number_in_range) {
    for (const char* value : {"0", "-1", "x", "1.5", "1e6", " 1", "1 ", "99999999999999999999"}) {
        EXPECT_THAT(refusal_of({"--events", value}),
                    HasSubstr("--events wants a whole number from 1 to 1000000000000"))
            << value;
    }
    EXPECT_THAT(refusal_of({"--workers", "2000"}), HasSubstr("from 0 to 1024, not '2000'"));
    EXPECT_THAT(refusal_of({"--rate", "-5"}), HasSubstr("--rate wants a whole number"));
}

TEST(options, refuse_missing_values_stray_words_and_contradictions) {
    EXPECT_THAT(refusal_of({"--events"}), HasSubstr("--events wants a value"));
    EXPECT_THAT(refusal_of({"--input="}), HasSubstr("--input wants a value"));
    EXPECT_THAT(refusal_of({"--quiet=yes"}), HasSubstr("--quiet takes no value"));
    EXPECT_THAT(refusal_of({"own.ndjson"}), HasSubstr("goes to --input FILE"));
    EXPECT_THAT(refusal_of({"-h"}), HasSubstr("unexpected argument '-h'"));
    EXPECT_THAT(refusal_of({"--data", "a", "--input", "b"}), HasSubstr("exclude each other"));
    EXPECT_THAT(refusal_of({"--\033[31m"}), HasSubstr("'--?[31m'")) << "no escape gets through";
}

TEST(options, pause_some_handlers_of_the_example_by_default) {
    const auto chosen = parse({"--pause-at", "20000", "--resume-at=60000"});
    EXPECT_EQ(chosen.pause, default_pause);
    EXPECT_EQ(chosen.pause_at, 20'000U);
    EXPECT_EQ(chosen.resume_at, 60'000U);
    EXPECT_EQ(parse({"--pause-at", "0", "--pause", "mirror"}).pause, "mirror");
    EXPECT_FALSE(parse({"--pause-at", "0"}).resume_at.has_value());
    EXPECT_FALSE(parse({}).pause_at.has_value());
}

TEST(options, refuse_a_pause_that_cannot_be) {
    EXPECT_THAT(refusal_of({"--resume-at", "5"}), HasSubstr("--pause-at N begins it"));
    EXPECT_THAT(refusal_of({"--pause", "mirror"}), HasSubstr("--pause-at N says when"));
    EXPECT_THAT(refusal_of({"--pause-at", "9", "--resume-at", "9"}),
                HasSubstr("--resume-at 9 is not after --pause-at 9"));
    EXPECT_THAT(refusal_of({"--events", "9", "--pause-at", "9"}),
                HasSubstr("--pause-at 9 comes too late: 9 events are published"));
    EXPECT_THAT(refusal_of({"--events", "9", "--pause-at", "3", "--resume-at", "10"}),
                HasSubstr("--resume-at 10 comes too late"));
    EXPECT_THAT(refusal_of({"--pause-at", "-1"}), HasSubstr("--pause-at wants a whole number"));
    EXPECT_THAT(refusal_of({"--pause-at", "1", "--resume-at", "soon"}),
                HasSubstr("--resume-at wants a whole number"));
    EXPECT_THAT(refusal_of({"--pause="}), HasSubstr("--pause wants a value"));
    EXPECT_THAT(refusal_of({"--pauseat", "1"}), HasSubstr("did you mean --pause-at?"));
    EXPECT_TRUE(parse({"--input", "own", "--pause-at", "9"}).pause_at) << "its length is unknown";
}

TEST(options, say_how_the_chat_service_fails_and_where_critical_events_end) {
    const auto usual = parse({});
    EXPECT_EQ(usual.down_at, default_down_at);
    EXPECT_EQ(usual.flaky_seed, 1U);
    EXPECT_THAT(usual.emergency_file, HasSubstr("stentor_github_events_"));
    const auto chosen =
        parse({"--down-at=0", "--flaky-seed", "77", "--emergency-file", "/some/where"});
    EXPECT_EQ(chosen.down_at, 0U);
    EXPECT_EQ(chosen.flaky_seed, 77U);
    EXPECT_EQ(chosen.emergency_file, "/some/where");
    EXPECT_THAT(refusal_of({"--down-at", "soon"}), HasSubstr("--down-at wants a whole number"));
    EXPECT_THAT(refusal_of({"--flaky-sed", "1"}), HasSubstr("did you mean --flaky-seed?"));
    EXPECT_THAT(refusal_of({"--emergency-file"}), HasSubstr("--emergency-file wants a value"));
}

TEST(options, help_names_each_of_them) {
    const std::string help = help_text();
    for (const char* name :
         {"--events N", "--rate R", "--workers N", "--input FILE", "--data DIR", "--audit FILE",
          "--slow MS", "--pause-at N", "--resume-at M", "--pause WHO", "--down-at N",
          "--flaky-seed S", "--emergency-file FILE", "--quiet", "--help"}) {
        EXPECT_THAT(help, HasSubstr(name));
    }
}

}  // namespace
