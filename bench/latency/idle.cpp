// SPDX-License-Identifier: MIT
#include "support/process_stats.hpp"
#include "topology/engine_bus.hpp"
#include "topology/workloads.hpp"

#include <chrono>
#include <thread>

// W8:  some traffic, then nothing: what the bus costs while it waits. The count of this workload is
// the number of milliseconds that are watched, from 250 ms after the last event on.

namespace bench {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t events = 10'000;
constexpr auto settling_time = 250ms;

measurement idle(stentor::profile profile, std::uint64_t milliseconds) {
    ledger book(1);
    stentor::bus bus(engine_options(profile, false));
    subscribe_adders<1>(bus, one_topic(1, 1), book);
    plain_publisher publish(bus);
    for (std::uint64_t i = 0; i < events; ++i) {
        publish(sample<0>{make_payload(0, i, 0)});
    }
    bus.wait_idle();

    const process_usage at_last_event = usage_now();
    std::this_thread::sleep_for(settling_time);
    const process_usage settled = usage_now();
    const auto started = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    const process_usage after = usage_now();

    measurement result;
    result.ok = true;
    result.count = events;
    result.deliveries = book.delivered();
    result.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    result.cpu_seconds = after.cpu_seconds - settled.cpu_seconds;
    result.add("idle_cpu_percent", 100 * result.cpu_seconds / result.seconds);
    result.add("settling_cpu_ms", 1e3 * (settled.cpu_seconds - at_last_event.cpu_seconds));
    result.add(
        "idle_switches_per_second",
        static_cast<double>(after.context_switches - settled.context_switches) / result.seconds);
    close_and_audit(bus, result, events);
    return result;
}

}  // namespace

void add_idle(std::vector<workload>& workloads) {
    using enum stentor::profile;
    workloads.push_back({"idle_balanced", 50, [](auto count) { return idle(balanced, count); }});
    workloads.push_back({"idle_efficient", 50, [](auto count) { return idle(efficient, count); }});
    workloads.push_back(
        {"idle_low_latency", 50, [](auto count) { return idle(low_latency, count); }});
}

}  // namespace bench
