// SPDX-License-Identifier: MIT
#include "support/stress/events.hpp"
#include "support/stress/settings.hpp"
#include "support/stress/watchdog.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

// A process that forks in the middle of load: the child has the bus's memory but none of its
// threads, and locks may be held by threads that are not there. Every call in the child answers, or
// does nothing, and none waits; the parent notices nothing.
namespace stentor::stress {
namespace {

using namespace std::chrono_literals;

constexpr unsigned child_seconds_max = 20;  // then the alarm ends it, and the test fails

// Numbered answers of the child; 0 is well.
enum child_fault : int { publish_taken = 2, subscribe_taken, drain_talks, unsubscribe_works };

struct load {
    load() {
        handle.emplace(one.subscribe<pulse_a>(
            "counts", [this](const pulse_a&) { calls.fetch_add(1, std::memory_order_relaxed); }));
        for (std::uint64_t index = 0; index < 2; ++index) {
            threads.emplace_back([this, index] { publish(index); });
        }
        threads.emplace_back([this] { churn(); });
    }
    ~load() { end(); }
    void end() {
        stop.store(true);
        for (auto& thread : threads) {
            thread.join();
        }
        threads.clear();
    }
    void publish(std::uint64_t index) {
        for (std::uint64_t number = 0; !stop.load(std::memory_order_relaxed); ++number) {
            const auto mark = stamp::make(index, number & stamp::number_max, index, number);
            one.publish(pulse_a{mark});
            one.publish(letter_of(mark));
            if (number % 64 == 0) {
                std::this_thread::sleep_for(50us);
            }
        }
    }
    // Somebody often holds the registry's lock when the fork comes.
    void churn() {
        while (!stop.load(std::memory_order_relaxed)) {
            auto handle_now = one.subscribe<letter>("comes.and.goes", [](const letter&) {});
            static_cast<void>(one.snapshot());
        }
    }

    bus one;
    std::optional<subscription> handle;
    std::atomic<std::uint64_t> calls{0};
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
};

// Does not return; no destructor of the parent's objects runs but those that are asked for.
[[noreturn]] void be_child(load& parent, std::uint64_t turn) {
    ::alarm(child_seconds_max);
    auto& one = parent.one;
    if (one.publish(pulse_a{}).status() != publish_status::closed ||
        one.publish(letter{}).status() != publish_status::closed ||
        one.publish(topic("stress.text.a"), "text").status() != publish_status::closed ||
        !one.closed()) {
        ::_exit(publish_taken);
    }
    switch (turn % 4) {
        case 0: {
            const auto made = one.try_subscribe<pulse_b>("child", [](const pulse_b&) {});
            if (made || made.error().code() != errc::closed) {
                ::_exit(subscribe_taken);
            }
            break;
        }
        case 1:
            if (!one.drain(1s).abandoned.empty() || one.wait_idle(1s)) {
                ::_exit(drain_talks);
            }
            break;
        case 2:
            if (parent.handle->unsubscribe() != unsubscribe_result::not_subscribed) {
                ::_exit(unsubscribe_works);
            }
            break;
        default:
            parent.handle.reset();
            {
                const bus mine(std::move(one));  // its destructor leaks rather than join
            }
            break;
    }
    ::_exit(0);
}

TEST(fork, answers_closed_in_a_child_and_disturbs_no_parent) {
    const auto forks = repeats(200);
    load parent;
    watchdog dog("fork under load", [&parent] { return state_of(parent.one); });
    for (std::uint64_t turn = 0; turn < forks; ++turn) {
        std::this_thread::sleep_for(std::chrono::microseconds(mix(turn) % 1'000));
        const auto child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            be_child(parent, turn);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFEXITED(status))
            << "child " << turn << " ended by signal " << WTERMSIG(status)
            << (WTERMSIG(status) == SIGALRM ? ": it waited for ever" : "");
        ASSERT_EQ(WEXITSTATUS(status), 0) << "child " << turn;
        dog.beat();
    }
    parent.end();
    const auto before = parent.calls.load();
    EXPECT_GT(before, 0U);
    EXPECT_TRUE(parent.one.drain().complete);
    const auto report = parent.one.audit();
    EXPECT_EQ(report.unaccounted(), 0) << report.to_string();
    EXPECT_EQ(report.envelopes_alive, 0);
    EXPECT_EQ(parent.one.snapshot().rescues, 0U);
}

// A child that makes a bus of its own works like any process.
TEST(fork, lets_a_child_make_a_bus_of_its_own) {
    load parent;
    std::this_thread::sleep_for(5ms);
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        ::alarm(child_seconds_max);
        bus_options options;
        options.executor = make_thread_executor();  // oneTBB does not survive a fork
        bus mine(std::move(options));
        std::atomic<int> calls{0};
        const auto handle =
            mine.subscribe<pulse_a>("child", [&](const pulse_a&) { calls.fetch_add(1); });
        const bool taken = static_cast<bool>(mine.publish(pulse_a{}));
        ::_exit(taken && mine.drain().complete && calls.load() == 1 ? 0 : publish_taken);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
}

}  // namespace
}  // namespace stentor::stress
