// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
};

int main() {
    // [snippet sink]
    stentor::log_sink log{.on_error = [](const stentor::error_record& failure) {
        if (failure.suppressed != 0) {
            std::cout << failure.suppressed << " more: ";
        }
        std::cout << failure.subscription << ": " << failure.error << '\n';
    }};
    stentor::bus bus{{.log = std::move(log)}};
    // [end]

    // [snippet throws]
    auto mail = bus.subscribe<order_placed>(
        "mail",
        [](const order_placed& order) {
            try {
                throw std::runtime_error("connection refused");
            } catch (...) {
                std::throw_with_nested(std::runtime_error("cannot mail " + order.id));
            }
        },
        {.max_concurrency = 1});
    auto stock = bus.subscribe<order_placed>("stock", [](const order_placed&) {});
    bus.publish(order_placed{"o-1"});
    bus.wait_idle();
    // [end]

    // [snippet storm]
    for (int number = 0; number < 100; ++number) {
        bus.publish(order_placed{"o-2"});
    }
    // [end]
    bus.drain();
    for (const auto& [name, terms] : bus.audit().subscriptions) {
        std::cout << name << ": " << terms.failed << " failed, " << terms.completed
                  << " completed\n";
    }

    // [snippet setup]
    auto made = stentor::bus::create({.workers = -1});
    if (!made) {
        std::cout << made.error().message() << '\n';
    }
    try {
        stentor::topic name("Order.Placed");
    } catch (const stentor::bus_error& why) {
        std::cout << to_string(why.details().code()) << ": " << why.what() << '\n';
    }
    // [end]
}
