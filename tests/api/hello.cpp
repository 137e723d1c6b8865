// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <cstdio>
#include <string>
#include <string_view>

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
    long cents = 0;
};

int main() {
    stentor::bus bus;
    auto printer = bus.subscribe<order_placed>("printer", [](const order_placed& order) {
        std::printf("order %s: %ld cents\n", order.id.c_str(), order.cents);
    });
    bus.publish(order_placed{"o-1", 4200});
    bus.drain();
}
