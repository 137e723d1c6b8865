// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include "support/patience.hpp"
#include "support/recorder.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// Handlers run in parallel, and a slow one delays nobody else.

namespace {

using namespace stentor_test;
using namespace std::chrono_literals;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};
struct tock {
    static constexpr std::string_view topic = "test.tock";
    int number = 0;
};

stentor::bus_options with_runners(std::int32_t workers, std::int32_t spare) {
    auto options = small_bus();
    options.workers = workers;
    options.spare = spare;
    return options;
}

class parallel : public bus_fixture {};

class parallel_handlers : public bus_fixture, public ::testing::WithParamInterface<std::int32_t> {};

TEST_P(parallel_handlers, of_one_event_overlap) {
    auto& bus = make_bus(with_runners(2, GetParam()));
    rendezvous together(2);
    tally met;
    const auto slow = [&](const tick&) {
        EXPECT_TRUE(together.meet()) << "the other handler waits for this one to return";
        met.add();
    };
    auto one = bus.subscribe<tick>("one", slow);
    auto two = bus.subscribe<tick>("two", slow);
    for (int round = 1; round <= 20; ++round) {
        ASSERT_TRUE(bus.publish(tick{round}));
        ASSERT_TRUE(met.await(2 * round));
    }
}

INSTANTIATE_TEST_SUITE_P(with_spare_runners, parallel_handlers, ::testing::Values(0, 1, 2),
                         [](const auto& each) { return std::to_string(each.param); });

TEST_F(parallel, calls_of_one_handler_overlap) {
    auto& bus = make_bus(with_runners(2, 0));
    gate door;
    auto handler = bus.subscribe<tick>("any", [&](const tick&) { door.pass(); });
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{1}));
    ASSERT_TRUE(door.await_waiting(1));
    ASSERT_TRUE(bus.publish(tick{2}));
    EXPECT_TRUE(door.await_waiting(2));
}

TEST_F(parallel, calls_are_as_many_as_a_subscription_allows) {
    auto& bus = make_bus(with_runners(3, 1));
    for (const int limit : {1, 2, 3}) {
        std::atomic<int> inside{0};
        std::atomic<int> most{0};
        tally calls;
        auto handler =
            bus.subscribe<tick>("limited-" + std::to_string(limit),
                                [&](const tick&) {
                                    const int now = inside.fetch_add(1) + 1;
                                    int seen = most.load();
                                    while (now > seen && !most.compare_exchange_weak(seen, now)) {
                                    }
                                    std::this_thread::sleep_for(200us);
                                    inside.fetch_sub(1);
                                    calls.add();
                                },
                                {.max_concurrency = limit});
        for (int number = 0; number < 100; ++number) {
            ASSERT_TRUE(bus.publish(tick{number}));
        }
        ASSERT_TRUE(calls.await(100));
        EXPECT_LE(most, limit);
    }
}

TEST_F(parallel, calls_reach_the_allowed_number) {
    auto& bus = make_bus(with_runners(2, 2));
    gate door;
    auto handler = bus.subscribe<tick>("two-at-once", [&](const tick&) { door.pass(); },
                                       {.max_concurrency = 2});
    const open_at_end opener(door);
    for (int number = 0; number < 4; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
        if (number == 0) {
            ASSERT_TRUE(door.await_waiting(1));
        }
    }
    EXPECT_TRUE(door.await_waiting(2));
}

