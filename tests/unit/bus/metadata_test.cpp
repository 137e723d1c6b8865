// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include "support/recorder.hpp"
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What travels beside the payload, what an event inherits from the one that caused it, and the
// limits of both.

namespace {

using namespace stentor_test;
using stentor::publish_status;

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    static constexpr std::uint32_t schema_version = 3;
    int number = 0;
};
struct order_shipped {
    static constexpr std::string_view topic = "order.shipped";
    std::string number;  // does not fit a slot
};

// Metadata with texts of its own.
struct seen_metadata {
    stentor::event_id id{};
    std::string correlation_id;
    std::string correlation_or_id;
    std::optional<stentor::event_id> causation_id;
    std::int32_t depth = 0;
    std::string user_id;
    std::string source;
    std::string key;
    std::string traceparent;
    std::string tracestate;
    std::uint32_t schema_version = 0;
    std::chrono::system_clock::time_point time;
    std::vector<std::string> headers;
};

seen_metadata copy_of(const stentor::context& ctx) {
    const auto data = ctx.metadata();
    return {.id = ctx.id(),
            .correlation_id = std::string(data.correlation_id),
            .correlation_or_id = ctx.correlation_id(),
            .causation_id = data.causation_id,
            .depth = data.depth,
            .user_id = std::string(data.user_id),
            .source = std::string(data.source),
            .key = std::string(data.key),
            .traceparent = std::string(data.traceparent),
            .tracestate = std::string(data.tracestate),
            .schema_version = data.schema_version,
            .time = data.time,
            .headers = {}};
}

class metadata : public bus_fixture {};

// Most stamps are the coarse time, which is older than the precise one of an event before.
TEST_F(metadata, of_one_publisher_never_goes_back_in_time) {
    auto executor = std::make_shared<stentor::manual_executor>(1);
    auto options = small_bus();
    options.executor = executor;
    options.clock = &clock_;
    auto& bus = make_bus(std::move(options));
    std::vector<std::chrono::system_clock::time_point> times;
    auto handler = bus.subscribe<order_placed>(
        "handler", [&](const order_placed&, const stentor::context& ctx) {
            times.push_back(ctx.metadata().time);
        });
    const auto publish = [&](int events) {
        for (int number = 0; number < events; ++number) {
            ASSERT_TRUE(bus.publish(order_placed{}));
            clock_.advance(std::chrono::microseconds(10));
        }
        executor->run_until_idle();
    };
    publish(200);  // until the handler is known to be cheap, every event is stamped precisely
    publish(500);
    ASSERT_EQ(times.size(), 700U);
    EXPECT_TRUE(std::ranges::is_sorted(times));
    EXPECT_LT(times.front(), times.back());
}

TEST_F(metadata, arrives_as_it_was_given) {
    auto& bus = make_bus();
    recorder<seen_metadata> seen;
    auto handler = bus.subscribe(
        "all", stentor::pattern(">"), [&](const stentor::any_event& event, stentor::context& ctx) {
            auto copy = copy_of(ctx);
            const auto count = event.metadata().header_count;
            for (std::uint32_t index = 0; index < count; ++index) {
                const auto header = event.header_at(index);
                copy.headers.push_back(std::string(header.name) + "=" + std::string(header.value));
            }
            EXPECT_EQ(event.header_at(count).name, "") << "behind the last one there is nothing";
            seen.add(std::move(copy));
        });
    std::string user = "u-17";
    const std::vector<stentor::header> headers{{"tenant", "acme"}, {"empty", ""}};
    const auto result = bus.publish(order_placed{1}, {.correlation_id = "req-7f3",
                                                      .user_id = user,
                                                      .source = "/shop/berlin",
                                                      .key = "o-1",
                                                      .traceparent = "00-11-22-01",
                                                      .tracestate = "vendor=1",
                                                      .headers = headers});
    user.assign("overwritten");  // the texts were copied before publish returned
    ASSERT_TRUE(seen.await(1));
    const auto one = seen.all().front();
    EXPECT_EQ(one.id, result.id());
    EXPECT_EQ(one.correlation_id, "req-7f3");
    EXPECT_EQ(one.correlation_or_id, "req-7f3");
    EXPECT_EQ(one.user_id, "u-17");
    EXPECT_EQ(one.source, "/shop/berlin");
    EXPECT_EQ(one.key, "o-1");
    EXPECT_EQ(one.traceparent, "00-11-22-01");
    EXPECT_EQ(one.tracestate, "vendor=1");
    EXPECT_EQ(one.headers, (std::vector<std::string>{"tenant=acme", "empty="}));
    EXPECT_EQ(one.schema_version, 3U);
    EXPECT_FALSE(one.causation_id);
    EXPECT_EQ(one.depth, 0);
}

