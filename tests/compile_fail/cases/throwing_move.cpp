// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: mark its move constructor noexcept
#include <stentor/stentor.hpp>

#include <string>
#include <string_view>
#include <utility>

// An event that may throw when it is moved, while publish never throws.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    order_placed() = default;
#ifdef STENTOR_MISUSE
    order_placed(order_placed&& other) : id(std::move(other.id)) {}
#else
    order_placed(order_placed&& other) noexcept : id(std::move(other.id)) {}
#endif
    std::string id;
};

void place(stentor::bus& bus) {
    bus.publish(order_placed{});
}
