// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: stentor: this type is no event
#include <stentor/stentor.hpp>

#include <string_view>

// Publishing a type without a topic from a handler.

struct order_shipped {
#ifndef STENTOR_MISUSE
    static constexpr std::string_view topic = "order.shipped";
#endif
    int number = 0;
};

void ship(stentor::context& ctx) {
    ctx.publish(order_shipped{7});
}
