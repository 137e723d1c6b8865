// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

// A handler that is a coroutine: it sleeps, asks another handler, and waits for the answer, while
// no thread waits with it. A thousand orders are under way on two workers.

using namespace std::chrono_literals;

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
    int pieces = 0;
};

struct reserve_stock {
    static constexpr std::string_view topic = "stock.reserve";
    std::string order;
    int pieces = 0;
};

struct stock_reserved {
    static constexpr std::string_view topic = "stock.reserved";
    std::string shelf;
};

struct order_confirmed {
    static constexpr std::string_view topic = "order.confirmed";
    std::string id;
    std::string shelf;
};

struct order_refused {
    static constexpr std::string_view topic = "order.refused";
    std::string id;
    std::string why;
};

stentor::task<> confirm(const order_placed& order, stentor::context& ctx) {
    co_await ctx.sleep(5ms);
    const reserve_stock ask{order.id, order.pieces};  // named before co_await
    auto stock = co_await ctx.try_request<stock_reserved>(ask, 2s);
    if (stock) {
        ctx.publish(order_confirmed{order.id, stock->shelf});
    } else {
        ctx.publish(order_refused{order.id, std::string(to_string(stock.error().kind()))});
    }
}

// Any handler may answer, at once or later. This one keeps silent when there is nothing left.
stentor::task<> reserve(const reserve_stock& wanted, stentor::context& ctx) {
    co_await ctx.sleep(2ms);
    if (wanted.pieces < 100) {
        ctx.reply(stock_reserved{"shelf " + std::to_string(wanted.pieces % 7)});
    }
}

int main() {
    stentor::bus bus{{.workers = 2}};
    auto confirmations = bus.subscribe<order_placed>("confirm", confirm);
    auto stock = bus.subscribe<reserve_stock>("stock", reserve, {.max_concurrency = 64});

    std::mutex lock;
    int confirmed = 0;
    std::vector<std::string> refused;
    auto counted = bus.subscribe<order_confirmed>("counted", [&](const order_confirmed&) {
        const std::lock_guard held(lock);
        ++confirmed;
    });
    auto complaints = bus.subscribe<order_refused>("complaints", [&](const order_refused& order) {
        const std::lock_guard held(lock);
        refused.push_back(order.id + ": " + order.why);
    });

    for (int number = 0; number < 1'000; ++number) {
        bus.publish(order_placed{"o-" + std::to_string(number), number == 500 ? 100 : number % 50});
    }
    bus.drain();
    std::printf("%d confirmed\n", confirmed);
    for (const auto& one : refused) {
        std::printf("refused %s\n", one.c_str());
    }
    std::printf("unaccounted %lld\n", static_cast<long long>(bus.audit().unaccounted()));
}
