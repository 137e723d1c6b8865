// SPDX-License-Identifier: MIT
#include "support/payload.hpp"
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <memory>

// What a delivery costs its runner, by the form of the handler: a batch is published outside the
// clock, then one runner handles it, on the thread that measures.

namespace {

using bench::make_payload;
using bench::sample;

constexpr std::uint64_t batch = 4'096;

// `subscribe(bus, handled)`: the handler counts in `handled`.
template <class Subscribe>
void time_runner(benchmark::State& state, Subscribe subscribe) {
    auto runs = std::make_shared<stentor::manual_executor>();
    stentor::bus bus({.workers = 1, .spare = 0, .executor = runs});
    std::uint64_t handled = 0;
    const auto handler = subscribe(bus, handled);
    const auto publish_batch = [&] {
        for (std::uint64_t i = 0; i < batch; ++i) {
            bus.publish(sample<0>{make_payload(0, i, 0)});
        }
    };
    publish_batch();
    runs->run_until_idle();  // until it is known what a call costs
    handled = 0;
    for (auto _ : state) {
        publish_batch();
        const auto started = std::chrono::steady_clock::now();
        runs->run_until_idle();
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
        state.SetIterationTime(taken.count());
    }
    const auto events = state.iterations() * batch;
    state.counters["per_event"] = benchmark::Counter(
        static_cast<double>(events), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
    if (handled != events || bus.audit().unaccounted() != 0) {
        state.SkipWithError("not every event was handled once");
    }
}

void plain_handler(benchmark::State& state) {
    time_runner(state, [](stentor::bus& bus, std::uint64_t& handled) {
        return bus.subscribe<sample<0>>("plain",
                                        [&handled](const sample<0>& event, stentor::context&) {
                                            benchmark::DoNotOptimize(checksum(event.body));
                                            ++handled;
                                        },
                                        {.placement = stentor::placement::own});
    });
}

// A coroutine that never waits.
void coroutine_handler(benchmark::State& state) {
    time_runner(state, [](stentor::bus& bus, std::uint64_t& handled) {
        return bus.subscribe<sample<0>>(
            "coroutine", [&handled](const sample<0>& event, stentor::context&) -> stentor::task<> {
                benchmark::DoNotOptimize(checksum(event.body));
                ++handled;
                co_return;
            });
    });
}

// One that lets others have a turn, once: suspended, posted, resumed, settled alone.
void coroutine_that_yields(benchmark::State& state) {
    time_runner(state, [](stentor::bus& bus, std::uint64_t& handled) {
        return bus.subscribe<sample<0>>(
            "coroutine",
            [&handled](const sample<0>& event, stentor::context& ctx) -> stentor::task<> {
                benchmark::DoNotOptimize(checksum(event.body));
                co_await ctx.sleep(std::chrono::nanoseconds(0));
                ++handled;
            });
    });
}

}  // namespace

BENCHMARK(plain_handler)->UseManualTime();
BENCHMARK(coroutine_handler)->UseManualTime();
BENCHMARK(coroutine_that_yields)->UseManualTime();