TEST_F(metadata, that_was_not_given_is_empty) {
    auto& bus = make_bus();
    recorder<seen_metadata> seen;
    auto one =
        bus.subscribe<order_placed>("in-slot", [&](const order_placed&, stentor::context& ctx) {
            EXPECT_EQ(ctx.topic(), "order.placed");
            EXPECT_EQ(ctx.subscription(), "in-slot");
            EXPECT_EQ(ctx.attempt(), 1);
            seen.add(copy_of(ctx));
        });
    auto two = bus.subscribe<order_shipped>(
        "boxed", [&](const order_shipped&, stentor::context& ctx) { seen.add(copy_of(ctx)); });
    ASSERT_TRUE(bus.publish(order_placed{1}));
    ASSERT_TRUE(bus.publish(order_shipped{"1"}));
    ASSERT_TRUE(seen.await(2));
    for (const auto& data : seen.all()) {
        EXPECT_EQ(data.correlation_id, "");
        EXPECT_EQ(data.correlation_or_id, data.id.to_string());
        EXPECT_FALSE(data.causation_id);
        EXPECT_EQ(data.depth, 0);
        EXPECT_EQ(data.user_id + data.source + data.key + data.traceparent + data.tracestate, "");
    }
}

TEST_F(metadata, tells_when_the_event_was_published) {
    auto options = small_bus();
    options.clock = &clock_;
    auto& bus = make_bus(std::move(options));
    recorder<seen_metadata> seen;
    auto handler = bus.subscribe<order_placed>(
        "time", [&](const order_placed&, stentor::context& ctx) { seen.add(copy_of(ctx)); });
    clock_.advance(std::chrono::hours(5));
    ASSERT_TRUE(bus.publish(order_placed{1}));
    ASSERT_TRUE(seen.await(1));
    const auto want = std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            std::chrono::nanoseconds(stentor::virtual_clock::default_system_ns) +
            std::chrono::hours(5)));
    EXPECT_LT(std::chrono::abs(seen.all().front().time - want), std::chrono::milliseconds(2));
}

TEST_F(metadata, is_inherited_by_what_a_handler_publishes) {
    auto& bus = make_bus();
    recorder<seen_metadata> seen;
    auto first =
        bus.subscribe<order_placed>("first", [&](const order_placed& it, stentor::context& ctx) {
            EXPECT_TRUE(ctx.publish(order_shipped{std::to_string(it.number)}));
        });
    auto second = bus.subscribe<order_shipped>(
        "second", [&](const order_shipped&, stentor::context& ctx) { seen.add(copy_of(ctx)); });
    const auto cause = bus.publish(order_placed{1}, {.correlation_id = "req-1",
                                                     .user_id = "u-1",
                                                     .source = "/not/inherited",
                                                     .key = "not inherited",
                                                     .traceparent = "00-aa-bb-01",
                                                     .tracestate = "v=2"});
    ASSERT_TRUE(seen.await(1));
    const auto effect = seen.all().front();
    EXPECT_EQ(effect.correlation_id, "req-1");
    EXPECT_EQ(effect.causation_id, cause.id());
    EXPECT_EQ(effect.depth, 1);
    EXPECT_EQ(effect.user_id, "u-1");
    EXPECT_EQ(effect.traceparent, "00-aa-bb-01");
    EXPECT_EQ(effect.tracestate, "v=2");
    EXPECT_EQ(effect.source, "");
    EXPECT_EQ(effect.key, "");
    EXPECT_NE(effect.id, cause.id());
}

TEST_F(metadata, of_a_cause_without_correlation_is_its_id) {
    auto& bus = make_bus();
    recorder<seen_metadata> seen;
    auto first =
        bus.subscribe<order_placed>("first", [&](const order_placed&, stentor::context& ctx) {
            EXPECT_TRUE(ctx.publish(order_shipped{"a"}));
            EXPECT_TRUE(
                ctx.publish(order_shipped{"b"},
                            {.correlation_id = "own", .user_id = "me", .traceparent = "00-cc"}));
        });
    auto second = bus.subscribe<order_shipped>(
        "second", [&](const order_shipped&, stentor::context& ctx) { seen.add(copy_of(ctx)); },
        {.max_concurrency = 1});
    const auto cause = bus.publish(order_placed{1}, {.tracestate = "lonely"});
    ASSERT_TRUE(seen.await(2));
    const auto all = seen.all();
    EXPECT_EQ(all[0].correlation_id, cause.id().to_string());
    EXPECT_EQ(all[0].causation_id, cause.id());
    EXPECT_EQ(all[1].correlation_id, "own") << "what is given wins over what is inherited";
    EXPECT_EQ(all[1].user_id, "me");
    EXPECT_EQ(all[1].traceparent, "00-cc");
    EXPECT_EQ(all[1].tracestate, "") << "a state of another trace does not fit";
    EXPECT_EQ(all[1].causation_id, cause.id());
}

