// SPDX-License-Identifier: MIT
#pragma once

#include "support/measurement.hpp"
#include "support/payload.hpp"
#include "support/placement.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

// The driver of W9: one thread sends events to handlers that are called before the sending returns.
// The same for all competitors; every handler's count and checksum is verified.
namespace bench {

// What a handler of W9 does: the checksum of the whole event into a sum of its own.
struct direct_sum {
    std::uint64_t count = 0;
    std::uint64_t sum = 0;

    void add(const payload& event) noexcept {
        ++count;
        sum += checksum(event);
    }
};

template <class Send>
[[nodiscard]] measurement measure_direct(std::uint64_t count, std::span<direct_sum> handlers,
                                         Send send) {
    const pinned_publisher here;
    constexpr std::uint64_t warm_up = 1'000;
    std::uint64_t expected = 0;
    for (std::uint64_t i = 0; i < warm_up; ++i) {
        send(sample<0>{make_payload(0, i, 0)});
    }
    for (auto& one : handlers) {
        one = {};
    }
    const auto started = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < count; ++i) {
        send(sample<0>{make_payload(0, i, 0)});
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    for (std::uint64_t i = 0; i < count; ++i) {
        expected += checksum(make_payload(0, i, 0));
    }
    measurement result;
    result.ok = true;
    result.count = count;
    result.seconds = took.count();
    result.threads = 1;
    result.add("events_per_second", static_cast<double>(count) / took.count());
    result.add("ns_per_event", 1e9 * took.count() / static_cast<double>(count));
    for (const auto& one : handlers) {
        result.deliveries += one.count;
        result.checksum += one.sum;
        if (one.count != count || one.sum != expected) {
            result.fail("a handler saw " + std::to_string(one.count) + " of " +
                        std::to_string(count) + " events, or other ones");
        }
    }
    return result;
}

}  // namespace bench
