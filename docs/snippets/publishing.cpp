// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <atomic>
#include <chrono>
#include <iostream>
#include <span>
#include <string>
#include <vector>

using namespace std::chrono_literals;

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
    long cents = 0;
};

struct order_confirmed {
    static constexpr std::string_view topic = "order.confirmed";
    std::string id;
};

struct parcel_packed {
    static constexpr std::string_view topic = "parcel.packed";
    std::string id;
};

void report(const stentor::publish_result& answer) {
    std::cout << to_string(answer.status()) << '\n';
}

int main() {
    stentor::bus bus;
    std::atomic<long> cents{0};
    auto sum = bus.subscribe<order_placed>(
        "sum", [&cents](const order_placed& order) { cents += order.cents; });

    // [snippet one]
    stentor::publish_result answer = bus.publish(order_placed{"o-1", 4200});
    if (!answer) {
        report(answer);  // rejected_full, closed, ...
    }
    // [end]

    // [snippet options]
    bus.publish(order_placed{"o-2", 999}, {.correlation_id = "req-7f3", .user_id = "u-17"});
    // [end]

    // [snippet bulk]
    std::vector<order_placed> orders{{"o-3", 1}, {"o-4", 20}, {"o-5", 300}};
    const std::size_t went_in = bus.publish_bulk(std::span{orders});  // copies
    const std::size_t moved = bus.publish_bulk_move(std::span{orders});
    // [end]
    std::cout << went_in << " copied, " << moved << " moved\n";

    // [snippet waiting]
    report(bus.publish_for(order_placed{"o-8", 7}, 250ms));  // waits for room, should there be none

    const stentor::delivery_report outcomes = bus.publish_and_wait(order_placed{"o-9", 8}, 5s);
    for (const stentor::delivery_outcome& one : outcomes) {
        std::cout << one.subscription << ": " << to_string(one.status) << '\n';
    }
    // [end]

    // [snippet leased]
    auto hot = bus.publisher<order_placed>();  // for one thread at a time
    for (int number = 0; number < 100; ++number) {
        hot.publish(order_placed{"o-6", number});
    }
    // [end]

    // [snippet would_deliver]
    if (bus.would_deliver<parcel_packed>()) {
        bus.publish(parcel_packed{"expensive to build"});
    }
    // [end]

    // [snippet from_handler]
    auto confirm = bus.subscribe<order_placed>(
        "confirm", [](const order_placed& order, stentor::context& ctx) {
            ctx.publish(order_confirmed{order.id});  // correlation and causation are inherited
        });
    // [end]

    auto confirmed = bus.subscribe<order_confirmed>(
        "confirmed", [](const order_confirmed& order, stentor::context& ctx) {
            std::cout << order.id << ", asked for by " << ctx.correlation_id() << '\n';
        });
    bus.publish(order_placed{"o-7", 5}, {.correlation_id = "req-8a1"});

    bus.drain();
    std::cout << cents << " cents\n";
    report(bus.publish(order_placed{"too late", 0}));
}
