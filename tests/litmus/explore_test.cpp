// SPDX-License-Identifier: MIT
#include "support/explore/expect.hpp"
#include "support/explore/plain.hpp"
#include "support/explore/sync.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

// The explorer itself: it finds the classic faults with each strategy, and accepts what is right.
namespace {

using namespace stentor::explore;
using namespace std::chrono_literals;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto seq_cst = std::memory_order_seq_cst;

plan named(const char* name, std::vector<memory_model> models = plan{}.models) {
    plan made;
    made.name = std::string("explore.") + name;
    made.schedules = 20'000;
    made.models = std::move(models);
    return made;
}

std::set<std::string> outcomes_of(const plan& what, const scenario& body) {
    std::set<std::string> seen;
    for (const auto& [outcome, count] : expect_holds(what, body)) {
        seen.insert(outcome);
    }
    return seen;
}

// --- classic faults -----------------------------------------------------------------------------

scenario two_increments(bool atomically) {
    return [=](world& world) {
        auto& count = world.make<explored_sync::atomic<int>>(0);
        for (const char* name : {"one", "other"}) {
            world.task(name, [&count, atomically] {
                if (atomically) {
                    count.fetch_add(1, relaxed);
                } else {
                    count.store(count.load(seq_cst) + 1, seq_cst);
                }
            });
        }
        world.at_end([&count] { check(count.load(relaxed) == 2, "no increment is lost"); });
    };
}

TEST(explore, finds_a_lost_increment) {
    expect_found(named("torn_increment"), two_increments(false), "no increment is lost");
    expect_holds(named("increment"), two_increments(true));
}

// A consumer looks, finds nothing and sleeps; the producer sets the word and wakes.
scenario look_then_sleep(bool compares) {
    return [=](world& world) {
        struct state {
            explored_sync::atomic<std::uint32_t> ready{0};
            explored_sync::atomic<std::uint32_t> bell{0};
        };
        auto& shared = world.make<state>();
        world.task("producer", [&shared] {
            owe();
            shared.ready.store(1, release);
            shared.bell.fetch_add(1, seq_cst);
            futex_wake(shared.bell, 1);
        });
        world.daemon("consumer", [&shared, compares] {
            while (!stopping()) {
                const auto heard = compares ? shared.bell.load(seq_cst) : 0;
                if (shared.ready.exchange(0, acquire) == 1) {
                    settle();
                    continue;
                }
                // The broken form waits for the next ring, whatever was rung before.
                futex_wait(shared.bell, compares ? heard : shared.bell.load(relaxed), 10ms);
            }
        });
    };
}

TEST(explore, finds_a_lost_wake_up_that_a_timeout_would_hide) {
    expect_found(named("look_then_sleep"), look_then_sleep(false), "lost wake-up");
    expect_holds(named("look_compare_sleep"), look_then_sleep(true));
}

TEST(explore, lets_a_timeout_rescue_when_asked_to) {
    auto rescued = named("rescued");
    rescued.settings.timeouts_rescue = true;
    expect_holds(rescued, look_then_sleep(false));
    rescued.settings = {
        .timeouts_any_time = true, .timeouts_rescue = true, .spurious_wakeups = true};
    expect_holds(rescued, look_then_sleep(false));
}

// A plain variable handed over by a flag.
scenario hand_over(std::memory_order stores, std::memory_order loads) {
    return [=](world& world) {
        struct state {
            plain<int> cargo{0, "cargo"};
            explored_sync::atomic<bool> there{false};
        };
        auto& shared = world.make<state>();
        world.task("sender", [&shared, stores] {
            shared.cargo.write(7);
            shared.there.store(true, stores);
        });
        world.task("receiver", [&shared, loads] {
            while (!shared.there.load(loads)) {
                explored_sync::pause();
            }
            check(shared.cargo.read() == 7, "the cargo is whole");
            shared.cargo.retire();
        });
    };
}

TEST(explore, finds_a_data_race) {
    expect_holds(named("hand_over"), hand_over(release, acquire));
    expect_found(named("hand_over_relaxed_store"), hand_over(relaxed, acquire), "data race: cargo");
    expect_found(named("hand_over_relaxed_load"), hand_over(release, relaxed), "data race: cargo");
}

TEST(explore, finds_two_tasks_that_wait_for_each_other) {
    expect_found(
        named("deadlock"),
        [](world& world) {
            struct state {
                explored_sync::atomic<std::uint32_t> left{0};
                explored_sync::atomic<std::uint32_t> right{0};
            };
            auto& shared = world.make<state>();
            world.task("left", [&shared] {
                futex_wait(shared.right, 0);
                shared.left.store(1, seq_cst);
            });
            world.task("right", [&shared] { futex_wait(shared.left, 0); });
        },
        "tasks wait for ever");
}

TEST(explore, finds_a_loop_without_end) {
    auto endless = named("endless");
    endless.settings.steps_max = 1'000;
    expect_found(
        endless,
        [](world& world) {
            auto& word = world.make<explored_sync::atomic<int>>(0);
            world.task("waits", [&word] {
                while (word.load(relaxed) == 0) {
                    explored_sync::pause();
                }
            });
        },
        "no end after 1000 steps");
}

TEST(explore, finds_what_escapes_a_task) {
    const auto once = named("escape", {memory_model::sc});
    expect_found(
        once, [](world& world) { world.task("throws", [] { throw std::runtime_error("oh"); }); },
        "an exception left the task: oh");
    expect_found(
        once, [](world& world) { world.task("aborts", [] { std::abort(); }); },
        "abort() was called");
}

TEST(explore, finds_the_use_of_a_destroyed_atomic) {
    expect_found(
        named("destroyed"),
        [](world& world) {
            struct state {
                alignas(explored_sync::atomic<int>) unsigned char memory[sizeof(
                    explored_sync::atomic<int>)];
                explored_sync::atomic<int>* word = nullptr;
            };
            auto& shared = world.make<state>();
            shared.word = new (shared.memory) explored_sync::atomic<int>(0);
            world.task("user", [&shared] { shared.word->fetch_add(1, relaxed); });
            world.task("owner", [&shared] {
                yield();
                shared.word->~atomic();
            });
        },
        "an atomic is used after its destruction");
}

// --- time, choices, numbers ----------------------------------------------------------------------

TEST(explore, lets_virtual_time_pass_only_when_all_wait) {
    expect_holds(named("time"), [](world& world) {
        auto& woken = world.make<std::vector<std::int64_t>>();
        world.task("long", [&woken] {
            sleep_for(2h);
            woken.push_back(now());
        });
        world.task("short", [&woken] {
            sleep_for(1h);
            woken.push_back(now());
        });
        world.task("busy", [&woken] {
            for (int step = 0; step < 5; ++step) {
                yield();
                check(woken.empty() && now() == 0, "time stands while a task can run");
            }
        });
        world.at_end([&woken] {
            check(woken == std::vector<std::int64_t>{std::int64_t{3'600} * 1'000'000'000,
                                                     std::int64_t{7'200} * 1'000'000'000},
                  "sleepers wake in order of their time");
        });
    });
}

TEST(explore, explores_every_choice) {
    const auto seen = outcomes_of(named("choice"), [](world& world) {
        auto& picked = world.make<std::pair<unsigned, unsigned>>();
        world.task("chooses", [&picked] { picked = {choose(3), choose(2)}; });
        world.at_end([&picked, &world] {
            world.observe(std::to_string(picked.first) + " " + std::to_string(picked.second));
        });
    });
    EXPECT_EQ(6U, seen.size());
}

// Two tasks of k steps each: every order of their steps, counted.
TEST(explore, counts_every_schedule_of_two_tasks) {
    const auto schedules = [](unsigned preemptions) {
        options how;
        how.name = "explore.count";
        how.how = search::exhaustive;
        how.preemptions = preemptions;
        const auto found = explore(how, [](world& world) {
            auto& word = world.make<explored_sync::atomic<int>>(0);
            for (const char* name : {"one", "other"}) {
                world.task(name, [&word] {
                    for (int step = 0; step < 2; ++step) {
                        word.fetch_add(1, relaxed);
                    }
                });
            }
        });
        EXPECT_TRUE(found.exhausted);
        return found.schedules;
    };
    // A task of two operations has three parts: before, between, after them. Orders: 6 over 3.
    EXPECT_EQ(20U, schedules(8));
    EXPECT_EQ(2U, schedules(0));
}

TEST(explore, reports_the_schedule_and_how_to_replay_it) {
    options how;
    how.name = "explore.report";
    how.how = search::exhaustive;
    const auto found = explore(how, two_increments(false));
    ASSERT_FALSE(found.passed());
    EXPECT_NE(std::string::npos,
              found.failure.find("STENTOR_EXPLORE_SEED='explore.report/sc/dfs:"));
    EXPECT_NE(std::string::npos, found.failure.find("load #0 = 0  seq_cst  (explore_test.cpp:"));
    EXPECT_NE(std::string::npos, found.failure.find("store #0 <- 1  seq_cst"));
}

}  // namespace
