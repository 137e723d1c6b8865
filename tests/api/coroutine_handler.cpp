// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

// A coroutine handler that asks another one, written as a user writes it.

using namespace std::chrono_literals;

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
    long cents = 0;
};

struct reserve_stock {
    static constexpr std::string_view topic = "stock.reserve";
    std::string order;
};

struct stock_reserved {
    static constexpr std::string_view topic = "stock.reserved";
    int shelf = 0;
};

struct order_confirmed {
    static constexpr std::string_view topic = "order.confirmed";
    std::string id;
    int shelf = 0;
};

stentor::task<> confirm(const order_placed& order, stentor::context& ctx) {
    co_await ctx.sleep(50ms);
    const reserve_stock ask{order.id};  // named first: GCC 12 destroys a temporary here twice
    auto stock = co_await ctx.request<stock_reserved>(ask, 1s);
    ctx.publish(order_confirmed{order.id, stock.shelf});  // correlation and causation are inherited
}

int main() {
    stentor::bus bus;
    auto confirmations = bus.subscribe<order_placed>("confirm", confirm);
    auto stock = bus.subscribe<reserve_stock>(
        "stock", [](const reserve_stock&, stentor::context& ctx) { ctx.reply(stock_reserved{7}); });
    auto printer = bus.subscribe<order_confirmed>(
        "printer", [](const order_confirmed& order, stentor::context& ctx) {
            std::printf("order %s from shelf %d, correlation %s\n", order.id.c_str(), order.shelf,
                        ctx.correlation_id().c_str());
        });
    bus.publish(order_placed{"o-1", 4200}, {.correlation_id = "req-7f3"});
    bus.drain();
}
