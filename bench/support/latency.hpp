// SPDX-License-Identifier: MIT
#pragma once

#include "support/backoff.hpp"
#include "support/ledger.hpp"
#include "support/measurement.hpp"
#include "support/payload.hpp"
#include "support/placement.hpp"
#include "support/process_stats.hpp"
#include "support/thread_slot.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Open-loop latency and round trips. The publisher follows a fixed schedule and stamps each event
// with the time at which it should have been sent: a competitor that makes the publisher wait pays
// for it (no coordinated omission). Samples are kept one by one, so quantiles are exact.

namespace bench {

[[nodiscard]] inline std::int64_t now_ns() noexcept {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

// One delay per event, written by whoever handles it: each index has one writer, and readers come
// after `ledger` has counted the event.
class delay_book {
public:
    explicit delay_book(std::uint64_t events) : delays_(events, unset) {}

    void record(std::uint64_t sequence, std::int64_t delay_ns) noexcept {
        delays_[sequence] = delay_ns;
    }

    // Adds <prefix>p50_ns, p90_ns, p99_ns and max_ns. The first fifth is left out: threads and
    // placements settle.
    void add_quantiles(measurement& result, std::string_view prefix) const;

private:
    static constexpr std::int64_t unset = -1;
    std::vector<std::int64_t> delays_;
};

// A handler that notes how late the event is and counts it.
struct delay_recorder {
    delay_book* delays = nullptr;
    ledger* book = nullptr;
    std::size_t handler = 0;

    void operator()(const payload& event) const noexcept {
        delays->record(event.sequence, now_ns() - event.stamp_ns);
        book->add(handler, event);
    }
};

class open_loop_run {
public:
    open_loop_run(double events_per_second, std::uint64_t count, ledger& book)
        : period_ns_(1e9 / events_per_second), count_(count), book_(book) {}

    // Calls publish(payload) for each event when its time has come, spinning in between.
    template <class Publish>
    [[nodiscard]] measurement run(const delay_book& delays, std::uint64_t deliveries,
                                  Publish publish) {
        const pinned_publisher here;
        start();
        for (std::uint64_t i = 0; i < count_; ++i) {
            const std::int64_t due =
                start_ns_ + static_cast<std::int64_t>(static_cast<double>(i) * period_ns_);
            std::int64_t now = now_ns();
            for (; now < due; now = now_ns()) {
                spin_pause();
            }
            lateness_.record(i, now - due);
            publish(make_payload(0, i, 0, due));
        }
        return finish(delays, deliveries);
    }

private:
    void start();
    [[nodiscard]] measurement finish(const delay_book& delays, std::uint64_t deliveries);

    double period_ns_;
    std::uint64_t count_;
    ledger& book_;
    delay_book lateness_{count_};
    std::int64_t start_ns_ = 0;
    process_usage usage_at_start_;
};

// Waits (sleeping) until the ledger has `deliveries`; false after ten seconds without progress.
[[nodiscard]] bool wait_for_deliveries(const ledger& book, std::uint64_t deliveries);

// Fails `result` unless each handler of the ledger saw events 0..count-1 of publisher and topic 0.
void verify_each_handler(measurement& result, const ledger& book, std::uint64_t count);

// A closed loop of one: send, wait spinning until `arrived(sequence)`, note the time.
template <class Send, class Arrived>
[[nodiscard]] measurement measure_round_trips(std::uint64_t count, Send send, Arrived arrived) {
    constexpr std::uint64_t spins_before_clock = 1 << 14;
    constexpr std::int64_t patience_ns = 10'000'000'000;
    const pinned_publisher here;
    measurement result;
    result.ok = true;
    delay_book trips(count);
    const process_usage before = usage_now();
    const std::int64_t started = now_ns();
    for (std::uint64_t i = 0; i < count && result.ok; ++i) {
        const std::int64_t sent = now_ns();
        send(make_payload(0, i, 0, sent));
        for (std::uint64_t spins = 1; !arrived(i); ++spins) {
            spin_pause();
            if (spins % spins_before_clock == 0 && now_ns() - sent > patience_ns) {
                result.fail("no echo of event " + std::to_string(i));
                break;
            }
        }
        trips.record(i, now_ns() - sent);
    }
    result.seconds = 1e-9 * static_cast<double>(now_ns() - started);
    result.cpu_seconds = usage_now().cpu_seconds - before.cpu_seconds;
    result.count = count;
    result.publisher_cpus = current_cpu_bit();
    trips.add_quantiles(result, "");
    return result;
}

}  // namespace bench
