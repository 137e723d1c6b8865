// SPDX-License-Identifier: MIT
#include "support/throughput.hpp"

namespace bench {
namespace {

using namespace std::chrono_literals;

constexpr auto poll_interval = 20us;
constexpr auto patience = 20s;  // without a single delivery: something was lost

std::uint64_t round_up_to_chunk(std::uint64_t events) {
    return (events + detail::chunk - 1) / detail::chunk * detail::chunk;
}

}  // namespace

throughput_run::throughput_run(const topology& shape, std::uint64_t count, ledger& book)
    : shape_(shape),
      book_(book),
      warm_up_each_(round_up_to_chunk(std::min(window, count) / shape.publishers)),
      count_each_(std::max<std::uint64_t>(1, count / shape.publishers)) {}

double throughput_run::deliveries_per_event() const noexcept {
    return static_cast<double>(shape_.handlers()) / static_cast<double>(shape_.topics());
}

void throughput_run::wait_for_start() noexcept {
    ready_.fetch_add(1, std::memory_order_release);
    backoff idle;
    while (!open_.load(std::memory_order_acquire)) {
        idle.wait();
    }
}

std::uint64_t throughput_run::acquire_window() noexcept {
    // Grants are spread: each is a share of what is free, never less than a chunk.
    backoff idle;
    for (;;) {
        const auto settled = static_cast<std::uint64_t>(static_cast<double>(book_.delivered()) /
                                                        deliveries_per_event());
        const std::uint64_t granted = granted_.load(std::memory_order_relaxed);
        const std::uint64_t in_flight = granted > settled ? granted - settled : 0;
        if (in_flight + detail::chunk <= window) {
            const std::uint64_t share = (window - in_flight) / (2 * shape_.publishers);
            const std::uint64_t grant =
                std::max(detail::chunk, share / detail::chunk * detail::chunk);
            granted_.fetch_add(grant, std::memory_order_relaxed);
            return grant;
        }
        idle.wait();
    }
}

bool throughput_run::wait_until_delivered(std::uint64_t deliveries) const {
    std::uint64_t seen = book_.delivered();
    auto last_progress = std::chrono::steady_clock::now();
    while (seen < deliveries) {
        std::this_thread::sleep_for(poll_interval);
        const std::uint64_t now = book_.delivered();
        if (now != seen) {
            seen = now;
            last_progress = std::chrono::steady_clock::now();
        } else if (std::chrono::steady_clock::now() - last_progress > patience) {
            return false;
        }
    }
    return true;
}

std::uint64_t throughput_run::deliveries_after(std::uint64_t events_each) const noexcept {
    std::uint64_t deliveries = 0;
    for (std::size_t topic = 0; topic < shape_.topics(); ++topic) {
        const std::uint64_t events =
            events_each / shape_.topics() + (topic < events_each % shape_.topics() ? 1 : 0);
        deliveries += events * shape_.listeners[topic].size();
    }
    return deliveries * shape_.publishers;
}

void throughput_run::start_publishers() {
    while (ready_.load(std::memory_order_acquire) < shape_.publishers) {
        std::this_thread::sleep_for(poll_interval);
    }
    warm_ = wait_until_delivered(deliveries_after(warm_up_each_));
    usage_at_start_ = usage_now();
    started_ = std::chrono::steady_clock::now();
    open_.store(true, std::memory_order_release);
}

measurement throughput_run::finish(unsigned consumer_threads) {
    measurement result;
    result.ok = wait_until_delivered(deliveries_after(events_each()));
    result.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
    result.cpu_seconds = usage_now().cpu_seconds - usage_at_start_.cpu_seconds;
    result.count = count_each_ * shape_.publishers;
    result.threads = shape_.publishers + consumer_threads;
    result.publisher_cpus = publisher_cpus_.load(std::memory_order_relaxed);
    result.handler_cpus = book_.cpus();
    result.deliveries = deliveries_after(events_each()) - deliveries_after(warm_up_each_);
    result.add("events_per_second", static_cast<double>(result.count) / result.seconds);
    result.add("ns_per_event", 1e9 * result.seconds / static_cast<double>(result.count));
    verify(result);
    return result;
}

// What arrived against what follows from the shape: count and sum, handler by handler.
void throughput_run::verify(measurement& result) const {
    if (!warm_ || !result.ok) {
        result.fail("deliveries stopped coming: " + std::to_string(book_.delivered()) + " of " +
                    std::to_string(deliveries_after(events_each())));
        return;
    }
    result.checksum = book_.total().sum;
    for (std::size_t topic = 0; topic < shape_.topics(); ++topic) {
        tally expected;
        for (std::uint64_t id = 0; id < shape_.publishers; ++id) {
            for (std::uint64_t i = topic; i < events_each(); i += shape_.topics()) {
                expected.sum += checksum(make_payload(id, i, topic));
                ++expected.count;
            }
        }
        for (const std::size_t handler : shape_.listeners[topic]) {
            if (book_.of(handler) != expected) {
                result.fail("handler " + std::to_string(handler) + " of topic " +
                            std::to_string(topic) + ": count or checksum differs");
                return;
            }
        }
    }
}

}  // namespace bench
