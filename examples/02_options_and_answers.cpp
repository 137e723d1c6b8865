// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <atomic>
#include <cstdio>
#include <latch>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Options of a bus, the answers that publishing gives, and what a full subscription does.
// Publishing never blocks and never throws: it says what became of the event.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
    long cents = 0;
};

struct parcel_packed {
    static constexpr std::string_view topic = "parcel.packed";
    std::string id;
};

void report(std::string_view what, stentor::publish_status status) {
    std::printf("%.*s: %s\n", static_cast<int>(what.size()), what.data(),
                std::string(to_string(status)).c_str());
}

int main() {
    stentor::bus bus{{
        .workers = 4,                              // default: what the CPU quota allows
        .profile = stentor::profile::low_latency,  // balanced (default) | low_latency | efficient
        .capacity = 1'000'000,
    }};

    std::atomic<long> invoiced{0};
    bus.keep(bus.subscribe<order_placed>(
        "invoices", [&invoiced](const order_placed& order) { invoiced += order.cents; }));

    // One event, with metadata.
    auto result =
        bus.publish(order_placed{"o-2", 999}, {.correlation_id = "req-7f3", .user_id = "u-17"});
    report("one order", result.status());

    // Many at once: copies from the span, and says how many went in.
    const std::vector<order_placed> orders{{"o-3", 1}, {"o-4", 20}, {"o-5", 300}};
    const auto accepted = bus.publish_bulk(std::span{orders});
    std::printf("in bulk: %zu of %zu accepted\n", accepted, orders.size());

    // A publisher of its own for a hot thread.
    auto hot = bus.publisher<order_placed>();
    report("from a hot thread", hot.publish(order_placed{"o-6", 4000}).status());

    // Nobody listens: not an error, nothing was refused.
    result = bus.publish(parcel_packed{"p-1"});
    report("to nobody", result.status());

    // A subscription with room for one that nobody may miss: the second event finds it full and is
    // refused as a whole, so that the publisher can wait, retry or tell somebody.
    std::latch packing_goes_on{1};
    auto packing = bus.subscribe<parcel_packed>(
        "packing", [&packing_goes_on](const parcel_packed&) { packing_goes_on.wait(); },
        {.capacity = 1, .required = true});
    report("with room", bus.publish(parcel_packed{"p-2"}).status());
    result = bus.publish(parcel_packed{"p-3"});
    if (!result) {
        report("without room", result.status());
        std::printf("  it was '%s' that was full\n", bus.name_of(result.which()).c_str());
    }
    packing_goes_on.count_down();

    bus.drain();
    report("after drain", bus.publish(order_placed{"o-7", 1}).status());
    std::printf("invoiced %ld cents, unaccounted %lld\n", invoiced.load(),
                static_cast<long long>(bus.audit().unaccounted()));
}
