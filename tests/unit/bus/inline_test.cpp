// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include "support/recorder.hpp"
#include "support/terms.hpp"
#include <stentor/stentor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// Handlers that run in the thread that publishes.

namespace {

using namespace std::chrono_literals;
using namespace stentor_test;
using stentor::execution;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct knock {
    static constexpr std::string_view topic = "test.knock";
    int number = 0;
};
struct block {
    static constexpr std::string_view topic = "test.block";
    std::array<std::uint64_t, 8> words{};
};
struct letter {
    static constexpr std::string_view topic = "test.letter";
    std::string text;
};

class inline_execution : public bus_fixture {};

TEST_F(inline_execution, calls_the_handler_inside_publish) {
    auto& bus = make_bus();
    std::vector<int> seen;
    std::thread::id where;
    auto door = bus.subscribe<knock>("door",
                                     [&](const knock& it) {
                                         seen.push_back(it.number);
                                         where = std::this_thread::get_id();
                                     },
                                     {.execution = execution::inline_});
    for (int number = 1; number <= 3; ++number) {
        ASSERT_EQ(bus.publish(knock{number}).status(), stentor::publish_status::accepted);
        EXPECT_EQ(seen.size(), static_cast<std::size_t>(number));
    }
    EXPECT_THAT(seen, ElementsAre(1, 2, 3));
    EXPECT_EQ(where, std::this_thread::get_id());
    EXPECT_EQ(terms_of(bus, "door").accepted, 3);
    EXPECT_EQ(terms_of(bus, "door").completed, 3);
    EXPECT_TRUE(bus.would_deliver<knock>());
}

// The first publish takes the long way, sampled ones make a frame, the others call bare functions:
// all say the same.
TEST_F(inline_execution, reads_the_same_on_each_way) {
    auto& bus = make_bus();
    std::array<std::uint64_t, 4> sums{};
    const auto add = [](std::uint64_t& sum, const block& it) {
        for (std::size_t at = 0; at < 8; ++at) {
            sum += it.words[at] * (at + 1);
        }
    };
    const std::array<std::uint64_t, 16> large{1};  // its handler lies on the heap
    auto plain = bus.subscribe<block>("plain", [&](const block& it) { add(sums[0], it); },
                                      {.execution = execution::inline_});
    auto heavy = bus.subscribe<block>(
        "heavy", [&sums, add, large](const block& it) { add(sums[large[0]], it); },
        {.execution = execution::inline_});
    std::uint64_t expected = 0;
    const auto publish = [&](std::uint64_t from) {
        for (std::uint64_t number = from; number < from + 300; ++number) {
            block one{};
            for (auto& word : one.words) {
                word = number++;
            }
            add(expected, one);
            ASSERT_TRUE(bus.publish(one));
        }
    };
    publish(0);
    EXPECT_EQ(sums[0], expected);
    EXPECT_EQ(sums[1], expected);
    // From now on no event goes without a frame.
    auto curious = bus.subscribe<block>("curious",
                                        [&](const block& it, stentor::context& ctx) {
                                            EXPECT_EQ(ctx.subscription(), "curious");
                                            add(sums[2], it);
                                        },
                                        {.execution = execution::inline_});
    const auto before = expected;
    publish(7);
    EXPECT_EQ(sums[0], expected);
    EXPECT_EQ(sums[1], expected);
    EXPECT_EQ(sums[2], expected - before);
}

TEST_F(inline_execution, gets_events_that_do_not_fit_a_slot_and_metadata) {
    auto& bus = make_bus();
    std::string text;
    std::string correlation;
    auto door = bus.subscribe<letter>("door",
                                      [&](const letter& it, stentor::context& ctx) {
                                          text = it.text;
                                          correlation = ctx.correlation_id();
                                          EXPECT_EQ(ctx.topic(), "test.letter");
                                          EXPECT_EQ(ctx.subscription(), "door");
                                      },
                                      {.execution = execution::inline_});
    ASSERT_TRUE(bus.publish(letter{std::string(200, 'x')}, {.correlation_id = "c-9"}));
    EXPECT_EQ(text, std::string(200, 'x'));
    EXPECT_EQ(correlation, "c-9");
    EXPECT_EQ(bus.audit().envelopes_alive, 0);
}

TEST_F(inline_execution, serves_patterns_and_events_without_a_type) {
    auto& bus = make_bus();
    std::vector<std::string> topics;
    auto all =
        bus.subscribe("all", stentor::pattern("test.>"),
                      [&](const stentor::any_event& event) { topics.emplace_back(event.topic()); },
                      {.execution = execution::inline_});
    ASSERT_TRUE(bus.publish(knock{}));
    ASSERT_TRUE(bus.publish(stentor::topic("test.text"), "{}"));
    EXPECT_THAT(topics, ElementsAre("test.knock", "test.text"));
}

TEST_F(inline_execution, comes_after_the_event_is_queued_for_the_others) {
    auto& bus = make_bus();
    tally queued;
    int here = 0;
    auto pool = bus.subscribe<knock>("pool", [&](const knock&) { queued.add(); });
    auto door = bus.subscribe<knock>("door", [&](const knock&) { ++here; },
                                     {.execution = execution::inline_});
    for (int number = 0; number < 100; ++number) {
        ASSERT_TRUE(bus.publish(knock{number}));
    }
    EXPECT_EQ(here, 100);
    EXPECT_TRUE(queued.await(100));
    EXPECT_EQ(bus.audit().publishes.accepted, 100);
}

TEST_F(inline_execution, is_not_cost_by_a_lane_that_is_full) {
    auto& bus = make_bus();
    gate door_of_the_pool;
    auto pool = bus.subscribe<letter>("pool", [&](const letter&) { door_of_the_pool.pass(); },
                                      {.capacity = 1});
    const open_at_end opened(door_of_the_pool);
    int here = 0;
    auto door =
        bus.subscribe<letter>("door", [&](const letter& it) { here += it.text == "text" ? 1 : 0; },
                              {.execution = execution::inline_});
    EXPECT_EQ(bus.publish(letter{"text"}).status(), stentor::publish_status::accepted);
    EXPECT_EQ(bus.publish(letter{"text"}).status(), stentor::publish_status::accepted_partial);
    EXPECT_EQ(here, 2);
    EXPECT_EQ(terms_of(bus, "pool").dropped_full, 1);
}

TEST_F(inline_execution, nests_eight_deep_and_drops_what_is_deeper) {
    auto& bus = make_bus();
    std::vector<int> seen;
    std::optional<stentor::publish_status> innermost;
    auto door = bus.subscribe<knock>("door",
                                     [&](const knock& it, stentor::context& ctx) {
                                         seen.push_back(it.number);
                                         const auto result = ctx.publish(knock{it.number + 1});
                                         if (!innermost) {
                                             innermost = result.status();
                                         }
                                     },
                                     {.execution = execution::inline_});
    EXPECT_EQ(bus.publish(knock{1}).status(), stentor::publish_status::accepted);
    EXPECT_THAT(seen, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
    EXPECT_EQ(innermost, stentor::publish_status::accepted_partial);
    EXPECT_EQ(terms_of(bus, "door").dropped_nested, 1);
    EXPECT_EQ(terms_of(bus, "door").completed, 8);
}

TEST_F(inline_execution, publishes_to_the_pool_from_inside) {
    auto& bus = make_bus();
    tally letters;
    auto pool = bus.subscribe<letter>("pool", [&](const letter&) { letters.add(); });
    auto door = bus.subscribe<knock>("door",
                                     [&](const knock&, stentor::context& ctx) {
                                         EXPECT_TRUE(ctx.publish(letter{"from inside"}));
                                         EXPECT_TRUE(bus.publish(letter{"from inside, too"}));
                                     },
                                     {.execution = execution::inline_});
    ASSERT_TRUE(bus.publish(knock{}));
    EXPECT_TRUE(letters.await(2));
}

TEST_F(inline_execution, runs_inside_handlers_of_the_pool_as_well) {
    auto& bus = make_bus();
    recorder<bool> same;
    thread_local int marks = 0;
    auto door = bus.subscribe<knock>("door", [&](const knock&) { ++marks; },
                                     {.execution = execution::inline_});
    auto pool = bus.subscribe<letter>("pool", [&](const letter&, stentor::context& ctx) {
        const int before = marks;
        ctx.publish(knock{});
        same.add(marks == before + 1);
    });
    ASSERT_TRUE(bus.publish(letter{"a"}));
    ASSERT_TRUE(same.await(1));
    EXPECT_TRUE(same.all().front());
}

TEST_F(inline_execution, answers_are_counted) {
    expect_failures();
    auto& bus = make_bus();
    auto door = bus.subscribe<knock>("door",
                                     [](const knock& it) {
                                         switch (it.number) {
                                             case 0: return stentor::outcome::ignore();
                                             case 1: return stentor::outcome::reject("no");
                                             case 2: return stentor::outcome::release();
                                             default: return stentor::outcome::done();
                                         }
                                     },
                                     {.execution = execution::inline_});
    for (int number = 0; number < 4; ++number) {
        EXPECT_TRUE(bus.publish(knock{number}));
    }
    EXPECT_EQ(terms_of(bus, "door").completed, 2);
    EXPECT_EQ(terms_of(bus, "door").failed, 2);
    ASSERT_EQ(log().errors().size(), 2U);
    EXPECT_EQ(log().errors().front().error, "rejected: no");
    EXPECT_THAT(log().errors().back().error, HasSubstr("has no queue"));
    EXPECT_EQ(bus.snapshot().subscriptions.front().ignored, 1);
}

TEST_F(inline_execution, measures_a_sample_of_the_calls) {
    auto options = small_bus();
    options.clock = &clock_;
    auto& bus = make_bus(std::move(options));
    auto door = bus.subscribe<knock>("door", [&](const knock&) { clock_.advance(3us); },
                                     {.execution = execution::inline_});
    for (int number = 0; number < 1000; ++number) {
        ASSERT_TRUE(bus.publish(knock{number}));
    }
    const auto about = bus.snapshot().subscriptions.front();
    EXPECT_TRUE(about.sampled);
    EXPECT_GE(about.service.count, 5U);
    EXPECT_LE(about.service.count, 100U);
    EXPECT_NEAR(about.service.mean_ns(), 3000.0, 100.0);
}

TEST_F(inline_execution, works_in_bulk_and_through_leased_publishers) {
    auto& bus = make_bus();
    int sum = 0;
    auto door = bus.subscribe<knock>("door", [&](const knock& it) { sum += it.number; },
                                     {.execution = execution::inline_});
    const std::vector<knock> many{{1}, {2}, {3}};
    EXPECT_EQ(bus.publish_bulk(std::span{many}), 3U);
    auto hot = bus.publisher<knock>();
    EXPECT_TRUE(hot.publish(knock{10}));
    EXPECT_TRUE(hot.publish(knock{20}));
    EXPECT_EQ(sum, 36);
}

TEST_F(inline_execution, works_for_more_threads_than_publisher_slots) {
    auto options = small_bus();
    options.publishers = 1;
    auto& bus = make_bus(std::move(options));
    std::atomic<int> calls{0};
    auto inner = bus.subscribe<letter>("inner", [&](const letter&) { ++calls; },
                                       {.execution = execution::inline_});
    auto door = bus.subscribe<knock>("door",
                                     [&](const knock&, stentor::context& ctx) {
                                         ++calls;
                                         ctx.publish(letter{"nested"});
                                     },
                                     {.execution = execution::inline_});
    ASSERT_TRUE(bus.publish(knock{}));  // takes the one slot
    std::vector<std::thread> threads;
    for (int index = 0; index < 12; ++index) {
        threads.emplace_back([&] {
            for (int number = 0; number < 200; ++number) {
                EXPECT_TRUE(bus.publish(knock{number}));
            }
        });
    }
    for (auto& one : threads) {
        one.join();
    }
    EXPECT_EQ(calls, 2 * (1 + 12 * 200));
    EXPECT_EQ(terms_of(bus, "door").completed, 1 + 12 * 200);
    EXPECT_EQ(terms_of(bus, "inner").completed, 1 + 12 * 200);
}

#if defined(__cpp_exceptions)
TEST_F(inline_execution, charges_what_is_thrown_to_its_delivery_alone) {
    expect_failures();
    auto& bus = make_bus();
    int calls = 0;
    auto bad = bus.subscribe<knock>("bad", [](const knock&) { throw std::runtime_error("no"); },
                                    {.execution = execution::inline_});
    auto good = bus.subscribe<knock>("good", [&](const knock&) { ++calls; },
                                     {.execution = execution::inline_});
    EXPECT_EQ(bus.publish(knock{}).status(), stentor::publish_status::accepted);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(terms_of(bus, "bad").failed, 1);
    EXPECT_EQ(terms_of(bus, "good").completed, 1);
    ASSERT_EQ(log().errors().size(), 1U);
    EXPECT_EQ(log().errors().front().error, "no");
    // The short way from here on.
    EXPECT_EQ(bus.publish(knock{7}).status(), stentor::publish_status::accepted);
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(terms_of(bus, "bad").failed, 2);
    EXPECT_EQ(terms_of(bus, "good").completed, 2);
    EXPECT_EQ(log().errors().back().error, "no");
}
#endif

}  // namespace
