// SPDX-License-Identifier: MIT
#include "dispatch/thread_setup.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

// How a thread becomes one of the engine's, and stops being it.

namespace {

std::string name_of_this_thread() {
    char name[16] = {};
    ::pthread_getname_np(::pthread_self(), name, sizeof name);
    return name;
}

bool blocked(int signal) {
    sigset_t mask;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    return ::sigismember(&mask, signal) == 1;
}

TEST(thread_setup, names_fit_what_the_system_allows) {
    std::thread([] {
        stentor::detail::name_thread("stentor", 3);
        EXPECT_EQ(name_of_this_thread(), "stentor-3");
        stentor::detail::name_thread("stentor-watch", -1);
        EXPECT_EQ(name_of_this_thread(), "stentor-watch");
        stentor::detail::name_thread("a-name-that-is-far-too-long", 123'456);
        EXPECT_EQ(name_of_this_thread(), "a-name-th-3456");
        stentor::detail::name_thread("a-name-that-is-far-too-long", -1);
        EXPECT_EQ(name_of_this_thread(), "a-name-that-is-");
    }).join();
}

TEST(thread_setup, blocks_signals_and_gives_them_back) {
    std::thread([] {
        sigset_t only_usr1;
        ::sigemptyset(&only_usr1);
        ::sigaddset(&only_usr1, SIGUSR1);
        ::pthread_sigmask(SIG_SETMASK, &only_usr1, nullptr);
        {
            const stentor::detail::quiet_thread quiet;
            EXPECT_TRUE(blocked(SIGTERM));
            EXPECT_TRUE(blocked(SIGINT));
            EXPECT_TRUE(blocked(SIGUSR1));
        }
        EXPECT_FALSE(blocked(SIGTERM));
        EXPECT_TRUE(blocked(SIGUSR1)) << "the mask is as it was before";
    }).join();
}

TEST(thread_setup, counts_at_least_one_cpu) {
    EXPECT_GE(stentor::detail::usable_cpus(), 1);
    EXPECT_LE(stentor::detail::usable_cpus(),
              static_cast<int>(std::thread::hardware_concurrency()));
}

TEST(thread_setup, tells_sleepers_from_workers) {
    EXPECT_FALSE(stentor::detail::thread_sleeps(stentor::detail::this_thread_id()));
    EXPECT_FALSE(stentor::detail::thread_sleeps(-1)) << "no such thread";
    const auto clock = stentor::detail::this_thread_cpu_clock();
    const auto before = stentor::detail::cpu_time_ns(clock);
    EXPECT_GT(before, 0);
    while (stentor::detail::cpu_time_ns(clock) < before + 1'000'000) {
    }
    EXPECT_EQ(stentor::detail::cpu_time_ns(-1), 0) << "no clock";
}

// Two threads that work on one CPU take turns.
TEST(thread_setup, knows_how_long_a_thread_waited_for_a_cpu) {
    if (::access("/proc/thread-self/schedstat", R_OK) != 0) {
        EXPECT_EQ(stentor::detail::waited_for_cpu_ns(), 0) << "this kernel does not say";
        return;
    }
    const auto on_one_cpu = [](std::int64_t& waited) {
        cpu_set_t first;
        ASSERT_EQ(::sched_getaffinity(0, sizeof first, &first), 0);
        int cpu = 0;
        while (!CPU_ISSET(cpu, &first)) {
            ++cpu;
        }
        CPU_ZERO(&first);
        CPU_SET(cpu, &first);
        ASSERT_EQ(::sched_setaffinity(0, sizeof first, &first), 0);
        const auto before = stentor::detail::waited_for_cpu_ns();
        const auto clock = stentor::detail::this_thread_cpu_clock();
        const auto until = stentor::detail::cpu_time_ns(clock) + 100'000'000;
        while (stentor::detail::cpu_time_ns(clock) < until) {
        }
        waited = stentor::detail::waited_for_cpu_ns() - before;
    };
    std::int64_t one = 0;
    std::int64_t other = 0;
    std::thread first(on_one_cpu, std::ref(one));
    std::thread(on_one_cpu, std::ref(other)).join();
    first.join();
    EXPECT_GE(one + other, 50'000'000);
}

}  // namespace
