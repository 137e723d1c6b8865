// SPDX-License-Identifier: MIT
#include <stentor/stentor.hpp>

#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

// Handlers that register themselves, their states, a pause that holds what is queued, and what the
// engine says about all of it.

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    long cents = 0;
};

namespace {

// Nobody subscribes these two by name; load() finds them in whatever library they are linked from.
STENTOR_HANDLER(order_placed, "loyalty.points", {.max_concurrency = 1, .tags = {"loyalty"}})
(const order_placed& order, stentor::context&) {
    std::printf("  %ld points\n", order.cents / 100);
}

const stentor::static_handler<order_placed> journal{
    "journal",
    [](const order_placed& order) { std::printf("  journal: %ld cents\n", order.cents); },
    {.max_concurrency = 1, .tags = {"books"}, .on_start = [] { std::puts("journal opened"); }}};

void show(stentor::bus& bus) {
    for (const auto& row : bus.registry().list()) {
        std::printf("%-15s %-8s held %lld  %s\n", row.name.c_str(),
                    std::string(to_string(row.state)).c_str(),
                    static_cast<long long>(row.terms.held), (row.why + row.error).c_str());
    }
}

}  // namespace

int main() {
    stentor::bus bus;
    const auto loaded = bus.registry().load({.expect = {"loyalty.points", "journal"}});
    if (!loaded) {
        std::printf("%s\n", loaded.error().message().c_str());
        return 1;
    }
    const auto watcher = bus.subscribe<stentor::system::handler_paused>(
        "watcher", [](const stentor::system::handler_paused& it) {
            std::printf("  %s was paused: %s\n", it.name.c_str(), it.why.c_str());
        });

    bus.registry().disable(stentor::tag("loyalty"), stentor::backlog::hold, "rates change");
    bus.publish(order_placed{4200});
    bus.wait_idle();  // of what may be delivered
    show(bus);

    bus.registry().enable("loyalty.points");
    bus.wait_idle();

    const auto typo = bus.registry().disable("loyalty.point");
    std::printf("%s\n", typo.error().message().c_str());

    const auto broken =
        bus.subscribe<order_placed>("fraud", [](const order_placed&) {},
                                    {.on_start = [] { throw std::runtime_error("no model"); }});
    std::printf("fraud: %s\n", bus.registry().find("fraud")->error.c_str());

    bus.drain();
    return bus.audit().unaccounted() == 0 ? 0 : 1;
}
