// SPDX-License-Identifier: MIT
#include "support/latency.hpp"
#include "support/placement.hpp"
#include "topology/engine_bus.hpp"
#include "topology/workloads.hpp"

#include <atomic>
#include <chrono>

// W7:  publisher --> lane --> two runners -> a handler that computes for 0.1, 1 or 10 us
//
// The share of the ideal: what two cores need for the handlers' work alone, over what the run took.
// The work is a number of steps, measured right before on the same machine, so that a core that the
// host took away counts against the engine only while it runs.

namespace bench {
namespace {

constexpr unsigned cores = 2;

// Nothing that a compiler can shorten: each step needs the one before.
std::uint64_t compute(std::uint64_t steps, std::uint64_t value) noexcept {
    for (std::uint64_t step = 0; step < steps; ++step) {
        value ^= value << 13;
        value ^= value >> 7;
        value ^= value << 17;
    }
    return value;
}

// Seconds for that many calls, the best of several tries.
double seconds_for(std::uint64_t calls, std::uint64_t steps) {
    double best = 1e9;
    std::uint64_t value = 1;
    for (int attempt = 0; attempt < 5; ++attempt) {
        const auto started = std::chrono::steady_clock::now();
        for (std::uint64_t call = 0; call < calls; ++call) {
            value += compute(steps, call + 1);
        }
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
        best = std::min(best, took.count());
    }
    return value == 0 ? 0 : best;
}

measurement handler_work(double microseconds, std::uint64_t count) {
    constexpr std::uint64_t probe_steps = 1'000'000;
    const double step_seconds = seconds_for(1, probe_steps) / static_cast<double>(probe_steps);
    const auto steps = static_cast<std::uint64_t>(1e-6 * microseconds / step_seconds);
    const double call_seconds = seconds_for(2'000, steps) / 2'000;

    stentor::bus_options options;
    options.workers = cores;
    options.publishers = 128;
    stentor::bus bus(std::move(options));
    ledger book(1);
    std::atomic<std::uint64_t> odd{0};
    const adder add{&book, 0};
    bus.keep(bus.subscribe<sample<0>>("worker", [&, add, steps](const sample<0>& event) {
        if (compute(steps, event.body.sequence + 1) == 0) {
            odd.fetch_add(1, std::memory_order_relaxed);  // never: so the work is not left out
        }
        add(event.body);
    }));
    plain_publisher publish(bus);
    constexpr std::uint64_t warm_up = 500;
    std::uint64_t sum = 0;
    const auto send = [&](std::uint64_t from, std::uint64_t to) {
        for (; from < to; ++from) {
            const auto body = make_payload(0, from, 0);
            sum += checksum(body);
            publish(sample<0>{body});
        }
    };
    send(0, warm_up);
    bus.wait_idle();
    const auto started = std::chrono::steady_clock::now();
    send(warm_up, warm_up + count);
    bus.wait_idle(std::chrono::minutes(1));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;

    measurement result;
    result.ok = true;
    result.count = count;
    result.seconds = took.count();
    result.threads = cores + 1;
    result.deliveries = book.delivered();
    result.checksum = book.total().sum;
    result.add("share_of_ideal", call_seconds * static_cast<double>(count) / cores / took.count());
    result.add("call_ns", 1e9 * call_seconds);
    if (result.deliveries != warm_up + count || result.checksum != sum || odd != 0) {
        result.fail("the handler saw " + std::to_string(result.deliveries) + " of " +
                    std::to_string(warm_up + count) + " events, or other ones");
    }
    close_and_audit(bus, result, book.delivered());
    return result;
}

}  // namespace

void add_handler_work(std::vector<workload>& workloads) {
    workloads.push_back(
        {"handler_work_100ns", 5'000, [](auto count) { return handler_work(0.1, count); }});
    workloads.push_back(
        {"handler_work_1us", 2'000, [](auto count) { return handler_work(1.0, count); }});
    workloads.push_back(
        {"handler_work_10us", 1'000, [](auto count) { return handler_work(10.0, count); }});
}

}  // namespace bench
