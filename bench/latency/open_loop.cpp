// SPDX-License-Identifier: MIT
#include "support/latency.hpp"
#include "topology/engine_bus.hpp"
#include "topology/workloads.hpp"

#include <array>
#include <string_view>

// W5:  schedule -> publisher --> lane --> runner -> handler (notes how late the event is)
// Twins: raw (a poller that never sleeps), blocking_queue, mutex, tbb_flow, futex_floor.

namespace bench {
namespace {

measurement open_loop(stentor::profile profile, double rate, std::uint64_t count) {
    ledger book(1);
    delay_book delays(count);
    stentor::bus bus(engine_options(profile, true));
    const delay_recorder record{&delays, &book, 0};
    const auto watcher = bus.subscribe<sample<0>>(
        "recorder", [record](const sample<0>& event) { record(event.body); });
    bus.warm();
    auto hot = bus.publisher<sample<0>>();
    measurement result =
        open_loop_run(rate, count, book).run(delays, count, [&](const payload& event) {
            publish_until_accepted([&] { return hot.publish(sample<0>{event}); });
        });
    result.threads = 1 + engine_workers();
    verify_each_handler(result, book, count);
    close_and_audit(bus, result, count);
    return result;
}

struct row {
    std::string_view name;
    double rate;
    std::uint64_t smoke_count;
    stentor::profile profile;
};

using enum stentor::profile;

constexpr std::array rows{
    row{"latency_1k_balanced", 1e3, 20, balanced},
    row{"latency_1k_low_latency", 1e3, 20, low_latency},
    row{"latency_1k_efficient", 1e3, 20, efficient},
    row{"latency_10k_balanced", 1e4, 200, balanced},
    row{"latency_10k_low_latency", 1e4, 200, low_latency},
    row{"latency_10k_efficient", 1e4, 200, efficient},
    row{"latency_100k_balanced", 1e5, 2'000, balanced},
    row{"latency_100k_low_latency", 1e5, 2'000, low_latency},
    row{"latency_1m_balanced", 1e6, 20'000, balanced},
    row{"latency_1m_low_latency", 1e6, 20'000, low_latency},
};

}  // namespace

void add_open_loop(std::vector<workload>& workloads) {
    for (const row& each : rows) {
        workloads.push_back({each.name, each.smoke_count, [each](std::uint64_t count) {
                                 return open_loop(each.profile, each.rate, count);
                             }});
    }
}

}  // namespace bench
