// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include "support/must_return.hpp"
#include "support/recorder.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// Bounds are exact: of a subscription, of the bus, of the bus's memory. What is kept for handlers
// is theirs alone.

namespace {

using namespace stentor_test;
using stentor::publish_status;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};
struct start {
    static constexpr std::string_view topic = "test.start";
};
struct block {
    static constexpr std::string_view topic = "test.block";
    std::string bytes;
};

// What outsiders can use of a capacity; the rest is a reserve for handlers.
constexpr std::int64_t for_outsiders(std::int64_t capacity) {
    return capacity - capacity / 10;
}

class capacity : public bus_fixture, public ::testing::WithParamInterface<std::int64_t> {};

TEST_P(capacity, is_exact_for_one_publisher) {
    auto& bus = make_bus();
    gate door;
    auto handler =
        bus.subscribe<tick>("blocked", [&](const tick&) { door.pass(); }, {.capacity = GetParam()});
    const open_at_end opener(door);
    std::int64_t accepted = 0;
    for (int number = 0; number < GetParam() + 50; ++number) {
        const auto status = bus.publish(tick{number}).status();
        if (status == publish_status::accepted) {
            ++accepted;
        } else {
            EXPECT_EQ(status, publish_status::rejected_full);
        }
    }
    EXPECT_EQ(accepted, for_outsiders(GetParam()));
    const auto terms = bus.audit().subscriptions.front().second;
    EXPECT_EQ(terms.outstanding(), accepted);
}

TEST_P(capacity, is_exact_for_many_publishers) {
    auto options = small_bus();
    options.publishers = 4;  // some threads share slots
    auto& bus = make_bus(std::move(options));
    gate door;
    auto handler =
        bus.subscribe<tick>("blocked", [&](const tick&) { door.pass(); }, {.capacity = GetParam()});
    const open_at_end opener(door);
    constexpr int threads = 8;
    std::atomic<std::int64_t> accepted{0};
    rendezvous together(threads);
    std::vector<std::thread> publishers;
    for (int index = 0; index < threads; ++index) {
        publishers.emplace_back([&] {
            EXPECT_TRUE(together.meet());
            for (std::int64_t number = 0; number < GetParam() + 20; ++number) {
                if (bus.publish(tick{0}).status() == publish_status::accepted) {
                    accepted.fetch_add(1);
                }
            }
        });
    }
    for (auto& one : publishers) {
        one.join();
    }
    // A publisher may be refused while another one is in the middle of a publish, and holds credits
    // there; but once they are all out, not one credit is lost in their caches.
    EXPECT_LE(accepted, for_outsiders(GetParam()));
    while (bus.publish(tick{0}).status() == publish_status::accepted) {
        accepted.fetch_add(1);
    }
    EXPECT_EQ(accepted, for_outsiders(GetParam()));
}

TEST_P(capacity, is_there_again_when_deliveries_have_settled) {
    auto& bus = make_bus();
    gate door;
    auto handler =
        bus.subscribe<tick>("blocked", [&](const tick&) { door.pass(); }, {.capacity = GetParam()});
    const open_at_end opener(door);
    for (int round = 0; round < 3; ++round) {
        for (std::int64_t number = 0; number < for_outsiders(GetParam()); ++number) {
            ASSERT_EQ(bus.publish(tick{0}).status(), publish_status::accepted) << round;
        }
        ASSERT_EQ(bus.publish(tick{0}).status(), publish_status::rejected_full) << round;
        door.open();
        ASSERT_TRUE(bus.wait_idle(patience));
        door.close();
    }
}

TEST_P(capacity, of_the_bus_is_exact_too) {
    auto options = small_bus();
    options.capacity = GetParam();
    auto& bus = make_bus(std::move(options));
    gate door;
    auto one = bus.subscribe<tick>("blocked", [&](const tick&) { door.pass(); });
    const open_at_end opener(door);
    std::int64_t accepted = 0;
    stentor::publish_result last(publish_status::accepted);
    for (int number = 0; number < GetParam() + 50; ++number) {
        last = bus.publish(tick{number});
        accepted += last.status() == publish_status::accepted ? 1 : 0;
    }
    EXPECT_EQ(accepted, for_outsiders(GetParam()));
    EXPECT_EQ(last.status(), publish_status::rejected_full);
    EXPECT_EQ(last.which(), 0U) << "nobody's subscription is full, the bus is";
    EXPECT_EQ(bus.name_of(last.which()), "");
}

