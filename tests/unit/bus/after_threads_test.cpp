// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/patience.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string_view>
#include <thread>
#include <vector>

// Subscriptions that come after others, on real threads.

namespace {

using namespace stentor_test;
using namespace std::chrono_literals;
using stentor::backlog;

struct numbered {
    static constexpr std::string_view topic = "test.numbered";
    std::size_t number = 0;
};

class coming_after_on_threads : public bus_fixture {
protected:
    static constexpr std::uint32_t journaled = 1;
    static constexpr std::uint32_t left_done = 2;
    static constexpr std::uint32_t right_done = 4;
    static constexpr std::size_t events = 20'000;

    // Adds `mine` to what was done with the event; all of `before` must have been.
    void work(std::size_t number, std::uint32_t mine, std::uint32_t before) {
        // relaxed: the engine orders a delivery behind those that it comes after
        const auto had = done[number].fetch_or(mine, std::memory_order_relaxed);
        if ((had & before) != before) {
            too_early.fetch_add(1);
        }
    }
    [[nodiscard]] auto works(std::uint32_t mine, std::uint32_t before) {
        return [this, mine, before](const numbered& it) { work(it.number, mine, before); };
    }
    [[nodiscard]] auto hops(std::uint32_t mine, std::uint32_t before) {
        return [this, mine, before](const numbered& it, stentor::context& ctx) -> stentor::task<> {
            if (it.number % 3 == 0) {
                co_await ctx.sleep(it.number % 2 == 0 ? 0us : 50us);
            }
            work(it.number, mine, before);
        };
    }
    void publish_all(stentor::bus& bus, std::size_t publishers) {
        std::vector<std::jthread> threads;
        for (std::size_t each = 0; each < publishers; ++each) {
            threads.emplace_back([&bus, each, publishers] {
                for (auto number = each; number < events; number += publishers) {
                    bus.publish(numbered{number});
                }
            });
        }
    }

