// SPDX-License-Identifier: MIT
#include "events.hpp"
#include <stentor/stentor.hpp>

#include <cstdint>
#include <cstdio>
#include <string>

// main found | missing: whether the handlers are expected to be in this program.
int main(int count, char** words) {
    const bool expected = count == 2 && std::string(words[1]) == "found";
    stentor::bus bus;
    const auto loaded = bus.registry().load({.expect = {"loyalty.points", "newsletter"}});
    if (loaded.has_value() != expected) {
        std::printf("%s\n",
                    loaded ? "found, against expectation" : loaded.error().message().c_str());
        return 1;
    }
    if (!loaded) {
        std::printf("%s\n", loaded.error().message().c_str());
        const bool named =
            loaded.error().message().find("\"loyalty.points\"") != std::string::npos &&
            loaded.error().message().find("stentor_link_handlers") != std::string::npos;
        return named ? 0 : 1;
    }
    bus.publish(order_placed{4200});
    const bool complete = bus.drain().complete;
    const auto audit = bus.audit();
    std::int64_t completed = 0;
    for (const auto& [subscription, terms] : audit.subscriptions) {
        completed += terms.completed;
    }
    return complete && completed == 2 && audit.unaccounted() == 0 ? 0 : 1;
}