INSTANTIATE_TEST_SUITE_P(of, capacity, ::testing::Values(1, 2, 9, 10, 11, 100, 1000),
                         [](const auto& one) { return std::to_string(one.param); });

class reserve : public bus_fixture {};

// Ten places: nine for outsiders, the tenth for handlers; then handlers are refused as well.
TEST_F(reserve, serves_handlers_only) {
    auto& bus = make_bus();
    gate door;
    auto blocked =
        bus.subscribe<tick>("blocked", [&](const tick&) { door.pass(); }, {.capacity = 20});
    recorder<publish_status> answers;
    auto handler = bus.subscribe<start>("handler", [&](const start&, stentor::context& ctx) {
        for (int turn = 0; turn < 3; ++turn) {
            answers.add(ctx.publish(tick{turn}).status());
        }
    });
    const open_at_end opener(door);
    for (int number = 0; number < 18; ++number) {
        ASSERT_EQ(bus.publish(tick{number}).status(), publish_status::accepted);
    }
    ASSERT_EQ(bus.publish(tick{18}).status(), publish_status::rejected_full);
    ASSERT_TRUE(bus.publish(start{}));
    ASSERT_TRUE(answers.await(3));
    EXPECT_EQ(answers.all(), (std::vector{publish_status::accepted, publish_status::accepted,
                                          publish_status::rejected_full}));
}

TEST_F(reserve, of_the_bus_serves_handlers_only) {
    auto options = small_bus();
    options.capacity = 20;
    auto& bus = make_bus(std::move(options));
    gate door;
    gate begin;
    recorder<publish_status> answers;
    auto handler = bus.subscribe<start>("handler", [&](const start&, stentor::context& ctx) {
        begin.pass();
        for (int turn = 0; turn < 3; ++turn) {
            answers.add(ctx.publish(tick{turn}).status());
        }
    });
    auto blocked = bus.subscribe<tick>("blocked", [&](const tick&) { door.pass(); });
    const open_at_end opener(door);
    const open_at_end beginner(begin);
    ASSERT_TRUE(bus.publish(start{}));  // has one of the 18 places for outsiders
    for (int number = 0; number < 17; ++number) {
        ASSERT_EQ(bus.publish(tick{number}).status(), publish_status::accepted);
    }
    ASSERT_EQ(bus.publish(tick{17}).status(), publish_status::rejected_full);
    begin.open();
    ASSERT_TRUE(answers.await(3));
    EXPECT_EQ(answers.all(), (std::vector{publish_status::accepted, publish_status::accepted,
                                          publish_status::rejected_full}));
}

// Handlers and outsiders without a slot of their own publish through the same shared ones; a credit
// of the reserve that lies there is still for handlers only.
TEST_F(reserve, is_not_reached_through_a_shared_slot) {
    auto options = small_bus();
    options.publishers = 1;
    auto& bus = make_bus(std::move(options));
    auto only = bus.publisher<start>();  // the one slot that can be leased
    gate door;
    tally done;
    auto blocked =
        bus.subscribe<tick>("blocked", [&](const tick&) { door.pass(); }, {.capacity = 1000});
    auto handler = bus.subscribe<start>("handler", [&](const start&, stentor::context& ctx) {
        EXPECT_EQ(ctx.publish(tick{0}).status(), publish_status::accepted);
        done.add();
    });
    const open_at_end opener(door);
    int accepted = 0;
    while (bus.publish(tick{0}).status() == publish_status::accepted) {
        ++accepted;
    }
    ASSERT_EQ(accepted, 900);
    ASSERT_TRUE(bus.publish(start{}));
    ASSERT_TRUE(done.await(1));
    for (int turn = 0; turn < 20; ++turn) {
        EXPECT_EQ(bus.publish(tick{0}).status(), publish_status::rejected_full) << turn;
    }
}

