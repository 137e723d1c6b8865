// SPDX-License-Identifier: MIT
#include "churn.hpp"

#include "support/stress/publishing.hpp"
#include "support/stress/settings.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

// Subscriptions that come and go under load, from threads and from handlers. Each sees every event
// that was published between its two calls and none from outside; nobody else misses anything.
namespace stentor::stress {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t events_per_stream = 1 << 22;

// A handler for good, which must not lose an event to the others' coming and going.
struct witness {
    witness(stage& on, const std::string& name, bool fifo) : log(stage::streams, 2, fifo, fifo) {
        for (std::size_t stream = 0; stream < stage::streams; ++stream) {
            log.open(stream, events_per_stream);
        }
        handle = on.bus.subscribe(name, pattern("stress.>"),
                                  [this](const any_event& event) {
                                      log.enter();
                                      log.record(stamp_of_any(event));
                                      log.leave();
                                  },
                                  {.max_concurrency = fifo ? 1 : 0});
        // What was published before is not its business.
        for (const auto border : on.called()) {
            spans.push_back({.possible_from = 0, .due_from = border});
        }
    }
    received_log log;
    std::vector<span> spans;
    subscription handle;
};

void check_end(stage& on, const std::vector<std::unique_ptr<witness>>& witnesses,
               std::uint64_t lives, std::uint64_t calls, std::chrono::duration<double> took) {
    on.stop();
    const auto report = on.bus.audit();
    EXPECT_EQ(report.unaccounted(), 0) << report.to_string();
    EXPECT_EQ(report.envelopes_alive, 0);
    EXPECT_EQ(on.bus.snapshot().rescues, 0U);
    EXPECT_EQ(static_cast<std::uint64_t>(report.removed.completed), calls)
        << "calls of subscriptions that are gone\n"
        << report.to_string();
    EXPECT_EQ(report.removed.failed, 0);
    for (const auto& one : witnesses) {
        const auto found = compare(on.sent, one->log, one->spans);
        EXPECT_TRUE(found.sound())
            << "phantom " << found.phantom << ", twice " << found.duplicated << ", reordered "
            << found.reordered << ", overlapped " << found.overlapped;
        EXPECT_EQ(found.missing_whole, 0U);
    }
    std::printf(
        "churn: %llu subscriptions, %.0f per second, %llu calls of theirs, %lld events, "
        "%llu not for all\n",
        static_cast<unsigned long long>(lives), static_cast<double>(lives) / took.count(),
        static_cast<unsigned long long>(calls), static_cast<long long>(report.publishes.accepted),
        static_cast<unsigned long long>(on.refused.load()));
}

std::vector<std::unique_ptr<witness>> two_witnesses(stage& on) {
    std::vector<std::unique_ptr<witness>> made;
    made.push_back(std::make_unique<witness>(on, "witness.one_by_one", true));
    made.push_back(std::make_unique<witness>(on, "witness.parallel", false));
    return made;
}

TEST(churn, loses_nothing_when_threads_subscribe_and_unsubscribe) {
    stage on(events_per_stream);
    watchdog dog("churn by threads", [&on] { return state_of(on.bus); });
    const auto witnesses = two_witnesses(on);
    const auto began = std::chrono::steady_clock::now();
    std::atomic<std::uint64_t> lives{0};
    std::atomic<std::uint64_t> calls{0};
    const auto goal = repeats(30'000);
    const auto churner = [&](std::uint64_t index) {
        random_source dice(seed_of_run() * 8 + index);
        life seen;
        while (lives.fetch_add(1) < goal && !HasFailure()) {
            const auto topic = static_cast<std::size_t>(dice.next() % 3);
            life_borders when;
            when.possible_from = on.returned();
            auto handle = subscribe_life(on.bus, "life." + std::to_string(index), topic, seen);
            when.due_from = on.called();
            if (dice.one_in(8)) {
                std::this_thread::sleep_for(std::chrono::microseconds(dice.next() % 400));
                when.due_to = on.returned();
                EXPECT_EQ(check_due(on, seen, topic, when), "");
            }
            EXPECT_EQ(handle.unsubscribe(), unsubscribe_result::done);
            EXPECT_TRUE(seen.let_go()) << "the handler outlives the barrier";
            seen.end();
            when.possible_to = on.called();
            EXPECT_EQ(check_seen(on, seen, topic, when), "");
            calls.fetch_add(seen.count());
            dog.beat();
        }
    };
    std::thread other([&] { churner(1); });
    churner(0);
    other.join();
    check_end(on, witnesses, goal, calls.load(), std::chrono::steady_clock::now() - began);
}

TEST(churn, loses_nothing_when_handlers_unsubscribe_themselves) {
    stage on(events_per_stream);
    watchdog dog("churn by handlers", [&on] { return state_of(on.bus); });
    const auto witnesses = two_witnesses(on);
    const auto began = std::chrono::steady_clock::now();
    const auto goal = repeats(3'000);
    std::uint64_t calls = 0;
    random_source dice(seed_of_run());
    life seen;
    for (std::uint64_t round = 0; round < goal && !testing::Test::HasFailure(); ++round) {
        const auto topic = static_cast<std::size_t>(dice.next() % 3);
        const auto after = dice.within(1, 8);
        subscription handle;
        std::atomic<bool> handed_over{false};
        std::atomic<int> result{-1};
        life_borders when;
        when.possible_from = on.returned();
        handle = subscribe_life(on.bus, "self", topic, seen, [&] {
            if (seen.count() >= after && handed_over.exchange(false, std::memory_order_acq_rel)) {
                result.store(static_cast<int>(handle.unsubscribe()));
            }
        });
        when.due_from = on.called();
        handed_over.store(true, std::memory_order_release);
        while (result.load() < 0 || !seen.let_go()) {
            std::this_thread::sleep_for(20us);
        }
        EXPECT_EQ(result.load(), static_cast<int>(unsubscribe_result::deferred));
        seen.end();
        when.possible_to = on.called();
        EXPECT_EQ(check_seen(on, seen, topic, when), "");
        calls += seen.count();
        dog.beat();
    }
    check_end(on, witnesses, goal, calls, std::chrono::steady_clock::now() - began);
}

// Two handlers, each of which ends the other when it is called: they wait for each other, and one
// of them must be told `deferred`.
TEST(churn, loses_nothing_when_handlers_unsubscribe_each_other) {
    stage on(events_per_stream);
    watchdog dog("churn in cycles", [&on] { return state_of(on.bus); });
    const auto witnesses = two_witnesses(on);
    const auto began = std::chrono::steady_clock::now();
    const auto goal = repeats(3'000);
    std::uint64_t calls = 0;
    std::uint64_t deferred = 0;
    for (std::uint64_t round = 0; round < goal && !testing::Test::HasFailure(); ++round) {
        life seen[2];
        subscription handles[2];
        std::atomic<bool> ready{false};
        std::atomic<bool> ended[2]{};
        std::atomic<int> results[2]{-1, -1};
        for (std::size_t mine = 0; mine < 2; ++mine) {
            handles[mine] = subscribe_life(
                on.bus, mine == 0 ? "left" : "right", round % 3, seen[mine], [&, other = 1 - mine] {
                    if (ready.load(std::memory_order_acquire) && !ended[other].exchange(true)) {
                        results[other].store(static_cast<int>(handles[other].unsubscribe()));
                    }
                });
        }
        ready.store(true, std::memory_order_release);
        // A handler that is gone cannot end the other one any more; then this thread does.
        const auto until = std::chrono::steady_clock::now() + 5ms;
        while ((results[0].load() < 0 || results[1].load() < 0) &&
               std::chrono::steady_clock::now() < until) {
            std::this_thread::sleep_for(20us);
        }
        for (std::size_t mine = 0; mine < 2; ++mine) {
            if (!ended[mine].exchange(true)) {
                results[mine].store(static_cast<int>(handles[mine].unsubscribe()));
            }
            while (results[mine].load() < 0 || !seen[mine].let_go()) {
                std::this_thread::sleep_for(20us);
            }
            seen[mine].end();
            calls += seen[mine].count();
            deferred += results[mine] == static_cast<int>(unsubscribe_result::deferred) ? 1 : 0;
            EXPECT_NE(results[mine].load(), static_cast<int>(unsubscribe_result::not_subscribed));
            EXPECT_EQ(seen[mine].late(), 0U);
        }
        dog.beat();
    }
    check_end(on, witnesses, 2 * goal, calls, std::chrono::steady_clock::now() - began);
    std::printf("churn: %llu of them were deferred\n", static_cast<unsigned long long>(deferred));
}

TEST(churn, loses_nothing_when_handlers_subscribe) {
    stage on(events_per_stream);
    watchdog dog("subscribing handlers", [&on] { return state_of(on.bus); });
    const auto witnesses = two_witnesses(on);
    const auto began = std::chrono::steady_clock::now();
    const auto goal = repeats(3'000);
    std::atomic<std::uint64_t> calls{0};
    std::atomic<std::uint64_t> made{0};
    std::mutex mutex;
    std::vector<subscription> born;
    // Each call makes one more, as long as there are not too many; a thread ends them.
    auto parent = on.bus.subscribe<pulse_a>("parent", [&](const pulse_a&) {
        const std::lock_guard lock(mutex);
        if (born.size() < 16 && made.load() < goal) {
            const auto number = made.fetch_add(1);
            born.push_back(
                on.bus.subscribe<letter>("child." + std::to_string(number),
                                         [&calls](const letter&) { calls.fetch_add(1); }));
        }
    });
    while (made.load() < goal) {
        std::vector<subscription> gone;
        {
            const std::lock_guard lock(mutex);
            gone.swap(born);
        }
        dog.beat();
        std::this_thread::sleep_for(100us);
    }
    {
        const std::lock_guard lock(mutex);
        born.clear();
    }
    check_end(on, witnesses, goal, calls.load(), std::chrono::steady_clock::now() - began);
}

}  // namespace
}  // namespace stentor::stress
