// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: stentor: this type is no event
#include <stentor/stentor.hpp>

#include <string>
#include <string_view>

// Subscribing to a type without a topic.

struct order_placed {
#ifndef STENTOR_MISUSE
    static constexpr std::string_view topic = "order.placed";
#endif
    std::string id;
};

void listen(stentor::bus& bus) {
    bus.keep(bus.subscribe<order_placed>("printer", [](const order_placed&) {}));
}
