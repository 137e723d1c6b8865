// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <atomic>
#include <iostream>
#include <memory>
#include <string>

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    long cents = 0;
};

// [snippet function]
std::atomic<long> invoiced{0};

void invoice(const order_placed& order) {
    invoiced += order.cents;
}
// [end]

// [snippet owner_class]
class basket {
public:
    void add(const order_placed& order) { cents_ += order.cents; }
    long cents() const { return cents_; }

private:
    std::atomic<long> cents_{0};
};
// [end]

int main() {
    stentor::bus bus;

    // [snippet forms]
    auto invoices = bus.subscribe<order_placed>("invoices", invoice);
    auto printer = bus.subscribe<order_placed>(
        "printer", [](const order_placed& order, stentor::context& ctx) {
            std::cout << ctx.subscription() << ": " << ctx.topic() << ", " << order.cents << '\n';
        });
    // [end]
    bus.publish(order_placed{4200});
    bus.wait_idle();

    // [snippet end_of_life]
    printer.unsubscribe();          // a barrier: no call runs or will run
    bus.keep(std::move(invoices));  // from here on as long as the bus
    // [end]

    // [snippet owner]
    auto shopping = std::make_shared<basket>();
    auto filled = bus.subscribe<order_placed>(
        "basket", [raw = shopping.get()](const order_placed& order) { raw->add(order); },
        {.owner = shopping});
    // [end]
    bus.publish(order_placed{7});
    bus.wait_idle();
    std::cout << "basket: " << shopping->cents() << '\n';
    shopping.reset();
    bus.publish(order_placed{1});  // nobody touches the basket any more

    // [snippet one_at_a_time]
    long total = 0;  // no lock: calls of this subscription never overlap
    auto sums = bus.subscribe<order_placed>(
        "sums", [&total](const order_placed& order) { total += order.cents; },
        {.max_concurrency = 1});
    // [end]
    for (int number = 0; number < 1000; ++number) {
        bus.publish(order_placed{1});
    }
    bus.wait_idle();

    // [snippet once]
    stentor::subscription once;
    once = bus.subscribe<order_placed>(
        "once",
        [&](const order_placed&) {
            const auto how = once.unsubscribe();  // from inside its own handler
            std::cout << (how == stentor::unsubscribe_result::deferred ? "deferred\n" : "?\n");
        },
        {.max_concurrency = 1});
    // [end]
    bus.publish(order_placed{0});
    bus.wait_idle();

    // [snippet refused]
    auto second = bus.try_subscribe<order_placed>("sums", invoice);
    if (!second) {
        std::cout << to_string(second.error().code()) << '\n';  // duplicate_name
    }
    // [end]
    bus.drain();
    std::cout << "total: " << total << "\ninvoiced: " << invoiced << '\n';
}
