// SPDX-License-Identifier: MIT
#include <stentor/testing/testing.hpp>

#include <cstdio>
#include <stdexcept>
#include <string_view>

// What a user's tests do with the kit and no test framework, with a result that says whether it
// worked.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    long cents = 0;
};

struct order_paid {
    static constexpr std::string_view topic = "order.paid";
    long cents = 0;
};

int main() {
    stentor::testing::test_bus bus{{.seed = 42}};
    auto payer =
        bus.subscribe<order_placed>("payer", [](const order_placed& order, stentor::context& ctx) {
            ctx.publish(order_paid{order.cents});
        });
    bus.fail_next("payer", 1, std::runtime_error("the bank is closed"));
    bus.publish(order_placed{1});
    bus.publish(order_placed{2});
    bus.settle();
    const auto paid = bus.published<order_paid>();
    std::printf("%zu paid, %lld failed\n", paid.size(),
                static_cast<long long>(bus.failures("payer")));
    return paid.size() == 1 && bus.failures("payer") == 1 && bus.audit().unaccounted() == 0 ? 0 : 1;
}
