// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: use publish_bulk_move
#include <stentor/stentor.hpp>

#include <memory>
#include <span>
#include <string_view>
#include <vector>

// publish_bulk copies from its span, which this type does not allow.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::unique_ptr<int> number;
};

void place(stentor::bus& bus, std::vector<order_placed>& orders) {
#ifdef STENTOR_MISUSE
    static_cast<void>(bus.publish_bulk(std::span{orders}));
#else
    static_cast<void>(bus.publish_bulk_move(std::span{orders}));
#endif
}
