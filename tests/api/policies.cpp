// SPDX-License-Identifier: MIT
//
// Policies, in one place.
#include <stentor/bus/dead_letters.hpp>
#include <stentor/stentor.hpp>

#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

using namespace std::chrono_literals;

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
};

bool server_is_up = false;

void send_mail(const order_placed& order) {
    if (!server_is_up) {
        throw std::runtime_error("no mail for " + order.id);
    }
    std::cout << "mail for " << order.id << '\n';
}

void queue_for_a_human(const order_placed& order, const stentor::failure& why) {
    if (order.id == "o-2") {
        throw std::runtime_error("nobody is there");
    }
    std::cout << order.id << " waits for a human: " << why.what << '\n';
}

void show(const stentor::dead_letter& letter) {
    std::cout << letter.topic << ": " << stentor::last_error(letter) << '\n';
}

int main() {
    stentor::bus_options options;
    options.log.on_error = [](const stentor::error_record&) {};
    options.log.on_notice = [](const stentor::notice_record&) {};
    stentor::bus bus(std::move(options));
    auto mail = bus.subscribe<order_placed>(
        "mail", send_mail,
        {
            .order = stentor::by_key(&order_placed::id),
            .execution = stentor::execution::blocking,
            .max_concurrency = 8,
            .capacity = 10'000,
            .when_full = stentor::when_full::reject,
            .deadline = 2s,
            .retry = {.max_attempts = 5, .base = 1ms, .cap = 2ms},
            .breaker = stentor::breaker{.window = 100, .failure_rate = 0.5},
            .fallback = [](const order_placed& order,
                           const stentor::failure& why) { queue_for_a_human(order, why); },
        });
    bus.publish_and_wait(order_placed{"o-1"}, 10s);
    bus.publish_and_wait(order_placed{"o-2"}, 10s);

    for (const auto& letter : bus.dead_letters().list({.subscription = "mail"})) {
        show(letter);
    }
    server_is_up = true;
    auto redriven = bus.dead_letters().redrive({.subscription = "mail"}, {.per_second = 100});
    std::cout << redriven->redriven << " redriven\n";
}
