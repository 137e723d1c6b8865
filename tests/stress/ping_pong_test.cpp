// SPDX-License-Identifier: MIT
#include "process.hpp"
#include "support/stress/settings.hpp"
#include "support/stress/watchdog.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>

// One event at a time: publish, wait until it was handled, again. Every event meets an idle bus, so
// every one needs a runner that spins or a wake-up that is not lost. The engine's backstop would
// serve a lost one after two seconds and count it as a rescue; there must be none.
namespace stentor::stress {
namespace {

struct ball {
    static constexpr std::string_view topic = "ping.ball";
    std::uint64_t number = 0;
};

enum class wait_kind { spin, sleep };

struct game {
    stentor::profile profile = profile::balanced;
    std::uint64_t rounds = 0;
    wait_kind wait = wait_kind::spin;
    bool threads = false;
    std::uint32_t pause_every = 0;  // rounds; then the bus idles long enough to park
};

// The other side of the table: says how far the handler is.
class returns {
public:
    void handled(std::uint64_t number) noexcept {
        done_.store(number, std::memory_order_release);
        done_.notify_one();
    }
    void wait(std::uint64_t number, wait_kind how) const noexcept {
        for (auto now = done_.load(std::memory_order_acquire); now != number;
             now = done_.load(std::memory_order_acquire)) {
            if (how == wait_kind::sleep) {
                done_.wait(now, std::memory_order_acquire);
            }
        }
    }

private:
    std::atomic<std::uint64_t> done_{0};
};

const char* name_of(profile which) {
    return which == profile::balanced      ? "balanced"
           : which == profile::low_latency ? "low_latency"
                                           : "efficient";
}

void play(const char* place, const game& how) {
    bus_options options;
    options.profile = how.profile;
    if (how.threads) {
        options.executor = make_thread_executor();
    }
    bus table(std::move(options));
    returns back;
    watchdog dog(std::string("ping-pong ") + place + ", " + name_of(how.profile),
                 [&table] { return state_of(table); });
    const auto player =
        table.subscribe<ball>("player", [&back](const ball& event) { back.handled(event.number); });
    const auto began = std::chrono::steady_clock::now();
    for (std::uint64_t number = 1; number <= how.rounds; ++number) {
        ASSERT_EQ(table.publish(ball{number}).status(), publish_status::accepted);
        back.wait(number, how.wait);
        if (how.pause_every != 0 && number % how.pause_every == 0) {
            std::this_thread::sleep_for(std::chrono::microseconds(number % 700));
        }
        dog.beat();
    }
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - began;
    ASSERT_TRUE(table.drain().complete);
    const auto all = table.snapshot();
    EXPECT_EQ(all.rescues, 0U);
    EXPECT_EQ(all.audit.unaccounted(), 0);
    EXPECT_EQ(all.audit.publishes.accepted, static_cast<std::int64_t>(how.rounds));
    std::printf(
        "%s, %s: %llu rounds of %.2f us, %llu parks, %llu wake-ups\n", place, name_of(how.profile),
        static_cast<unsigned long long>(how.rounds), took.count() / static_cast<double>(how.rounds),
        static_cast<unsigned long long>(all.parks), static_cast<unsigned long long>(all.wakeups));
}

// With all processors the publisher spins; elsewhere it has to give the processor away. Runners of
// low_latency look for work before they sleep: on one processor that takes a millisecond a round
// and says little of wake-ups, so they play `spinning` rounds only.
void play_all(const char* place, std::uint64_t rounds, wait_kind wait, std::uint64_t fewer,
              std::uint64_t spinning) {
    play(place, {.profile = profile::low_latency, .rounds = spinning, .wait = wait});
    play(place, {.profile = profile::balanced,
                 .rounds = rounds,
                 .wait = wait,
                 .threads = true,
                 .pause_every = 1'000});
    play(place, {.profile = profile::efficient, .rounds = rounds / fewer, .wait = wait});
}

TEST(ping_pong, wakes_a_runner_for_every_event) {
    play_all("all processors", repeats(360'000), wait_kind::spin, 4, repeats(360'000));
}

TEST(ping_pong, wakes_a_runner_for_every_event_when_the_publisher_sleeps) {
    play_all("sleeping publisher", repeats(20'000), wait_kind::sleep, 1, repeats(20'000));
}

TEST(ping_pong, wakes_a_runner_for_every_event_on_one_processor) {
    const one_processor pinned;
    ASSERT_TRUE(pinned.held());
    play_all("one processor", repeats(4'000), wait_kind::sleep, 2, repeats(500));
}

TEST(ping_pong, wakes_a_runner_for_every_event_under_a_cpu_quota) {
    const cpu_quota quota(40);
    if (quota.held()) {
        play_all("40 % of a processor", repeats(2'000), wait_kind::sleep, 1, repeats(2'000));
    } else {
        std::printf("no control group for a quota (%s): only signals\n", quota.why_not().c_str());
    }
    const stop_and_go signals(40);
    ASSERT_TRUE(signals.held());
    play_all("stopped 60 ms in 100", repeats(100'000), wait_kind::sleep, 1, repeats(100'000));
}

}  // namespace
}  // namespace stentor::stress
