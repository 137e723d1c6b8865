// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include "support/patience.hpp"
#include "support/terms.hpp"
#include <stentor/stentor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// Publishers that remember the way to inline handlers: each test publishes often enough before.

namespace {

using namespace std::chrono_literals;
using namespace stentor_test;
using stentor::execution;
using stentor::publish_status;
using ::testing::ElementsAre;

struct knock {
    static constexpr std::string_view topic = "test.knock";
    int number = 0;
};
struct ring {
    static constexpr std::string_view topic = "test.ring";
    int number = 0;
};

class inline_way : public bus_fixture {
protected:
    static constexpr int warm = 5;
    static constexpr int many = 300;  // some of them are sampled
    template <class Event>
    static void publish(stentor::bus& bus, int count = warm) {
        for (int number = 0; number < count; ++number) {
            ASSERT_EQ(bus.publish(Event{number}).status(), publish_status::accepted);
        }
    }
};

TEST_F(inline_way, counts_every_call_of_every_handler) {
    auto& bus = make_bus();
    int first = 0;
    int second = 0;
    auto one = bus.subscribe<knock>("one", [&](const knock&) { ++first; },
                                    {.execution = execution::inline_});
    publish<knock>(bus, many);
    auto two = bus.subscribe<knock>("two", [&](const knock&) { ++second; },
                                    {.execution = execution::inline_});
    publish<knock>(bus, many);
    one.unsubscribe();
    publish<knock>(bus, many);
    EXPECT_EQ(first, 2 * many);
    EXPECT_EQ(second, 2 * many);
    const auto report = bus.audit();
    EXPECT_EQ(report.removed.completed + terms_of(bus, "two").completed, 4 * many);
    EXPECT_EQ(terms_of(bus, "two").unaccounted(), 0);
    EXPECT_EQ(report.publishes.accepted, 3 * many);
}

TEST_F(inline_way, gives_each_event_an_id_of_its_own_and_its_time) {
    auto& bus = make_bus();
    auto one = bus.subscribe<knock>("one", [](const knock&) {}, {.execution = execution::inline_});
    std::set<stentor::event_id> ids;
    auto before = bus.publish(knock{}).id().unix_ms();
    for (int number = 0; number < many; ++number) {
        const auto id = bus.publish(knock{number}).id();
        ids.insert(id);
        ASSERT_GE(id.unix_ms(), before) << number;
        before = id.unix_ms();
    }
    EXPECT_EQ(ids.size(), static_cast<std::size_t>(many));
}

TEST_F(inline_way, is_waited_for_by_who_unsubscribes_and_seen_by_audits) {
    auto& bus = make_bus();
    gate door;
    bool ended = false;
    auto one = bus.subscribe<knock>("one",
                                    [&](const knock& it) {
                                        if (it.number == -1) {
                                            EXPECT_TRUE(door.pass());
                                            ended = true;
                                        }
                                    },
                                    {.execution = execution::inline_});
    std::jthread publisher([&] {
        publish<knock>(bus);
        EXPECT_TRUE(bus.publish(knock{-1}));
    });
    const open_at_end let_go(door);
    ASSERT_TRUE(door.await_waiting(1));
    EXPECT_FALSE(bus.wait_idle(1ms));
    EXPECT_EQ(terms_of(bus, "one").running, 1);
    const std::jthread opener([&] { door.open(); });
    EXPECT_EQ(one.unsubscribe(), stentor::unsubscribe_result::done);
    EXPECT_TRUE(ended);
    publisher.join();
}

TEST_F(inline_way, lets_a_handler_end_itself_and_others) {
    auto& bus = make_bus();
    stentor::subscription one;
    stentor::subscription two;
    std::vector<std::string> seen;
    std::optional<stentor::unsubscribe_result> itself;
    std::optional<stentor::unsubscribe_result> other;
    one = bus.subscribe<knock>("one",
                               [&](const knock& it) {
                                   seen.push_back("one " + std::to_string(it.number));
                                   if (it.number == -1) {
                                       other = two.unsubscribe();
                                       itself = one.unsubscribe();
                                   }
                               },
                               {.execution = execution::inline_});
    two = bus.subscribe<knock>(
        "two", [&](const knock& it) { seen.push_back("two " + std::to_string(it.number)); },
        {.execution = execution::inline_});
    auto rest =
        bus.subscribe<knock>("rest", [](const knock&) {}, {.execution = execution::inline_});
    publish<knock>(bus);
    seen.clear();
    EXPECT_EQ(bus.publish(knock{-1}).status(), publish_status::accepted);
    publish<knock>(bus);
    EXPECT_THAT(seen, ElementsAre("one -1"));
    EXPECT_EQ(other, stentor::unsubscribe_result::done);
    EXPECT_EQ(itself, stentor::unsubscribe_result::deferred);
    EXPECT_EQ(terms_of(bus, "rest").completed, 2 * warm + 1);
    EXPECT_TRUE(eventually([&] { return bus.audit().removed.accepted != 0; }));
    EXPECT_EQ(bus.audit().removed.cancelled, 1) << "of two, which ended before its call";
    EXPECT_TRUE(eventually([&] { return bus.audit().removed.completed == 2 * warm + 1; }));
}

TEST_F(inline_way, leads_past_a_handler_that_is_disabled) {
    auto& bus = make_bus();
    int first = 0;
    int second = 0;
    auto one = bus.subscribe<knock>("one", [&](const knock&) { ++first; },
                                    {.execution = execution::inline_});
    auto two = bus.subscribe<knock>("two", [&](const knock&) { ++second; },
                                    {.execution = execution::inline_});
    publish<knock>(bus);
    ASSERT_TRUE(bus.registry().disable("one", stentor::backlog::drop));
    publish<knock>(bus);
    EXPECT_EQ(first, warm);
    EXPECT_EQ(second, 2 * warm);
    EXPECT_EQ(terms_of(bus, "one").dropped_disabled, warm);
    ASSERT_TRUE(bus.registry().enable("one"));
    publish<knock>(bus);
    EXPECT_EQ(first, 2 * warm);
    EXPECT_EQ(terms_of(bus, "one").unaccounted(), 0);
}

TEST_F(inline_way, nests) {
    auto& bus = make_bus();
    std::vector<int> seen;
    auto outer = bus.subscribe<knock>("outer",
                                      [&](const knock& it) {
                                          seen.push_back(it.number);
                                          EXPECT_TRUE(bus.publish(ring{it.number + 100}));
                                          if (it.number != 0 && it.number < 3) {
                                              EXPECT_TRUE(bus.publish(knock{it.number + 1}));
                                          }
                                      },
                                      {.execution = execution::inline_});
    auto inner = bus.subscribe<ring>("inner", [&](const ring& it) { seen.push_back(it.number); },
                                     {.execution = execution::inline_});
    for (int time = 0; time < warm; ++time) {
        ASSERT_TRUE(bus.publish(knock{0}));
        ASSERT_TRUE(bus.publish(ring{0}));
    }
    seen.clear();
    ASSERT_TRUE(bus.publish(knock{1}));
    EXPECT_THAT(seen, ElementsAre(1, 101, 2, 102, 3, 103));
    EXPECT_EQ(terms_of(bus, "outer").completed, warm + 3);
    EXPECT_EQ(terms_of(bus, "inner").completed, 2 * warm + 3);
    seen.clear();
    ASSERT_TRUE(bus.publish(ring{7}));
    EXPECT_THAT(seen, ElementsAre(7));
    EXPECT_TRUE(bus.wait_idle(patience)) << "all calls are left";
}

TEST_F(inline_way, nests_eight_deep_and_no_deeper) {
    auto& bus = make_bus();
    std::vector<int> seen;
    auto one = bus.subscribe<knock>("one",
                                    [&](const knock& it) {
                                        seen.push_back(it.number);
                                        if (it.number != 0 && it.number < 20) {
                                            static_cast<void>(bus.publish(knock{it.number + 1}));
                                        }
                                    },
                                    {.execution = execution::inline_});
    for (int time = 0; time < warm; ++time) {
        ASSERT_TRUE(bus.publish(knock{0}));
    }
    seen.clear();
    EXPECT_EQ(bus.publish(knock{1}).status(), publish_status::accepted);
    EXPECT_THAT(seen, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
    EXPECT_EQ(terms_of(bus, "one").dropped_nested, 1);
    EXPECT_EQ(terms_of(bus, "one").unaccounted(), 0);
}

TEST_F(inline_way, is_a_call_still_after_a_nested_one) {
    auto& bus = make_bus();
    gate door;
    bool ended = false;
    auto inner =
        bus.subscribe<ring>("inner", [](const ring&) {}, {.execution = execution::inline_});
    auto outer = bus.subscribe<knock>("outer",
                                      [&](const knock& it) {
                                          EXPECT_TRUE(bus.publish(ring{it.number}));
                                          if (it.number == -1) {
                                              EXPECT_TRUE(door.pass());
                                              ended = true;
                                          }
                                      },
                                      {.execution = execution::inline_});
    std::jthread publisher([&] {
        publish<knock>(bus);
        publish<ring>(bus);
        EXPECT_TRUE(bus.publish(knock{-1}));
    });
    const open_at_end let_go(door);
    ASSERT_TRUE(door.await_waiting(1));
    EXPECT_FALSE(bus.wait_idle(1ms));
    EXPECT_EQ(terms_of(bus, "outer").running, 1);
    EXPECT_EQ(inner.unsubscribe(), stentor::unsubscribe_result::done) << "it runs no more";
    const std::jthread opener([&] { door.open(); });
    EXPECT_EQ(outer.unsubscribe(), stentor::unsubscribe_result::done);
    EXPECT_TRUE(ended);
    publisher.join();
}

// Both keep what a thread is inside of in one place.
TEST_F(inline_way, crosses_buses) {
    auto& bus = make_bus();
    stentor::bus further(small_bus());
    std::vector<int> seen;
    std::optional<bool> idle;
    auto there = further.subscribe<ring>("there",
                                         [&](const ring& it) {
                                             seen.push_back(it.number);
                                             if (it.number == 1) {
                                                 idle = bus.wait_idle(patience);
                                                 EXPECT_TRUE(bus.publish(knock{2}));
                                             }
                                         },
                                         {.execution = execution::inline_});
    auto here = bus.subscribe<knock>("here",
                                     [&](const knock& it) {
                                         seen.push_back(it.number);
                                         if (it.number == 1) {
                                             EXPECT_TRUE(further.publish(ring{1}));
                                         }
                                     },
                                     {.execution = execution::inline_});
    // Through publishers, because a thread remembers the slot of one bus.
    auto near = bus.publisher<knock>();
    auto far = further.publisher<ring>();
    for (int time = 0; time < warm; ++time) {
        ASSERT_TRUE(near.publish(knock{0}));
        ASSERT_TRUE(far.publish(ring{0}));
    }
    seen.clear();
    ASSERT_TRUE(near.publish(knock{1}));
    EXPECT_THAT(seen, ElementsAre(1, 1, 2));
    EXPECT_EQ(idle, false) << "it would wait for itself";
    seen.clear();
    ASSERT_TRUE(far.publish(ring{1}));
    EXPECT_THAT(seen, ElementsAre(1, 2));
    EXPECT_EQ(idle, true) << "no call of that bus is under way";
}

TEST_F(inline_way, ends_with_the_intake) {
    auto& bus = make_bus();
    int calls = 0;
    auto one = bus.subscribe<knock>("one", [&](const knock&) { ++calls; },
                                    {.execution = execution::inline_});
    publish<knock>(bus);
    EXPECT_TRUE(bus.drain(patience).complete);
    EXPECT_EQ(bus.publish(knock{}).status(), publish_status::closed);
    EXPECT_EQ(calls, warm);
}

TEST_F(inline_way, calls_nobody_else_once_a_drain_has_given_up) {
    auto& bus = make_bus();
    gate inside;
    gate busy;
    int calls = 0;
    auto first = bus.subscribe<knock>("first",
                                      [&](const knock& it) {
                                          if (it.number < 0) {
                                              inside.pass();
                                          }
                                      },
                                      {.execution = execution::inline_});
    auto second = bus.subscribe<knock>("second", [&](const knock&) { ++calls; },
                                       {.execution = execution::inline_});
    auto pool = bus.subscribe<ring>("pool", [&](const ring&) { busy.pass(); },
                                    {.order = stentor::order::serial});
    ASSERT_TRUE(bus.publish(ring{}));
    ASSERT_TRUE(busy.await_waiting(1));
    ASSERT_TRUE(bus.publish(ring{}));  // queued behind it
    std::thread publisher([&] {
        publish<knock>(bus);
        EXPECT_EQ(bus.publish(knock{-1}).status(), publish_status::accepted);
    });
    EXPECT_TRUE(inside.await_waiting(1));
    std::thread drainer([&] { EXPECT_FALSE(bus.drain(0ms).complete); });
    EXPECT_TRUE(eventually([&] { return terms_of(bus, "pool").cancelled == 1; }));
    inside.open();
    publisher.join();
    busy.open();
    drainer.join();
    EXPECT_EQ(calls, warm);
    EXPECT_EQ(terms_of(bus, "first").completed, warm + 1);
    EXPECT_EQ(terms_of(bus, "second").completed, warm);
    EXPECT_EQ(terms_of(bus, "second").cancelled, 1);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

#if defined(__cpp_exceptions)
TEST_F(inline_way, says_which_event_a_handler_threw_at) {
    expect_failures();
    auto& bus = make_bus();
    int calls = 0;
    auto bad = bus.subscribe<knock>("bad",
                                    [](const knock& it) {
                                        if (it.number < 0) {
                                            throw std::runtime_error("no");
                                        }
                                    },
                                    {.execution = execution::inline_});
    auto good = bus.subscribe<knock>("good", [&](const knock&) { ++calls; },
                                     {.execution = execution::inline_});
    publish<knock>(bus);
    const auto result = bus.publish(knock{-1});
    EXPECT_EQ(result.status(), publish_status::accepted);
    publish<knock>(bus);
    EXPECT_EQ(calls, 2 * warm + 1);
    EXPECT_EQ(terms_of(bus, "bad").failed, 1);
    EXPECT_EQ(terms_of(bus, "bad").completed, 2 * warm);
    ASSERT_EQ(log().errors().size(), 1U);
    EXPECT_EQ(log().errors().front().event_id, result.id());
    EXPECT_EQ(log().errors().front().error, "no");
    EXPECT_EQ(log().errors().front().subscription, "bad");
}
#endif

}  // namespace
