// SPDX-License-Identifier: MIT
#include <stentor/bus/tracing.hpp>

#include "unit/interceptor/intercepted.hpp"
#include <stentor/bus/dead_letters.hpp>

#include <gmock/gmock.h>

#include <set>
#include <span>
#include <stdexcept>

// The spans of events and handlers, and who is whose parent.

namespace {

using namespace stentor_test;
using stentor::context;
using stentor::span_kind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr std::string_view given_trace = "0af7651916cd43dd8448eb211c80319c";
constexpr std::string_view given_span = "b7ad6b7169203331";

struct kept_span {
    std::string trace{}, id{}, parent{}, state{}, name{}, error{};
    span_kind kind = span_kind::producer;
    bool failed = false;
    std::chrono::system_clock::time_point start{}, end{};
    std::map<std::string, std::string> attributes{};
};

class tracing : public intercepted {
protected:
    [[nodiscard]] stentor::interceptor traced(bool sample = true) {
        return stentor::tracing({.sink =
                                     [this](const stentor::trace_span& one) {
                                         kept_span now{.trace = std::string(one.trace_id),
                                                       .id = std::string(one.span_id),
                                                       .parent = std::string(one.parent_span_id),
                                                       .state = std::string(one.trace_state),
                                                       .name = std::string(one.name),
                                                       .error = std::string(one.error),
                                                       .kind = one.kind,
                                                       .failed = one.failed,
                                                       .start = one.start,
                                                       .end = one.end};
                                         for (const auto& [name, value] : one.attributes) {
                                             now.attributes[std::string(name)] = value;
                                         }
                                         spans.push_back(std::move(now));
                                     },
                                 .sample = sample});
    }
    std::vector<kept_span> spans;
};

TEST_F(tracing, begins_a_trace_and_hands_it_to_the_handler) {
    start({traced()});
    std::string traceparent;
    const auto one = bus->subscribe<order_placed>("one", [&](const order_placed&, context& ctx) {
        traceparent = ctx.metadata().traceparent;
    });
    const auto result = bus->publish(order_placed{1}, {.correlation_id = "c-1"});
    run();
    ASSERT_THAT(spans, SizeIs(2));
    const auto& sent = spans[0];
    const auto& handled = spans[1];
    EXPECT_EQ(sent.kind, span_kind::producer);
    EXPECT_EQ(sent.name, "send order.placed");
    EXPECT_EQ(sent.parent, "");
    EXPECT_EQ(sent.trace.size(), 32U);
    EXPECT_EQ(sent.id.size(), 16U);
    EXPECT_EQ(traceparent, "00-" + sent.trace + "-" + sent.id + "-01");
    EXPECT_EQ(handled.kind, span_kind::consumer);
    EXPECT_EQ(handled.name, "process order.placed");
    EXPECT_EQ(handled.trace, sent.trace);
    EXPECT_EQ(handled.parent, sent.id);
    EXPECT_NE(handled.id, sent.id);
    EXPECT_EQ(sent.attributes.at("messaging.system"), "stentor");
    EXPECT_EQ(sent.attributes.at("messaging.operation.type"), "send");
    EXPECT_EQ(sent.attributes.at("messaging.destination.name"), "order.placed");
    EXPECT_EQ(sent.attributes.count("messaging.message.id"), 0U) << "it has none yet";
    EXPECT_EQ(handled.attributes.at("messaging.operation.type"), "process");
    EXPECT_EQ(handled.attributes.at("messaging.message.id"), result.id().to_string());
    EXPECT_EQ(handled.attributes.at("messaging.message.conversation_id"), "c-1");
    EXPECT_EQ(handled.attributes.at("messaging.consumer.group.name"), "one");
    EXPECT_EQ(handled.attributes.at("stentor.attempt"), "1");
    EXPECT_EQ(handled.attributes.at("stentor.call.end"), "completed");
}

TEST_F(tracing, continues_a_trace_that_is_given) {
    start({traced()});
    std::string traceparent;
    std::string tracestate;
    const auto one = bus->subscribe<order_placed>("one", [&](const order_placed&, context& ctx) {
        traceparent = ctx.metadata().traceparent;
        tracestate = ctx.metadata().tracestate;
    });
    ASSERT_TRUE(bus->publish(order_placed{1}, {.traceparent = given, .tracestate = "a=1,b=2"}));
    run();
    ASSERT_THAT(spans, SizeIs(2));
    EXPECT_EQ(spans[0].trace, given_trace);
    EXPECT_EQ(spans[0].parent, given_span);
    EXPECT_EQ(spans[0].state, "a=1,b=2");
    EXPECT_EQ(spans[1].parent, spans[0].id);
    EXPECT_EQ(traceparent, "00-" + std::string(given_trace) + "-" + spans[0].id + "-01");
    EXPECT_EQ(tracestate, "a=1,b=2");
}

TEST_F(tracing, begins_another_where_the_given_one_is_none) {
    start({traced()});
    std::string tracestate = "none";
    const auto one = bus->subscribe<order_placed>(
        "one", [&](const order_placed&, context& ctx) { tracestate = ctx.metadata().tracestate; });
    ASSERT_TRUE(bus->publish(order_placed{1}, {.traceparent = "hello", .tracestate = "a=1"}));
    run();
    ASSERT_THAT(spans, SizeIs(2));
    EXPECT_EQ(spans[0].parent, "");
    EXPECT_EQ(spans[0].trace.size(), 32U);
    EXPECT_EQ(tracestate, "");
}

TEST_F(tracing, of_what_is_not_sampled_goes_on_without_spans) {
    start({traced()});
    std::string traceparent;
    const auto one = bus->subscribe<order_placed>("one", [&](const order_placed&, context& ctx) {
        traceparent = ctx.metadata().traceparent;
    });
    const auto off = std::string(given.substr(0, 53)) + "00";
    ASSERT_TRUE(bus->publish(order_placed{1}, {.traceparent = off}));
    run();
    EXPECT_THAT(spans, IsEmpty());
    EXPECT_EQ(traceparent.substr(3, 32), given_trace);
    EXPECT_NE(traceparent.substr(36, 16), given_span);
    EXPECT_EQ(traceparent.substr(53), "00");
}

TEST_F(tracing, may_begin_traces_that_are_not_sampled) {
    start({traced(false)});
    std::string traceparent;
    const auto one = bus->subscribe<order_placed>("one", [&](const order_placed&, context& ctx) {
        traceparent = ctx.metadata().traceparent;
    });
    ASSERT_TRUE(bus->publish(order_placed{1}));
    ASSERT_TRUE(bus->publish(order_placed{2}, {.traceparent = given}));
    run();
    EXPECT_EQ(traceparent.substr(53), "01");
    EXPECT_THAT(spans, SizeIs(2)) << "of the second";
}

// Publish, attempts, and what each of them publishes.
TEST_F(tracing, of_what_a_handler_publishes_has_its_attempt_as_parent) {
    expect_failures();
    start({traced()});
    const auto one = bus->subscribe<order_placed>("one",
                                                  [](const order_placed&, context& ctx) {
                                                      ctx.publish(order_noted{"caused"});
                                                      if (ctx.attempt() == 1) {
                                                          throw std::runtime_error("not yet");
                                                      }
                                                  },
                                                  {.retry = attempts_of(2)});
    const auto two = bus->subscribe<order_noted>("two", [](const order_noted&) {});
    ASSERT_TRUE(bus->publish(order_placed{1}, {.traceparent = given}));
    run();
    pass(1s);
    ASSERT_THAT(spans, SizeIs(7));
    std::vector<const kept_span*> sent;
    std::vector<const kept_span*> attempts;
    std::vector<const kept_span*> noted;
    std::set<std::string> ids;
    for (const auto& each : spans) {
        EXPECT_EQ(each.trace, given_trace);
        ids.insert(each.id);
        (each.kind == span_kind::producer      ? sent
         : each.name == "process order.placed" ? attempts
                                               : noted)
            .push_back(&each);
    }
    EXPECT_THAT(ids, SizeIs(7));
    ASSERT_THAT(sent, SizeIs(3));
    ASSERT_THAT(attempts, SizeIs(2));
    ASSERT_THAT(noted, SizeIs(2));
    EXPECT_EQ(sent[0]->parent, given_span);
    EXPECT_EQ(attempts[0]->parent, sent[0]->id);
    EXPECT_EQ(attempts[1]->parent, sent[0]->id);
    EXPECT_EQ(sent[1]->parent, attempts[0]->id);
    EXPECT_EQ(sent[2]->parent, attempts[1]->id);
    EXPECT_EQ(noted[0]->parent, sent[1]->id);
    EXPECT_EQ(noted[1]->parent, sent[2]->id);
    EXPECT_TRUE(attempts[0]->failed);
    EXPECT_EQ(attempts[0]->error, "not yet");
    EXPECT_EQ(attempts[0]->attributes.at("error.type"), "_OTHER");
    EXPECT_FALSE(attempts[1]->failed);
    EXPECT_EQ(attempts[1]->attributes.at("stentor.attempt"), "2");
}

TEST_F(tracing, finds_the_parent_after_a_coroutine_went_on) {
    start({traced()});
    const auto one = bus->subscribe<order_placed>(
        "one", [](const order_placed&, context& ctx) -> stentor::task<> {
            co_await ctx.sleep(10ms);
            ctx.publish(order_noted{"caused"});
            co_await ctx.sleep(10ms);
        });
    ASSERT_TRUE(bus->publish(order_placed{1}));
    run();
    const auto began =
        std::chrono::system_clock::time_point(std::chrono::nanoseconds(clock_.system_ns()));
    pass(20ms);
    pass(30ms);
    ASSERT_THAT(spans, SizeIs(3));
    EXPECT_EQ(spans[1].name, "send order.noted");
    EXPECT_EQ(spans[1].parent, spans[2].id);
    EXPECT_EQ(spans[2].parent, spans[0].id);
    EXPECT_EQ(spans[1].trace, spans[0].trace);
    EXPECT_EQ(spans[2].start, began);
    EXPECT_EQ(spans[2].end, began + 50ms);
}

TEST_F(tracing, finds_the_parent_inside_publish) {
    start({traced()});
    const auto one = bus->subscribe<order_placed>(
        "one", [](const order_placed&, context& ctx) { ctx.publish(order_noted{"caused"}); },
        {.execution = stentor::execution::inline_});
    ASSERT_TRUE(bus->publish(order_placed{1}));
    ASSERT_THAT(spans, SizeIs(3));
    EXPECT_EQ(spans[1].name, "send order.noted");
    EXPECT_EQ(spans[1].parent, spans[2].id);
    EXPECT_EQ(spans[2].parent, spans[0].id);
}

TEST_F(tracing, obeys_a_handler_that_gives_a_trace_of_its_own) {
    start({traced()});
    const auto one = bus->subscribe<order_placed>("one", [](const order_placed&, context& ctx) {
        ctx.publish(order_noted{"caused"}, {.traceparent = given});
    });
    ASSERT_TRUE(bus->publish(order_placed{1}));
    run();
    ASSERT_THAT(spans, SizeIs(3));
    EXPECT_EQ(spans[1].trace, given_trace);
    EXPECT_EQ(spans[1].parent, given_span);
}

// Handlers of order.placed have no spans.
TEST_F(tracing, names_no_parent_that_nobody_was_told_of) {
    start({stentor::tracing({.sink =
                                 [this](const stentor::trace_span& span) {
                                     spans.push_back({.trace = std::string(span.trace_id),
                                                      .parent = std::string(span.parent_span_id)});
                                 },
                             .pattern = "order.noted"}),
           noting(said, "calls")});
    const auto two = bus->subscribe<order_placed>(
        "two", [](const order_placed&, context& ctx) { ctx.publish(order_noted{"caused"}); });
    ASSERT_TRUE(bus->publish(order_placed{1}, {.traceparent = given}));
    run();
    ASSERT_THAT(spans, SizeIs(1));
    EXPECT_EQ(spans[0].trace, given_trace);
    EXPECT_EQ(spans[0].parent, given_span);
}

TEST_F(tracing, without_a_sink_carries_traces_on) {
    start({stentor::tracing()});
    std::string traceparent;
    const auto one = bus->subscribe<order_placed>("one", [&](const order_placed&, context& ctx) {
        traceparent = ctx.metadata().traceparent;
    });
    ASSERT_TRUE(bus->publish(order_placed{1}, {.traceparent = given}));
    run();
    EXPECT_EQ(traceparent.substr(3, 32), given_trace);
    EXPECT_NE(traceparent.substr(36, 16), given_span);
}

TEST_F(tracing, of_a_span_of_events_is_one_span) {
    start({traced()});
    const auto one =
        bus->subscribe<order_placed>("one", [](std::span<const order_placed* const>) {});
    const std::vector placed{order_placed{1}, order_placed{2}, order_placed{3}};
    EXPECT_EQ(bus->publish_bulk(std::span<const order_placed>(placed)), 3U);
    run();
    std::vector<std::string> counts;
    for (const auto& each : spans) {
        if (each.kind == span_kind::consumer) {
            const auto found = each.attributes.find("messaging.batch.message_count");
            counts.push_back(found == each.attributes.end() ? "1" : found->second);
        }
    }
    EXPECT_LT(counts.size(), 3U);
    EXPECT_THAT(counts, ::testing::Contains(::testing::Ne("1")));
}

TEST_F(tracing, of_a_redriven_event_goes_on_as_it_was) {
    expect_failures();
    start({traced()});
    bool open = false;
    const auto one = bus->subscribe<order_placed>("one",
                                                  [&](const order_placed&) {
                                                      if (!open) {
                                                          throw std::runtime_error("closed");
                                                      }
                                                  },
                                                  {.dead_letters = true});
    ASSERT_TRUE(bus->publish(order_placed{1}));
    run();
    open = true;
    ASSERT_TRUE(bus->dead_letters().redrive({}));
    run();
    ASSERT_THAT(spans, SizeIs(3));
    EXPECT_EQ(spans[2].trace, spans[0].trace);
    EXPECT_EQ(spans[2].parent, spans[0].id);
    EXPECT_NE(spans[2].id, spans[1].id);
}

}  // namespace
