// SPDX-License-Identifier: MIT
#include "support/latency.hpp"
#include "topology/engine_bus.hpp"
#include "topology/workloads.hpp"

#include <atomic>

// W6:  requester --request--> lane --> runner -> echo handler --reply--> lane --> runner -> reply
//      handler --store--> requester, which spins
// Twin: raw (a poller that never sleeps, two queues).

namespace bench {
namespace {

measurement request_echo(stentor::profile profile, std::uint64_t count) {
    using request = sample<0>;
    using reply = sample<1>;
    // Replies seen: a runner writes it, the requester reads it.
    std::atomic<std::uint64_t> echoed{0};
    stentor::bus bus(engine_options(profile, true));
    const auto echo = bus.subscribe<request>(
        "echo",
        [](const request& asked, stentor::context& ctx) { ctx.publish(reply{asked.body}); });
    const auto answer = bus.subscribe<reply>("reply", [&](const reply& answered) {
        echoed.store(answered.body.sequence + 1, std::memory_order_release);
    });
    bus.warm();
    auto hot = bus.publisher<request>();
    measurement result = measure_round_trips(
        count,
        [&](const payload& event) {
            publish_until_accepted([&] { return hot.publish(request{event}); });
        },
        [&](std::uint64_t sequence) {
            return echoed.load(std::memory_order_acquire) == sequence + 1;
        });
    result.threads = 2;
    close_and_audit(bus, result, 2 * count);
    return result;
}

}  // namespace

void add_request_echo(std::vector<workload>& workloads) {
    workloads.push_back({"request_echo_balanced", 200, [](std::uint64_t count) {
                             return request_echo(stentor::profile::balanced, count);
                         }});
    workloads.push_back({"request_echo_low_latency", 200, [](std::uint64_t count) {
                             return request_echo(stentor::profile::low_latency, count);
                         }});
}

}  // namespace bench
