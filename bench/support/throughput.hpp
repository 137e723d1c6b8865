// SPDX-License-Identifier: MIT
#pragma once

#include "support/backoff.hpp"
#include "support/ledger.hpp"
#include "support/measurement.hpp"
#include "support/payload.hpp"
#include "support/placement.hpp"
#include "support/process_stats.hpp"
#include "support/thread_slot.hpp"
#include "support/topology.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// The driver of every throughput workload, the same for all competitors: publisher threads warm up
// with a window of events, meet at a gate, publish their share, and the clock stops when the last
// handler call has returned. `throughput_run` is shared by the publisher threads; everything else
// is called from the thread that measures.
//
// A competitor gives a function `make(publisher)` that is called on each publisher's thread and
// returns an object with
//     void operator()(const sample<Topic>&);       // one event
//     void bulk(std::span<const sample<0>>);       // when Batch > 1

namespace bench {

// Events in flight that everybody is allowed; rings have this size.
inline constexpr std::uint64_t window = 65'536;

class throughput_run {
public:
    throughput_run(const topology& shape, std::uint64_t count, ledger& book);

    [[nodiscard]] std::uint64_t warm_up_each() const noexcept { return warm_up_each_; }
    [[nodiscard]] std::uint64_t events_each() const noexcept { return warm_up_each_ + count_each_; }

    // Publisher side.
    void wait_for_start() noexcept;
    // Waits while a window of events is in flight; returns how many may go before asking again.
    [[nodiscard]] std::uint64_t acquire_window() noexcept;
    void return_window(std::uint64_t events) noexcept {
        granted_.fetch_sub(events, std::memory_order_relaxed);
    }
    void note_publisher_cpu() noexcept {
        publisher_cpus_.fetch_or(current_cpu_bit(), std::memory_order_relaxed);
    }

    // Measuring side.
    void start_publishers();
    [[nodiscard]] measurement finish(unsigned consumer_threads);

private:
    [[nodiscard]] double deliveries_per_event() const noexcept;
    [[nodiscard]] std::uint64_t deliveries_after(std::uint64_t events_each) const noexcept;
    [[nodiscard]] bool wait_until_delivered(std::uint64_t deliveries) const;
    void verify(measurement& result) const;

    const topology& shape_;
    ledger& book_;
    std::uint64_t warm_up_each_;
    std::uint64_t count_each_;
    bool warm_ = false;
    std::chrono::steady_clock::time_point started_;
    process_usage usage_at_start_;
    std::atomic<std::uint64_t> granted_{0};  // events the window has let through
    std::atomic<unsigned> ready_{0};
    std::atomic<bool> open_{false};
    std::atomic<std::uint64_t> publisher_cpus_{0};
};

namespace detail {

inline constexpr std::uint64_t chunk = 512;
static_assert(chunk % topics_max == 0, "a chunk starts with topic 0");

template <std::size_t Topics, class Publisher>
void publish_chunk(Publisher& publisher, std::uint64_t id, std::uint64_t first,
                   std::uint64_t last) {
    for (std::uint64_t sequence = first; sequence < last;) {
        [&]<std::size_t... Topic>(std::index_sequence<Topic...>) {
            (void)((sequence < last &&
                    (publisher(sample<Topic>{make_payload(id, sequence++, Topic)}), true)) &&
                   ...);
        }(std::make_index_sequence<Topics>{});
    }
}

template <std::size_t Batch, class Publisher>
void publish_chunk_in_batches(Publisher& publisher, std::uint64_t id, std::uint64_t first,
                              std::uint64_t last) {
    std::array<sample<0>, Batch> batch;
    while (first < last) {
        const std::size_t size = std::min<std::uint64_t>(Batch, last - first);
        for (std::size_t i = 0; i < size; ++i) {
            batch[i].body = make_payload(id, first + i, 0);
        }
        publisher.bulk(std::span<const sample<0>>(batch.data(), size));
        first += size;
    }
}

template <std::size_t Topics, std::size_t Batch, class Publisher>
void publish_range(throughput_run& run, Publisher& publisher, std::uint64_t id, std::uint64_t first,
                   std::uint64_t last) {
    std::uint64_t allowed = 0;
    while (first < last) {
        if (allowed < chunk) {
            allowed += run.acquire_window();
        }
        allowed -= chunk;
        const std::uint64_t end = std::min(first + chunk, last);
        if constexpr (Batch > 1) {
            static_assert(Topics == 1, "batches go to one topic");
            publish_chunk_in_batches<Batch>(publisher, id, first, end);
        } else {
            publish_chunk<Topics>(publisher, id, first, end);
        }
        first = end;
    }
    run.return_window(allowed);
    run.note_publisher_cpu();
}

}  // namespace detail

template <std::size_t Topics, std::size_t Batch = 1, class MakePublisher>
[[nodiscard]] measurement measure_throughput(const topology& shape, std::uint64_t count,
                                             ledger& book, unsigned consumer_threads,
                                             MakePublisher make) {
    throughput_run run(shape, count, book);
    std::vector<std::jthread> publishers;
    for (unsigned id = 0; id < shape.publishers; ++id) {
        publishers.emplace_back([&run, &make, id, alone = shape.publishers == 1] {
            if (alone) {
                pin_publisher();
            }
            auto publisher = make(id);
            detail::publish_range<Topics, Batch>(run, publisher, id, 0, run.warm_up_each());
            run.wait_for_start();
            detail::publish_range<Topics, Batch>(run, publisher, id, run.warm_up_each(),
                                                 run.events_each());
        });
    }
    run.start_publishers();
    publishers.clear();  // joins
    return run.finish(consumer_threads);
}

}  // namespace bench
