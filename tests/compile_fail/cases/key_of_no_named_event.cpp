// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: stentor: which event is this key function for
#include <stentor/stentor.hpp>

#include <string_view>

// A generic key function does not say for which event it is.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    int number = 0;
};

void listen(stentor::bus& bus) {
    const auto number_of = [](const auto& order) { return order.number; };
    bus.keep(bus.subscribe<order_placed>(
        "printer", [](const order_placed&) {},
#ifdef STENTOR_MISUSE
        { .order = stentor::by_key(number_of) }
#else
        {.order = stentor::by_key<order_placed>(number_of)}
#endif
        ));
}
