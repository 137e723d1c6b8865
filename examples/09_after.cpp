// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string_view>

// Who comes after whom. An order is journaled, then stock is reserved and risk is checked at the
// same time, then the customer is told; each order by itself, so a slow journal holds up only the
// order that it is at. Nobody's thread waits: a step starts when the steps before it have ended.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::size_t number = 0;
};

constexpr std::size_t orders = 1000;

int main() {
    using namespace std::chrono_literals;
    stentor::bus bus{
        {.log = {.on_error = [](const stentor::error_record&) {}}}};  // refusals are expected here

    std::array<int, orders> steps{};  // no atomics: the steps before happen before
    std::array<int, orders> reserved{};
    std::array<int, orders> checked{};
    std::atomic<int> told = 0;

    bus.keep(bus.subscribe<order_placed>(
        "notify",
        [&](const order_placed& order) {
            told +=
                steps[order.number] + reserved[order.number] + checked[order.number] == 3 ? 1 : 0;
        },
        {.after = {"stock", "risk"}, .require_success = true}));
    bus.keep(bus.subscribe<order_placed>(
        "stock", [&](const order_placed& order) { reserved[order.number] = steps[order.number]; },
        {.after = "journal"}));
    bus.keep(bus.subscribe<order_placed>("risk",
                                         [&](const order_placed& order) {
                                             if (order.number % 10 == 0) {
                                                 return stentor::outcome::reject("too large");
                                             }
                                             checked[order.number] = steps[order.number];
                                             return stentor::outcome::done();
                                         },
                                         {.after = "journal"}));
    bus.keep(bus.subscribe<order_placed>(
        "journal", [&](const order_placed& order, stentor::context& ctx) -> stentor::task<> {
            if (order.number % 100 == 0) {
                co_await ctx.sleep(1ms);
            }
            steps[order.number] = 1;
        }));

    // A circle would never start, so it is refused.
    const auto circle =
        bus.try_subscribe<order_placed>("again", [](const order_placed&) {}, {.after = "again"});
    std::printf("%s\n", circle ? "" : circle.error().message().c_str());

    for (std::size_t number = 0; number < orders; ++number) {
        bus.publish(order_placed{number});
    }
    bus.drain();

    for (const auto& [name, terms] : bus.audit().subscriptions) {
        std::printf("%-8s %4lld completed, %3lld failed, %3lld dropped\n", name.c_str(),
                    static_cast<long long>(terms.completed), static_cast<long long>(terms.failed),
                    static_cast<long long>(terms.dropped_dependency));
    }
    std::printf("%d customers were told after all steps\n", told.load());
}
