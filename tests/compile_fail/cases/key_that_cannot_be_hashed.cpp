// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: and gives what can be hashed
#include <stentor/stentor.hpp>

#include <string_view>

// A key of a type that has no hash.

struct place {
    int row = 0;
    int column = 0;
};
struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    place where{};
};

void listen(stentor::bus& bus) {
    bus.keep(bus.subscribe<order_placed>(
        "printer", [](const order_placed&) {},
#ifdef STENTOR_MISUSE
        { .order = stentor::by_key(&order_placed::where) }
#else
        {.order = stentor::by_key([](const order_placed& order) { return order.where.row; })}
#endif
        ));
}
