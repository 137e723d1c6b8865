// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <cassert>
#include <cstdio>
#include <string>
#include <string_view>

// What a bus says about itself, written as a user writes it.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
    long cents = 0;
};

int main() {
    stentor::bus bus;
    bus.keep(bus.subscribe<order_placed>("mail", [](const order_placed&) {}));
    for (int number = 0; number < 5; ++number) {
        bus.publish(order_placed{"o-" + std::to_string(number), 1});
    }
    bus.wait_idle();

    auto report = bus.audit();  // the conservation law, term by term
    assert(report.unaccounted() == 0);
    std::puts(stentor::prometheus_text(bus.snapshot()).c_str());
}
