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

// The explorer itself: it finds the classic faults with each strategy, accepts what is right, and
// sees exactly the outcomes that a memory model allows.
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

using outcomes = std::set<std::string>;

// --- litmus tests with declared outcomes ---------------------------------------------------------

struct two_words {
    explored_sync::atomic<int> x{0};
    explored_sync::atomic<int> y{0};
    int first = -1;
    int second = -1;
    void observe(world& world) const {
        world.observe(std::to_string(first) + " " + std::to_string(second));
    }
};

enum class between { nothing, full, light_and_heavy, light_and_light };

void separate(between what, bool rare_side) {
    switch (what) {
        case between::nothing: break;
        case between::full: explored_sync::full_fence(); break;
        case between::light_and_light: explored_sync::light_fence(); break;
        case between::light_and_heavy:
            rare_side ? explored_sync::heavy_fence() : explored_sync::light_fence();
            break;
    }
}

// x = 1; read y || y = 1; read x
scenario store_buffering(between what, std::memory_order stores = relaxed,
                         std::memory_order loads = relaxed) {
    return [=](world& world) {
        auto& words = world.make<two_words>();
        world.task("left", [&words, what, stores, loads] {
            words.x.store(1, stores);
            separate(what, false);
            words.first = words.y.load(loads);
        });
        world.task("right", [&words, what, stores, loads] {
            words.y.store(1, stores);
            separate(what, true);
            words.second = words.x.load(loads);
        });
        world.at_end([&words, &world] { words.observe(world); });
    };
}

// x = 1; y = 1 || read y; read x
scenario message_passing(std::memory_order stores, std::memory_order loads) {
    return [=](world& world) {
        auto& words = world.make<two_words>();
        world.task("sender", [&words, stores] {
            words.x.store(1, relaxed);
            words.y.store(1, stores);
        });
        world.task("receiver", [&words, loads] {
            words.first = words.y.load(loads);
            words.second = words.x.load(relaxed);
        });
        world.at_end([&words, &world] { words.observe(world); });
    };
}

const outcomes one_sees_the_other{"0 1", "1 0", "1 1"};
const outcomes anything{"0 0", "0 1", "1 0", "1 1"};

TEST(explore, sees_the_outcomes_of_store_buffering) {
    EXPECT_EQ(one_sees_the_other,
              outcomes_of(named("sb_sc", {memory_model::sc}), store_buffering(between::nothing)));
    for (const auto model : {memory_model::tso, memory_model::weak}) {
        const auto sb = named("sb", {model});
        EXPECT_EQ(anything, outcomes_of(sb, store_buffering(between::nothing)));
        EXPECT_EQ(anything, outcomes_of(sb, store_buffering(between::light_and_light)));
        EXPECT_EQ(one_sees_the_other, outcomes_of(sb, store_buffering(between::full)));
        EXPECT_EQ(one_sees_the_other, outcomes_of(sb, store_buffering(between::light_and_heavy)));
        EXPECT_EQ(one_sees_the_other,
                  outcomes_of(sb, store_buffering(between::nothing, seq_cst, seq_cst)));
        EXPECT_EQ(anything, outcomes_of(sb, store_buffering(between::nothing, release, acquire)));
    }
}

TEST(explore, sees_the_outcomes_of_message_passing) {
    const outcomes in_order{"0 0", "0 1", "1 1"};
    for (const auto model : {memory_model::sc, memory_model::tso}) {
        EXPECT_EQ(in_order, outcomes_of(named("mp", {model}), message_passing(relaxed, relaxed)));
    }
    const auto weak = named("mp", {memory_model::weak});
    EXPECT_EQ(anything, outcomes_of(weak, message_passing(relaxed, relaxed)));
    EXPECT_EQ(anything, outcomes_of(weak, message_passing(release, relaxed)));
    EXPECT_EQ(anything, outcomes_of(weak, message_passing(relaxed, acquire)));
    EXPECT_EQ(in_order, outcomes_of(weak, message_passing(release, acquire)));
}

// A task never reads an older value of one atomic after a newer one, whatever the orders.
TEST(explore, sees_no_atomic_go_back) {
    const auto seen = outcomes_of(named("coherence"), [](world& world) {
        auto& words = world.make<two_words>();
        world.task("writer", [&words] {
            words.x.store(1, relaxed);
            words.x.store(2, relaxed);
        });
        world.task("reader", [&words] {
            words.first = words.x.load(relaxed);
            words.second = words.x.load(relaxed);
        });
        world.at_end([&words, &world] { words.observe(world); });
    });
    EXPECT_EQ((outcomes{"0 0", "0 1", "0 2", "1 1", "1 2", "2 2"}), seen);
}

// Two independent writers, two readers: with seq_cst all agree on the order of the writes.
scenario independent_reads(std::memory_order stores, std::memory_order loads) {
    return [=](world& world) {
        struct state : two_words {
            int third = -1;
            int fourth = -1;
        };
        auto& words = world.make<state>();
        world.task("writes x", [&words, stores] { words.x.store(1, stores); });
        world.task("writes y", [&words, stores] { words.y.store(1, stores); });
        world.task("reads x, y", [&words, loads] {
            words.first = words.x.load(loads);
            words.second = words.y.load(loads);
        });
        world.task("reads y, x", [&words, loads] {
            words.third = words.y.load(loads);
            words.fourth = words.x.load(loads);
        });
        world.at_end([&words, &world] {
            const bool disagree =
                words.first == 1 && words.second == 0 && words.third == 1 && words.fourth == 0;
            world.observe(disagree ? "disagree" : "agree");
        });
    };
}

TEST(explore, sees_readers_disagree_only_without_a_total_order) {
    EXPECT_EQ((outcomes{"agree"}), outcomes_of(named("iriw"), independent_reads(seq_cst, seq_cst)));
    EXPECT_EQ((outcomes{"agree", "disagree"}), outcomes_of(named("iriw", {memory_model::weak}),
                                                           independent_reads(release, acquire)));
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
