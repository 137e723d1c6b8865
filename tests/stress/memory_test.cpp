// SPDX-License-Identifier: MIT
#include <memory>

#include "process.hpp"
#include "support/stress/events.hpp"
#include "support/stress/settings.hpp"
#include "support/stress/watchdog.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

// Memory comes back: after a burst, and in the long run. Resident memory is what counts, because it
// is what the host pays for.
namespace stentor::stress {
namespace {

using namespace std::chrono_literals;

constexpr auto idle_max = 10s;

double mib(std::int64_t bytes) {
    return static_cast<double>(bytes) / (1024.0 * 1024.0);
}

// Handlers wait here while the burst piles up.
struct gate {
    std::atomic<bool> open{false};
    void pass() const {
        while (!open.load(std::memory_order_acquire)) {
            std::this_thread::sleep_for(200us);
        }
    }
};

bus_options roomy() {
    bus_options options;
    options.capacity = std::int64_t{1} << 22;
    options.memory = std::int64_t{4} << 30;
    return options;
}

template <class Publish>
void publish_burst(std::size_t publishers, std::uint64_t events, Publish&& publish) {
    std::vector<std::thread> threads;
    for (std::size_t index = 0; index < publishers; ++index) {
        threads.emplace_back([&, index] {
            for (std::uint64_t number = 0; number < events / publishers; ++number) {
                publish(stamp::make(index, number, index, number));
            }
        });
    }
    for (auto& one : threads) {
        one.join();
    }
}

// Resident memory before a burst, at its height, and when it has settled or the time is over.
template <class E, class Make>
void burst_and_settle(const char* what, std::size_t publishers, Make&& make) {
    const auto events = std::uint64_t{1'000'000} / cost;
    bus one(roomy());
    watchdog dog(what, [&one] { return state_of(one); });
    gate way;
    std::atomic<std::uint64_t> handled{0};
    const auto handle = one.subscribe<E>("burst",
                                         [&](const E&) {
                                             way.pass();
                                             handled.fetch_add(1, std::memory_order_relaxed);
                                         },
                                         {.capacity = std::int64_t{1} << 21});
    way.open.store(true);
    publish_burst(publishers, 20'000, [&](const stamp& mark) { one.publish(make(mark)); });
    ASSERT_TRUE(one.wait_idle());
    std::this_thread::sleep_for(200ms);
    const auto before = resident_bytes();

    way.open.store(false);
    std::atomic<std::uint64_t> refused{0};
    publish_burst(publishers, events, [&](const stamp& mark) {
        if (!one.publish(make(mark))) {
            refused.fetch_add(1);
        }
    });
    const auto peak = resident_bytes();
    EXPECT_EQ(refused.load(), 0U) << "the burst is to fit";
    way.open.store(true);
    ASSERT_TRUE(one.wait_idle(60s));
    const auto limit = before + before / 10;
    const auto began = std::chrono::steady_clock::now();
    while (resident_bytes() > limit && std::chrono::steady_clock::now() - began < idle_max) {
        dog.beat();
        std::this_thread::sleep_for(10ms);
    }
    const auto after = resident_bytes();
    std::printf("%s: %.1f MiB before, %.1f at its height, %.1f after %lld ms of idling\n", what,
                mib(before), mib(peak), mib(after),
                static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                           std::chrono::steady_clock::now() - began)
                                           .count()));
    if constexpr (cost == 1) {  // sanitizers keep freed memory to themselves
        EXPECT_LE(after, limit) << what << ": the memory of the burst does not come back";
    }
}

TEST(memory, returns_after_a_burst_of_events_in_slots) {
    burst_and_settle<pulse_a>("slots, one publisher", 1,
                              [](const stamp& mark) { return pulse_a{mark}; });
}

TEST(memory, returns_after_a_burst_by_several_publishers) {
    burst_and_settle<brick>("slots, four publishers", 4, brick_of);
}

TEST(memory, returns_after_a_burst_of_events_in_envelopes) {
    burst_and_settle<letter>("envelopes, two publishers", 2, letter_of);
}

// Least squares: bytes per second.
double slope_of(const std::vector<std::pair<double, double>>& points) {
    const auto count = static_cast<double>(points.size());
    double sx = 0;
    double sy = 0;
    double sxx = 0;
    double sxy = 0;
    for (const auto& [x, y] : points) {
        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
    }
    const auto spread = count * sxx - sx * sx;
    return spread == 0 ? 0 : (count * sxy - sx * sy) / spread;
}

std::chrono::seconds soak_time() {
    const char* text = std::getenv("STENTOR_SOAK_SECONDS");
    return std::chrono::seconds(text == nullptr ? 12 : std::strtoll(text, nullptr, 10));
}

// All kinds of events at a steady rate, with subscriptions that come and go; after the first third
// resident memory does not grow.
TEST(memory, does_not_grow_under_a_steady_load) {
    const auto time = soak_time();
    bus one;
    watchdog dog("soak", [&one] { return state_of(one); });
    std::atomic<std::uint64_t> calls{0};
    const auto everything = one.subscribe("everything", pattern("stress.>"), [&](const any_event&) {
        calls.fetch_add(1, std::memory_order_relaxed);
    });
    const auto fussy = one.subscribe<letter>("fussy", [](const letter& event) {
        if (event.mark.number() % 100 == 0) {
            throw std::runtime_error("not this one");
        }
    });
    const auto began = std::chrono::steady_clock::now();
    const auto seconds = [began] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    };
    std::vector<std::pair<double, double>> samples;
    const auto whole = static_cast<double>(time.count());
    double next_sample = whole / 3;
    for (std::uint64_t number = 0; seconds() < whole; ++number) {
        for (std::uint64_t burst = 0; burst < 40; ++burst) {
            const auto mark = stamp::make(0, number * 40 + burst, 0, number * 40 + burst);
            one.publish(pulse_a{mark});
            one.publish(letter_of(mark));
            one.publish(topic("stress.text." + std::to_string(mark.number() % 200)), text_of(mark));
        }
        const auto guest = one.subscribe<pulse_a>("guest", [](const pulse_a&) {});
        if (seconds() >= next_sample) {
            samples.emplace_back(seconds(), static_cast<double>(resident_bytes()));
            next_sample += whole / 200;
        }
        dog.beat();
        std::this_thread::sleep_for(1ms);
    }
    EXPECT_TRUE(one.drain().complete);
    EXPECT_EQ(one.audit().unaccounted(), 0);
    const auto slope = slope_of(samples);
    std::printf("soak: %zu samples over %.0f s, %llu calls, %.1f MiB, slope %+.0f bytes/s\n",
                samples.size(), whole * 2 / 3, static_cast<unsigned long long>(calls.load()),
                mib(resident_bytes()), slope);
    // What a slope of noise may be shrinks with the length of the run.
    const auto allowed = 2.0 * 1024 * 1024 / whole;
    if constexpr (cost == 1) {
        EXPECT_LT(slope, allowed) << "bytes per second";
    }
}

}  // namespace
}  // namespace stentor::stress
