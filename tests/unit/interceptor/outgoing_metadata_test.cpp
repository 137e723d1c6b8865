// SPDX-License-Identifier: MIT
#include "unit/interceptor/intercepted.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

// What travels beside an event, as interceptors see and change it.

namespace {

using namespace stentor_test;
using stentor::context;
using stentor::outgoing_event;
using ::testing::ElementsAre;

class outgoing_metadata : public intercepted {
protected:
    void start_with(stentor::callback<void(outgoing_event&)> how) {
        start({{.name = "changes", .before_publish = std::move(how)}});
    }
};

TEST_F(outgoing_metadata, of_a_handler_knows_the_call_that_causes_it) {
    struct cause {
        std::string subscription{}, topic{}, user{};
        std::int32_t attempt = 0;
        std::uint64_t number = 0;
        std::int32_t depth = 0;
        bool has_causation = false;
    };
    std::vector<cause> seen;
    std::uint64_t number = 0;
    start({{.name = "a",
            .before_publish =
                [&](outgoing_event& one) {
                    cause now;
                    if (const auto* call = one.cause(); call != nullptr) {
                        now = {.subscription = std::string(call->subscription()),
                               .topic = std::string(call->topic()),
                               .attempt = call->attempt(),
                               .number = call->number()};
                    }
                    const auto data = one.metadata();
                    now.user = data.user_id;
                    now.depth = data.depth;
                    now.has_causation = data.causation_id.has_value();
                    seen.push_back(now);
                },
            .before_handler =
                [&](const stentor::call_view& one) {
                    if (one.subscription() == "one") {
                        number = one.number();
                    }
                }}});
    const auto one = bus->subscribe<order_placed>(
        "one", [](const order_placed&, context& ctx) { ctx.publish(order_noted{"caused"}); });
    ASSERT_TRUE(bus->publish(order_placed{1}, {.user_id = "ann"}));
    run();
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0].subscription, "");
    EXPECT_EQ(seen[0].depth, 0);
    EXPECT_FALSE(seen[0].has_causation);
    EXPECT_EQ(seen[1].subscription, "one");
    EXPECT_EQ(seen[1].topic, "order.placed");
    EXPECT_EQ(seen[1].attempt, 1);
    EXPECT_EQ(seen[1].number, number);
    EXPECT_NE(number, 0U);
    EXPECT_EQ(seen[1].user, "ann") << "inherited";
    EXPECT_EQ(seen[1].depth, 1);
    EXPECT_TRUE(seen[1].has_causation);
}

TEST_F(outgoing_metadata, is_changed) {
    const std::string long_text(2'000, 'x');
    start_with([&](outgoing_event& one) {
        one.set_user_id("bob");
        one.set_correlation_id("c-1");
        one.set_source("/test");
        one.set_key("k");
        one.set_traceparent("00-0123456789abcdef0123456789abcdef-0123456789abcdef-01");
        one.set_tracestate("a=1");
        EXPECT_TRUE(one.set_header("tenant", "hidden"));
        EXPECT_TRUE(one.set_header("long", long_text));
        EXPECT_EQ(one.metadata().user_id, "bob");
        EXPECT_EQ(one.metadata().header_count, 3U);
        EXPECT_EQ(one.header_at(1).value, "kept");
    });
    stentor::metadata data;
    std::vector<std::string> headers;
    const auto one =
        bus->subscribe("one", stentor::pattern("order.*"), [&](const stentor::any_event& it) {
            data = it.metadata();
            EXPECT_EQ(data.user_id, "bob");
            EXPECT_EQ(data.correlation_id, "c-1");
            EXPECT_EQ(data.source, "/test");
            EXPECT_EQ(data.key, "k");
            EXPECT_EQ(data.traceparent, "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01");
            EXPECT_EQ(data.tracestate, "a=1");
            for (std::uint32_t at = 0; at < data.header_count; ++at) {
                headers.push_back(std::string(it.header_at(at).name) + "=" +
                                  std::string(it.header_at(at).value));
            }
        });
    const stentor::header given[] = {{"tenant", "acme"}, {"other", "kept"}};
    ASSERT_TRUE(bus->publish(order_placed{1}, {.user_id = "ann", .headers = given}));
    run();
    EXPECT_THAT(headers, ElementsAre("tenant=hidden", "other=kept", "long=" + long_text));
}

TEST_F(outgoing_metadata, inherits_what_is_empty) {
    start_with([](outgoing_event& one) {
        if (one.cause() != nullptr) {
            one.set_user_id("");
            one.set_tracestate("b=2");
        }
    });
    std::string user;
    std::string trace;
    const auto one = bus->subscribe<order_placed>(
        "one", [](const order_placed&, context& ctx) { ctx.publish(order_noted{"caused"}); });
    const auto two = bus->subscribe<order_noted>("two", [&](const order_noted&, context& ctx) {
        user = ctx.metadata().user_id;
        trace =
            std::string(ctx.metadata().traceparent) + " " + std::string(ctx.metadata().tracestate);
    });
    ASSERT_TRUE(bus->publish(order_placed{1},
                             {.user_id = "ann", .traceparent = "as it was", .tracestate = "a=1"}));
    run();
    EXPECT_EQ(user, "ann");
    EXPECT_EQ(trace, "as it was b=2");
}

TEST_F(outgoing_metadata, has_no_more_headers_than_events_may_have) {
    bool refused = false;
    start_with([&](outgoing_event& one) {
        for (std::size_t number = 0; number < stentor::headers_max; ++number) {
            EXPECT_TRUE(one.set_header("h" + std::to_string(number), "v"));
        }
        refused = !one.set_header("more", "v");
        EXPECT_TRUE(one.set_header("h0", "again"));
    });
    const auto one = bus->subscribe<order_placed>("one", [](const order_placed&, context& ctx) {
        EXPECT_EQ(ctx.metadata().header_count, stentor::headers_max);
    });
    ASSERT_TRUE(bus->publish(order_placed{1}));
    run();
    EXPECT_TRUE(refused);
}

}  // namespace
