// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: published by nobody
#include <stentor/stentor.hpp>

// What the engine says about handlers is for listening.

void listen_and_tell(stentor::bus& bus) {
    bus.keep(bus.subscribe<stentor::system::handler_paused>(
        "watcher", [](const stentor::system::handler_paused&) {}));
#ifdef STENTOR_MISUSE
    bus.publish(stentor::system::handler_paused{});
#endif
}
