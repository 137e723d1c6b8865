// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: destructor must not throw
#include <stentor/stentor.hpp>

#include <string_view>

// An event that may throw when it is destroyed.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    order_placed() = default;
    order_placed(order_placed&&) noexcept {}
#ifdef STENTOR_MISUSE
    ~order_placed() noexcept(false) {}
#else
    ~order_placed() {}
#endif
};

void place(stentor::bus& bus) {
    bus.publish(order_placed{});
}
