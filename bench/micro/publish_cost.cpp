// SPDX-License-Identifier: MIT
#include "support/payload.hpp"
#include <stentor/stentor.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

// What single calls cost their caller, in nanoseconds, with runners taking the events away at the
// same time. Publishing is timed in batches that fit the lane, and the bus is empty before each, so
// that no call is refused.

namespace {

using bench::make_payload;
using bench::sample;

constexpr std::uint64_t batch = 4'096;

stentor::subscription count_events(stentor::bus& bus, std::string_view name) {
    return bus.subscribe<sample<0>>(
        name, [](const sample<0>& event) { benchmark::DoNotOptimize(checksum(event.body)); });
}

// Times publish_batch() by hand, once per iteration, and waits outside the clock.
template <class PublishBatch>
void time_batches(benchmark::State& state, stentor::bus& bus, PublishBatch publish_batch) {
    for (auto _ : state) {
        const auto started = std::chrono::steady_clock::now();
        const std::uint64_t accepted = publish_batch();
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
        state.SetIterationTime(taken.count());
        if (accepted != batch) {
            state.SkipWithError("an event was refused");
            break;
        }
        bus.wait_idle();
    }
    const auto events = static_cast<double>(state.iterations() * batch);
    state.counters["per_event"] =
        benchmark::Counter(events, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
    if (bus.audit().unaccounted() != 0) {
        state.SkipWithError("the audit does not balance");
    }
}

template <class PublishOne>
std::uint64_t publish_each(PublishOne publish_one) {
    std::uint64_t accepted = 0;
    for (std::uint64_t i = 0; i < batch; ++i) {
        accepted += publish_one(sample<0>{make_payload(0, i, 0)}) ? 1U : 0U;
    }
    return accepted;
}

void publish_plain(benchmark::State& state) {
    stentor::bus bus;
    const auto handler = count_events(bus, "handler");
    time_batches(state, bus, [&] {
        return publish_each([&](const sample<0>& event) { return bool(bus.publish(event)); });
    });
}

void publish_leased(benchmark::State& state) {
    stentor::bus bus;
    const auto handler = count_events(bus, "handler");
    auto hot = bus.publisher<sample<0>>();
    time_batches(state, bus, [&] {
        return publish_each([&](const sample<0>& event) { return bool(hot.publish(event)); });
    });
}

void publish_with_metadata(benchmark::State& state) {
    stentor::bus bus;
    const auto handler = count_events(bus, "handler");
    time_batches(state, bus, [&] {
        return publish_each([&](const sample<0>& event) {
            return bool(bus.publish(event, {.correlation_id = "req-7f3"}));
        });
    });
}

void publish_bulk(benchmark::State& state) {
    stentor::bus bus;
    const auto handler = count_events(bus, "handler");
    const auto size = static_cast<std::size_t>(state.range(0));
    std::vector<sample<0>> events(size);
    for (std::size_t i = 0; i < size; ++i) {
        events[i].body = make_payload(0, i, 0);
    }
    time_batches(state, bus, [&] {
        std::uint64_t accepted = 0;
        for (std::uint64_t done = 0; done < batch; done += size) {
            accepted += bus.publish_bulk(std::span<const sample<0>>(events));
        }
        return accepted;
    });
}

void publish_to_nobody(benchmark::State& state) {
    stentor::bus bus;
    time_batches(state, bus, [&] {
        return publish_each([&](const sample<0>& event) { return bool(bus.publish(event)); });
    });
}

// A pattern subscription in the route costs the publisher nothing more than a typed one.
void publish_to_pattern(benchmark::State& state) {
    stentor::bus bus;
    const auto handler = bus.subscribe(
        "pattern", stentor::pattern("bench.>"),
        [](const stentor::any_event& event) { benchmark::DoNotOptimize(event.topic().size()); });
    time_batches(state, bus, [&] {
        return publish_each([&](const sample<0>& event) { return bool(bus.publish(event)); });
    });
}

void would_deliver(benchmark::State& state) {
    stentor::bus bus;
    const auto handler = count_events(bus, "handler");
    for (auto _ : state) {
        benchmark::DoNotOptimize(bus.would_deliver<sample<0>>());
    }
}

// Reading what a bus of `range` subscriptions knows about itself.
std::vector<stentor::subscription> subscribe_many(stentor::bus& bus, std::int64_t count) {
    std::vector<stentor::subscription> all;
    for (std::int64_t i = 0; i < count; ++i) {
        all.push_back(count_events(bus, "handler." + std::to_string(i)));
    }
    for (int i = 0; i < 200; ++i) {
        bus.publish(sample<0>{make_payload(0, 0, 0)});
    }
    bus.wait_idle();
    return all;
}

void audit(benchmark::State& state) {
    stentor::bus bus;
    const auto handlers = subscribe_many(bus, state.range(0));
    for (auto _ : state) {
        benchmark::DoNotOptimize(bus.audit());
    }
}

void snapshot(benchmark::State& state) {
    stentor::bus bus;
    const auto handlers = subscribe_many(bus, state.range(0));
    for (auto _ : state) {
        benchmark::DoNotOptimize(bus.snapshot());
    }
}

void subscribe_and_unsubscribe(benchmark::State& state) {
    stentor::bus bus;
    for (auto _ : state) {
        auto handler = count_events(bus, "handler");
        handler.unsubscribe();
    }
}

}  // namespace

BENCHMARK(publish_plain)->UseManualTime();
BENCHMARK(publish_leased)->UseManualTime();
BENCHMARK(publish_with_metadata)->UseManualTime();
BENCHMARK(publish_bulk)->Arg(16)->Arg(64)->Arg(256)->UseManualTime();
BENCHMARK(publish_to_nobody)->UseManualTime();
BENCHMARK(publish_to_pattern)->UseManualTime();
BENCHMARK(would_deliver);
BENCHMARK(audit)->Arg(1)->Arg(100);
BENCHMARK(snapshot)->Arg(1)->Arg(100);
BENCHMARK(subscribe_and_unsubscribe);

BENCHMARK_MAIN();
