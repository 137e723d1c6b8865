// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/counted.hpp"
#include "support/gate.hpp"
#include "support/must_return.hpp"
#include "support/recorder.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// unsubscribe() is a barrier: behind it no call runs, and the captures are gone.

namespace {

using namespace stentor_test;
using stentor::unsubscribe_result;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};
struct tock {
    static constexpr std::string_view topic = "test.tock";
};

class unsubscribe : public bus_fixture {};

TEST_F(unsubscribe, waits_for_the_call_that_runs) {
    auto& bus = make_bus();
    gate door;
    std::atomic<bool> left{false};
    auto handle = bus.subscribe<tick>("blocked", [&](const tick&) {
        door.pass();
        left = true;
    });
    ASSERT_TRUE(bus.publish(tick{}));
    ASSERT_TRUE(door.await_waiting(1));
    std::atomic<bool> returned{false};
    std::thread remover([&] {
        EXPECT_EQ(handle.unsubscribe(), unsubscribe_result::done);
        EXPECT_TRUE(left) << "the call was still running";
        returned = true;
    });
    EXPECT_TRUE(eventually([&] { return bus.audit().subscriptions.empty(); }));
    EXPECT_FALSE(returned);
    door.open();
    remover.join();
}

TEST_F(unsubscribe, destroys_the_captures_before_it_returns) {
    auto& bus = make_bus();
    ledger book;
    auto handle = bus.subscribe<tick>("any", [held = counted(book)](const tick&) {});
    for (int number = 0; number < 100; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    EXPECT_EQ(handle.unsubscribe(), unsubscribe_result::done);
    EXPECT_EQ(book.alive(), 0);
    EXPECT_EQ(handle.unsubscribe(), unsubscribe_result::not_subscribed);
}

TEST_F(unsubscribe, cancels_what_is_queued) {
    auto& bus = make_bus();
    gate door;
    auto handle =
        bus.subscribe<tick>("blocked", [&](const tick&) { door.pass(); }, {.max_concurrency = 1});
    auto other = bus.subscribe<tick>("other", [](const tick&) {});
    for (int number = 0; number < 10; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    ASSERT_TRUE(door.await_waiting(1));
    std::thread remover([&] { handle.unsubscribe(); });
    EXPECT_TRUE(eventually([&] { return bus.audit().subscriptions.size() == 1; }));
    door.open();
    remover.join();
    ASSERT_TRUE(bus.wait_idle(patience));
    const auto audit = bus.audit();
    EXPECT_EQ(audit.removed.accepted, 10);
    EXPECT_EQ(audit.removed.completed, 1);
    EXPECT_EQ(audit.removed.cancelled, 9);
    EXPECT_EQ(audit.subscriptions.front().second.completed, 10);
}

// The wait is for one call, not for one batch.
TEST_F(unsubscribe, waits_for_one_call_not_for_a_batch) {
    auto& bus = make_bus();
    gate door;
    tally calls;
    auto handle = bus.subscribe<tick>("batch",
                                      [&](const tick& it) {
                                          calls.add();
                                          if (it.number == 100) {
                                              door.pass();
                                          }
                                      },
                                      {.max_concurrency = 1});
    for (int number = 0; number < 200; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    ASSERT_TRUE(door.await_waiting(1));
    std::thread remover([&] { handle.unsubscribe(); });
    EXPECT_TRUE(eventually([&] { return bus.audit().subscriptions.empty(); }));
    door.open();
    remover.join();
    EXPECT_EQ(calls.count(), 101);
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(calls.count(), 101);
}

TEST_F(unsubscribe, does_not_wait_for_other_handlers) {
    auto& bus = make_bus();
    gate door;
    tally calls;
    const stentor::subscription_options shared{.placement = stentor::placement::shared};
    auto quick = bus.subscribe<tick>("a-quick", [&](const tick&) { calls.add(); }, shared);
    auto slow = bus.subscribe<tick>("b-slow", [&](const tick&) { door.pass(); }, shared);
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(tick{}));
    ASSERT_TRUE(door.await_waiting(1));
    must_return("unsubscribe beside another handler's long call",
                [&] { EXPECT_EQ(quick.unsubscribe(), unsubscribe_result::done); });
}

TEST_F(unsubscribe, of_itself_inside_the_handler_is_deferred) {
    auto& bus = make_bus();
    ledger book;
    tally calls;
    std::optional<stentor::subscription> handle;
    std::atomic<bool> ready{false};
    handle.emplace(bus.subscribe<tick>(
        "once",
        [&, held = counted(book)](const tick&) {
            EXPECT_TRUE(eventually([&] { return ready.load(); }));
            EXPECT_EQ(handle->unsubscribe(), unsubscribe_result::deferred);
            EXPECT_TRUE(held.full()) << "the captures live until the call is over";
            calls.add();
        },
        {.max_concurrency = 1}));
    ready = true;
    for (int number = 0; number < 10; ++number) {
        static_cast<void>(bus.publish(tick{number}));
    }
    ASSERT_TRUE(calls.await(1));
    EXPECT_TRUE(eventually([&] { return book.alive() == 0; }))
        << "the last call destroys the handler";
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(calls.count(), 1) << "no call starts after it returned";
    EXPECT_EQ(handle->unsubscribe(), unsubscribe_result::not_subscribed);
}

TEST_F(unsubscribe, of_itself_while_it_runs_twice_is_deferred) {
    auto& bus = make_bus();
    ledger book;
    rendezvous together(2);
    tally entered;
    tally deferred;
    std::optional<stentor::subscription> handle;
    handle.emplace(bus.subscribe<tick>("twice", [&, held = counted(book)](const tick& it) {
        entered.add();
        EXPECT_TRUE(together.meet());
        if (it.number == 1) {
            EXPECT_EQ(handle->unsubscribe(), unsubscribe_result::deferred);
            deferred.add();
        }
        EXPECT_TRUE(together.meet());
    }));
    ASSERT_TRUE(bus.publish(tick{0}));
    ASSERT_TRUE(entered.await(1));
    ASSERT_TRUE(bus.publish(tick{1}));
    must_return("a handler that unsubscribes while another call of it runs",
                [&] { EXPECT_TRUE(deferred.await(1)); });
    EXPECT_TRUE(eventually([&] { return book.alive() == 0; }));
}

TEST_F(unsubscribe, of_another_subscription_inside_a_handler_is_a_barrier) {
    auto& bus = make_bus();
    gate door;
    gate start;
    std::atomic<bool> left{false};
    tally done;
    ledger book;
    auto target = bus.subscribe<tick>("target", [&, held = counted(book)](const tick&) {
        door.pass();
        left = true;
    });
    auto remover = bus.subscribe<tock>("remover", [&](const tock&) {
        start.open();
        EXPECT_EQ(target.unsubscribe(), unsubscribe_result::done);
        EXPECT_TRUE(left);
        EXPECT_EQ(book.alive(), 0);
        done.add();
    });
    ASSERT_TRUE(bus.publish(tick{}));
    ASSERT_TRUE(door.await_waiting(1));
    ASSERT_TRUE(bus.publish(tock{}));
    ASSERT_TRUE(start.pass());
    EXPECT_TRUE(eventually([&] { return bus.audit().subscriptions.size() == 1; }));
    EXPECT_EQ(done.count(), 0);
    door.open();
    EXPECT_TRUE(done.await(1));
}

// Two running handlers end each other: one waits for the other, which would wait for it.
TEST_F(unsubscribe, that_crosses_another_one_does_not_deadlock) {
    auto& bus = make_bus();
    for (int round = 0; round < 20; ++round) {
        rendezvous together(2);
        recorder<unsubscribe_result> answers;
        ledger book;
        std::optional<stentor::subscription> one;
        std::optional<stentor::subscription> two;
        one.emplace(bus.subscribe<tick>("one", [&, held = counted(book)](const tick&) {
            EXPECT_TRUE(together.meet());
            answers.add(two->unsubscribe());
        }));
        two.emplace(bus.subscribe<tick>("two", [&, held = counted(book)](const tick&) {
            EXPECT_TRUE(together.meet());
            answers.add(one->unsubscribe());
        }));
        ASSERT_TRUE(bus.publish(tick{round}));
        must_return("two handlers that unsubscribe each other",
                    [&] { EXPECT_TRUE(answers.await(2)); });
        ASSERT_TRUE(bus.wait_idle(patience));
        const auto all = answers.all();
        EXPECT_EQ(std::count(all.begin(), all.end(), unsubscribe_result::deferred), 1)
            << "exactly one closes the cycle";
        EXPECT_TRUE(eventually([&] { return book.alive() == 0; }));
    }
}

TEST_F(unsubscribe, in_a_ring_of_three_does_not_deadlock) {
    auto options = small_bus();
    options.workers = 3;
    auto& bus = make_bus(std::move(options));
    rendezvous together(3);
    tally answers;
    std::vector<std::optional<stentor::subscription>> ring(3);
    for (std::size_t index = 0; index < ring.size(); ++index) {
        ring[index].emplace(
            bus.subscribe<tick>("ring-" + std::to_string(index), [&, index](const tick&) {
                EXPECT_TRUE(together.meet());
                static_cast<void>(ring[(index + 1) % 3]->unsubscribe());
                answers.add();
            }));
    }
    ASSERT_TRUE(bus.publish(tick{}));
    must_return("a ring of handlers that unsubscribe each other",
                [&] { EXPECT_TRUE(answers.await(3)); });
}

TEST_F(unsubscribe, may_race_with_publishers) {
    auto& bus = make_bus();
    std::atomic<bool> stop{false};
    std::vector<std::thread> publishers;
    for (int index = 0; index < 2; ++index) {
        publishers.emplace_back([&] {
            while (!stop) {
                static_cast<void>(bus.publish(tick{1}));
            }
        });
    }
    for (int round = 0; round < 200; ++round) {
        // Freed right behind the barrier: a late call would be seen by AddressSanitizer.
        auto state = std::make_unique<std::atomic<int>>(0);
        auto handle = bus.subscribe<tick>(
            "passing", [to = state.get()](const tick& it) { to->fetch_add(it.number); });
        if (round % 2 == 0) {
            std::this_thread::yield();
        }
        ASSERT_EQ(handle.unsubscribe(), unsubscribe_result::done);
        const int last = *state;
        std::this_thread::yield();
        ASSERT_EQ(*state, last);
    }
    stop = true;
    for (auto& one : publishers) {
        one.join();
    }
}

TEST_F(unsubscribe, by_two_threads_is_done_once) {
    auto& bus = make_bus();
    for (int round = 0; round < 50; ++round) {
        auto one = bus.subscribe<tick>("one", [](const tick&) {});
        auto two = bus.subscribe<tick>("two", [](const tick&) {});
        ASSERT_TRUE(bus.publish(tick{round}));
        std::thread other([&] { EXPECT_EQ(two.unsubscribe(), unsubscribe_result::done); });
        EXPECT_EQ(one.unsubscribe(), unsubscribe_result::done);
        other.join();
    }
}

TEST_F(unsubscribe, in_the_destructor_of_a_capture_of_another_handler) {
    auto& bus = make_bus();
    ledger book;
    auto inner = std::make_shared<stentor::subscription>(
        bus.subscribe<tock>("inner", [held = counted(book)](const tock&) {}));
    auto outer = bus.subscribe<tick>("outer", [held = std::move(inner)](const tick&) {});
    must_return("an unsubscribe within an unsubscribe",
                [&] { EXPECT_EQ(outer.unsubscribe(), unsubscribe_result::done); });
    EXPECT_EQ(book.alive(), 0);
}

// A handler may own its own subscription: deferred, it is destroyed by the engine's own thread.
TEST_F(unsubscribe, of_a_handler_that_owns_other_subscriptions_is_deferred_safely) {
    auto& bus = make_bus();
    ledger book;
    auto inner = std::make_shared<stentor::subscription>(
        bus.subscribe<tock>("inner", [held = counted(book)](const tock&) {}));
    std::optional<stentor::subscription> outer;
    std::atomic<bool> ready{false};
    outer.emplace(bus.subscribe<tick>("outer", [&, held = std::move(inner)](const tick&) {
        EXPECT_TRUE(eventually([&] { return ready.load(); }));
        EXPECT_EQ(outer->unsubscribe(), unsubscribe_result::deferred);
    }));
    ready = true;
    must_return("a deferred unsubscribe of a handler that owns a subscription", [&] {
        EXPECT_TRUE(bus.publish(tick{}));
        EXPECT_TRUE(eventually([&] { return book.alive() == 0; }));
        static_cast<void>(bus.audit());
    });
}

}  // namespace
