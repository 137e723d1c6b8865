// SPDX-License-Identifier: MIT

#include <stentor/bus/dead_letters.hpp>
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/resilience/memory_dead_letters.hpp>
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

stentor::handler_state state_of(stentor::bus& bus) {
    return bus.registry().find("mail")->state;
}

int main() {
    const auto steps = std::make_shared<stentor::manual_executor>(1);
    stentor::bus_options options;
    options.executor = steps;
    options.log.on_error = [](const stentor::error_record&) {};
    options.log.on_notice = [](const stentor::notice_record&) {};
    options.dead_letters = stentor::memory_dead_letters::make({.letters_max = 1}).value();
    stentor::bus bus(std::move(options));

    // [snippet subscribe]
    auto mail = bus.subscribe<order_placed>(
        "mail",
        [](const order_placed& it) {
            if (it.customer.empty()) {
                throw stentor::permanent_error("order " + it.id + " has no customer");
            }
            std::cout << "mail to " << it.customer << '\n';
        },
        {.retry = stentor::retry_policy{}});
    // [end]

    bus.publish(order_placed{"o-1", "ada"});
    bus.publish(order_placed{"o-2", ""});
    bus.publish(order_placed{"o-3", ""});
    bus.publish(order_placed{"o-4", "eve"});
    steps->run_until_idle();
    for (const auto& [name, terms] : bus.audit().subscriptions) {
        std::cout << name << " is " << to_string(state_of(bus)) << ": " << terms.dead_lettered
                  << " in the store, " << terms.retry_waiting << " wait\n";
    }
    const auto look = [&bus] {
        // [snippet look]
        for (const stentor::dead_letter& letter :
             bus.dead_letters().list({.subscription = "mail"})) {
            std::cout << letter.number << ' ' << to_string(letter.reason) << ": "
                      << stentor::last_error(letter) << '\n';
        }
        // [end]
    };
    look();
    // [snippet purge]
    const auto purged =
        bus.dead_letters().purge({.subscription = "mail"}, stentor::purge_confirmation::matching);
    std::cout << purged->removed << " purged; mail is " << to_string(state_of(bus)) << '\n';
    // [end]
    steps->run_until_idle();
    look();
}
