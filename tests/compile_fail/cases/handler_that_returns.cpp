// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: stentor: a handler returns void or stentor::outcome
#include <stentor/stentor.hpp>

#include <string_view>

// A handler that returns something, which nobody would look at.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    int number = 0;
};

void listen(stentor::bus& bus) {
    bus.keep(bus.subscribe<order_placed>("printer", [](const order_placed& order) {
#ifdef STENTOR_MISUSE
        return order.number > 0;
#else
        static_cast<void>(order);
#endif
    }));
}
