// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: of this event is found, but it has another form
#include <stentor/stentor.hpp>

#include <string>
#include <string_view>

// It takes the event and the list to which it adds, and returns nothing.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
};

#ifdef STENTOR_MISUSE
bool validate(const order_placed& order) {
    return !order.id.empty();
}
#else
void validate(const order_placed& order, stentor::violations& found) {
    if (order.id.empty()) {
        found.add("id", "required", "an order has an id");
    }
}
#endif

void send(stentor::bus& bus) {
    bus.publish(order_placed{"o-1"});
}
