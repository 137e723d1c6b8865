// SPDX-License-Identifier: MIT
#include <stentor/stentor.hpp>

#include <atomic>
#include <cstdio>
#include <string>
#include <string_view>

// What a user's first program does, with a result that says whether it worked.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
    long cents = 0;
};

int main() {
    std::atomic<long> total = 0;
    stentor::bus bus;
    auto sum = bus.subscribe<order_placed>(
        "sum", [&total](const order_placed& order) { total += order.cents; });
    for (long cents = 1; cents <= 100; ++cents) {
        bus.publish(order_placed{"o-1", cents});
    }
    bus.drain();
    std::printf("%ld cents, unaccounted %lld\n", total.load(),
                static_cast<long long>(bus.audit().unaccounted()));
    return total == 5050 && bus.audit().unaccounted() == 0 ? 0 : 1;
}
