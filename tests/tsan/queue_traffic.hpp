// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <thread>
#include <vector>

// The traffic of issue 404 of concurrentqueue: some threads put, others take, long enough that
// every block of the queue is used again many times. Prints whether all events came through.
namespace stentor::visible {

struct traffic {
    int producers = 4;
    int consumers = 3;
    std::uint64_t events = 200'000;  // of each producer
};

// `producer(index)` makes a callable that puts one number; `consumer(index)` one that takes up to
// some numbers into the given array and says how many. Returns 0 when the sums agree.
template <class Producer, class Consumer>
int run_traffic(const traffic& how, Producer&& producer, Consumer&& consumer) {
    constexpr std::size_t batch = 48;  // more than a block
    std::atomic<std::uint64_t> taken{0};
    std::atomic<std::uint64_t> sum{0};
    const auto all = how.events * static_cast<std::uint64_t>(how.producers);
    std::vector<std::thread> threads;
    for (int index = 0; index < how.producers; ++index) {
        threads.emplace_back([&, index] {
            auto put = producer(index);
            for (std::uint64_t number = 1; number <= how.events; ++number) {
                put(number);
            }
        });
    }
    for (int index = 0; index < how.consumers; ++index) {
        threads.emplace_back([&, index] {
            auto take = consumer(index);
            std::uint64_t numbers[batch];
            while (taken.load(std::memory_order_relaxed) < all) {
                const auto count = take(numbers, batch);
                std::uint64_t here = 0;
                for (std::size_t at = 0; at < count; ++at) {
                    here += numbers[at];
                }
                sum.fetch_add(here, std::memory_order_relaxed);
                taken.fetch_add(count, std::memory_order_relaxed);
                if (count == 0) {
                    std::this_thread::yield();
                }
            }
        });
    }
    for (auto& one : threads) {
        one.join();
    }
    const auto expected =
        static_cast<std::uint64_t>(how.producers) * (how.events * (how.events + 1) / 2);
    std::printf("%s\n", sum.load() == expected ? "all came through" : "the sums differ");
    return sum.load() == expected ? 0 : 1;
}

}  // namespace stentor::visible
