// SPDX-License-Identifier: MIT
#include <stentor/testing/recording_context.hpp>

#include "unit/testing/events.hpp"
#include <stentor/event/topic.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace {

using stentor::testing::recording_context;
using stentor::testing::recording_text_context;
using stentor_test::order_confirmed;
using stentor_test::order_placed;
using stentor_test::stock_reserved;
using ::testing::ElementsAre;

void reserve(const order_placed& order, stentor::context& ctx) {
    if (order.cents > 0) {
        ctx.publish(stock_reserved{static_cast<int>(order.cents)});
    }
}

TEST(recording_context, records_what_the_handler_publishes) {
    recording_context call{order_placed{"o-1", 7}};
    reserve(call.event(), call.context());
    EXPECT_THAT(call.published<stock_reserved>(), ElementsAre(stock_reserved{7}));
    EXPECT_TRUE(call.published<order_confirmed>().empty());
}

TEST(recording_context, gives_the_event_the_metadata_of_ones_choice) {
    const auto cause = stentor::event_id::from_parts(1, 2, 3);
    recording_context call{order_placed{"o-1", 1},
                           {.metadata = {.correlation_id = "req-7",
                                         .user_id = "u-17",
                                         .key = "k",
                                         .traceparent = "00-a-b-01"},
                            .causation_id = cause,
                            .depth = 3,
                            .subscription = "stock"}};
    auto& ctx = call.context();
    EXPECT_EQ(ctx.topic(), "order.placed");
    EXPECT_EQ(ctx.correlation_id(), "req-7");
    EXPECT_EQ(ctx.subscription(), "stock");
    EXPECT_EQ(ctx.metadata().user_id, "u-17");
    EXPECT_EQ(ctx.metadata().key, "k");
    EXPECT_EQ(ctx.metadata().traceparent, "00-a-b-01");
    EXPECT_EQ(ctx.metadata().causation_id, cause);
    EXPECT_EQ(ctx.metadata().depth, 3);
}

TEST(recording_context, hands_the_metadata_on_as_a_bus_does) {
    recording_context call{order_placed{"o-1", 1},
                           {.metadata = {.user_id = "u-17"}, .depth = 3, .subscription = "stock"}};
    reserve(call.event(), call.context());
    const auto all = call.history().all();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].causation_id(), call.context().id());
    EXPECT_EQ(all[0].correlation_id(), call.context().id().to_string());
    EXPECT_EQ(all[0].user_id(), "u-17");
    EXPECT_EQ(all[0].depth(), 4);
    EXPECT_EQ(all[0].publisher(), "stock");
    EXPECT_FALSE(all[0].id().is_nil());
}

TEST(recording_context, has_an_id_of_its_own_or_the_given_one) {
    recording_context one{stock_reserved{1}};
    EXPECT_FALSE(one.context().id().is_nil());
    EXPECT_EQ(one.context().id().version(), 7U);
    const auto given = stentor::event_id::from_parts(1, 2, 3);
    recording_context two{stock_reserved{1}, {.metadata = {.id = given}}};
    EXPECT_EQ(two.context().id(), given);
}

TEST(recording_context, answers_as_it_is_told) {
    recording_context call{order_placed{"o-1", 1},
                           {.answer = stentor::publish_status::rejected_full}};
    const auto answer = call.context().publish(stock_reserved{1});
    EXPECT_EQ(answer.status(), stentor::publish_status::rejected_full);
    EXPECT_TRUE(call.published<stock_reserved>().empty());
    EXPECT_EQ(call.history().all().size(), 1U);
}

TEST(recording_context, shows_the_event_to_handlers_of_patterns) {
    recording_context small{stock_reserved{4}};
    const auto* reserved = stentor::get_if<stock_reserved>(small.any());
    ASSERT_NE(reserved, nullptr);
    EXPECT_EQ(reserved->shelf, 4);
    recording_context large{order_placed{"o-1", 1}};
    const auto* placed = stentor::get_if<order_placed>(large.any());
    ASSERT_NE(placed, nullptr);
    EXPECT_EQ(placed->id, "o-1");
    EXPECT_EQ(placed, &large.event());
}

TEST(recording_context, has_events_without_a_type_too) {
    const stentor::header headers[] = {{"lang", "de"}};
    recording_text_context call("note.made", R"({"n":1})", {.metadata = {.headers = headers}});
    EXPECT_EQ(call.any().topic(), "note.made");
    EXPECT_EQ(call.any().text(), R"({"n":1})");
    EXPECT_EQ(call.any().header_at(0).value, "de");
    call.context().publish(stentor::topic("note.kept"), "{}");
    ASSERT_EQ(call.published(stentor::pattern("note.*")).size(), 1U);
    EXPECT_EQ(call.published(stentor::pattern("note.*"))[0].text(), "{}");
}

}  // namespace
