// SPDX-License-Identifier: MIT
#include "support/latency.hpp"
#include "topology/engine_bus.hpp"
#include "topology/workloads.hpp"

#include <atomic>
#include <thread>

// publisher (as fast as it is let) --> event --> two handlers that stay
//                                            --> one that comes and goes
//
// Measured is unsubscribe() of the last one, which waits for the call that is running and for
// nothing else. A call after its return fails the run.

namespace bench {
namespace {

constexpr std::uint64_t calls_before_leaving = 200;  // placed by then

measurement unsubscribe_under_load(std::uint64_t count) {
    ledger book(2);
    delay_book delays(count);
    stentor::bus bus(engine_options(stentor::profile::balanced, false));
    subscribe_adders<1>(bus, one_topic(1, 2), book);
    measurement result;
    result.ok = true;
    result.count = count;
    std::atomic<std::uint64_t> calls{0};  // of the one that comes and goes; written by runners
    const std::int64_t started = now_ns();
    {
        const std::jthread publisher([&](std::stop_token stop) {
            auto hot = bus.publisher<sample<0>>();
            backoff full;
            for (std::uint64_t i = 0; !stop.stop_requested(); ++i) {
                const auto status = hot.publish(sample<0>{make_payload(0, i, 0)}).status();
                if (status == stentor::publish_status::rejected_full) {
                    full.wait();
                } else {
                    full.reset();
                }
            }
        });
        for (std::uint64_t round = 0; round < count && result.ok; ++round) {
            calls.store(0, std::memory_order_relaxed);
            stentor::subscription guest = bus.subscribe<sample<0>>(
                "guest", [&](const sample<0>&) { calls.fetch_add(1, std::memory_order_relaxed); });
            const std::int64_t waiting_since = now_ns();
            while (calls.load(std::memory_order_relaxed) < calls_before_leaving && result.ok) {
                std::this_thread::yield();
                if (now_ns() - waiting_since > 10'000'000'000) {
                    result.fail("the guest was never called");
                }
            }
            const std::int64_t before = now_ns();
            guest.unsubscribe();
            delays.record(round, now_ns() - before);
            const std::uint64_t at_return = calls.load(std::memory_order_relaxed);
            std::this_thread::yield();
            if (calls.load(std::memory_order_relaxed) != at_return) {
                result.fail("called after unsubscribe() had returned");
            }
        }
    }
    result.seconds = 1e-9 * static_cast<double>(now_ns() - started);
    delays.add_quantiles(result, "");
    bus.drain();
    result.deliveries = book.delivered();
    if (const auto unaccounted = bus.audit().unaccounted(); unaccounted != 0) {
        result.fail("audit: unaccounted " + std::to_string(unaccounted));
    }
    return result;
}

}  // namespace

void add_unsubscribe(std::vector<workload>& workloads) {
    workloads.push_back({"unsubscribe_under_load", 20, unsubscribe_under_load});
}

}  // namespace bench