// An inline handler publishes through its publisher's slot; what it took of the reserve and gives
// back, because another subscription refused the event, is not that publisher's next credit.
TEST_F(reserve, is_not_left_to_a_publisher_whose_handler_was_refused) {
    auto& bus = make_bus();
    gate door;
    auto large = bus.subscribe("large", stentor::pattern("test.*"),
                               [&](const stentor::any_event&) { door.pass(); },
                               {.capacity = 10, .required = true});
    auto small = bus.subscribe<tick>("small", [&](const tick&) { door.pass(); },
                                     {.capacity = 1, .required = true});
    std::vector<publish_status> answers;
    auto handler = bus.subscribe<start>("handler",
                                        [&](const start&, stentor::context& ctx) {
                                            answers.push_back(ctx.publish(tick{1}).status());
                                        },
                                        {.execution = stentor::execution::inline_});
    const open_at_end opener(door);
    ASSERT_EQ(bus.publish(tick{0}).status(), publish_status::accepted);
    for (int number = 0; number < 7; ++number) {
        ASSERT_EQ(bus.publish(block{"x"}).status(), publish_status::accepted);
    }
    ASSERT_EQ(bus.publish(start{}).status(), publish_status::accepted) << "the ninth of the large";
    EXPECT_EQ(answers, std::vector{publish_status::rejected_full}) << "by the small one";
    EXPECT_EQ(bus.publish(block{"x"}).status(), publish_status::rejected_full);
}

// A handler that publishes into its own full lane never waits for itself.
TEST_F(reserve, never_lets_a_handler_wait) {
    for (const std::int64_t size : {1, 2, 10}) {
        auto& bus = make_bus();
        tally refused;
        auto loop =
            bus.subscribe<tick>("loop",
                                [&](const tick& it, stentor::context& ctx) {
                                    for (int turn = 0; turn < 20; ++turn) {
                                        if (it.number < 3 && !ctx.publish(tick{it.number + 1})) {
                                            refused.add();
                                        }
                                    }
                                },
                                {.capacity = size});
        ASSERT_TRUE(bus.publish(tick{0}));
        EXPECT_TRUE(bus.wait_idle(patience));
        EXPECT_GT(refused.count(), 0);
    }
}

class memory : public bus_fixture {};

TEST_F(memory, of_envelopes_is_bounded) {
    auto options = small_bus();
    options.memory = 1 << 20;
    auto& bus = make_bus(std::move(options));
    gate door;
    auto handler = bus.subscribe("blocked", stentor::pattern(">"),
                                 [&](const stentor::any_event&) { door.pass(); });
    const open_at_end opener(door);
    const stentor::topic name("test.block");
    constexpr std::size_t size = 10'000;
    std::size_t accepted = 0;
    stentor::publish_result last;
    for (int turn = 0; turn < 300; ++turn) {
        last = bus.publish(name, std::string(size, 'x'));
        accepted += last.status() == publish_status::accepted ? 1 : 0;
    }
    EXPECT_EQ(last.status(), publish_status::rejected_full);
    EXPECT_EQ(last.which(), 0U);
    EXPECT_LE(accepted * size, std::size_t{1} << 20);
    // Each takes at most twice its size, and a tenth is kept for handlers.
    EXPECT_GE(accepted * size * 2, (std::size_t{1} << 20) * 8 / 10);
    door.open();
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(bus.publish(name, std::string(size, 'x')).status(), publish_status::accepted)
        << "memory that came back is there again";
}

TEST_F(memory, that_nothing_of_the_size_fits_is_said_at_once) {
    auto options = small_bus();
    options.memory = 1 << 20;
    auto& bus = make_bus(std::move(options));
    tally calls;
    auto handler = bus.subscribe<block>("any", [&](const block&) { calls.add(); });
    auto all = bus.subscribe("all", stentor::pattern("text.>"), [](const stentor::any_event&) {});
    EXPECT_EQ(bus.publish(stentor::topic("text.large"), std::string(2 << 20, 'x')).status(),
              publish_status::rejected_full);
    EXPECT_TRUE(bus.publish(block{std::string(2 << 20, 'x')}))
        << "what an event owns itself is its own affair";
    EXPECT_TRUE(calls.await(1));
}

TEST_F(memory, is_not_taken_by_events_that_fit_a_slot) {
    auto options = small_bus();
    options.memory = 4096;
    auto& bus = make_bus(std::move(options));
    gate door;
    auto handler = bus.subscribe<tick>("blocked", [&](const tick&) { door.pass(); });
    const open_at_end opener(door);
    for (int number = 0; number < 10'000; ++number) {
        ASSERT_EQ(bus.publish(tick{number}).status(), publish_status::accepted);
    }
    EXPECT_EQ(bus.audit().envelopes_alive, 0);
}

}  // namespace
