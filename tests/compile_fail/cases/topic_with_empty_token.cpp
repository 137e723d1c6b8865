// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: stentor: malformed topic
#include <stentor/stentor.hpp>

#include <string_view>

// A malformed topic is seen where somebody subscribes, too.

struct order_placed {
#ifdef STENTOR_MISUSE
    static constexpr std::string_view topic = "order..placed";
#else
    static constexpr std::string_view topic = "order.placed";
#endif
    int number = 0;
};

void listen(stentor::bus& bus) {
    bus.keep(bus.subscribe<order_placed>("printer", [](const order_placed&) {}));
}
