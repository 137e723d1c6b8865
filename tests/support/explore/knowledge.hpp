// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

// What a logical thread knows about the others, and what a store hands on to whoever reads it.
//
// `clock` is a vector clock over the tasks: it decides whether one access happens before another.
// `seen` holds, for each atomic, the newest store that may no longer be missed: it decides which
// older values a load may still return under the weak memory model.
namespace stentor::explore {

inline constexpr std::size_t tasks_max = 8;
// Atomics beyond this many in one schedule behave as if every store were visible at once.
inline constexpr std::size_t tracked_locations_max = 64;

struct knowledge {
    std::array<std::uint32_t, tasks_max> clock{};
    std::array<std::uint16_t, tracked_locations_max> seen{};

    void join(const knowledge& other) noexcept {
        for (std::size_t i = 0; i < tasks_max; ++i) {
            clock[i] = std::max(clock[i], other.clock[i]);
        }
        join_seen(other);
    }
    void join_seen(const knowledge& other) noexcept {
        for (std::size_t i = 0; i < tracked_locations_max; ++i) {
            seen[i] = std::max(seen[i], other.seen[i]);
        }
    }
};

// One access of one task, as a point in its own time.
struct epoch {
    std::uint32_t time = 0;
    std::uint32_t task = 0;

    [[nodiscard]] bool happened_before(const knowledge& viewer) const noexcept {
        return time <= viewer.clock[task];
    }
};

}  // namespace stentor::explore
