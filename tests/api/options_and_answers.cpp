// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <atomic>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Options of a bus and answers of publish, written as a user writes them.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
    long cents = 0;
};

void report(stentor::publish_status status) {
    std::printf("refused: %s\n", std::string(stentor::to_string(status)).c_str());
}

int main() {
    stentor::bus bus{{
        .workers = 4,                              // default: what the CPU quota allows
        .profile = stentor::profile::low_latency,  // balanced (default) | low_latency | efficient
        .capacity = 1'000'000,
    }};

    std::atomic<long> cents{0};
    auto till = bus.subscribe<order_placed>(
        "till", [&](const order_placed& order) { cents += order.cents; });

    auto result =
        bus.publish(order_placed{"o-2", 999}, {.correlation_id = "req-7f3", .user_id = "u-17"});
    if (!result) {
        report(result.status());  // rejected_full, rejected_invalid, closed, ...
    }
    const std::vector<order_placed> orders{{"o-4", 1}, {"o-5", 20}};
    auto accepted = bus.publish_bulk(std::span{orders});  // copies from the span; how many went in
    auto hot =
        bus.publisher<order_placed>();  // a leased publisher for a hot thread: hot.publish(...)
    hot.publish(order_placed{"o-6", 300});

    bus.drain();
    if (auto late = bus.publish(order_placed{"o-7", 1}); !late) {
        report(late.status());
    }
    std::printf("in bulk %zu, in the till %ld\n", accepted, cents.load());
}
