// SPDX-License-Identifier: MIT

#include "examples/run_program.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <string>
#include <vector>

// The numbered examples say what their comments promise, and nothing on standard error.

namespace {

using stentor_test::lines_of;
using stentor_test::run_program;

TEST(hello_bus, prints_the_order) {
    const auto run = run_program({STENTOR_EXAMPLE_HELLO});
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_EQ(run.out, "order o-1: 4200 cents\n");
    EXPECT_EQ(run.err, "");
}

TEST(options_and_answers, says_what_became_of_each_publish) {
    const auto run = run_program({STENTOR_EXAMPLE_OPTIONS});
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_EQ(run.out,
              "one order: accepted\n"
              "in bulk: 3 of 3 accepted\n"
              "from a hot thread: accepted\n"
              "to nobody: no_subscribers\n"
              "with room: accepted\n"
              "without room: rejected_full\n"
              "  it was 'packing' that was full\n"
              "after drain: closed\n"
              "invoiced 5320 cents, unaccounted 0\n");
    EXPECT_EQ(run.err, "");
}

TEST(patterns_and_metadata, shows_what_travels_with_events) {
    const auto run = run_program({STENTOR_EXAMPLE_PATTERNS});
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_EQ(run.err, "");

    // The order of the three events is not fixed: the second comes from a handler.
    const std::string id = "([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})";
    std::smatch placed;
    std::smatch shipped;
    EXPECT_TRUE(std::regex_search(
        run.out, placed,
        std::regex(id + "  order\\.placed  correlation req-7f3  caused by nobody  attempt 1\n"
                        "  order o-1 over 4200 cents\n")))
        << run.out;
    ASSERT_TRUE(
        std::regex_search(run.out, shipped,
                          std::regex(id + "  order\\.shipped  correlation req-7f3  caused by " +
                                     id + "  attempt 1\n")))
        << run.out;
    EXPECT_EQ(placed[1], shipped[2]) << "the cause is the handled event";
    EXPECT_TRUE(std::regex_search(
        run.out, std::regex(id + "  order\\.returned  correlation req-1c9  caused by nobody  "
                                 "attempt 1\n  \\{\"id\": \"o-0\"\\}\n")))
        << run.out;
    EXPECT_EQ(lines_of(run.out).size(), 5U);
}

TEST(handler_forms, run_each_where_it_should) {
    const auto run = run_program({STENTOR_EXAMPLE_HANDLER_FORMS});
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_EQ(run.err, "");
    // The checker may reject before or after the others are through.
    auto lines = lines_of(run.out);
    const auto rejected =
        std::ranges::find(lines, "checker: rejected: sensor 13 is colder than possible");
    ASSERT_NE(rejected, lines.end()) << run.out;
    lines.erase(rejected);
    const std::vector<std::string> expected{"counted 100 before anything else happened",
                                            "drawn 100, the last one 49.5",
                                            "100 rows in the table, in no more statements",
                                            "100 archived",
                                            "archive  completed 100, ignored 0, failed 0",
                                            "checker  completed 99, ignored 1, failed 1",
                                            "counter  completed 100, ignored 0, failed 0",
                                            "screen   completed 100, ignored 0, failed 0",
                                            "table    completed 100, ignored 0, failed 0"};
    EXPECT_EQ(lines, expected);
}

TEST(testing_a_handler, tests_alone_together_with_failures_and_in_other_orders) {
    const auto run = run_program({STENTOR_EXAMPLE_TESTING});
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_EQ(run.out,
              "alone: mail for o-1\n"
              "before: 0 calls\n"
              "after: 1 calls, order.placed -> mail.sent -> order.closed\n"
              "failed 2 of 3, unaccounted 0\n"
              "another seed, another order: yes\n");
    EXPECT_EQ(lines_of(run.err).size(), 2U) << "the two failures, one line each\n" << run.err;
}

TEST(order_by_key, keeps_the_order_of_each_account) {
    const auto run = run_program({STENTOR_EXAMPLE_ORDER});
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_EQ(run.err, "");
    EXPECT_EQ(run.out, "100 of 100 accounts in order, 500000 cents, 5000 lines in the journal\n");
}

TEST(registry, shows_states_and_holds_what_is_queued) {
    const auto run = run_program({STENTOR_EXAMPLE_REGISTRY});
    EXPECT_EQ(run.exit_code, 0);
    const auto lines = lines_of(run.out);
    const auto place = [&](const std::string& line) {
        const auto found = std::ranges::find(lines, line);
        EXPECT_NE(found, lines.end()) << line << "\nin\n" << run.out;
        return found - lines.begin();
    };
    EXPECT_EQ(place("journal opened"), 0);
    const auto held = place("loyalty.points  paused   held 1  rates change");
    EXPECT_LT(place("  loyalty.points was paused: rates change"), held);
    EXPECT_LT(place("  journal: 4200 cents"), held);
    EXPECT_LT(held, place("  42 points"));
    EXPECT_GT(place("no subscription of this bus has the name \"loyalty.point\"; did you mean "
                    "\"loyalty.points\"?"),
              held);
    EXPECT_EQ(lines.back(), "fraud: on_start: no model");
    EXPECT_NE(run.err.find("on_start of subscription"), std::string::npos) << run.err;
}

TEST(coroutines, confirm_what_is_answered_and_refuse_what_is_not) {
    const auto run = run_program({STENTOR_EXAMPLE_COROUTINES});
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_EQ(run.out, "999 confirmed\nrefused o-500: timed_out\nunaccounted 0\n");
    EXPECT_EQ(run.err, "");
}

TEST(after, tells_customers_when_all_steps_are_done) {
    const auto run = run_program({STENTOR_EXAMPLE_AFTER});
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_EQ(run.out,
              "subscription \"again\": after closes a circle: again -> again, so none of them "
              "could ever start; take one name out of one of them\n"
              "journal  1000 completed,   0 failed,   0 dropped\n"
              "notify    900 completed,   0 failed, 100 dropped\n"
              "risk      900 completed, 100 failed,   0 dropped\n"
              "stock    1000 completed,   0 failed,   0 dropped\n"
              "900 customers were told after all steps\n");
    EXPECT_EQ(run.err, "");
}

TEST(retries, book_each_payment_once_and_in_its_order) {
    const auto run = run_program({STENTOR_EXAMPLE_RETRIES});
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_EQ(run.out,
              "booked 999 of 1000 payments, 0 out of order\n"
              "failed for good 1; attempts made again: some\n");
    EXPECT_EQ(run.err, "");
}

TEST(breakers, keep_what_waits_for_a_server_that_is_down) {
    const auto run = run_program({STENTOR_EXAMPLE_BREAKERS});
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_EQ(run.out,
              "the server is down: statistics counted 1000\n"
              "the server is back: sent 2000, unaccounted 0\n"
              "calls in vain: few\n");
    EXPECT_EQ(run.err, "");
}

TEST(validation, names_all_that_is_wrong_and_lets_no_broken_order_through) {
    const auto run = run_program({STENTOR_EXAMPLE_VALIDATION});
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_EQ(run.out,
              "accepted\n"
              "rejected_invalid\n"
              "  lines[1].count: a line has at least one piece (not_positive)\n"
              "  id: the field is required, and it is empty (required)\n"
              "  lines[1].name: the field is required, and it is empty (required)\n"
              "warning: lines: more than two lines take long\n"
              "accepted\n"
              "rejected_invalid\n"
              "  lines: an order has lines (required)\n"
              "  id: the text is not UTF-8 (utf8)\n"
              "packed 2, refused 2, unaccounted 0\n");
    EXPECT_EQ(run.err, "");
}

TEST(dead_letters, follow_the_first_of_their_account_and_come_back_in_order) {
    const auto run = run_program({STENTOR_EXAMPLE_LETTERS});
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_EQ(run.out,
              "1 decode_error\n"
              "1 exhausted\n"
              "2 held_by_key\n"
              "4 of 4 redriven\n"
              "ada has 60\n"
              "bob has 100\n"
              "each account's entries came in order\n"
              "unaccounted 0\n");
    EXPECT_EQ(run.err, "");
}

}  // namespace