    std::vector<std::atomic<std::uint32_t>> done = std::vector<std::atomic<std::uint32_t>>(events);
    std::atomic<int> too_early{0};
};

TEST_F(coming_after_on_threads, keeps_a_diamond_for_every_event) {
    auto& bus = make_bus();
    std::size_t last = 0;  // no lock: serial
    auto all =
        bus.subscribe<numbered>("all",
                                [&](const numbered& it) {
                                    work(it.number, 8, journaled | left_done | right_done);
                                    ++last;
                                },
                                {.order = stentor::order::serial, .after = {"left", "right"}});
    auto left = bus.subscribe<numbered>("left", hops(left_done, journaled), {.after = "journal"});
    auto right =
        bus.subscribe<numbered>("right", works(right_done, journaled),
                                {.order = stentor::by_key(&numbered::number), .after = "journal"});
    auto journal = bus.subscribe<numbered>("journal", works(journaled, 0));
    publish_all(bus, 2);
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(last, events);
    EXPECT_EQ(too_early.load(), 0);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

// Both lanes are worked on at once, so turns come while runners look at them.
TEST_F(coming_after_on_threads, drops_nothing_that_comes_after_what_succeeds) {
    auto& bus = make_bus();
    const auto does_nothing = [](const numbered&) {};
    auto first = bus.subscribe<numbered>("first", does_nothing,
                                         {.order = stentor::by_key(&numbered::number)});
    auto second = bus.subscribe<numbered>("second", does_nothing, {.after = "first"});
    auto third =
        bus.subscribe<numbered>("third", does_nothing, {.after = "first", .require_success = true});
    for (int round = 0; round < 10; ++round) {
        publish_all(bus, 2);
        ASSERT_TRUE(bus.wait_idle(patience));
    }
    for (const auto& [name, terms] : bus.audit().subscriptions) {
        EXPECT_EQ(terms.completed, static_cast<std::int64_t>(10 * events)) << name;
    }
}

// What a handler that goes by key sees of its own order, and of its pauses.
class keyed_calls {
public:
    static constexpr std::size_t keys = 8;

    // Each key's numbers are of one publisher, which goes upwards.
    template <class Work>
    auto watch(std::size_t number, Work&& work) {
        auto& mine = all_[number % keys];
        wrong += paused.load() ? 1 : 0;
        wrong += mine.busy.exchange(true) ? 1 : 0;
        wrong += mine.next.exchange(number + 1) > number ? 1 : 0;
        auto said = work();
        mine.busy.store(false);
        return said;
    }
    // From the end of disable() to the beginning of enable().
    std::atomic<bool> paused{false};
    std::atomic<int> wrong{0};

private:
    struct key {
        std::atomic<bool> busy{false};
        std::atomic<std::size_t> next{0};
    };
    std::array<key, keys> all_{};
};

TEST_F(coming_after_on_threads, keeps_each_key_in_its_order_over_pauses_of_all) {
    expect_failures();
    auto& bus = make_bus();
    const auto by_number =
        stentor::by_key<numbered>([](const numbered& it) { return it.number % keyed_calls::keys; });
    std::array<keyed_calls, 3> calls;
    const auto stage = [&](std::size_t which, std::uint32_t mine, std::uint32_t before) {
        return [&, which, mine, before](const numbered& it) {
            return calls[which].watch(it.number, [&] {
                work(it.number, mine, before);
                return which == 1 && it.number % 50 == 0 ? stentor::outcome::reject("the fiftieth")
                                                         : stentor::outcome::done();
            });
        };
    };
    auto last = bus.subscribe<numbered>(
        "last", stage(2, right_done, left_done | journaled),
        {.order = by_number, .after = {"middle", "first"}, .require_success = true});
    auto middle = bus.subscribe<numbered>("middle", stage(1, left_done, journaled),
                                          {.order = by_number, .after = "first"});
    auto first = bus.subscribe<numbered>("first", stage(0, journaled, 0), {.order = by_number});
    std::jthread meddler([&](const std::stop_token& stop) {
        constexpr std::array<std::string_view, 3> names{"first", "middle", "last"};
        for (std::size_t turn = 0; !stop.stop_requested(); ++turn) {
            const auto which = turn * 2 % names.size();
            EXPECT_TRUE(bus.registry().disable(names[which]));
            calls[which].paused.store(true);
            std::this_thread::yield();
            calls[which].paused.store(false);
            EXPECT_TRUE(bus.registry().enable(names[which]));
        }
    });
    publish_all(bus, 2);
    meddler.request_stop();
    meddler.join();
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(too_early.load(), 0);
    EXPECT_EQ(calls[0].wrong + calls[1].wrong + calls[2].wrong, 0);
    const auto report = bus.audit();
    EXPECT_EQ(report.unaccounted(), 0);
    constexpr auto whole = static_cast<std::int64_t>(events);
    for (const auto& [name, terms] : report.subscriptions) {
        EXPECT_EQ(terms.accepted, whole) << name;
        EXPECT_EQ(terms.failed, name == "middle" ? whole / 50 : 0) << name;
        EXPECT_EQ(terms.dropped_dependency, name == "last" ? whole / 50 : 0) << name;
        EXPECT_EQ(terms.completed, name == "first" ? whole : whole - whole / 50) << name;
    }
}

TEST_F(coming_after_on_threads, loses_nothing_while_others_come_go_and_pause) {
    auto& bus = make_bus();
    auto last = bus.subscribe<numbered>("last", [](const numbered&) {},
                                        {.after = {"middle", "first", "passing"}});
    auto middle = bus.subscribe<numbered>(
        "middle", hops(left_done, 0), {.after = "first", .require_success = true, .capacity = 500});
    auto first =
        bus.subscribe<numbered>("first", works(journaled, 0),
                                {.capacity = 500, .when_full = stentor::when_full::drop_oldest});
    std::jthread meddler([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            auto passing =
                bus.subscribe<numbered>("passing", hops(right_done, 0), {.after = "first"});
            static_cast<void>(bus.registry().disable("first"));
            static_cast<void>(bus.registry().enable("first"));
            passing = {};
            static_cast<void>(bus.registry().disable("last", backlog::drop));
            static_cast<void>(bus.registry().enable("last"));
        }
    });
    publish_all(bus, 2);
    meddler.request_stop();
    meddler.join();
    ASSERT_TRUE(bus.wait_idle(patience));
    const auto report = bus.audit();
    EXPECT_EQ(report.unaccounted(), 0);
    EXPECT_EQ(report.removed.unaccounted(), 0);
    for (const auto& [name, terms] : report.subscriptions) {
        EXPECT_EQ(terms.outstanding(), 0) << name;
        EXPECT_EQ(terms.accepted, static_cast<std::int64_t>(events)) << name;
    }
}

}  // namespace
