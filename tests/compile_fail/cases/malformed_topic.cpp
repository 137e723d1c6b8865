// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: stentor: malformed topic
#include <stentor/stentor.hpp>

#include <string_view>

// A topic with a character that topics do not have.

struct order_placed {
#ifdef STENTOR_MISUSE
    static constexpr std::string_view topic = "Order.Placed";
#else
    static constexpr std::string_view topic = "order.placed";
#endif
    int number = 0;
};

void place(stentor::bus& bus) {
    bus.publish(order_placed{7});
}
