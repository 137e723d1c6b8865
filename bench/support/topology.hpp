// SPDX-License-Identifier: MIT
#pragma once

#include "support/payload.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

// Who publishes and who listens. Handlers are numbered through; `listeners[topic]` lists those of
// one topic. Immutable once made.

namespace bench {

struct topology {
    unsigned publishers = 1;
    std::vector<std::vector<std::size_t>> listeners;

    [[nodiscard]] std::size_t topics() const noexcept { return listeners.size(); }

    [[nodiscard]] std::size_t handlers() const noexcept {
        std::size_t sum = 0;
        for (const auto& row : listeners) {
            sum += row.size();
        }
        return sum;
    }
};

// publishers --> one topic --> handlers
[[nodiscard]] inline topology one_topic(unsigned publishers, std::size_t handlers) {
    topology shape{publishers, {{}}};
    for (std::size_t handler = 0; handler < handlers; ++handler) {
        shape.listeners[0].push_back(handler);
    }
    return shape;
}

// publishers --> sixteen topics --> one, two or three handlers each (31 in all)
[[nodiscard]] inline topology sixteen_topics(unsigned publishers) {
    topology shape{publishers, std::vector<std::vector<std::size_t>>(topics_max)};
    std::size_t next = 0;
    for (std::size_t topic = 0; topic < topics_max; ++topic) {
        for (std::size_t count = 0; count < 1 + topic % 3; ++count) {
            shape.listeners[topic].push_back(next++);
        }
    }
    return shape;
}

}  // namespace bench
