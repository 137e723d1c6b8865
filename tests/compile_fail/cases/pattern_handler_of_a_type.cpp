// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: stentor: a handler of event E is callable as void\(const E&\)
#include <stentor/stentor.hpp>

#include <string_view>

// A pattern subscription whose handler takes one type, though a pattern matches many.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    int number = 0;
};

#ifdef STENTOR_MISUSE
using taken = order_placed;
#else
using taken = stentor::any_event;
#endif

void listen(stentor::bus& bus) {
    bus.keep(bus.subscribe("audit", stentor::pattern("order.>"), [](const taken&) {}));
}
