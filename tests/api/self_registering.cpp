// SPDX-License-Identifier: MIT
#include <stentor/stentor.hpp>

#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <string>
#include <string_view>

// Handlers that register themselves, and their life.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
    long cents = 0;
};

void add_points(const order_placed& order) {
    std::printf("%ld points\n", order.cents / 100);
}
void subscribe_to_news(const order_placed& order) {
    std::printf("news about %s\n", order.id.c_str());
}
void show(const std::string& name, stentor::handler_state state, std::source_location location) {
    std::printf("%s is %s, %s\n", name.c_str(), std::string(to_string(state)).c_str(),
                location.line() > 0 ? "from here" : "from nowhere");
}
[[noreturn]] void die(const std::string& message) {
    std::printf("%s\n", message.c_str());
    std::exit(1);
}

STENTOR_HANDLER(order_placed, "loyalty.points", {.tags = {"loyalty"}})
(const order_placed& order, stentor::context&) {
    add_points(order);
}

static const stentor::static_handler<order_placed> newsletter{
    "newsletter", subscribe_to_news, {.tags = {"mail"}}};  // any handler form

int main() {
    stentor::bus bus;
    if (auto loaded = bus.registry().load({.expect = {"loyalty.points"}}); !loaded) {
        die(loaded.error().message());  // names what is missing
    }
    bus.registry().disable(stentor::tag("loyalty"), stentor::backlog::hold);
    for (const auto& row : bus.registry().list()) {
        show(row.name, row.state, row.location);
    }
    bus.publish(order_placed{"o-1", 4200});
    bus.wait_idle();
    bus.registry().enable("loyalty.points");
    bus.drain();
}
