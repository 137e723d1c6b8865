// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <chrono>
#include <iostream>
#include <latch>
#include <string>
#include <thread>

using namespace std::chrono_literals;

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    long cents = 0;
};

int main() {
    {
        stentor::bus bus;
        auto quick = bus.subscribe<order_placed>("quick", [](const order_placed&) {});
        for (int number = 0; number < 1000; ++number) {
            bus.publish(order_placed{number});
        }
        // [snippet drain]
        const auto report = bus.drain(5s);
        std::cout << (report.complete ? "complete\n" : "cut off\n");
        // [end]
        std::cout << bus.audit().subscriptions.front().second.completed << " handled\n";

        // [snippet after]
        std::cout << to_string(bus.publish(order_placed{}).status()) << '\n';
        auto refused = bus.try_subscribe<order_placed>("late", [](const order_placed&) {});
        std::cout << to_string(refused.error().code()) << '\n';
        // [end]
    }
    {
        stentor::bus bus;
        std::latch entered{1};
        auto slow = bus.subscribe<order_placed>("slow",
                                                [&entered](const order_placed&) {
                                                    entered.count_down();
                                                    std::this_thread::sleep_for(200ms);
                                                },
                                                {.max_concurrency = 1});
        bus.publish(order_placed{1});
        entered.wait();
        bus.publish(order_placed{2});
        // [snippet cut_off]
        const auto report = bus.drain(10ms);  // too short for two calls of 200 ms
        for (const auto& [topic, deliveries] : report.abandoned) {
            std::cout << "abandoned: " << deliveries << " of " << topic << '\n';
        }
        for (const auto& stuck : report.stuck) {
            std::cout << "stuck: " << stuck.subscription << '\n';  // none: it returned in time
        }
        // [end]
        std::cout << "unaccounted " << bus.audit().unaccounted() << '\n';
    }
    {
        stentor::bus bus;
        auto quick = bus.subscribe<order_placed>("quick", [](const order_placed&) {});
        bus.publish(order_placed{1});
        // [snippet idle]
        if (bus.wait_idle(5s)) {
            bus.publish(order_placed{2});  // the bus is still open
        }
        // [end]
    }
    std::cout << "gone\n";
}
