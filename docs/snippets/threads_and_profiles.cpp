// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <atomic>
#include <barrier>
#include <iostream>

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    long cents = 0;
};

int main() {
    std::atomic<int> started{0};
    // [snippet options]
    stentor::bus bus{{
        .workers = 2,  // default: what affinity and the cgroup's quota allow
        .spare = 1,    // comes in while a worker is held up in a slow call
        .profile = stentor::profile::efficient,  // balanced is the default
        .on_thread_start =
            [&started](std::int32_t index) {
                // Affinity and priority of runner `index` are set here, on its own thread.
                (void)index;
                ++started;
            },
    }};
    // [end]

    // [snippet overlap]
    std::barrier both{2};  // neither call returns before the other has begun
    auto mail = bus.subscribe<order_placed>(
        "mail", [&both](const order_placed&) { both.arrive_and_wait(); });
    auto stock = bus.subscribe<order_placed>(
        "stock", [&both](const order_placed&) { both.arrive_and_wait(); });
    bus.publish(order_placed{4200});
    bus.wait_idle();
    // [end]

    // [snippet placement]
    auto slow =
        bus.subscribe<order_placed>("slow", [](const order_placed&) { /* asks a remote service */ },
                                    {.max_concurrency = 1, .placement = stentor::placement::own});
    // [end]

    // [snippet warm]
    bus.warm();  // this thread's first publish now finds everything made
    // [end]
    mail.unsubscribe();
    stock.unsubscribe();
    bus.publish(order_placed{1});
    bus.drain();

    for (const auto& one : bus.snapshot().subscriptions) {
        std::cout << one.name << ": lane " << one.placement << '\n';
    }
    std::cout << started << " runners\n";
}
