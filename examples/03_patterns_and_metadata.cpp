// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <cstdio>
#include <string>
#include <string_view>

// One handler for many topics, what travels beside an event, and events that follow from others.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
    long cents = 0;
};

struct order_shipped {
    static constexpr std::string_view topic = "order.shipped";
    std::string id;
    std::string carrier;
};

void write_line(const stentor::any_event& event, const stentor::context& ctx) {
    const auto metadata = event.metadata();
    std::printf("%s  %s  correlation %s  caused by %s  attempt %d\n",
                event.id().to_string().c_str(), std::string(event.topic()).c_str(),
                ctx.correlation_id().c_str(),
                metadata.causation_id ? metadata.causation_id->to_string().c_str() : "nobody",
                static_cast<int>(ctx.attempt()));
}

int main() {
    stentor::bus bus;

    // `*` is one token of the topic, `>` is one or more at the end. One call at a time, so that the
    // two lines about one event stay together.
    auto audit = bus.subscribe("audit", stentor::pattern("order.>"),
                               [](const stentor::any_event& event, stentor::context& ctx) {
                                   write_line(event, ctx);
                                   if (const auto* placed = stentor::get_if<order_placed>(event)) {
                                       std::printf("  order %s over %ld cents\n",
                                                   placed->id.c_str(), placed->cents);
                                   } else if (!event.text().empty()) {
                                       std::printf("  %s\n", std::string(event.text()).c_str());
                                   }
                               },
                               {.max_concurrency = 1});

    // What a handler publishes inherits the correlation id, and its cause is the handled event.
    auto shipping = bus.subscribe<order_placed>(
        "shipping", [](const order_placed& order, stentor::context& ctx) {
            ctx.publish(order_shipped{order.id, "snail"});
        });

    bus.publish(order_placed{"o-1", 4200}, {.correlation_id = "req-7f3", .user_id = "u-17"});

    // An event without a C++ type: a topic, known only now perhaps, and a text.
    bus.publish(stentor::topic("order.returned"), R"({"id": "o-0"})",
                {.correlation_id = "req-1c9"});

    bus.drain();
}
