// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include "support/patience.hpp"
#include "support/recorder.hpp"
#include "support/terms.hpp"
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// Handlers that wait for something else, on threads of their own kind.

namespace {

using namespace std::chrono_literals;
using namespace stentor_test;
using stentor::execution;
using ::testing::HasSubstr;

struct fetch {
    static constexpr std::string_view topic = "test.fetch";
    int number = 0;
};
struct compute {
    static constexpr std::string_view topic = "test.compute";
    int number = 0;
};

class blocking_execution : public bus_fixture {};

TEST_F(blocking_execution, leaves_the_pool_to_others_however_many_calls_block) {
    auto options = small_bus();
    options.workers = 1;
    options.spare = 0;
    auto& bus = make_bus(std::move(options));
    gate door;
    tally computed;
    auto fetcher = bus.subscribe<fetch>("fetcher", [&](const fetch&) { door.pass(); },
                                        {.execution = execution::blocking});
    const open_at_end opened(door);
    auto computer = bus.subscribe<compute>("computer", [&](const compute&) { computed.add(); });
    for (int number = 0; number < 8; ++number) {
        ASSERT_TRUE(bus.publish(fetch{number}));
    }
    ASSERT_TRUE(door.await_waiting(8)) << "eight calls block at the same time";
    for (int number = 0; number < 100; ++number) {
        ASSERT_TRUE(bus.publish(compute{number}));
    }
    EXPECT_TRUE(computed.await(100)) << "the one worker is free";
    EXPECT_TRUE(eventually([&] { return bus.snapshot().blocking_threads >= 8; }));
    EXPECT_EQ(terms_of(bus, "fetcher").running, 8);
}

TEST_F(blocking_execution, starts_no_more_threads_than_it_may) {
    auto options = small_bus();
    options.blocking_threads = 3;
    auto& bus = make_bus(std::move(options));
    gate door;
    tally begun;
    auto fetcher = bus.subscribe<fetch>("fetcher",
                                        [&](const fetch&) {
                                            begun.add();
                                            door.pass();
                                        },
                                        {.execution = execution::blocking});
    const open_at_end opened(door);
    for (int number = 0; number < 10; ++number) {
        ASSERT_TRUE(bus.publish(fetch{number}));
    }
    ASSERT_TRUE(door.await_waiting(3));
    EXPECT_TRUE(eventually([&] { return bus.snapshot().blocking_threads == 3; }));
    EXPECT_EQ(begun.count(), 3);
    door.open();
    EXPECT_TRUE(begun.await(10));
    EXPECT_EQ(bus.snapshot().blocking_threads, 3);
}

TEST_F(blocking_execution, starts_its_threads_when_they_are_needed) {
    auto& bus = make_bus();
    EXPECT_EQ(bus.snapshot().blocking_threads, 0) << "nobody blocks";
    tally done;
    auto fetcher = bus.subscribe<fetch>("fetcher", [&](const fetch&) { done.add(); },
                                        {.execution = execution::blocking});
    EXPECT_EQ(bus.snapshot().blocking_threads, 1);
    for (int number = 0; number < 100; ++number) {
        ASSERT_TRUE(bus.publish(fetch{number}));
    }
    EXPECT_TRUE(done.await(100));
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(terms_of(bus, "fetcher").completed, 100);
}

TEST_F(blocking_execution, keeps_to_max_concurrency) {
    auto& bus = make_bus();
    std::atomic<int> now{0};
    std::atomic<int> most{0};
    tally done;
    auto fetcher = bus.subscribe<fetch>(
        "fetcher",
        [&](const fetch&) {
            const int here = ++now;
            int before = most;
            while (here > before && !most.compare_exchange_weak(before, here)) {
            }
            std::this_thread::sleep_for(200us);
            --now;
            done.add();
        },
        {.execution = execution::blocking, .max_concurrency = 2});
    for (int number = 0; number < 200; ++number) {
        ASSERT_TRUE(bus.publish(fetch{number}));
    }
    ASSERT_TRUE(done.await(200));
    EXPECT_LE(most, 2);
}

TEST_F(blocking_execution, takes_spans_and_gives_answers) {
    auto& bus = make_bus();
    tally events;
    auto fetcher = bus.subscribe<fetch>("fetcher",
                                        [&](std::span<const fetch* const> batch) {
                                            events.add(static_cast<std::int64_t>(batch.size()));
                                            return stentor::outcome::done();
                                        },
                                        {.execution = execution::blocking, .max_concurrency = 1});
    for (int number = 0; number < 500; ++number) {
        ASSERT_TRUE(bus.publish(fetch{number}));
    }
    EXPECT_TRUE(events.await(500));
}

TEST_F(blocking_execution, goes_on_after_long_pauses) {
    auto& bus = make_bus();
    tally done;
    auto fetcher = bus.subscribe<fetch>("fetcher", [&](const fetch&) { done.add(); },
                                        {.execution = execution::blocking});
    for (int turn = 0; turn < 20; ++turn) {
        ASSERT_TRUE(bus.publish(fetch{turn}));
        ASSERT_TRUE(done.await(turn + 1));
        std::this_thread::sleep_for(2ms);  // the thread parks, the watch goes to sleep
    }
}

TEST_F(blocking_execution, unsubscribes_as_a_barrier) {
    auto& bus = make_bus();
    gate door;
    std::atomic<int> ended{0};
    auto fetcher = bus.subscribe<fetch>("fetcher",
                                        [&](const fetch&) {
                                            door.pass();
                                            ++ended;
                                        },
                                        {.execution = execution::blocking});
    for (int number = 0; number < 50; ++number) {
        ASSERT_TRUE(bus.publish(fetch{number}));
    }
    ASSERT_TRUE(door.await_waiting(4));
    std::thread opener([&] { door.open(); });
    EXPECT_EQ(fetcher.unsubscribe(), stentor::unsubscribe_result::done);
    const int after = ended;
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(ended, after);
    opener.join();
}

TEST_F(blocking_execution, is_finished_by_a_drain) {
    auto& bus = make_bus();
    tally done;
    auto fetcher = bus.subscribe<fetch>("fetcher",
                                        [&](const fetch&) {
                                            std::this_thread::sleep_for(1ms);
                                            done.add();
                                        },
                                        {.execution = execution::blocking});
    for (int number = 0; number < 100; ++number) {
        ASSERT_TRUE(bus.publish(fetch{number}));
    }
    EXPECT_TRUE(bus.drain(patience).complete);
    EXPECT_EQ(done.count(), 100);
}

TEST_F(blocking_execution, may_publish_and_drain_from_inside) {
    auto& bus = make_bus();
    tally computed;
    recorder<bool> complete;
    auto computer = bus.subscribe<compute>("computer", [&](const compute&) { computed.add(); });
    auto fetcher = bus.subscribe<fetch>("fetcher",
                                        [&](const fetch&, stentor::context& ctx) {
                                            ctx.publish(compute{1});
                                            complete.add(bus.drain(patience).complete);
                                        },
                                        {.execution = execution::blocking});
    ASSERT_TRUE(bus.publish(fetch{}));
    ASSERT_TRUE(complete.await(1));
    EXPECT_TRUE(complete.all().front());
    EXPECT_EQ(computed.count(), 1);
}

TEST_F(blocking_execution, is_stepped_by_a_manual_executor) {
    const auto stepper = std::make_shared<stentor::manual_executor>(11);
    auto options = small_bus();
    options.executor = stepper;
    options.clock = &clock_;
    auto& bus = make_bus(std::move(options));
    std::vector<int> seen;
    auto fetcher =
        bus.subscribe<fetch>("fetcher", [&](const fetch& it) { seen.push_back(it.number); },
                             {.execution = execution::blocking});
    auto computer =
        bus.subscribe<compute>("computer", [&](const compute& it) { seen.push_back(-it.number); });
    ASSERT_TRUE(bus.publish(fetch{1}));
    ASSERT_TRUE(bus.publish(compute{1}));
    ASSERT_TRUE(bus.publish(fetch{2}));
    stepper->run_until_idle();
    EXPECT_THAT(seen, ::testing::UnorderedElementsAre(1, -1, 2));
    EXPECT_EQ(bus.snapshot().blocking_threads, 0) << "there are no threads at all";
}

TEST_F(blocking_execution, wants_at_least_one_thread) {
    auto options = small_bus();
    options.blocking_threads = 0;
    const auto made = stentor::bus::create(std::move(options));
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().message(), HasSubstr("blocking_threads is 0; give 1 to 1024"));
}

}  // namespace
