// SPDX-License-Identifier: MIT
#include "micro/retries.hpp"

#include "support/allocation_count.hpp"
#include "support/latency.hpp"
#include "support/ledger.hpp"
#include "support/process_stats.hpp"
#include "topology/engine_bus.hpp"
#include <stentor/stentor.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <thread>
#include <utility>

// Deliveries that wait for their second attempt, all at once: what each weighs, how many
// allocations it takes, what putting one away costs at the beginning and at the end, and that each
// comes back once.
//
//   publisher --> lane --> handler that asks for a retry --> retry room --> handler

namespace bench {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t chunk = 1'024;
constexpr auto wait = 6s;  // longer than it takes to put all of them away

// Fits the middle one of the slots, of 64 bytes.
struct numbered {
    static constexpr std::string_view topic = "bench.numbered";
    std::uint64_t number = 0;
};

// One attempt fails, at a known moment.
stentor::retry_policy once_more(std::uint64_t waiting) {
    stentor::retry_policy policy;
    policy.max_attempts = 2;
    policy.immediate = 0;
    policy.backoff = stentor::backoff::fixed;
    policy.base = wait;
    policy.cap = wait;
    policy.max_elapsed = 1h;
    policy.budget = {};
    policy.max_waiting = static_cast<std::int64_t>(waiting);
    return policy;
}

}  // namespace

measurement waiting_retries(std::uint64_t count) {
    measurement result;
    result.ok = true;
    const std::int64_t started = now_ns();
    ledger book{1};
    std::atomic<std::uint64_t> failed{0};
    std::atomic<std::uint64_t> again{0};
    stentor::bus_options options;
    options.workers = 1;
    options.capacity = static_cast<std::int64_t>(2 * count);
    stentor::bus bus(std::move(options));
    stentor::subscription_options limits;
    limits.capacity = static_cast<std::int64_t>(2 * count);
    limits.retry = once_more(count);
    bus.keep(bus.subscribe<numbered>(
        "flaky",
        [&](const numbered& event, stentor::context& ctx) {
            if (ctx.attempt() == 1) {
                failed.fetch_add(1);
                return stentor::outcome::retry();
            }
            again.fetch_add(1);
            book.add(0, make_payload(0, event.number, 0));
            return stentor::outcome::done();
        },
        limits));
    bus.warm();
    const auto put_away = [&](std::uint64_t from, std::uint64_t to) {
        const auto begin = now_ns();
        // A little at a time, or the queue before the handler would be what is weighed.
        for (std::uint64_t at = from; at < to;) {
            for (const auto end = std::min(at + chunk, to); at < end; ++at) {
                bus.publish(numbered{at});
            }
            while (failed.load() < at) {
                std::this_thread::yield();
            }
        }
        return static_cast<double>(now_ns() - begin) / static_cast<double>(to - from);
    };
    // The ring of attempts and the log's memory of errors have their size by then.
    const auto warm = count / 10;
    const auto first = put_away(0, warm);
    const auto resident = static_cast<double>(resident_bytes());
    const auto before = allocations_now();
    static_cast<void>(put_away(warm, count - warm));
    const auto after = allocations_now();
    const auto grown = static_cast<double>(resident_bytes()) - resident;
    const auto last = put_away(count - warm, count);
    const auto waited = static_cast<double>(count - 2 * warm);
    const auto at_rest = bus.audit().subscriptions.front().second.retry_waiting;
    result.count = count;
    result.add("waiting_bytes_each",
               static_cast<double>(after.live_bytes - before.live_bytes) / waited);
    result.add("waiting_allocations_each",
               static_cast<double>(after.calls - before.calls) / waited);
    result.add("waiting_resident_bytes_each", grown / waited);
    result.add("waiting_first_ns", first);
    result.add("waiting_last_ns", last);
    if (again.load() != 0 || at_rest != static_cast<std::int64_t>(count)) {
        result.fail("not all waited at the same time");
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
