// SPDX-License-Identifier: MIT
#include <stentor/bus/interceptor.hpp>

#include "unit/testing/events.hpp"
#include <stentor/stentor.hpp>
#include <stentor/testing/test_bus.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// Interceptors on the kit's bus, where a seed decides what happens when: whatever that is, each
// call that began has ended, and each delivery is settled once, as the books have it.

namespace {

using namespace std::chrono_literals;
using stentor::settlement;
using stentor::testing::test_bus;
using stentor_test::order_placed;

struct told {
    std::int64_t before = 0;
    std::int64_t after = 0;
    std::map<std::pair<std::string, stentor::event_id>, int> times;
    std::map<settlement, std::int64_t> ends;
};

stentor::interceptor telling(told& into) {
    return {
        .name = "tells",
        .before_handler = [&](const stentor::call_view&) { ++into.before; },
        .after_handler = [&](const stentor::call_view&, const stentor::call_end&) { ++into.after; },
        .on_settle =
            [&](const stentor::settled_view& one) {
                ++into.times[{std::string(one.subscription()), one.id()}];
                ++into.ends[one.how()];
            }};
}

void expect_balance(told& seen, const stentor::audit_report& audit) {
    auto all = audit.removed;
    for (const auto& [name, terms] : audit.subscriptions) {
        all += terms;
    }
    auto& ends = seen.ends;
    EXPECT_EQ(seen.before, seen.after);
    EXPECT_EQ(ends[settlement::completed] + ends[settlement::ignored], all.completed);
    EXPECT_EQ(ends[settlement::failed], all.failed);
    EXPECT_EQ(ends[settlement::dead_lettered], all.dead_lettered);
    EXPECT_EQ(ends[settlement::dropped], all.dropped());
    EXPECT_EQ(ends[settlement::cancelled], all.cancelled);
    EXPECT_EQ(static_cast<std::int64_t>(seen.times.size()), all.accepted);
    for (const auto& [which, count] : seen.times) {
        EXPECT_EQ(count, 1) << which.first;
    }
}

// What happens to the subscriptions while events come.
void meddle(test_bus& bus, stentor::subscription& passing) {
    switch (bus.choose(6)) {
        case 0: bus.registry().disable("small", stentor::backlog::hold); break;
        case 1: bus.registry().disable("keyed", stentor::backlog::drop); break;
        case 2:
            bus.registry().enable("small");
            bus.registry().enable("keyed");
            break;
        case 3: passing.unsubscribe(); break;
        case 4: bus.advance(std::chrono::milliseconds(bus.choose(20))); break;
        default: static_cast<void>(bus.step()); break;
    }
}

void play(std::uint64_t seed) {
    told seen;
    stentor::testing::test_bus_options options{.seed = seed};
    options.bus.interceptors.add(telling(seen));
    options.bus.log.on_error = [](const stentor::error_record&) {};
    options.bus.log.on_notice = [](const stentor::notice_record&) {};
    test_bus bus(std::move(options));
    const auto often = [&](const order_placed&) {
        if (bus.choose(4) == 0) {
            throw std::runtime_error("no");
        }
    };
    stentor::retry_policy quick;
    quick.base = 1ms;
    quick.cap = 5ms;
    quick.max_attempts = 3;
    const auto retried = bus.subscribe<order_placed>("retried", often, {.retry = quick});
    const auto keyed =
        bus.subscribe<order_placed>("keyed", often, {.order = stentor::by_key(&order_placed::id)});
    const auto small = bus.subscribe<order_placed>(
        "small", often, {.capacity = 4, .when_full = stentor::when_full::drop_oldest});
    const auto inlined =
        bus.subscribe<order_placed>("inlined", often, {.execution = stentor::execution::inline_});
    const auto behind =
        bus.subscribe<order_placed>("behind", often, {.after = "retried", .require_success = true});
    auto passing = bus.subscribe<order_placed>(
        "passing", [](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            co_await ctx.sleep(3ms);
        });
    for (int number = 0; number < 60; ++number) {
        static_cast<void>(bus.publish(order_placed{"o-" + std::to_string(number % 3), number}));
        meddle(bus, passing);
    }
    static_cast<void>(bus.drain(std::chrono::milliseconds(bus.choose(30))));
    expect_balance(seen, bus.audit());
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST(test_bus, tells_interceptors_each_end_once_whatever_the_seed) {
    for (std::uint64_t seed = 1; seed <= 300 && !::testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        play(seed);
    }
}

TEST(test_bus, shows_a_bulk_to_interceptors) {
    std::vector<std::string> ids;
    stentor::testing::test_bus_options options;
    options.bus.interceptors.add(
        {.name = "renames", .before_publish = [](stentor::outgoing_event& one) {
             one.get_if<order_placed>()->id += "!";
         }});
    test_bus bus(std::move(options));
    const auto one =
        bus.subscribe<order_placed>("one", [&](const order_placed& it) { ids.push_back(it.id); });
    const std::vector<order_placed> orders{{"o-1", 1}, {"o-2", 1}};
    EXPECT_EQ(bus.publish_bulk(std::span{orders}), 2U);
    bus.settle();
    EXPECT_EQ(ids.size(), 2U);
    for (const auto& id : ids) {
        EXPECT_EQ(id.back(), '!');
    }
}

}  // namespace
