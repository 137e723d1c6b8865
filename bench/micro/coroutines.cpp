// SPDX-License-Identifier: MIT
#include "micro/coroutines.hpp"

#include "support/allocation_count.hpp"
#include "support/latency.hpp"
#include "support/ledger.hpp"
#include "support/process_stats.hpp"
#include "topology/engine_bus.hpp"
#include <stentor/stentor.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

// Coroutines that wait, all at once, on two workers: what they weigh, and that each goes on once.
//
//   publisher --> lane --> coroutine that sleeps --> ends

namespace bench {

namespace {

using namespace std::chrono_literals;

stentor::bus_options two_workers() {
    stentor::bus_options made;
    made.workers = 2;
    return made;
}

}  // namespace

measurement asleep(std::uint64_t count) {
    constexpr double mebi = 1024.0 * 1024.0;
    measurement result;
    result.ok = true;
    const std::int64_t started = now_ns();
    ledger book{1};
    std::atomic<std::uint64_t> sleeping{0};
    std::atomic<std::uint64_t> ended{0};
    stentor::bus bus(two_workers());
    stentor::subscription_options limits;
    limits.capacity = static_cast<std::int64_t>(2 * count);
    bus.keep(bus.subscribe<sample<0>>(
        "sleepers",
        [&](const sample<0>& event, stentor::context& ctx) -> stentor::task<> {
            sleeping.fetch_add(1);
            co_await ctx.sleep(1500ms);
            book.add(0, event.body);
            ended.fetch_add(1);
        },
        limits));
    bus.warm();
    const auto resident = resident_bytes();
    const auto before = allocations_now();
    for (std::uint64_t i = 0; i < count; ++i) {
        bus.publish(sample<0>{make_payload(0, i, 0)});
    }
    while (sleeping.load() < count && ended.load() == 0) {
        std::this_thread::sleep_for(1ms);
    }
    const auto after = allocations_now();
    const auto bytes = static_cast<double>(after.live_bytes - before.live_bytes);
    result.count = count;
    result.add("asleep_mib", bytes / mebi);
    result.add("asleep_bytes_each", bytes / static_cast<double>(count));
    result.add("asleep_resident_mib",
               (static_cast<double>(resident_bytes()) - static_cast<double>(resident)) / mebi);
    if (ended.load() != 0) {
        result.fail("some had slept before all did");
    }
    if (!wait_for_deliveries(book, count) || !bus.wait_idle()) {
        result.fail("deliveries stopped coming");
    }
    verify_each_handler(result, book, count);
    close_and_audit(bus, result, count);
    result.seconds = 1e-9 * static_cast<double>(now_ns() - started);
    return result;
}

}  // namespace bench
