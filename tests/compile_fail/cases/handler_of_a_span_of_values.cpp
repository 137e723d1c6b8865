// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: as void\(std::span<const E\* const>\) with or
#include <stentor/stentor.hpp>

#include <span>
#include <string_view>

// A handler that takes a span of events instead of a span of pointers to them.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    int number = 0;
};

#ifdef STENTOR_MISUSE
using taken = std::span<const order_placed>;
#else
using taken = std::span<const order_placed* const>;
#endif

void listen(stentor::bus& bus) {
    bus.keep(bus.subscribe<order_placed>("printer", [](taken) {}));
}
