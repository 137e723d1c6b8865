// SPDX-License-Identifier: MIT
#include <stentor/stentor.hpp>

#include <atomic>
#include <cstdio>
#include <string_view>

// A handler and the publisher write the same plain int with nothing between them. The race is the
// deliberate error; it must be reported with the real queue and TBB too, in spite of what
// tests/tsan.supp excuses there.

struct ticked {
    static constexpr std::string_view topic = "canary.ticked";
};

int main() {
    int shared = 0;
    std::atomic<bool> ran = false;
    stentor::bus bus;
    auto ticks = bus.subscribe<ticked>("ticks", [&](const ticked&) {
        shared = 1;
        ran.store(true, std::memory_order_relaxed);  // relaxed: orders nothing, so the race stays
    });
    bus.publish(ticked{});
    while (!ran.load(std::memory_order_relaxed)) {
    }
    shared = 2;
    bus.drain();
    std::printf("%d\n", shared);
}
