// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include "support/recorder.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <sched.h>

// The engine's threads: they have names, block all signals, may run wherever the process may, and
// tell a hook that they began.

namespace {

using namespace stentor_test;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};

struct thread_status {
    std::string name;
    std::uint64_t blocked = 0;  // bit n - 1 for signal n
    std::string cpus;
};

thread_status status_of(const std::filesystem::path& task) {
    thread_status status;
    std::ifstream file(task / "status");
    for (std::string line; std::getline(file, line);) {
        const auto value = [&] { return line.substr(line.find('\t') + 1); };
        if (line.starts_with("Name:")) {
            status.name = value();
        } else if (line.starts_with("SigBlk:")) {
            status.blocked = std::stoull(value(), nullptr, 16);
        } else if (line.starts_with("Cpus_allowed_list:")) {
            status.cpus = value();
        }
    }
    return status;
}

// Of all threads of this process whose name begins so.
std::vector<thread_status> threads_named(std::string_view prefix) {
    std::vector<thread_status> found;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        if (auto status = status_of(task.path()); status.name.starts_with(prefix)) {
            found.push_back(std::move(status));
        }
    }
    return found;
}

std::set<std::string> names_of(const std::vector<thread_status>& threads) {
    std::set<std::string> names;
    for (const auto& one : threads) {
        names.insert(one.name);
    }
    return names;
}

const std::set<std::string> expected_names = {"stentor-0", "stentor-1", "stentor-2", "stentor-3",
                                              "stentor-watch"};

struct executor_kind {
    std::string_view name;
    std::shared_ptr<stentor::executor> (*make)();
};

class threads : public bus_fixture, public ::testing::WithParamInterface<executor_kind> {
protected:
    stentor::bus_options options() const {
        auto made = small_bus();
        made.executor = GetParam().make();
        return made;
    }
};

TEST_P(threads, have_names) {
    make_bus(options());
    EXPECT_TRUE(eventually([] { return names_of(threads_named("stentor-")) == expected_names; }));
}

TEST_P(threads, block_all_signals) {
    make_bus(options());
    ASSERT_TRUE(eventually([] { return names_of(threads_named("stentor-")) == expected_names; }));
    for (const auto& one : threads_named("stentor-")) {
        for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM,
                                 SIGTERM, SIGCHLD, SIGWINCH}) {
            EXPECT_NE(one.blocked & (std::uint64_t{1} << (signal - 1)), 0U)
                << one.name << " takes signal " << signal;
        }
    }
}

TEST_P(threads, leave_the_signals_of_the_maker_alone) {
    const auto before = status_of("/proc/self");
    make_bus(options());
    EXPECT_EQ(status_of("/proc/self").blocked, before.blocked);
}

TEST_P(threads, tell_the_hook_that_they_began) {
    recorder<std::int32_t> began;
    recorder<std::thread::id> ids;
    auto with_hook = options();
    with_hook.on_thread_start = [&](std::int32_t index) {
        ids.add(std::this_thread::get_id());
        began.add(index);
    };
    auto& bus = make_bus(std::move(with_hook));
    ASSERT_TRUE(began.await(4));
    auto indexes = began.all();
    std::sort(indexes.begin(), indexes.end());
    EXPECT_EQ(indexes, (std::vector<std::int32_t>{0, 1, 2, 3}));
    const auto all = ids.all();
    EXPECT_EQ(std::set(all.begin(), all.end()).size(), 4U);
    static_cast<void>(bus.drain());
    EXPECT_EQ(began.size(), 4U);
}

TEST_P(threads, are_not_pinned_by_a_pinned_maker) {
    const auto process = status_of("/proc/self").cpus;
    std::thread([&] {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &one);
        ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
        make_bus(options());
    }).join();
    EXPECT_TRUE(eventually([&] {
        const auto all = threads_named("stentor-");
        return all.size() == expected_names.size() &&
               std::all_of(all.begin(), all.end(),
                           [&](const auto& each) { return each.cpus == process; });
    }));
}

TEST_P(threads, that_run_handlers_are_the_engines_own) {
    auto& bus = make_bus(options());
    recorder<std::thread::id> ids;
    auto handler =
        bus.subscribe<tick>("any", [&](const tick&) { ids.add(std::this_thread::get_id()); });
    for (int number = 0; number < 100; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    ASSERT_TRUE(ids.await(100));
    for (const auto& id : ids.all()) {
        EXPECT_NE(id, std::this_thread::get_id()) << "publish never runs a handler";
    }
}

const std::vector<executor_kind> executor_kinds = {{"arena", stentor::make_arena_executor},
                                                   {"plain", stentor::make_thread_executor}};
INSTANTIATE_TEST_SUITE_P(of, threads, ::testing::ValuesIn(executor_kinds),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(plain_threads, end_with_the_bus) {
    {
        auto options = small_bus();
        options.executor = stentor::make_thread_executor();
        stentor::bus bus(std::move(options));
        ASSERT_TRUE(eventually([] { return threads_named("stentor-").size() == 5; }));
    }
    EXPECT_TRUE(threads_named("stentor-").empty());
}

}  // namespace
