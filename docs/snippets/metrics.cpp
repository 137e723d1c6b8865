// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    long cents = 0;
};

struct order_lost {
    static constexpr std::string_view topic = "order.lost";
};

int main() {
    stentor::bus bus{{.log = {.on_error = [](const stentor::error_record&) {}}}};
    auto invoices = bus.subscribe<order_placed>("invoices", [](const order_placed&) {});
    auto picky = bus.subscribe<order_placed>("picky", [](const order_placed& order) {
        if (order.cents % 2 != 0) {
            throw std::invalid_argument("odd");
        }
    });
    for (int cents = 0; cents < 1000; ++cents) {
        bus.publish(order_placed{cents});
    }
    bus.publish(order_lost{});
    bus.wait_idle();

    // [snippet audit]
    const stentor::audit_report books = bus.audit();
    std::cout << books.to_string();
    // [end]

    // [snippet snapshot]
    for (const auto& one : bus.snapshot().subscriptions) {
        std::clog << one.name << ": p50 " << one.service.quantile_ns(0.5) << " ns, p99 "
                  << one.service.quantile_ns(0.99) << " ns, lane " << one.placement << '\n';
    }
    // [end]

    // [snippet prometheus]
    const std::string scrape = stentor::prometheus_text(bus.snapshot());
    // [end]
    const std::string_view name = "\nstentor_publish_calls_total ";
    const auto line = scrape.find(name) + 1;
    std::cout << scrape.substr(line, scrape.find('\n', line) - line) << '\n';
}
