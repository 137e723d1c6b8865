// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: stentor: a handler returns void or stentor::outcome
#include <stentor/stentor.hpp>

#include <string_view>

// A coroutine handler with a result, which nobody would look at.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
};

#ifdef STENTOR_MISUSE
stentor::task<int> count(const order_placed&) {
    co_return 1;
}
#else
stentor::task<> count(const order_placed&) {
    co_return;
}
#endif

void listen(stentor::bus& bus) {
    bus.keep(bus.subscribe<order_placed>("counter", count));
}
