// SPDX-License-Identifier: MIT
#include "dispatch/runner.hpp"

// Lanes that have work and are not in the ready set: they wait for a turn of slow calls, or for a
// moment. The watch looks after them, or who steps a bus without threads.
namespace stentor::inline v0::detail {

bool release_quick_waiters(scheduler& shared, crew& whose) noexcept {
    bool released = false;
    std::size_t cursor = 0;
    std::size_t id = 0;
    for (auto left = whose.waiting_slow.covered(); left > 0 && whose.waiting_slow.take(cursor, id);
         --left) {
        if (shared.lane_at(id)->cost_ns.load(std::memory_order_relaxed) < long_from_ns) {
            whose.announce(id);
            released = true;
        } else {
            whose.waiting_slow.insert(id);  // the caller admits afterwards, should its turn be now
        }
    }
    return released;
}

bool release_rested(scheduler& shared, crew& whose) noexcept {
    if (whose.resting.empty()) {
        return false;
    }
    bool released = false;
    const auto now = shared.now();
    std::size_t cursor = 0;
    std::size_t id = 0;
    for (auto left = whose.resting.covered(); left > 0 && whose.resting.take(cursor, id); --left) {
        if (shared.lane_at(id)->rests_until_ns.load(std::memory_order_relaxed) <= now) {
            whose.announce(id);
            released = true;
        } else {
            whose.resting.insert(id);
        }
    }
    return released;
}

}  // namespace stentor::inline v0::detail
