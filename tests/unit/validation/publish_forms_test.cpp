// SPDX-License-Identifier: MIT
#include "unit/async/manual_bus.hpp"
#include "unit/validation/validated.hpp"

#include <gmock/gmock.h>

#include <span>
#include <string>
#include <vector>

// Every way to publish is validated.

namespace {

using namespace stentor_test;
using stentor::publish_status;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class validated : public manual_bus {
protected:
    validated() {
        bus.keep(
            bus.subscribe<tick>("ticks", [this](const tick& one) { ticks.push_back(one.number); }));
        bus.keep(
            bus.subscribe<note>("notes", [this](const note& one) { notes.push_back(one.text); }));
    }
    [[nodiscard]] std::int64_t refused() const { return bus.audit().publishes.rejected_invalid; }

    std::vector<int> ticks;
    std::vector<std::string> notes;
    stentor::violations found;
};

TEST_F(validated, is_publish) {
    EXPECT_EQ(bus.publish(tick{-1}).status(), publish_status::rejected_invalid);
    const note empty;
    EXPECT_EQ(bus.publish(empty).status(), publish_status::rejected_invalid);
    EXPECT_EQ(bus.publish(tick{-2}, {.user_id = "u", .violations = &found}).status(),
              publish_status::rejected_invalid);
    EXPECT_THAT(paths_of(found), ElementsAre("number"));
    run();
    EXPECT_THAT(ticks, IsEmpty());
    EXPECT_THAT(notes, IsEmpty());
    EXPECT_EQ(refused(), 3);
}

TEST_F(validated, is_a_leased_publisher) {
    auto hot = bus.publisher<tick>();
    EXPECT_TRUE(hot.publish(tick{1}));
    EXPECT_EQ(hot.publish(tick{-1}).status(), publish_status::rejected_invalid);
    EXPECT_EQ(hot.publish(tick{-1}, {.violations = &found}).status(),
              publish_status::rejected_invalid);
    EXPECT_EQ(found.size(), 1U);
    auto slow = bus.publisher<note>();
    EXPECT_EQ(slow.publish(note{}).status(), publish_status::rejected_invalid);
    EXPECT_TRUE(slow.publish(note{"a"}));
    run();
    EXPECT_THAT(ticks, ElementsAre(1));
    EXPECT_THAT(notes, ElementsAre("a"));
}

TEST_F(validated, are_the_waiting_forms) {
    EXPECT_EQ(bus.publish_for(tick{-1}, 1s).status(), publish_status::rejected_invalid);
    const auto report = bus.publish_and_wait(note{}, 1s, {.violations = &found});
    EXPECT_EQ(report.published().status(), publish_status::rejected_invalid);
    EXPECT_EQ(report.begin(), report.end());
    EXPECT_THAT(paths_of(found), ElementsAre("text"));
    EXPECT_TRUE(bus.publish_and_wait(note{"a"}, 1s).published());
    EXPECT_EQ(refused(), 2);
}

TEST_F(validated, are_events_that_handlers_publish) {
    std::vector<publish_status> said;
    const auto handler =
        bus.subscribe<order_placed>("handler", [&](const order_placed& one, stentor::context& ctx) {
            said.push_back(ctx.publish(tick{one.number}, {.violations = &found}).status());
            said.push_back(ctx.publish(stentor::topic("raw.text"), "\xC3(").status());
        });
    const auto rule = bus.validate(stentor::pattern("raw.>"), {.utf8 = true});
    bus.publish(order_placed{-3});
    bus.publish(order_placed{3});
    run();
    EXPECT_THAT(said,
                ElementsAre(publish_status::rejected_invalid, publish_status::rejected_invalid,
                            publish_status::accepted, publish_status::rejected_invalid));
    EXPECT_THAT(ticks, ElementsAre(3));
    EXPECT_THAT(paths_of(found), ElementsAre("number"));
}

TEST_F(validated, is_delivered) {
    std::vector<publish_status> said;
    const auto handler =
        bus.subscribe<order_placed>("handler", [&](const order_placed& one) -> stentor::task<> {
            const tick next{one.number};
            const auto report = co_await bus.delivered(next, 1s, {.violations = &found});
            said.push_back(report.published().status());
        });
    bus.publish(order_placed{-1});
    run();
    EXPECT_THAT(said, ElementsAre(publish_status::rejected_invalid));
    EXPECT_THAT(codes_of(found), ElementsAre("negative"));
}

TEST_F(validated, is_a_request_whose_failure_says_why) {
    std::string why;
    const auto handler = bus.subscribe<order_placed>(
        "handler", [&](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            const note empty;
            const auto answer = co_await ctx.try_request<tick>(empty, 1s);
            why = answer.error().message();
            EXPECT_EQ(answer.error().status(), publish_status::rejected_invalid);
        });
    bus.publish(order_placed{1});
    run();
    EXPECT_THAT(why, HasSubstr("text: a note says something (required)"));
}

TEST_F(validated, is_an_answer_that_is_published_and_does_not_count_when_refused) {
    std::string why;
    const auto asker = bus.subscribe<order_placed>(
        "asker", [&](const order_placed& one, stentor::context& ctx) -> stentor::task<> {
            const plain question{one.number};
            const auto answer = co_await ctx.try_request<tick>(question, 1s);
            why = answer ? "answered" : std::string(to_string(answer.error().kind()));
        });
    const auto answering = bus.subscribe<plain>(
        "answering",
        [](const plain& one, stentor::context& ctx) { ctx.publish(tick{one.number}); });
    bus.publish(order_placed{-1});
    run();
    pass(2s);
    EXPECT_EQ(why, "timed_out");
    bus.publish(order_placed{1});
    run();
    EXPECT_EQ(why, "answered");
}

TEST_F(validated, is_a_whole_bulk_of_small_events_or_none) {
    std::vector<tick> many(200);
    EXPECT_EQ(bus.publish_bulk(std::span{many}, &found), 200U);
    many[3].number = -1;
    many[150].number = -1;
    EXPECT_EQ(bus.publish_bulk(std::span{many}, &found), 0U);
    EXPECT_THAT(paths_of(found), ElementsAre("[3].number", "[150].number"));
    EXPECT_EQ(bus.publish_bulk(std::span{many}), 0U);
    run();
    EXPECT_EQ(ticks.size(), 200U);
    EXPECT_EQ(refused(), 4);
    EXPECT_EQ(bus.audit().publishes.published, 204);
}

TEST_F(validated, is_a_whole_bulk_of_large_events_or_none) {
    std::vector<note> many(100, note{"fine"});
    many[99].text.clear();
    EXPECT_EQ(bus.publish_bulk_move(std::span{many}, &found), 0U);
    EXPECT_THAT(paths_of(found), ElementsAre("[99].text"));
    EXPECT_EQ(many[0].text, "fine");
    many.pop_back();
    EXPECT_EQ(bus.publish_bulk_move(std::span{many}), 99U);
    run();
    EXPECT_EQ(notes.size(), 99U);
}

TEST_F(validated, is_a_publish_to_handlers_inside_it) {
    int calls = 0;
    const auto inlined = bus.subscribe<plain>("inlined", [&](const plain&) { ++calls; },
                                              {.execution = stentor::execution::inline_});
    EXPECT_TRUE(bus.publish(plain{-1}));
    EXPECT_TRUE(bus.publish(plain{-1}));
    const auto rule = bus.validate<plain>([](const plain& one, stentor::violations& to) {
        if (one.number < 0) {
            to.add("number", "negative", "");
        }
    });
    EXPECT_FALSE(bus.publish(plain{-1}));
    EXPECT_TRUE(bus.publish(plain{1}));
    EXPECT_FALSE(bus.publish(plain{-1}));
    EXPECT_EQ(calls, 3);
}

}  // namespace