TEST_F(metadata, refuses_a_chain_of_more_than_64_causes) {
    auto& bus = make_bus();
    recorder<std::int32_t> depths;
    recorder<publish_status> refusals;
    auto loop =
        bus.subscribe<order_placed>("loop", [&](const order_placed& it, stentor::context& ctx) {
            depths.add(ctx.metadata().depth);
            if (const auto result = ctx.publish(order_placed{it.number + 1}); !result) {
                EXPECT_TRUE(result.id().is_nil());
                refusals.add(result.status());
            }
        });
    ASSERT_TRUE(bus.publish(order_placed{0}));
    ASSERT_TRUE(refusals.await(1));
    EXPECT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(refusals.all(), std::vector{publish_status::rejected_too_deep});
    EXPECT_EQ(depths.size(), 65U) << "0, and 64 that were caused";
    EXPECT_EQ(depths.all().back(), stentor::causal_depth_max);
    EXPECT_EQ(bus.audit().publishes.rejected_too_deep, 1);
}

TEST_F(metadata, takes_32_headers_and_not_one_more) {
    auto& bus = make_bus();
    tally calls;
    auto handler = bus.subscribe<order_placed>("any", [&](const order_placed&) { calls.add(); });
    std::vector<stentor::header> headers(stentor::headers_max, {"name", "value"});
    EXPECT_EQ(bus.publish(order_placed{1}, {.headers = headers}).status(),
              publish_status::accepted);
    headers.push_back({"one", "more"});
    EXPECT_EQ(bus.publish(order_placed{2}, {.headers = headers}).status(),
              publish_status::rejected_invalid);
    EXPECT_TRUE(calls.await(1));
    EXPECT_EQ(bus.audit().publishes.rejected_invalid, 1);
}

TEST_F(metadata, takes_8_kib_of_text_and_not_one_byte_more) {
    auto& bus = make_bus();
    tally calls;
    recorder<std::size_t> sizes;
    auto handler =
        bus.subscribe<order_placed>("any", [&](const order_placed&, stentor::context& ctx) {
            const auto data = ctx.metadata();
            sizes.add(data.key.size() + data.user_id.size());
        });
    const std::string most(stentor::metadata_bytes_max - 4, 'k');
    EXPECT_EQ(bus.publish(order_placed{1}, {.user_id = "user", .key = most}).status(),
              publish_status::accepted);
    EXPECT_EQ(bus.publish(order_placed{1}, {.user_id = "users", .key = most}).status(),
              publish_status::rejected_invalid);
    const std::vector<stentor::header> headers{{"h", most}};
    EXPECT_EQ(bus.publish(order_placed{1}, {.user_id = "user", .headers = headers}).status(),
              publish_status::rejected_invalid);
    ASSERT_TRUE(sizes.await(1));
    EXPECT_EQ(sizes.all(), std::vector{stentor::metadata_bytes_max});
}

TEST_F(metadata, expired_at_publish_is_refused) {
    auto options = small_bus();
    options.clock = &clock_;
    auto& bus = make_bus(std::move(options));
    tally calls;
    auto handler = bus.subscribe<order_placed>("any", [&](const order_placed&) { calls.add(); });
    const std::chrono::system_clock::time_point now{
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            std::chrono::nanoseconds(clock_.system_ns()))};
    EXPECT_EQ(bus.publish(order_placed{1}, {.expires_at = now}).status(), publish_status::expired);
    EXPECT_EQ(
        bus.publish(order_placed{2}, {.expires_at = now + std::chrono::milliseconds(1)}).status(),
        publish_status::accepted);
    EXPECT_EQ(
        bus.publish(order_placed{3}, {.expires_at = std::chrono::system_clock::time_point::max()})
            .status(),
        publish_status::accepted);
    EXPECT_EQ(
        bus.publish(order_placed{4}, {.expires_at = std::chrono::system_clock::time_point::min()})
            .status(),
        publish_status::expired);
    EXPECT_TRUE(calls.await(2));
    EXPECT_EQ(bus.audit().publishes.expired, 2);
}

TEST_F(metadata, expired_in_the_queue_is_not_handled) {
    auto options = small_bus();
    options.clock = &clock_;
    auto& bus = make_bus(std::move(options));
    gate door;
    recorder<int> handled;
    auto handler = bus.subscribe<order_placed>("slow",
                                               [&](const order_placed& it) {
                                                   door.pass();
                                                   handled.add(it.number);
                                               },
                                               {.max_concurrency = 1});
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(order_placed{0}));
    ASSERT_TRUE(door.await_waiting(1));
    const std::chrono::system_clock::time_point now{
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            std::chrono::nanoseconds(clock_.system_ns()))};
    for (int number = 1; number <= 10; ++number) {
        ASSERT_TRUE(
            bus.publish(order_placed{number}, {.expires_at = now + std::chrono::seconds(number)}));
    }
    clock_.advance(std::chrono::milliseconds(5500));  // the first five are too late now
    door.open();
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(handled.all(), (std::vector<int>{0, 6, 7, 8, 9, 10}));
    const auto terms = bus.audit().subscriptions.front().second;
    EXPECT_EQ(terms.expired, 5);
    EXPECT_EQ(terms.completed, 6);
}

}  // namespace
