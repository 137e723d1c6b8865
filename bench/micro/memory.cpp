// SPDX-License-Identifier: MIT
#include "baseline/raw_queue.hpp"
#include "micro/coroutines.hpp"
#include "micro/retries.hpp"
#include "support/allocation_count.hpp"
#include "support/latency.hpp"
#include "support/process_stats.hpp"
#include "support/protocol.hpp"
#include "topology/engine_bus.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <string>
#include <thread>

// W10: what a queued event weighs, what an event in flight allocates, and what a burst leaves
// behind. A program of its own, because every allocation in it is counted.
//
//   publisher --> lane (held up by a handler that waits at a gate) --> handler

namespace {

using namespace bench;

// A handler that stops at its first event until the gate opens.
class gated_bus {
public:
    explicit gated_bus(std::uint64_t capacity) : bus_(options(capacity)) {
        stentor::subscription_options limits;
        limits.capacity = static_cast<std::int64_t>(capacity);
        limits.max_concurrency = 1;
        bus_.keep(bus_.subscribe<sample<0>>(
            "gated",
            [this](const sample<0>& event) {
                gate_.wait(false, std::memory_order_acquire);
                book_.add(0, event.body);
            },
            limits));
        bus_.warm();
    }

    // Events of which none is settled before the gate opens.
    void publish(std::uint64_t count) {
        plain_publisher publish(bus_);
        for (std::uint64_t i = 0; i < count; ++i) {
            publish(sample<0>{make_payload(0, published_ + i, 0)});
        }
        published_ += count;
    }

    // Publishes through a closed gate until the lane is full, then lets everything through.
    template <class Publish>
    bool fill(Publish publish_event) {
        close_gate();
        while (publish_event(sample<0>{make_payload(0, published_, 0)})) {
            ++published_;
        }
        return open_gate_and_wait();
    }

    template <class Publish>
    void publish_next(Publish publish_event) {
        const sample<0> event{make_payload(0, published_++, 0)};
        publish_until_accepted([&] { return publish_event(event); });
    }

    stentor::publish_result publish_one(const sample<0>& event) { return bus_.publish(event); }
    stentor::publisher<sample<0>> lease() { return bus_.publisher<sample<0>>(); }

    void close_gate() { gate_.store(false, std::memory_order_release); }

    bool open_gate_and_wait() {
        gate_.store(true, std::memory_order_release);
        gate_.notify_all();
        return wait_for_deliveries(book_, published_) && bus_.wait_idle();
    }

    void finish(measurement& result) {
        verify_each_handler(result, book_, published_);
        close_and_audit(bus_, result, published_);
    }

private:
    static stentor::bus_options options(std::uint64_t capacity) {
        stentor::bus_options made;
        // A tenth is kept for handlers that publish.
        made.capacity = static_cast<std::int64_t>(capacity) * 2;
        return made;
    }

