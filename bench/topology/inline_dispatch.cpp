// SPDX-License-Identifier: MIT
#include "support/direct.hpp"
#include "topology/engine_bus.hpp"
#include "topology/workloads.hpp"

#include <string>

// W9:  publisher -> handlers, in one thread, by execution::inline_
// Twins: signals2, sigc.

namespace bench {
namespace {

measurement inline_dispatch(std::size_t handlers, bool leased, std::uint64_t count) {
    stentor::bus bus(engine_options(stentor::profile::efficient, true));
    std::vector<direct_sum> sums(handlers);
    for (std::size_t at = 0; at < handlers; ++at) {
        bus.keep(bus.subscribe<sample<0>>(
            "adder." + std::to_string(at),
            [&sum = sums[at]](const sample<0>& event) { sum.add(event.body); },
            {.execution = stentor::execution::inline_}));
    }
    const auto must_arrive = [](const stentor::publish_result& result) {
        if (!result) [[unlikely]] {
            stop_on_refusal(result.status());
        }
    };
    measurement result;
    if (leased) {
        auto hot = bus.publisher<sample<0>>();
        result = measure_direct(count, sums,
                                [&](const sample<0>& event) { must_arrive(hot.publish(event)); });
    } else {
        result = measure_direct(count, sums,
                                [&](const sample<0>& event) { must_arrive(bus.publish(event)); });
    }
    bus.drain();
    if (const auto unaccounted = bus.audit().unaccounted(); unaccounted != 0) {
        result.fail("audit: unaccounted " + std::to_string(unaccounted));
    }
    return result;
}

}  // namespace

void add_inline_dispatch(std::vector<workload>& workloads) {
    workloads.push_back(
        {"inline_1", 20'000, [](auto count) { return inline_dispatch(1, true, count); }});
    workloads.push_back(
        {"inline_1_plain", 20'000, [](auto count) { return inline_dispatch(1, false, count); }});
    workloads.push_back(
        {"inline_4", 20'000, [](auto count) { return inline_dispatch(4, true, count); }});
    workloads.push_back(
        {"inline_4_plain", 20'000, [](auto count) { return inline_dispatch(4, false, count); }});
}

}  // namespace bench
