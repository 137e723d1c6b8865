// SPDX-License-Identifier: MIT

#include "handlers.hpp"

#include "events.hpp"
#include "examples/run_program.hpp"
#include "projection.hpp"
#include <stentor/testing/for_each_seed.hpp>
#include <stentor/testing/matchers.hpp>
#include <stentor/testing/test_bus.hpp>

#include <gtest/gtest.h>

#include <string>

// The handlers together on a bus that does what the test says.

namespace {

using namespace github;
using namespace std::chrono_literals;

struct application {
    stentor_test::scratch_folder folder;
    audit_file audit{folder.path("audit")};
    projection repositories;
    findings found;
    stentor::testing::test_bus bus;

    explicit application(std::uint64_t seed = 1)
        : bus({.seed = seed, .bus = {.log = {.on_error = [](const stentor::error_record&) {}}}}) {
        subscribe_all(bus, audit, repositories, found, 0ms);
    }
};

issues_opened bug() {
    return {"acme/anvil", 7, "it falls", "wile", "bug"};
}

template <class E>
E of(const char* repository) {
    E event;
    event.repository = repository;
    return event;
}

TEST(triage, asks_the_desk_and_gets_an_answer) {
    application app;
    app.bus.publish(bug());
    app.bus.publish(of<issues_opened>("acme/anvil"));
    app.bus.settle();
    EXPECT_EQ(app.found.triage_requests, 1);
    EXPECT_EQ(app.found.issues_assigned, 1);
    EXPECT_EQ(app.bus.completed("triage"), 2);
    stentor::testing::expect_caused<issues_opened, triage_requested>(app.bus);
}

TEST(triage, waits_for_a_desk_that_pauses) {
    application app;
    ASSERT_TRUE(app.bus.registry().disable("triage-desk"));
    app.bus.publish(bug());
    app.bus.advance(1s);
    EXPECT_EQ(app.found.issues_assigned, 0);
    EXPECT_EQ(app.bus.terms("triage").running, 1) << "no thread waits with it";
    ASSERT_TRUE(app.bus.registry().enable("triage-desk"));
    app.bus.settle();
    EXPECT_EQ(app.found.issues_assigned, 1);
}

TEST(triage, fails_when_nobody_answers_in_time) {
    application app;
    ASSERT_TRUE(app.bus.registry().disable("triage-desk"));
    app.bus.publish(bug());
    app.bus.advance(10s);
    EXPECT_EQ(app.bus.failures("triage"), 1);
    ASSERT_TRUE(app.bus.registry().enable("triage-desk"));
    app.bus.settle();
    EXPECT_EQ(app.found.triage_requests, 1) << "the question is handled all the same";
    EXPECT_EQ(app.bus.snapshot().late_replies, 1U);
}

// In the order of the numbers or not, as a handler without an order might get them.
TEST(repositories, count_what_comes_out_of_order) {
    application app;
    for (const char* number : {"1", "3", "2", "4"}) {
        const stentor::header numbered{number_header, number};
        app.bus.publish(of<push>("acme/rope"), {.key = "acme/rope", .headers = {&numbered, 1}});
    }
    app.bus.settle();
    EXPECT_EQ(app.repositories.out_of_order(), 1);
}

TEST(repositories, know_what_happened_last_whatever_the_order_of_work) {
    stentor::testing::for_each_seed(200, [](std::uint64_t seed) {
        application app(seed);
        for (int round = 0; round < 20; ++round) {
            for (const char* name : {"acme/anvil", "acme/rope"}) {
                app.bus.publish(of<push>(name), {.key = name});
                app.bus.publish(of<release_published>(name), {.key = name});
            }
        }
        app.bus.publish(of<push>("acme/rope"), {.key = "acme/rope"});
        app.bus.settle();
        const auto rows = app.repositories.busiest(2);
        ASSERT_EQ(rows.size(), 2U);
        EXPECT_EQ(rows[0].first, "acme/rope");
        EXPECT_EQ(rows[0].second.events, 41);
        EXPECT_EQ(rows[0].second.latest, push::topic);
        EXPECT_EQ(rows[1].second.latest, release_published::topic);
    });
}

}  // namespace
