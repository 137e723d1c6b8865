// SPDX-License-Identifier: MIT
#include "process.hpp"
#include "support/stress/events.hpp"
#include "support/stress/settings.hpp"
#include "support/stress/watchdog.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

// Buses that are made and ended in every way, again and again: nothing of them stays behind.
namespace stentor::stress {
namespace {

using namespace std::chrono_literals;

// How a bus ends.
enum class ending {
    destroyed,
    drained_at_once,
    drained_in_time,
    drained_by_handler,
    drained_twice
};

bus_options drawn_options(random_source& dice) {
    bus_options options;
    options.profile = dice.of({profile::balanced, profile::low_latency, profile::efficient});
    options.workers = dice.of({0, 1, 2});
    options.spare = dice.of({0, 1, 2});
    options.capacity = dice.of<std::int64_t>({1, 10, 1'000, std::int64_t{1} << 20});
    options.publishers = dice.of({1, 4, 64});
    options.drain_deadline = std::chrono::microseconds(dice.of({0, 10, 1'000, 10'000'000}));
    options.log.on_error = [](const error_record&) {};
    options.log.on_notice = [](const notice_record&) {};
    if (dice.one_in(2)) {
        options.executor = make_thread_executor();
    }
    return options;
}

// A life of a bus: publishers at work, some slow handlers, an end at a random moment.
void live(std::uint64_t seed) {
    random_source dice(seed);
    std::atomic<bool> stop{false};
    std::atomic<int> calls{0};
    const auto how = static_cast<ending>(dice.next() % 5);
    {
        bus one(drawn_options(dice));
        auto quick = one.subscribe<pulse_a>("quick", [&](const pulse_a&) { calls.fetch_add(1); });
        auto slow = one.subscribe<letter>("slow", [&](const letter& event, context& about) {
            calls.fetch_add(1);
            about.publish(pulse_a{event.mark});
            if (event.mark.number() % 16 == 0) {
                std::this_thread::sleep_for(100us);
            }
            if (how == ending::drained_by_handler && event.mark.number() == 20) {
                static_cast<void>(one.drain(1ms));
            }
        });
        if (dice.one_in(3)) {
            one.keep(std::move(quick));
        }
        std::vector<std::thread> publishers;
        for (std::uint64_t index = 0; index < dice.within(0, 2); ++index) {
            publishers.emplace_back([&, index] {
                for (std::uint64_t number = 0; !stop.load() && number < 3'000; ++number) {
                    const auto mark = stamp::make(index, number, index, number);
                    one.publish(pulse_a{mark});
                    one.publish(letter_of(mark));
                }
            });
        }
        std::this_thread::sleep_for(std::chrono::microseconds(dice.next() % 3'000));
        if (how == ending::drained_at_once) {
            static_cast<void>(one.drain(0ns));
        } else if (how == ending::drained_in_time) {
            static_cast<void>(one.drain(10s));
        } else if (how == ending::drained_twice) {
            std::thread other([&] { static_cast<void>(one.drain(1ms)); });
            static_cast<void>(one.drain(1ms));
            other.join();
        }
        stop.store(true);
        for (auto& publisher : publishers) {
            publisher.join();
        }
        if (one.closed() && how != ending::drained_by_handler) {
            const auto report = one.audit();
            ASSERT_EQ(report.unaccounted(), 0) << "seed " << seed << '\n' << report.to_string();
            ASSERT_EQ(report.envelopes_alive, 0) << "seed " << seed;
        }
    }
    const auto at_end = calls.load();
    std::this_thread::sleep_for(50us);
    ASSERT_EQ(calls.load(), at_end) << "a handler ran after its bus was gone; seed " << seed;
}

TEST(lifecycle, leaves_nothing_behind_when_buses_come_and_go) {
    const auto cycles = repeats(500);
    watchdog dog("create and destroy", [] { return std::string(); });
    const auto begin = seed_of_run();
    for (std::uint64_t cycle = 0; cycle < 50; ++cycle) {
        ASSERT_NO_FATAL_FAILURE(live(begin + cycle));  // warms up pools and arenas
        dog.beat();
    }
    const auto threads = threads_of_this_process();
    const auto files = open_files();
    // A thread of oneTBB keeps the publisher slots of a bus that is gone until it publishes to the
    // next one: so the heap goes up and down by some hundred kilobytes, while a leak only goes up.
    constexpr std::uint64_t samples = 20;
    auto most_at_first = heap_bytes();
    auto least_at_last = std::numeric_limits<decltype(most_at_first)>::max();
    for (std::uint64_t cycle = 0; cycle < cycles; ++cycle) {
        ASSERT_NO_FATAL_FAILURE(live(begin + 50 + cycle));
        dog.beat();
        if (cycle < samples) {
            most_at_first = std::max(most_at_first, heap_bytes());
        }
        if (cycle + samples >= cycles) {
            least_at_last = std::min(least_at_last, heap_bytes());
        }
    }
    const auto grown = least_at_last - most_at_first;
    std::printf("%llu buses: threads %lld to %lld, files %lld to %lld, heap %+lld bytes\n",
                static_cast<unsigned long long>(cycles), static_cast<long long>(threads),
                static_cast<long long>(threads_of_this_process()), static_cast<long long>(files),
                static_cast<long long>(open_files()), static_cast<long long>(grown));
    // An arena's threads stay with oneTBB; their number follows the largest arena so far.
    EXPECT_LE(threads_of_this_process(), threads + 8);
    EXPECT_EQ(open_files(), files);
    EXPECT_LT(grown, 256 * 1024) << "heap in use grows with the number of buses";
}

}  // namespace
}  // namespace stentor::stress
