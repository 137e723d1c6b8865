// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/patience.hpp"
#include <stentor/bus/dead_letters.hpp>
#include <stentor/resilience/memory_dead_letters.hpp>
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// Redrives beside everything else that goes on in a bus.

namespace {

using namespace stentor_test;
using namespace std::chrono_literals;

struct job {
    static constexpr std::string_view topic = "test.job";
    int number = 0;
};

class redrive_at_work : public bus_fixture {
protected:
    redrive_at_work() { expect_failures(); }
};

TEST_F(redrive_at_work, brings_every_event_to_its_end_once) {
    constexpr int jobs = 1'000;
    auto& bus = make_bus();
    std::vector<std::atomic<int>> done(jobs);
    std::array<std::atomic<int>, 7> latest{};
    std::atomic<std::uint64_t> calls{0};
    std::atomic<int> out_of_order{0};
    // Every third call fails, whichever event it is for.
    const auto flaky = [&](const job& it) {
        if (calls.fetch_add(1) % 3 == 0) {
            throw std::runtime_error("no");
        }
        done[static_cast<std::size_t>(it.number)].fetch_add(1);
    };
    auto any = bus.subscribe<job>("any", flaky, {.dead_letters = true});
    // Of each key in the order of the numbers, as long as only redrives bring them.
    auto keyed =
        bus.subscribe<job>("keyed",
                           [&](const job& it, const stentor::context& ctx) {
                               if (!ctx.redriven() || calls.fetch_add(1) % 3 == 0) {
                                   throw std::runtime_error("no");
                               }
                               auto& last = latest[static_cast<std::size_t>(it.number % 7)];
                               out_of_order += last.exchange(it.number) > it.number ? 1 : 0;
                           },
                           {.order = stentor::by_key([](const job& it) { return it.number % 7; }),
                            .dead_letters = true});
    for (int number = 0; number < jobs; ++number) {
        ASSERT_TRUE(bus.publish(job{number}));
    }
    ASSERT_TRUE(bus.wait_idle(patience));
    std::atomic<std::uint64_t> redriven{0};
    const auto first = bus.dead_letters().store().room().letters;
    const auto again = [&](std::string_view which) {
        while (true) {
            const auto report = bus.dead_letters().redrive({.subscription = std::string(which)});
            ASSERT_TRUE(report);
            redriven += report->redriven;
            if (report->matched == 0) {
                return;
            }
        }
    };
    std::thread one([&] { again("any"); });
    std::thread two([&] { again("any"); });
    std::thread three([&] { again("keyed"); });
    one.join();
    two.join();
    three.join();
    EXPECT_EQ(bus.dead_letters().store().room().letters, 0U);
    EXPECT_EQ(redriven.load(), first);
    EXPECT_EQ(out_of_order.load(), 0);
    for (const auto& each : done) {
        ASSERT_EQ(each.load(), 1);
    }
    ASSERT_TRUE(bus.wait_idle(patience));  // who waits hears of an end before it is in the books
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

// No faster than it was told; how much slower is the machine's.
TEST_F(redrive_at_work, keeps_to_its_rate) {
    auto& bus = make_bus();
    std::atomic<bool> open{false};
    auto handler = bus.subscribe<job>("handler",
                                      [&](const job&) {
                                          if (!open) {
                                              throw std::runtime_error("no");
                                          }
                                      },
                                      {.dead_letters = true});
    for (int number = 0; number < 11; ++number) {
        ASSERT_TRUE(bus.publish(job{number}));
    }
    ASSERT_TRUE(bus.wait_idle(patience));
    open = true;
    const auto begin = std::chrono::steady_clock::now();
    const auto report = bus.dead_letters().redrive({}, {.per_second = 100});
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 100ms);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->redriven, 11U);
}

TEST_F(redrive_at_work, loses_no_letter_when_subscription_or_bus_end_beneath_it) {
    for (const bool whole_bus : {false, true}) {
        const std::shared_ptr<stentor::dead_letter_store> store =
            stentor::memory_dead_letters::make({}).value();
        auto options = small_bus();
        options.dead_letters = store;
        auto& bus = make_bus(std::move(options));
        std::atomic<bool> open{false};
        std::atomic<std::uint64_t> handled{0};
        auto handler = bus.subscribe<job>("handler",
                                          [&](const job&) {
                                              if (!open) {
                                                  throw std::runtime_error("no");
                                              }
                                              handled.fetch_add(1);
                                              std::this_thread::sleep_for(100us);
                                          },
                                          {.dead_letters = true});
        constexpr std::uint64_t jobs = 500;
        for (std::uint64_t number = 0; number < jobs; ++number) {
            ASSERT_TRUE(bus.publish(job{static_cast<int>(number)}));
        }
        ASSERT_TRUE(bus.wait_idle(patience));
        ASSERT_EQ(store->room().letters, jobs);
        open = true;
        stentor::redrive_report report;
        std::thread clerk([&] {
            auto done = bus.dead_letters().redrive({});
            report = done ? *done : report;
        });
        while (handled < 20) {
            std::this_thread::yield();
        }
        if (whole_bus) {
            static_cast<void>(bus.drain());
        } else {
            handler.unsubscribe();
        }
        clerk.join();
        EXPECT_TRUE(bus.wait_idle(patience));
        EXPECT_EQ(report.redriven, handled.load());
        EXPECT_EQ(store->room().letters, jobs - handled.load());
        EXPECT_EQ(store->room().claimed, 0U);
        EXPECT_EQ(bus.audit().unaccounted(), 0);
    }
}

}  // namespace
