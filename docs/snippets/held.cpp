// SPDX-License-Identifier: MIT

#include <stentor/bus/dead_letters.hpp>
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

struct account_changed {
    static constexpr std::string_view topic = "account.changed";
    std::string account;
    std::string change;
};

int main() {
    const auto steps = std::make_shared<stentor::manual_executor>(1);
    stentor::bus_options options;
    options.executor = steps;
    options.log.on_error = [](const stentor::error_record&) {};
    stentor::bus bus(std::move(options));
    bool ledger_is_up = false;

    const auto book = [&](const account_changed& it) {
        if (it.account == "a-1" && !ledger_is_up) {
            throw std::runtime_error("the ledger of a-1 is down");
        }
        std::cout << it.account << ' ' << it.change << '\n';
    };
    // [snippet subscribe]
    auto ledger =
        bus.subscribe<account_changed>("ledger", book,
                                       {.order = stentor::by_key(&account_changed::account),
                                        .dead_letters = true,
                                        .letters_hold_keys = true});
    // [end]
    bus.publish(account_changed{"a-1", "opened"});
    bus.publish(account_changed{"a-1", "credited"});
    bus.publish(account_changed{"a-2", "opened"});
    steps->run_until_idle();
    for (const stentor::dead_letter& letter : bus.dead_letters().list()) {
        const auto* event = stentor::event_in<account_changed>(letter);
        std::cout << letter.number << ' ' << to_string(letter.reason) << ": " << event->account
                  << ' ' << event->change << '\n';
    }
    ledger_is_up = true;
    // [snippet redrive]
    const auto report = bus.dead_letters().redrive({.subscription = "ledger"});
    std::cout << report->redriven << " redriven\n";
    // [end]
    bus.publish(account_changed{"a-1", "closed"});
    bus.drain();
}
