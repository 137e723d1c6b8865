// SPDX-License-Identifier: MIT

// [snippet includes]
#include <stentor/base/clock.hpp>
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>
// [end]

#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

using namespace std::chrono_literals;

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    int number = 0;
};

int main() {
    // [snippet bus]
    stentor::virtual_clock clock;
    auto runners = std::make_shared<stentor::manual_executor>(42);  // the seed
    stentor::bus bus{{.workers = 2, .executor = runners, .clock = &clock}};
    // [end]

    std::vector<int> seen;
    auto recorder = bus.subscribe<order_placed>(
        "recorder", [&seen](const order_placed& order) { seen.push_back(order.number); });

    // [snippet step]
    bus.publish(order_placed{1});
    std::cout << "handled: " << seen.size() << '\n';  // nobody works until it is told to
    runners->run_until_idle();
    std::cout << "handled: " << seen.size() << '\n';
    // [end]

    // [snippet time]
    const auto now = std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            std::chrono::nanoseconds(clock.system_ns())));
    bus.publish(order_placed{2}, {.expires_at = now + 5s});
    clock.advance(6s);
    runners->run_until_idle();
    std::cout << "expired: " << bus.audit().subscriptions.front().second.expired << '\n';
    // [end]

    // [snippet end]
    bus.drain();
    std::cout << "unaccounted " << bus.audit().unaccounted() << '\n';
    // [end]
}
