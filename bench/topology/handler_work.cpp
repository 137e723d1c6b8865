// SPDX-License-Identifier: MIT
#include "support/latency.hpp"
#include "support/placement.hpp"
#include "support/throughput.hpp"
#include "topology/engine_bus.hpp"
#include "topology/workloads.hpp"

#include <atomic>
#include <chrono>

// W7:  publisher --> lane --> two runners -> a handler that computes for 0.1, 1 or 10 us
//
// The share of the ideal: what two cores need for the handlers' work alone, over what the run took.
// Both cores are measured at work at once, right before and right after: two cores of a virtual
// machine may be one core of the host, and then do less together than twice what one does.

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

// Seconds for so many calls when two threads, a core each, have nothing else to do.
double seconds_on_two_cores(std::uint64_t calls, std::uint64_t steps) {
    std::atomic<unsigned> ready{0};
    std::atomic<std::uint64_t> sum{0};
    const auto half = [&](bool first) {
        first ? pin_publisher() : keep_off_publisher();
        std::uint64_t value = 1;
        for (ready.fetch_add(1); ready.load() < cores;) {
            spin_pause();
        }
        const auto started = std::chrono::steady_clock::now();
        for (std::uint64_t call = 0; call < calls / cores; ++call) {
            value += compute(steps, call + 1);
        }
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
        sum.fetch_add(value, std::memory_order_relaxed);  // so the work is not left out
        return took.count();
    };
    double one = 0;
    double other = 0;
    {
        const std::jthread first([&] { one = half(true); });
        const std::jthread second([&] { other = half(false); });
    }
    return sum.load() == 0 ? 0 : std::max(one, other);
}

measurement handler_work(double microseconds, std::uint64_t count) {
    // Steps of one short call take another time than those of a long one: asked for twice.
    constexpr std::uint64_t probe_steps = 1'000'000;
    const double step_seconds = seconds_for(1, probe_steps) / static_cast<double>(probe_steps);
    const double wanted_seconds = 1e-6 * microseconds;
    const auto guess = static_cast<std::uint64_t>(wanted_seconds / step_seconds);
    const double guess_seconds = seconds_for(2'000, guess) / 2'000;
    const auto steps =
        static_cast<std::uint64_t>(static_cast<double>(guess) * wanted_seconds / guess_seconds);
    const auto reference_calls =
        std::max<std::uint64_t>(1'000, static_cast<std::uint64_t>(0.1 / wanted_seconds));
    const double ideal_before = seconds_on_two_cores(reference_calls, steps);

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
    constexpr std::uint64_t warm_up = window;  // what may wait has been written to once
    const auto send = [&](std::uint64_t from, std::uint64_t to) {
        for (; from < to; ++from) {
            publish(sample<0>{make_payload(0, from, 0)});
        }
    };
    send(0, warm_up);
    bus.wait_idle();
    const auto started = std::chrono::steady_clock::now();
    send(warm_up, warm_up + count);
    bus.wait_idle(std::chrono::minutes(1));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;

    const double ideal_after = seconds_on_two_cores(reference_calls, steps);
    const double ideal_call =
        (ideal_before + ideal_after) / 2 / static_cast<double>(reference_calls);

    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < warm_up + count; ++i) {
        sum += checksum(make_payload(0, i, 0));
    }
    measurement result;
    result.ok = true;
    result.count = count;
    result.seconds = took.count();
    result.threads = cores + 1;
    result.deliveries = book.delivered();
    result.checksum = book.total().sum;
    result.add("share_of_ideal", ideal_call * static_cast<double>(count) / took.count());
    result.add("call_ns", 1e9 * ideal_call * cores);
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
