// SPDX-License-Identifier: MIT

#include "troubled_handlers.hpp"

#include "examples/run_program.hpp"
#include "repair.hpp"
#include <stentor/bus/dead_letters.hpp>
#include <stentor/testing/for_each_seed.hpp>
#include <stentor/testing/test_bus.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>
#include <string>

// The handlers for whom not all goes well, and their repair, on a bus that does what the test says.

namespace {

using namespace github;
using namespace std::chrono_literals;

options going_down_at(std::uint64_t call) {
    options chosen;
    chosen.down_at = call;
    return chosen;
}

struct application {
    stentor_test::scratch_folder folder;
    std::string emergency_file = folder.path("emergency");
    stentor::virtual_clock service_time;  // of the chat service alone: the bus has its own
    troubles all;
    stentor::testing::test_bus bus;

    explicit application(std::uint64_t seed = 1, std::uint64_t down_at = 0)
        : all(service_time, going_down_at(down_at)),
          bus({.seed = seed,
               .bus = {.log = {.on_error = [](const stentor::error_record&) {},
                               .on_notice = [](const stentor::notice_record&) {}},
                       .dead_letters = all.letters,
                       .emergency_file = emergency_file}}) {
        subscribe_troubled(bus, all);
    }

    void comment() {
        bus.publish(stentor::topic("github.issue_comment.created"),
                    R"({"action":"created","comment":{"body":"hello"}})");
    }
    void card(const char* card) {
        bus.publish(stentor::topic("github.project_card.created"),
                    std::string(R"({"action":"created","project_card":)") + card + "}");
    }
    void alert(const char* severity) {
        bus.publish(stentor::topic("github.security_advisory.published"),
                    std::string(R"({"security_advisory":{"severity":")") + severity + R"("}})");
    }
    repair_account repair() { return look_and_repair(bus, all, emergency_file, false); }
};

const repair_account::handler& row_of(const repair_account& told, const std::string& name) {
    for (const auto& row : told.handlers) {
        if (row.name == name) {
            return row;
        }
    }
    throw std::runtime_error("no row for " + name);
}

TEST(chat, retries_until_each_comment_is_posted) {
    stentor::testing::for_each_seed(20, [](std::uint64_t seed) {
        application app(seed);
        for (int comment = 0; comment < 100; ++comment) {
            app.comment();
        }
        app.bus.settle();
        const auto terms = app.bus.terms("chat");
        EXPECT_EQ(terms.completed + terms.dead_lettered, 100);
        EXPECT_EQ(app.all.chat.told().calls - app.all.chat.told().failed, terms.completed);
        EXPECT_GT(app.all.chat.told().failed, 0);
        EXPECT_EQ(app.bus.audit().unaccounted(), 0);
    });
}

TEST(chat, leaves_the_service_alone_while_it_is_down) {
    application app(1, 21);
    for (int comment = 0; comment < 200; ++comment) {
        app.comment();
    }
    // The service's time stands still, so it stays down; the bus's goes on.
    app.bus.advance(2s);
    EXPECT_GT(app.all.breaker_openings, 0);
    const auto refused = app.all.chat.told().refused;
    EXPECT_LT(refused, 100) << "the breaker lets few calls through";
    EXPECT_GT(app.bus.terms("chat").outstanding(), 100) << "and the comments wait";
    app.service_time.advance(2s);
    app.bus.settle();
    EXPECT_EQ(app.all.chat.told().refused, refused);
    EXPECT_EQ(app.bus.terms("chat").outstanding(), 0);
}

TEST(board, keeps_a_card_that_it_does_not_understand_and_shows_it_when_it_is_repaired) {
    application app;
    app.card(R"({"note":"an hour of work"})");
    app.card(R"({"note":null,"content_url":"https://i/1"})");
    app.card(R"({"note":"a day of work"})");
    app.bus.settle();
    EXPECT_EQ(app.all.cards, 2);
    EXPECT_EQ(app.bus.attempts("board"), 3) << "no retry helps";
    EXPECT_EQ(app.bus.terms("board").dead_lettered, 1);

    const auto told = app.repair();
    ASSERT_EQ(told.groups.size(), 1U);
    EXPECT_EQ(told.groups[0].subscription, "board");
    EXPECT_EQ(told.groups[0].reason, stentor::dead_letter_reason::rejected);
    EXPECT_EQ(told.groups[0].error, "/project_card/note is missing or no string");
    ASSERT_TRUE(told.redriven);
    EXPECT_EQ(told.redriven->redriven, 1U);
    EXPECT_EQ(told.left, 0U);
    EXPECT_EQ(app.all.cards, 3);
    EXPECT_EQ(row_of(told, "board").deliveries, 3);
    EXPECT_EQ(row_of(told, "board").brought_back, 1);
}

TEST(alerts, lose_nothing_when_everything_fails) {
    application app;
    for (int alert = 0; alert < 5; ++alert) {
        app.alert("critical");
        app.alert("moderate");
    }
    app.bus.settle();
    EXPECT_EQ(app.all.alerts_mailed, 0);
    EXPECT_EQ(app.all.alerts_put_off, 5);
    EXPECT_EQ(app.all.letters->room().letters, troubles::share_of_alerts);

    const auto told = app.repair();
    const auto& row = row_of(told, "alerts");
    EXPECT_EQ(row.deliveries, 10);
    EXPECT_EQ(row.completed, 0);
    EXPECT_EQ(row.fell_back, 5);
    EXPECT_EQ(row.dead_lettered, 5);
    EXPECT_EQ(row.retried, 10);
    EXPECT_EQ(row.brought_back, 5);
    EXPECT_EQ(told.in_emergency_file, 3);
    EXPECT_EQ(told.redriven.value().redriven, 2U);
    EXPECT_EQ(told.recovered.value().records, 3U);
    EXPECT_EQ(told.recovered.value().recovered, 3U);
    EXPECT_EQ(app.all.alerts_mailed, 5);
    EXPECT_EQ(app.bus.audit().unaccounted(), 0);
}

TEST(repair, recovers_what_an_earlier_run_left) {
    std::string left;
    {
        application app;
        for (int alert = 0; alert < 4; ++alert) {
            app.alert("critical");
        }
        app.bus.settle();
        const auto told = look_and_repair(app.bus, app.all, app.emergency_file, true);
        EXPECT_FALSE(told.redriven);
        EXPECT_FALSE(told.recovered);
        EXPECT_EQ(told.in_emergency_file, 2);
        EXPECT_FALSE(told.file_is_done());
        left = stentor_test::text_of_file(app.emergency_file);
    }
    application next;
    static_cast<void>(next.folder.file("emergency", left));
    const auto told = next.repair();
    EXPECT_EQ(told.recovered.value().recovered, 2U);
    EXPECT_EQ(next.all.alerts_mailed, 2);
    EXPECT_TRUE(told.file_is_done());
}

TEST(repair, keeps_a_file_of_which_a_line_is_damaged) {
    application app;
    static_cast<void>(app.folder.file("emergency", "nonsense\n"));
    const auto told = app.repair();
    EXPECT_EQ(told.recovered.value().damaged, 1U);
    EXPECT_FALSE(told.file_is_done());
}

TEST(repair, has_nothing_to_tell_when_nothing_failed) {
    application app;
    app.card(R"({"note":"an hour of work"})");
    app.bus.settle();
    const auto told = app.repair();
    EXPECT_TRUE(told.handlers.empty());
    EXPECT_EQ(told.letters, 0U);
    EXPECT_EQ(told.redriven.value().matched, 0U);
    EXPECT_TRUE(told.file_is_done());
}

TEST(emergency_place, removes_what_is_empty_or_done_and_nothing_else) {
    const stentor_test::scratch_folder folder;
    const std::string empty = folder.file("empty", "");
    const std::string full = folder.file("full", "a record\n");
    const std::string done = folder.file("done", "a record\n");
    {
        const emergency_place first(empty);
        const emergency_place second(full);
        const emergency_place third(done);
        third.remove();
        const emergency_place never_made(folder.path("none"));
        const emergency_place a_folder(folder.path());
    }
    EXPECT_FALSE(std::filesystem::exists(empty));
    EXPECT_TRUE(std::filesystem::exists(full));
    EXPECT_FALSE(std::filesystem::exists(done));
    EXPECT_TRUE(std::filesystem::exists(folder.path()));
}

TEST(fault, is_gone_when_it_struck_often_enough_or_is_repaired) {
    fault twice(2);
    EXPECT_TRUE(twice.strikes());
    EXPECT_TRUE(twice.is_there());
    EXPECT_TRUE(twice.strikes());
    EXPECT_FALSE(twice.is_there());
    EXPECT_FALSE(twice.strikes());
    fault repaired(100);
    repaired.repair();
    EXPECT_FALSE(repaired.is_there());
    EXPECT_FALSE(repaired.strikes());
}

}  // namespace
