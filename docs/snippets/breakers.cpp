// SPDX-License-Identifier: MIT

#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <chrono>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

using namespace std::chrono_literals;

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    int number = 0;
};

// The server downstream.
bool down = true;

void send_mail(int number) {
    if (down) {
        throw std::runtime_error("connection refused");
    }
    std::cout << "mail " << number << '\n';
}

int main() {
    stentor::virtual_clock clock;
    auto steps = std::make_shared<stentor::manual_executor>(1);
    stentor::bus_options options;
    options.clock = &clock;
    options.executor = steps;
    options.log.on_error = [](const stentor::error_record& it) {
        std::cout << it.subscription << ": " << it.error << '\n';
    };
    stentor::bus bus(std::move(options));
    const auto show = [&] {
        const auto row = bus.snapshot().subscriptions.front();
        std::cout << row.breaker << ", waiting " << row.terms.outstanding() << ", failed "
                  << row.terms.failed << '\n';
    };

    // [snippet breaker]
    auto mail =
        bus.subscribe<order_placed>("mail", [](const order_placed& it) { send_mail(it.number); },
                                    {.breaker = stentor::breaker{.name = "smtp",
                                                                 .window = 10,
                                                                 .min_calls = 3,
                                                                 .failure_rate = 0.5,
                                                                 .open_for = 5s,
                                                                 .trials = 1}});
    // [end]

    for (int number = 1; number <= 6; ++number) {
        bus.publish(order_placed{number});
    }
    steps->run_until_idle();
    show();
    down = false;
    clock.advance(5s);
    steps->run_until_idle();
    show();

    // [snippet hand]
    const auto smtp = bus.registry().breaker("smtp");
    smtp->force_open();  // the server is taken down for maintenance
    bus.publish(order_placed{7});
    steps->run_until_idle();
    show();
    smtp->reset();
    clock.advance(50ms);
    steps->run_until_idle();
    // [end]
    show();

    // [snippet rate]
    auto sms = bus.subscribe<order_placed>(
        "sms", [](const order_placed& it) { std::cout << "sms " << it.number << '\n'; },
        {.rate = stentor::rate_limit{.permits = 10, .per = 1s, .burst = 1}});
    // [end]
    mail.unsubscribe();
    bus.publish(order_placed{8});
    bus.publish(order_placed{9});
    steps->run_until_idle();
    std::cout << "100 ms later\n";
    clock.advance(100ms);
    steps->run_until_idle();
}
