// SPDX-License-Identifier: MIT

#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <chrono>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

using namespace std::chrono_literals;

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string customer;
    int number = 0;
};

// The service downstream: busy at first.
void charge(const std::string& idempotency_key) {
    static int calls = 0;
    if (++calls < 3) {
        throw std::runtime_error("503 busy");
    }
    static_cast<void>(idempotency_key);
}

int main() {
    stentor::virtual_clock clock;
    auto steps = std::make_shared<stentor::manual_executor>(1);
    stentor::bus_options options;
    options.clock = &clock;
    options.executor = steps;
    options.log.on_error = [](const stentor::error_record& it) {
        std::cout << it.subscription << ": attempt " << it.attempt << " of " << it.max_attempts
                  << ": " << it.error;
        if (it.retry_in) {
            std::cout << "; again in " << it.retry_in->count() / 1'000'000 << " ms";
        }
        std::cout << '\n';
    };
    stentor::bus bus(std::move(options));

    // [snippet policy]
    auto payments = bus.subscribe<order_placed>(
        "payments",
        [](const order_placed& it, stentor::context& ctx) {
            if (it.customer.empty()) {
                throw stentor::permanent_error("no customer");
            }
            charge(ctx.idempotency_key());
            std::cout << "charged " << it.number << ", attempt " << ctx.attempt() << '\n';
        },
        {.order = stentor::by_key(&order_placed::customer),
         .retry = stentor::retry_policy{.max_attempts = 4,
                                        .immediate = 1,
                                        .backoff = stentor::backoff::exponential,
                                        .base = 200ms}});
    // [end]

    bus.publish(order_placed{"ada", 1});
    bus.publish(order_placed{"", 2});
    bus.publish(order_placed{"ada", 3});
    steps->run_until_idle();
    clock.advance(200ms);
    steps->run_until_idle();

    // [snippet asking]
    auto mail = bus.subscribe<order_placed>(
        "mail",
        [](const order_placed&, const stentor::context& ctx) {
            return ctx.attempt() == 1 ? stentor::outcome::retry(2s, "the server asks for 2 s")
                                      : stentor::outcome::done();
        },
        {.retry = stentor::retry_policy{}});
    // [end]

    bus.publish(order_placed{"bob", 4});
    steps->run_until_idle();
    for (const auto& [name, terms] : bus.audit().subscriptions) {
        std::cout << name << ": " << terms.retry_waiting << " waiting\n";
    }
    clock.advance(2s);
    steps->run_until_idle();
    for (const auto& each : bus.snapshot().subscriptions) {
        std::cout << each.name << ": completed " << each.terms.completed << ", dead letters "
                  << each.terms.dead_lettered << ", retried " << each.retried << '\n';
    }
}
