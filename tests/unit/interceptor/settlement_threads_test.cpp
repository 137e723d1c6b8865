// SPDX-License-Identifier: MIT
#include "unit/interceptor/intercepted.hpp"

#include <atomic>
#include <stdexcept>
#include <thread>

// The same with real threads: whatever happens to a delivery, it is settled once.

namespace {

using namespace stentor_test;
using stentor::context;
using stentor::task;
using stentor::when_full;

class settled_at_work : public bus_fixture {};

TEST_F(settled_at_work, each_delivery_is_told_once_whatever_happens_to_it) {
    expect_failures();
    constexpr int publishers = 3;
    constexpr int events = 3'000;
    settled_book book;
    std::atomic<std::int64_t> before{0};
    std::atomic<std::int64_t> after{0};
    auto options = small_bus();
    options.interceptors = {
        {.name = "calls",
         .before_handler = [&](const stentor::call_view&) { ++before; },
         .after_handler = [&](const stentor::call_view&, const stentor::call_end&) { ++after; }},
        book.writer()};
    auto& bus = make_bus(std::move(options));
    const auto often = [](const order_placed& it) {
        if (it.number % 7 == 0) {
            throw std::runtime_error("no");
        }
    };
    stentor::retry_policy quick;
    quick.base = 1ms;
    quick.cap = 2ms;
    quick.max_attempts = 3;
    auto retried = bus.subscribe<order_placed>("retried", often, {.retry = quick});
    auto ordered = bus.subscribe<order_placed>(
        "ordered", often,
        {.order = stentor::by_key([](const order_placed& it) { return it.number % 5; })});
    auto oldest = bus.subscribe<order_placed>("oldest", often,
                                              {.capacity = 8, .when_full = when_full::drop_oldest});
    auto small = bus.subscribe<order_placed>("small", often, {.capacity = 8});
    auto inlined =
        bus.subscribe<order_placed>("inlined", often, {.execution = stentor::execution::inline_});
    auto waits =
        bus.subscribe<order_placed>("waits", [](const order_placed& it, context& ctx) -> task<> {
            if (it.number % 3 == 0) {
                co_await ctx.sleep(std::chrono::milliseconds(it.number % 4));
            }
        });
    std::vector<std::thread> threads;
    for (int thread = 0; thread < publishers; ++thread) {
        threads.emplace_back([&] {
            for (int number = 0; number < events; ++number) {
                static_cast<void>(bus.publish(order_placed{number}));
            }
        });
    }
    for (int turn = 0; turn < 20; ++turn) {
        auto passing = bus.subscribe<order_placed>("passing", often, {.retry = quick});
        static_cast<void>(bus.registry().disable("small", stentor::backlog::hold));
        std::this_thread::sleep_for(2ms);
        static_cast<void>(bus.registry().enable("small"));
    }
    for (auto& one : threads) {
        one.join();
    }
    ASSERT_TRUE(bus.wait_idle(patience));
    static_cast<void>(bus.drain(patience));
    book.expect_balance(bus.audit());
    EXPECT_GT(before, 0);
    EXPECT_EQ(before, after);
}

}  // namespace
