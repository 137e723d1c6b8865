// SPDX-License-Identifier: MIT
#pragma once

#include "support/stress/random.hpp"

#include <cstdint>

// What every event of a stress test carries: enough to say which one it is, in which order its
// publisher sent it, and that its bytes are those that were sent.
//
// Threads: values.
namespace stentor::stress {

struct stamp {
    static constexpr int number_bits = 40;
    static constexpr std::uint64_t number_max = (std::uint64_t{1} << number_bits) - 1;
    static constexpr std::uint64_t no_publisher = 0xffffff;

    // The stream is one publisher's events on one topic, numbered from 0 without holes, so that a
    // bit each is enough to keep account of them.
    std::uint64_t event = 0;
    // The publisher, and the event's number among all that it published, whatever the topic.
    std::uint64_t order = 0;
    std::uint64_t check = 0;

    [[nodiscard]] static constexpr stamp make(std::uint64_t stream, std::uint64_t number,
                                              std::uint64_t publisher,
                                              std::uint64_t place) noexcept {
        stamp made{(stream << number_bits) | number, (publisher << number_bits) | place, 0};
        made.check = made.sum();
        return made;
    }

    [[nodiscard]] constexpr std::uint64_t stream() const noexcept { return event >> number_bits; }
    [[nodiscard]] constexpr std::uint64_t number() const noexcept { return event & number_max; }
    [[nodiscard]] constexpr std::uint64_t publisher() const noexcept {
        return order >> number_bits;
    }
    [[nodiscard]] constexpr std::uint64_t place() const noexcept { return order & number_max; }
    [[nodiscard]] constexpr bool intact() const noexcept { return check == sum(); }
    // The same for every delivery of the event: who decides by it what to do decides repeatably.
    [[nodiscard]] constexpr std::uint64_t dice() const noexcept { return check; }

private:
    [[nodiscard]] constexpr std::uint64_t sum() const noexcept {
        return mix(event ^ (order * 0x2545f4914f6cdd1dULL));
    }
};

}  // namespace stentor::stress