TEST_F(parallel, work_goes_on_beside_a_blocked_handler) {
    auto& bus = make_bus(with_runners(1, 2));
    gate door;
    tally calls;
    auto slow = bus.subscribe<tick>("slow", [&](const tick&) { door.pass(); });
    auto fast = bus.subscribe<tick>("fast", [&](const tick&) { calls.add(); });
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(door.await_waiting(1));
    for (int number = 1; number <= 1000; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    EXPECT_TRUE(calls.await(1001));
    EXPECT_GE(bus.snapshot().spare_activations, 1U);
}

TEST_F(parallel, work_goes_on_while_as_many_as_spare_calls_block) {
    auto& bus = make_bus(with_runners(1, 2));
    gate door;
    tally calls;
    auto one = bus.subscribe<tick>("slow-one", [&](const tick&) { door.pass(); });
    auto two = bus.subscribe<tick>("slow-two", [&](const tick&) { door.pass(); });
    auto fast = bus.subscribe<tock>("fast", [&](const tock&) { calls.add(); });
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(door.await_waiting(2));
    for (int number = 1; number <= 200; ++number) {
        ASSERT_TRUE(bus.publish(tock{number}));
        ASSERT_TRUE(calls.await(number));
    }
}

// Neither quick nor long: it may have the runner that long calls leave to the others.
TEST_F(parallel, work_of_a_tenth_of_a_millisecond_goes_on_while_as_many_as_spare_block) {
    auto& bus = make_bus(with_runners(1, 2));
    gate door;
    tally calls;
    auto one = bus.subscribe<tick>("slow-one", [&](const tick&) { door.pass(); });
    auto two = bus.subscribe<tick>("slow-two", [&](const tick&) { door.pass(); });
    // At work, because beside other programs a sleep of that length lasts many times as long.
    auto brief = bus.subscribe<tock>("brief", [&](const tock&) {
        const auto until = std::chrono::steady_clock::now() + 100us;
        while (std::chrono::steady_clock::now() < until) {
        }
        calls.add();
    });
    const open_at_end opener(door);
    for (int number = 1; number <= 50; ++number) {
        ASSERT_TRUE(bus.publish(tock{number}));
    }
    ASSERT_TRUE(calls.await(50));  // it is known now
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(door.await_waiting(2));
    for (int number = 51; number <= 100; ++number) {
        ASSERT_TRUE(bus.publish(tock{number}));
    }
    EXPECT_TRUE(calls.await(100));
}

// One late call does not make a handler a slow one, which would have to wait for a turn.
TEST_F(parallel, work_goes_on_after_one_late_call_while_as_many_as_spare_block) {
    auto& bus = make_bus(with_runners(1, 2));
    gate door;
    tally calls;
    auto one = bus.subscribe<tick>("slow-one", [&](const tick&) { door.pass(); });
    auto two = bus.subscribe<tick>("slow-two", [&](const tick&) { door.pass(); });
    auto fast = bus.subscribe<tock>("fast", [&](const tock& it) {
        if (it.number == 0) {
            std::this_thread::sleep_for(20ms);
        }
        calls.add();
    });
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tock{0}));
    ASSERT_TRUE(calls.await(1));
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(door.await_waiting(2));
    for (int number = 1; number <= 200; ++number) {
        ASSERT_TRUE(bus.publish(tock{number}));
        ASSERT_TRUE(calls.await(number + 1));
    }
}

// The late call is still on when the others begin to block: its lane waits, but not for them.
TEST_F(parallel, work_of_a_lane_that_was_late_does_not_wait_for_those_that_block) {
    auto& bus = make_bus(with_runners(2, 1));
    gate door;
    gate late;
    tally calls;
    auto one = bus.subscribe<tick>("slow-one", [&](const tick&) { door.pass(); });
    auto fast = bus.subscribe<tock>("fast", [&](const tock& it) {
        if (it.number == 0) {
            late.pass();
        }
        calls.add();
    });
    const open_at_end opener(door);
    const open_at_end late_opener(late);
    ASSERT_TRUE(bus.publish(tock{0}));
    ASSERT_TRUE(late.await_waiting(1));
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(door.await_waiting(1));
    ASSERT_TRUE(eventually([&] { return bus.snapshot().spare_activations >= 2; }));
    ASSERT_TRUE(bus.publish(tick{1}));  // takes the turn, if there is one
    for (int number = 1; number <= 50; ++number) {
        ASSERT_TRUE(bus.publish(tock{number}));
    }
    std::this_thread::sleep_for(20ms);  // time enough to begin to wait
    late.open();
    EXPECT_TRUE(calls.await(51));
}

