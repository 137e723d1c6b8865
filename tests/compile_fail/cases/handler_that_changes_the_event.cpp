// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: stentor: a handler of event E is callable as void\(const E&\)
#include <stentor/stentor.hpp>

#include <string_view>

// A handler that wants to change an event, which all handlers share.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    int number = 0;
};

#ifdef STENTOR_MISUSE
using taken = order_placed&;
#else
using taken = const order_placed&;
#endif

void listen(stentor::bus& bus) {
    bus.keep(bus.subscribe<order_placed>("printer", [](taken, stentor::context&) {}));
}
