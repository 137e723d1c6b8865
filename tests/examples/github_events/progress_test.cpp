// SPDX-License-Identifier: MIT

#include "progress.hpp"

#include <gtest/gtest.h>

namespace {

using github::progress_line;

TEST(progress_line, shows_how_far_how_fast_and_how_long_still) {
    EXPECT_EQ(
        progress_line({.published = 450'000, .target = 1'000'000, .in_flight = 1024}, 312'000),
        " 45%  450,000 of 1,000,000  312k/s  2 s to go  in flight 1.02k");
}

TEST(progress_line, leaves_out_what_is_not_known_or_zero) {
    EXPECT_EQ(progress_line({.published = 12, .target = {}}, 5), "12 events  5/s  in flight 0");
    EXPECT_EQ(progress_line({.published = 0, .target = 100}, 0),
              "  0%  0 of 100  0/s  in flight 0");
}

TEST(progress_line, shows_failures_and_bad_input) {
    EXPECT_EQ(progress_line({.published = 12, .target = {}, .failed = 3, .bad = 2}, 5),
              "12 events  5/s  in flight 0  failed 3  bad input 2");
}

TEST(progress_line, shows_a_pause_and_what_is_left_of_it) {
    using stage = github::intermission::stage;
    EXPECT_EQ(
        progress_line({.published = 12, .target = {}, .pause = stage::paused, .backlog = 9}, 5),
        "12 events  5/s  in flight 0  held 9");
    EXPECT_EQ(progress_line(
                  {.published = 12, .target = {}, .pause = stage::catching_up, .backlog = 4}, 5),
              "12 events  5/s  in flight 0  catching up 4");
    EXPECT_EQ(progress_line({.published = 12, .target = {}, .pause = stage::over, .backlog = 4}, 5),
              "12 events  5/s  in flight 0");
}

TEST(progress_line, says_what_it_waits_for_at_the_end) {
    EXPECT_EQ(
        progress_line({.publishing = false, .published = 1000, .target = {}, .in_flight = 7}, 0),
        "1,000 events published, waiting for the handlers  in flight 7");
}

}  // namespace