// A handler that is slow by surprise delays its batch once; what comes later goes on.
TEST_F(parallel, work_of_a_shared_lane_goes_on_beside_a_surprise) {
    auto& bus = make_bus(with_runners(1, 2));
    gate door;
    recorder<int> seen;
    const stentor::subscription_options shared{.placement = stentor::placement::shared};
    auto first = bus.subscribe<tick>(
        "a-first",
        [&](const tick& it) {
            if (it.number == 0) {
                door.pass();
            }
        },
        shared);
    auto second =
        bus.subscribe<tick>("b-second", [&](const tick& it) { seen.add(it.number); }, shared);
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(door.await_waiting(1));
    for (int number = 1; number <= 100; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    EXPECT_TRUE(seen.await(100)) << "the events behind the surprise";
    door.open();
    EXPECT_TRUE(seen.await(101));
}

// Handlers that are known to be slow leave a runner to the others, however many they are.
TEST_F(parallel, work_goes_on_beside_any_number_of_known_slow_handlers) {
    auto& bus = make_bus(with_runners(2, 1));
    gate door;
    tally trained;
    tally calls;
    std::vector<stentor::subscription> slow;
    for (int index = 0; index < 6; ++index) {
        slow.push_back(bus.subscribe<tick>("slow-" + std::to_string(index), [&](const tick& it) {
            if (it.number < 0) {
                std::this_thread::sleep_for(2ms);
                trained.add();
            } else {
                door.pass();
            }
        }));
    }
    auto fast = bus.subscribe<tock>("fast", [&](const tock&) { calls.add(); });
    const open_at_end opener(door);
    for (int round = 1; round <= 4; ++round) {
        ASSERT_TRUE(bus.publish(tick{-1}));
        ASSERT_TRUE(trained.await(6 * round));
    }
    ASSERT_TRUE(bus.wait_idle(patience));
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(door.await_waiting(2)) << "all runners but one";
    for (int number = 1; number <= 100; ++number) {
        ASSERT_TRUE(bus.publish(tock{number}));
    }
    EXPECT_TRUE(calls.await(100));
}

// A runner keeps its turn from one slow call to the next. It gives it back when the subscription is
// paused: with one turn only, no slow call would come after a pause that did not.
TEST_F(parallel, slow_calls_go_on_after_every_pause) {
    auto& bus = make_bus(with_runners(1, 1));
    tally calls;
    auto handler = bus.subscribe<tick>("slow", [&](const tick&) {
        std::this_thread::sleep_for(1ms);
        calls.add();
    });
    int published = 0;
    for (int round = 0; round < 20; ++round) {
        for (int number = 0; number < 10; ++number, ++published) {
            ASSERT_TRUE(bus.publish(tick{number}));
        }
        ASSERT_TRUE(calls.await(published - 5)) << "round " << round;
        ASSERT_TRUE(bus.registry().disable("slow"));
        ASSERT_TRUE(bus.registry().enable("slow"));
    }
    EXPECT_TRUE(calls.await(published));
}

TEST_F(parallel, lanes_take_turns) {
    auto& bus = make_bus(with_runners(1, 0));
    std::atomic<bool> stop{false};
    tally turns;
    tally calls;
    auto endless = bus.subscribe<tick>("endless", [&](const tick& it, stentor::context& ctx) {
        turns.add();
        // Two for one at first, so that there is always more to do; a new cause each time.
        if (!stop) {
            static_cast<void>(bus.publish(tick{it.number + 1}));
            if (it.number < 8) {
                static_cast<void>(bus.publish(tick{it.number + 1}));
            }
        }
        static_cast<void>(ctx);
    });
    auto patient = bus.subscribe<tock>("patient", [&](const tock&) { calls.add(); });
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(turns.await(1000));
    for (int number = 1; number <= 50; ++number) {
        ASSERT_TRUE(bus.publish(tock{number}));
        ASSERT_TRUE(calls.await(number)) << "a busy lane keeps the only runner for itself";
    }
    stop = true;
    EXPECT_TRUE(bus.wait_idle(patience));
}

}  // namespace