    ledger book_{1};
    std::atomic<bool> gate_{true};
    std::uint64_t published_ = 0;
    stentor::bus bus_;
};

constexpr std::uint64_t warm_up_events = 2'000;

double per_event(double value, std::uint64_t count) {
    return value / static_cast<double>(count);
}

void add_weight(measurement& result, std::uint64_t count, const allocation_count& before,
                std::uint64_t resident_before) {
    const allocation_count after = allocations_now();
    result.count = count;
    result.add("bytes_per_event",
               per_event(static_cast<double>(after.live_bytes - before.live_bytes), count));
    result.add("resident_bytes_per_event", per_event(static_cast<double>(resident_bytes()) -
                                                         static_cast<double>(resident_before),
                                                     count));
    result.add("growing_allocations_per_event",
               per_event(static_cast<double>(after.calls - before.calls), count));
}

// Once the lane has been full through each publisher, its backlog cannot grow any more: from then
// on nothing may be allocated, whichever way events are published.
void add_steady_allocations(measurement& result, std::uint64_t count) {
    gated_bus bus(stentor::subscription_capacity_default);
    auto leased = bus.lease();
    bool arrived = bus.fill([&](const sample<0>& event) { return bus.publish_one(event); });
    arrived = bus.fill([&](const sample<0>& event) { return leased.publish(event); }) && arrived;
    const allocation_count before = allocations_now();
    for (std::uint64_t i = 0; i < count; ++i) {
        bus.publish_next([&](const sample<0>& event) {
            return i % 2 == 0 ? bus.publish_one(event) : leased.publish(event);
        });
    }
    arrived = bus.open_gate_and_wait() && arrived;
    const allocation_count after = allocations_now();
    if (!arrived) {
        result.fail("deliveries stopped coming");
        return;
    }
    result.add("steady_allocations", static_cast<double>(after.calls - before.calls));
    result.add("steady_allocations_per_event",
               per_event(static_cast<double>(after.calls - before.calls), count));
    measurement second_bus;
    second_bus.ok = true;
    second_bus.count = count;
    bus.finish(second_bus);
    if (!second_bus.ok) {
        result.fail(second_bus.why);
    }
}

measurement queued(std::uint64_t count) {
    measurement result;
    result.ok = true;
    const std::int64_t started = now_ns();
    {
        gated_bus bus(2 * count);
        bus.publish(warm_up_events);
        result.ok = bus.open_gate_and_wait();
        bus.close_gate();
        const std::uint64_t resident_before = resident_bytes();
        const allocation_count before = allocations_now();
        bus.publish(count);
        add_weight(result, count, before, resident_before);
        result.ok = bus.open_gate_and_wait() && result.ok;
        bus.finish(result);
    }
    add_steady_allocations(result, count);
    result.seconds = 1e-9 * static_cast<double>(now_ns() - started);
    return result;
}

measurement burst(std::uint64_t count) {
    constexpr double mebi = 1024.0 * 1024.0;
    measurement result;
    const std::int64_t started = now_ns();
    gated_bus bus(2 * count);
    bus.publish(warm_up_events);
    result.ok = bus.open_gate_and_wait();
    const auto before = static_cast<double>(resident_bytes());
    bus.close_gate();
    bus.publish(count);
    const auto peak = static_cast<double>(resident_bytes());
    result.ok = bus.open_gate_and_wait() && result.ok;
    // An engine that gives memory back does so when it has become idle.
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    const auto after = static_cast<double>(resident_bytes());
    result.count = count;
    result.add("resident_before_mib", before / mebi);
    result.add("resident_peak_mib", peak / mebi);
    result.add("resident_after_mib", after / mebi);
    result.add("resident_ratio", after / before);
    result.add("given_back_share", peak > before ? (peak - after) / (peak - before) : 1.0);
    bus.finish(result);
    result.seconds = 1e-9 * static_cast<double>(now_ns() - started);
    return result;
}

// The twins hold the bare payload, without any metadata.
template <class Queue, class Push>
measurement queued_bare(std::uint64_t count, Queue& queue, Push push) {
    measurement result;
    result.ok = true;
    const std::uint64_t resident_before = resident_bytes();
    const allocation_count before = allocations_now();
    for (std::uint64_t i = 0; i < count; ++i) {
        push(queue, make_payload(0, i, 0));
    }
    add_weight(result, count, before, resident_before);
    return result;
}

measurement queued_raw(std::uint64_t count) {
    raw_queue queue;
    const moodycamel::ProducerToken token(queue);
    return queued_bare(count, queue,
                       [&](raw_queue& into, const payload& event) { into.enqueue(token, event); });
}

measurement queued_deque(std::uint64_t count) {
    std::deque<payload> queue;
    return queued_bare(count, queue, [](std::deque<payload>& into, const payload& event) {
        into.push_back(event);
    });
}

}  // namespace

int main(int argc, char** argv) {
    const std::array workloads{
        workload{"queued_million", 20'000, queued},
        workload{"queued_raw", 20'000, queued_raw},
        workload{"queued_deque", 20'000, queued_deque},
        workload{"burst", 20'000, burst},
        workload{"asleep", 10'000, asleep},
        workload{"waiting_retries", 20'000, waiting_retries},
    };
    return serve("memory", workloads, argc, argv);
}
