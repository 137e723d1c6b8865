// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include "support/must_return.hpp"
#include "support/recorder.hpp"
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// Order (C3): events of one key, or of a serial subscription, are handled one at a time and in the
// order in which they were published, as happens-before defines it, also across threads.

namespace {

using namespace stentor_test;
using namespace std::chrono_literals;
using stentor::publish_status;

struct step {
    static constexpr std::string_view topic = "test.step";
    int key = 0;
    std::int64_t number = 0;
};
struct letter {
    static constexpr std::string_view topic = "test.letter";
    std::string key_text;
    std::int64_t number = 0;
};

// Sees whether calls of one key overlap or come out of order.
class referee {
public:
    explicit referee(std::size_t keys) : keys_(keys) {}

    void enter(std::size_t key, std::int64_t number) {
        auto& one = keys_[key];
        if (one.inside.exchange(true)) {
            overlaps_.fetch_add(1);
        }
        if (one.last.exchange(number) >= number) {
            overtaken_.fetch_add(1);
        }
    }
    void leave(std::size_t key) {
        keys_[key].inside.store(false);
        handled_.fetch_add(1);
    }
    void expect_order(std::int64_t handled) const {
        EXPECT_EQ(overlaps_.load(), 0);
        EXPECT_EQ(overtaken_.load(), 0);
        EXPECT_EQ(handled_.load(), handled);
    }

private:
    struct key_state {
        std::atomic<bool> inside{false};
        std::atomic<std::int64_t> last{-1};
    };
    std::vector<key_state> keys_;
    std::atomic<std::int64_t> overlaps_{0};
    std::atomic<std::int64_t> overtaken_{0};
    std::atomic<std::int64_t> handled_{0};
};

template <class Publish>
void publish_until_accepted(Publish publish) {
    while (publish().status() == publish_status::rejected_full) {
        std::this_thread::yield();
    }
}

// Threads that publish in turn: each event is published after the one before it, by another thread.
template <class Publish>
void hand_off(int threads, std::int64_t events, Publish publish) {
    std::atomic<std::int64_t> turn{0};
    std::vector<std::thread> publishers;
    for (int index = 0; index < threads; ++index) {
        publishers.emplace_back([&, index] {
            for (std::int64_t number = index; number < events; number += threads) {
                while (turn.load(std::memory_order_acquire) != number) {
                    std::this_thread::yield();
                }
                publish(number);
                turn.store(number + 1, std::memory_order_release);
            }
        });
    }
    for (auto& one : publishers) {
        one.join();
    }
}

class order : public bus_fixture {};

constexpr std::int64_t events_handed_off = 20'000;

TEST_F(order, of_serial_is_that_of_publishes_across_threads) {
    auto& bus = make_bus();
    referee judge(1);
    auto handler = bus.subscribe<step>("serial",
                                       [&](const step& it) {
                                           judge.enter(0, it.number);
                                           judge.leave(0);
                                       },
                                       {.order = stentor::order::serial});
    hand_off(3, events_handed_off, [&](std::int64_t number) {
        publish_until_accepted([&] { return bus.publish(step{0, number}); });
    });
    EXPECT_TRUE(bus.wait_idle(patience));
    judge.expect_order(events_handed_off);
}

TEST_F(order, of_a_key_is_that_of_publishes_across_threads) {
    auto& bus = make_bus();
    constexpr int keys = 5;
    referee judge(keys);
    auto handler = bus.subscribe<step>("keyed",
                                       [&](const step& it) {
                                           judge.enter(static_cast<std::size_t>(it.key), it.number);
                                           judge.leave(static_cast<std::size_t>(it.key));
                                       },
                                       {.order = stentor::by_key(&step::key)});
    hand_off(3, events_handed_off, [&](std::int64_t number) {
        publish_until_accepted(
            [&] { return bus.publish(step{static_cast<int>(number % keys), number}); });
    });
    EXPECT_TRUE(bus.wait_idle(patience));
    judge.expect_order(events_handed_off);
}

TEST_F(order, of_a_key_holds_for_events_in_envelopes_and_slow_calls) {
    auto& bus = make_bus();
    constexpr int keys = 4;
    constexpr std::int64_t events = 400;
    referee judge(keys);
    auto handler = bus.subscribe<letter>(
        "keyed",
        [&](const letter& it) {
            const auto key = static_cast<std::size_t>(it.key_text.back() - '0');
            judge.enter(key, it.number);
            const auto until = std::chrono::steady_clock::now() + 100us;
            while (std::chrono::steady_clock::now() < until) {
                std::this_thread::yield();
            }
            judge.leave(key);
        },
        {.order = stentor::by_key(&letter::key_text)});
    hand_off(2, events, [&](std::int64_t number) {
        publish_until_accepted(
            [&] { return bus.publish(letter{"key-" + std::to_string(number % keys), number}); });
    });
    EXPECT_TRUE(bus.wait_idle(patience));
    judge.expect_order(events);
}

TEST_F(order, of_bulk_is_that_of_the_span) {
    auto& bus = make_bus();
    referee judge(3);
    auto handler = bus.subscribe<step>("keyed",
                                       [&](const step& it) {
                                           judge.enter(static_cast<std::size_t>(it.key), it.number);
                                           judge.leave(static_cast<std::size_t>(it.key));
                                       },
                                       {.order = stentor::by_key(&step::key)});
    std::vector<step> steps;
    for (int number = 0; number < 1000; ++number) {
        steps.push_back({number % 3, number});
    }
    EXPECT_EQ(bus.publish_bulk(std::span<const step>(steps)), steps.size());
    EXPECT_TRUE(bus.wait_idle(patience));
    judge.expect_order(1000);
}

TEST_F(order, lets_other_keys_go_on_while_one_blocks) {
    auto& bus = make_bus();
    gate door;
    tally others;
    recorder<std::int64_t> blocked;
    auto handler = bus.subscribe<step>("keyed",
                                       [&](const step& it) {
                                           if (it.key == 0) {
                                               door.pass();
                                               blocked.add(it.number);
                                           } else {
                                               others.add();
                                           }
                                       },
                                       {.order = stentor::by_key(&step::key)});
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(step{0, 0}));
    ASSERT_TRUE(door.await_waiting(1));
    for (int number = 1; number <= 100; ++number) {
        ASSERT_TRUE(bus.publish(step{0, number}));
        ASSERT_TRUE(bus.publish(step{number, number}));
    }
    EXPECT_TRUE(others.await(100));
    EXPECT_EQ(blocked.size(), 0U);
    EXPECT_EQ(door.waiting(), 1) << "one call of the key at a time";
    door.open();
    ASSERT_TRUE(blocked.await(101));
    const auto seen = blocked.all();
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST_F(order, overlaps_keys_up_to_max_concurrency) {
    auto& bus = make_bus();
    gate door;
    auto handler =
        bus.subscribe<step>("keyed", [&](const step&) { door.pass(); },
                            {.order = stentor::by_key(&step::key), .max_concurrency = 2});
    const open_at_end opener(door);
    for (int key = 0; key < 2; ++key) {
        ASSERT_TRUE(bus.publish(step{key, key}));
        ASSERT_TRUE(door.await_waiting(key + 1));
    }
    for (int key = 2; key < 10; ++key) {
        ASSERT_TRUE(bus.publish(step{key, key}));
    }
    std::this_thread::sleep_for(20ms);
    EXPECT_EQ(door.waiting(), 2);
}

TEST_F(order, charges_a_key_function_that_throws_to_its_event) {
    expect_failures();
    auto& bus = make_bus();
    tally calls;
    auto handler = bus.subscribe<step>("keyed", [&](const step&) { calls.add(); },
                                       {.order = stentor::by_key([](const step& it) {
                                            if (it.number % 10 == 3) {
                                                throw std::runtime_error("no key for this");
                                            }
                                            return it.key;
                                        })});
    for (int number = 0; number < 100; ++number) {
        ASSERT_TRUE(bus.publish(step{number % 4, number}));
    }
    EXPECT_TRUE(bus.wait_idle(patience));
    const auto terms = bus.audit().subscriptions.front().second;
    EXPECT_EQ(terms.completed, 90);
    EXPECT_EQ(terms.failed, 10);
    EXPECT_EQ(calls.count(), 90);
    const auto errors = log().errors();
    ASSERT_FALSE(errors.empty());
    EXPECT_EQ(errors.front().subscription, "keyed");
    EXPECT_NE(errors.front().error.find("no key for this"), std::string::npos);
}

TEST_F(order, holds_at_capacity_one) {
    auto& bus = make_bus();
    referee judge(2);
    auto handler = bus.subscribe<step>("keyed",
                                       [&](const step& it) {
                                           judge.enter(static_cast<std::size_t>(it.key), it.number);
                                           judge.leave(static_cast<std::size_t>(it.key));
                                       },
                                       {.order = stentor::by_key(&step::key), .capacity = 1});
    for (int number = 0; number < 2000; ++number) {
        publish_until_accepted([&] { return bus.publish(step{number % 2, number}); });
    }
    EXPECT_TRUE(bus.wait_idle(patience));
    judge.expect_order(2000);
}

TEST_F(order, cancels_what_waits_for_a_key_when_the_subscription_ends) {
    auto& bus = make_bus();
    gate door;
    auto handler = bus.subscribe<step>("keyed", [&](const step&) { door.pass(); },
                                       {.order = stentor::by_key(&step::key)});
    const open_at_end opener(door);
    for (int number = 0; number < 50; ++number) {
        ASSERT_TRUE(bus.publish(step{0, number}));
    }
    ASSERT_TRUE(door.await_waiting(1));
    std::thread ends([&] { EXPECT_EQ(handler.unsubscribe(), stentor::unsubscribe_result::done); });
    ASSERT_TRUE(eventually([&] { return bus.audit().subscriptions.empty(); }));
    door.open();
    ends.join();
    EXPECT_TRUE(bus.wait_idle(patience));
    const auto removed = bus.audit();
    EXPECT_EQ(removed.unaccounted(), 0);
}

TEST_F(order, cancels_what_waits_for_a_key_at_the_deadline_of_a_drain) {
    auto& bus = make_bus();
    gate door;
    auto handler = bus.subscribe<step>("keyed", [&](const step&) { door.pass(); },
                                       {.order = stentor::by_key(&step::key)});
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(step{0, 0}));
    ASSERT_TRUE(door.await_waiting(1));
    for (int number = 1; number < 50; ++number) {
        ASSERT_TRUE(bus.publish(step{0, number}));
    }
    std::thread opens([&] {
        std::this_thread::sleep_for(100ms);
        door.open();
    });
    const auto report = bus.drain(20ms);
    opens.join();
    EXPECT_FALSE(report.complete);
    const auto terms = bus.audit().subscriptions.front().second;
    EXPECT_EQ(terms.completed, 1);
    EXPECT_EQ(terms.cancelled, 49);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(order, destroys_what_the_key_function_captured_when_the_subscription_ends) {
    auto& bus = make_bus();
    auto captured = std::make_shared<int>(1);
    std::weak_ptr<int> seen = captured;
    auto handler =
        bus.subscribe<step>("keyed", [](const step&) {},
                            {.order = stentor::by_key([kept = std::move(captured)](const step& it) {
                                 return it.key + *kept;
                             })});
    ASSERT_TRUE(bus.publish(step{1, 1}));
    EXPECT_TRUE(bus.wait_idle(patience));
    EXPECT_FALSE(seen.expired());
    EXPECT_EQ(handler.unsubscribe(), stentor::unsubscribe_result::done);
    EXPECT_TRUE(seen.expired());
}

TEST_F(order, is_kept_when_the_key_function_unsubscribes_its_own_subscription) {
    auto& bus = make_bus();
    stentor::subscription handler;
    gate made;
    handler = bus.subscribe<step>("keyed", [](const step&) {},
                                  {.order = stentor::by_key([&](const step& it) {
                                       made.pass();
                                       EXPECT_EQ(handler.unsubscribe(),
                                                 stentor::unsubscribe_result::deferred);
                                       return it.key;
                                   })});
    const open_at_end opener(made);
    ASSERT_TRUE(bus.publish(step{1, 1}));
    ASSERT_TRUE(made.await_waiting(1));
    made.open();
    EXPECT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(order, per_key_is_kept_step_by_step_under_a_manual_executor) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        auto executor = std::make_shared<stentor::manual_executor>(seed);
        auto options = small_bus();
        options.executor = executor;
        options.clock = &clock_;
        auto& bus = make_bus(std::move(options));
        referee judge(3);
        auto handler =
            bus.subscribe<step>("keyed",
                                [&](const step& it) {
                                    judge.enter(static_cast<std::size_t>(it.key), it.number);
                                    executor->step();  // others go on in the middle of this call
                                    judge.leave(static_cast<std::size_t>(it.key));
                                },
                                {.order = stentor::by_key(&step::key)});
        for (int number = 0; number < 90; ++number) {
            ASSERT_TRUE(bus.publish(step{number % 3, number}));
            if (number % 4 == 0) {
                executor->step();
            }
        }
        executor->run_until_idle();
        EXPECT_TRUE(bus.wait_idle(patience));
        judge.expect_order(90);
    }
}

}  // namespace
