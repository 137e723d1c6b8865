// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
};

struct order_shipped {
    static constexpr std::string_view topic = "order.shipped";
    std::string id;
};

int main() {
    stentor::bus bus;

    // [snippet pattern]
    auto audit = bus.subscribe("audit", stentor::pattern("order.>"),
                               [](const stentor::any_event& event, stentor::context& ctx) {
                                   std::cout << event.topic() << " for " << ctx.correlation_id();
                                   if (const auto* placed = stentor::get_if<order_placed>(event)) {
                                       std::cout << ", order " << placed->id;
                                   }
                                   std::cout << '\n';
                               });
    // [end]

    // [snippet matches]
    const stentor::pattern tail("order.>");
    const stentor::pattern star("order.*.failed");
    std::cout << tail.matches("order.paid")             // 1
              << tail.matches("order.paid.late")        // 1
              << tail.matches("order")                  // 0: `>` is one token or more
              << star.matches("order.payment.failed")   // 1
              << star.matches("order.failed") << '\n';  // 0: `*` is exactly one
    // [end]

    // [snippet parse]
    auto parsed = stentor::pattern::parse("order.>.failed");  // text from outside
    if (!parsed) {
        std::cout << parsed.error().message() << '\n';
    }
    // [end]

    // [snippet given]
    const stentor::publish_options about{.correlation_id = "req-7f3", .user_id = "u-17"};
    const auto answer = bus.publish(order_placed{"o-1"}, about);
    // [end]
    bus.wait_idle();
    std::cout << "an id of version " << answer.id().version() << '\n';

    // [snippet cause]
    auto shipping = bus.subscribe<order_placed>(
        "shipping", [](const order_placed& order, stentor::context& ctx) {
            const std::array labels{stentor::header{"carrier", "snail"}};
            ctx.publish(order_shipped{order.id}, {.headers = labels});
        });
    // [end]

    // [snippet read]
    auto reader =
        bus.subscribe<order_shipped>("reader", [](const order_shipped&, stentor::context& ctx) {
            const stentor::metadata data = ctx.metadata();
            std::cout << "depth " << data.depth << ", user " << data.user_id << ", caused by "
                      << (data.causation_id ? "another event" : "nobody") << '\n';
        });
    auto headers = bus.subscribe(
        "headers", stentor::pattern("order.shipped"), [](const stentor::any_event& event) {
            for (std::uint32_t at = 0; at < event.metadata().header_count; ++at) {
                std::clog << event.header_at(at).name << '=' << event.header_at(at).value << '\n';
            }
        });
    // [end]
    audit.unsubscribe();
    bus.publish(order_placed{"o-2"}, {.correlation_id = "req-7f4", .user_id = "u-18"});
    bus.wait_idle();

    // [snippet expires]
    const auto gone = std::chrono::system_clock::now() - 1s;
    const auto late = bus.publish(order_placed{"o-3"}, {.expires_at = gone});
    std::cout << to_string(late.status()) << '\n';
    // [end]
}
