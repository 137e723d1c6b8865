// SPDX-License-Identifier: MIT

#include <stentor/bus/dead_letters.hpp>
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
    std::string customer;
};
STENTOR_FIELDS(order_placed, id, customer);

void show(const stentor::redrive_report& report) {
    std::cout << report.redriven << " of " << report.matched << " redriven, " << report.returned
              << " came back\n";
    for (const stentor::redrive_refusal& one : report.refusals) {
        std::cout << "letter " << one.number << ": " << one.message << '\n';
    }
}

int main() {
    const auto steps = std::make_shared<stentor::manual_executor>(1);
    stentor::bus_options options;
    options.executor = steps;
    options.log.on_error = [](const stentor::error_record&) {};
    stentor::bus bus(std::move(options));
    bool server_is_up = false;

    auto mail = bus.subscribe<order_placed>(
        "mail",
        [&](const order_placed& it, const stentor::context& ctx) {
            if (!server_is_up) {
                throw std::runtime_error("connection refused");
            }
            if (it.customer.empty()) {
                throw stentor::permanent_error("no customer");
            }
            std::cout << "mail to " << it.customer << (ctx.redriven() ? ", again\n" : "\n");
        },
        {.dead_letters = true});
    // [snippet codec]
    bus.dead_letters().use_codec(stentor::json_letters<order_placed>());
    // [end]
    bus.publish(order_placed{"o-1", "ada"});
    bus.publish(order_placed{"o-2", ""});
    steps->run_until_idle();

    server_is_up = true;
    // [snippet redrive]
    const auto report = bus.dead_letters().redrive({.subscription = "mail"}, {.per_second = 100});
    show(report.value());
    // [end]
    // [snippet transform]
    const auto repaired = bus.dead_letters().redrive(
        {.subscription = "mail"}, {.transform = [](stentor::dead_letter& letter) {
            auto order = stentor::from_json<order_placed>(letter.payload.bytes);
            if (!order) {
                return false;  // leave it
            }
            order->customer = "the shop";
            letter.payload = stentor::payload_with(*std::move(order));
            return true;
        }});
    show(repaired.value());
    // [end]
    bus.drain();
}
