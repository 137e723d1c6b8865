// SPDX-License-Identifier: MIT
#pragma once

#include "lane/lane_state.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace stentor::explore {

// A lane of the engine's model: the real lane_state over a queue that is as simple as can be, with
// counters that may lag behind it.
template <class Sync, class Handler>
struct lane_model {
    static constexpr std::size_t publishers_max = 2;

    explicit lane_model(std::uint32_t limit) : state(limit) {
        enqueued[0].name("enqueued by 0");
        enqueued[1].name("enqueued by 1");
        dequeued.name("dequeued");
    }
    lane_model(lane_model&&) = delete;

    [[nodiscard]] bool pending() const {
        const auto gone = dequeued.load(std::memory_order_acquire);
        std::uint64_t come = 0;
        for (const auto& counter : enqueued) {
            come += counter.load(std::memory_order_relaxed);
        }
        return static_cast<std::int64_t>(come - gone) > 0;
    }

    detail::lane_state<Sync> state;
    bool slow = false;
    std::deque<Handler> queue;
    std::array<typename Sync::template atomic<std::uint64_t>, publishers_max> enqueued;
    typename Sync::template atomic<std::uint64_t> dequeued{0};
};

}  // namespace stentor::explore
