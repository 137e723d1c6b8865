// SPDX-License-Identifier: MIT
#include <stentor/dispatch/executor.hpp>

#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include "support/must_return.hpp"
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// What the engine expects of an executor, and what it does when one disappoints it.

namespace {

using namespace stentor_test;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

struct tick {
    static constexpr std::string_view topic = "test.tick";
};

// A task that waits for the others, and then for the door.
class meeting_task final : public stentor::runner_task {
public:
    meeting_task(rendezvous& together, gate& door) : together_(together), door_(door) {}
    void run() noexcept override {
        met_ = together_.meet();
        door_.pass();
        ran_ = true;
    }
    bool step() noexcept override { return false; }

    [[nodiscard]] bool met() const noexcept { return met_; }
    [[nodiscard]] bool ran() const noexcept { return ran_; }

private:
    rendezvous& together_;
    gate& door_;
    std::atomic<bool> met_{false};
    std::atomic<bool> ran_{false};
};

struct executor_kind {
    std::string_view name;
    std::shared_ptr<stentor::executor> (*make)();
};

class executor_with_threads : public ::testing::TestWithParam<executor_kind> {};

TEST_P(executor_with_threads, runs_all_tasks_at_the_same_time) {
    constexpr int count = 5;  // more than there may be processors
    rendezvous together(count);
    gate door;
    door.open();
    std::vector<std::unique_ptr<meeting_task>> tasks;
    std::vector<stentor::runner_task*> given;
    for (int index = 0; index < count; ++index) {
        tasks.push_back(std::make_unique<meeting_task>(together, door));
        given.push_back(tasks.back().get());
    }
    const auto executor = GetParam().make();
    EXPECT_FALSE(executor->manual());
    EXPECT_EQ(executor->start(given, patience), std::size_t{count});
    EXPECT_TRUE(executor->join(patience));
    for (const auto& one : tasks) {
        EXPECT_TRUE(one->met());
        EXPECT_TRUE(one->ran());
    }
}

TEST_P(executor_with_threads, says_at_the_deadline_that_some_have_not_returned) {
    rendezvous alone(1);
    gate door;
    meeting_task task(alone, door);
    const std::vector<stentor::runner_task*> given{&task};
    const auto executor = GetParam().make();
    ASSERT_EQ(executor->start(given, patience), 1U);
    ASSERT_TRUE(door.await_waiting(1));
    EXPECT_FALSE(executor->join(1ms));
    door.open();
    EXPECT_TRUE(executor->join(patience));
    EXPECT_TRUE(task.ran());
}

TEST_P(executor_with_threads, serves_one_bus_after_the_other) {
    for (int turn = 0; turn < 5; ++turn) {
        auto options = small_bus();
        options.executor = GetParam().make();
        stentor::bus bus(std::move(options));
        tally calls;
        auto handler = bus.subscribe<tick>("any", [&](const tick&) { calls.add(); });
        ASSERT_TRUE(bus.publish(tick{}));
        EXPECT_TRUE(calls.await(1));
        settle_accounts(bus);
    }
}

const std::vector<executor_kind> kinds = {{"arena", stentor::make_arena_executor},
                                          {"threads", stentor::make_thread_executor}};
INSTANTIATE_TEST_SUITE_P(called, executor_with_threads, ::testing::ValuesIn(kinds),
                         [](const auto& one) { return std::string(one.param.name); });

// Begins only some of its tasks, as a machine without threads to spare would.
class short_executor final : public stentor::executor {
public:
    explicit short_executor(std::size_t begins) : begins_(begins) {}

    std::size_t start(std::span<stentor::runner_task* const> tasks,
                      std::chrono::milliseconds) override {
        for (auto* task : tasks.first(std::min(begins_, tasks.size()))) {
            threads_.emplace_back([task] { task->run(); });
        }
        return threads_.size();
    }
    bool join(std::chrono::nanoseconds) noexcept override {
        for (auto& one : threads_) {
            if (one.joinable()) {
                one.join();
            }
        }
        return true;
    }
    [[nodiscard]] const char* name() const noexcept override { return "short"; }

private:
    const std::size_t begins_;
    std::vector<std::thread> threads_;
};

class disappointing_executor : public bus_fixture, public ::testing::WithParamInterface<int> {};

TEST_P(disappointing_executor, is_replaced_and_reported) {
    auto options = small_bus();
    options.executor = std::make_shared<short_executor>(static_cast<std::size_t>(GetParam()));
    auto& bus = make_bus(std::move(options));
    tally calls;
    auto handler = bus.subscribe<tick>("any", [&](const tick&) { calls.add(); });
    for (int turn = 0; turn < 100; ++turn) {
        ASSERT_TRUE(bus.publish(tick{}));
    }
    EXPECT_TRUE(calls.await(100));
    ASSERT_FALSE(log().notices().empty());
    EXPECT_THAT(log().notices().front(), HasSubstr("short"));
    EXPECT_THAT(log().notices().front(), HasSubstr("of 4 runners"));
    must_return("drain with a replaced executor", [&] { static_cast<void>(bus.drain()); });
}

INSTANTIATE_TEST_SUITE_P(begins, disappointing_executor, ::testing::Values(0, 1, 3),
                         [](const auto& one) { return std::to_string(one.param); });

TEST(manual_executor, picks_tasks_by_its_seed_and_serves_all) {
    struct counting_task final : stentor::runner_task {
        void run() noexcept override {}
        bool step() noexcept override {
            if (left == 0) {
                return false;
            }
            --left;
            order->push_back(name);
            return true;
        }
        int left = 0;
        char name = ' ';
        std::string* order = nullptr;
    };
    const auto run = [](std::uint64_t seed) {
        std::string order;
        std::vector<counting_task> tasks(3);
        std::vector<stentor::runner_task*> given;
        for (std::size_t index = 0; index < tasks.size(); ++index) {
            tasks[index].left = 5;
            tasks[index].name = static_cast<char>('a' + index);
            tasks[index].order = &order;
            given.push_back(&tasks[index]);
        }
        stentor::manual_executor executor(seed);
        EXPECT_TRUE(executor.manual());
        EXPECT_EQ(executor.start(given, 0ms), 3U);
        EXPECT_EQ(executor.run_until_idle(), 15U);
        EXPECT_FALSE(executor.step());
        EXPECT_TRUE(executor.join(0ns));
        EXPECT_FALSE(executor.step()) << "nothing is stepped after join()";
        return order;
    };
    EXPECT_EQ(run(1), run(1));
    EXPECT_NE(run(1), run(2));
    EXPECT_EQ(run(0).size(), 15U);
}

}  // namespace
