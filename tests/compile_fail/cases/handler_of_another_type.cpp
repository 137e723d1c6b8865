// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: stentor: a handler of event E is callable as void\(const E&\)
#include <stentor/stentor.hpp>

#include <string_view>

// A handler that takes something else than its event.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    int number = 0;
};
struct order_shipped {
    static constexpr std::string_view topic = "order.shipped";
    int number = 0;
};

#ifdef STENTOR_MISUSE
using taken = order_shipped;
#else
using taken = order_placed;
#endif

void listen(stentor::bus& bus) {
    bus.keep(bus.subscribe<order_placed>("printer", [](const taken&) {}));
}
