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
    std::atomic<int> seen = 0;
    stentor::bus bus;
    auto ticks = bus.subscribe<ticked>("ticks", [&](const ticked&) {
        ++shared;
        seen.fetch_add(1, std::memory_order_relaxed);  // relaxed: orders nothing, the race stays
    });
    // Many rounds: the detector may miss one race, because it remembers few accesses to a place.
    for (int round = 1; round <= 1000; ++round) {
        bus.publish(ticked{});
        ++shared;
        while (seen.load(std::memory_order_relaxed) < round) {
        }
    }
    bus.drain();
    std::printf("%d\n", shared);
}
