// SPDX-License-Identifier: MIT
#include "dispatch/run_word.hpp"
#include "litmus/engine_model.hpp"
#include "support/explore/expect.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>

// The watch: it sleeps when all runners are parked, and must be awake whenever one is not, because
// it is what calls a spare runner when a call is slow by surprise. It steps out of the lane on the
// runner's behalf, perhaps at the moment when the call ends.
namespace {

using namespace stentor::explore;
using namespace std::chrono_literals;

struct watch_rules {
    bool wakes_it_after_cancelled_park = true;
    bool announces_before_look = true;
    bool calls_somebody = true;
    bool counts_before_it_flags = true;  // or the end of the call uncounts it first
    bool pays_debts = true;
    int quiet_ticks = 1;  // when all are parked, before it sleeps
    bool admits = true;   // lanes that wait for a slow call, though nobody makes one
};

// Follows core/src/dispatch/watch.cpp and runner_runs.cpp.
class watched_engine : public engine_model<explored_sync> {
public:
    watched_engine(const engine_limits& limits, const watch_rules& rules,
                   const caller_rules& runners = {})
        : engine_model(limits, runners), rules_(rules) {
        epoch_.name("watch epoch");
        sleeps_.name("watch sleeps");
    }

    // --- runner: around a call that nobody expects to be slow --------------------------------
    void begin_run(runner& self, std::size_t lane) {
        holding_[self.index] = lane;
        runs_[self.index].begin(false);
    }
    void end_run(runner& self, std::size_t lane) {
        if (runs_[self.index].end().flagged()) {
            end_surprise(self, lane);
        }
    }

    // --- watch -------------------------------------------------------------------------------
    void watch() {
        int quiet = 0;
        while (!stopping()) {
            const auto epoch = epoch_.load(std::memory_order_acquire);
            for (std::size_t index = 0; index < runs_.size(); ++index) {
                check_overdue(index);
            }
            if (rules_.pays_debts && take_debts()) {
                look_at_all_lanes();
            }
            while (rules_.admits && admit_waiting_slow()) {
            }
            quiet = idle().all_parked() ? quiet + 1 : 0;
            if (quiet >= rules_.quiet_ticks) {
                sleep_until_needed();
                quiet = 0;
            } else {
                futex_wait(epoch_, epoch, 1ms);
            }
        }
    }

protected:
    void woken() override { wake_watch(); }
    void park_cancelled() override {
        if (rules_.wakes_it_after_cancelled_park) {
            wake_watch();
        }
    }

private:
    void wake_watch() {
        if (sleeps_.load(std::memory_order_seq_cst)) {
            epoch_.fetch_add(1, std::memory_order_release);
            futex_wake(epoch_, 1);
        }
    }

    void check_overdue(std::size_t index) {
        auto run = runs_[index].look();
        const bool same = run == seen_[index];
        seen_[index] = run;
        if (!same || !run.inside() || run.flagged()) {
            return;
        }
        if (rules_.counts_before_it_flags) {
            idle().enter_blocked();
        }
        if (!runs_[index].flag(run, false)) {
            if (rules_.counts_before_it_flags) {
                idle().leave_blocked();
                admit_waiting_slow();
            }
            return;
        }
        seen_[index] = run;
        if (!rules_.counts_before_it_flags) {
            idle().enter_blocked();
        }
        if (rules_.calls_somebody) {
            call_others(holding_[index]);
        }
    }

    void sleep_until_needed() {
        const auto epoch = epoch_.load(std::memory_order_acquire);
        if (rules_.announces_before_look) {
            sleeps_.store(true, std::memory_order_seq_cst);
        }
        while (!stopping() && idle().all_parked() &&
               epoch_.load(std::memory_order_acquire) == epoch) {
            if (!rules_.announces_before_look) {
                sleeps_.store(true, std::memory_order_seq_cst);
            }
            futex_wait(epoch_, epoch);
        }
        sleeps_.store(false, std::memory_order_seq_cst);
    }

    const watch_rules rules_;
    explored_sync::atomic<std::uint32_t> epoch_{0};
    explored_sync::atomic<bool> sleeps_{false};
    std::array<stentor::detail::run_word<explored_sync>, 2> runs_;
    std::array<stentor::detail::run_sight, 2> seen_{};
    std::array<std::size_t, 2> holding_{};
};

void run_with_watch(world& world, watched_engine& engine, int published) {
    world.daemon("runner 0", [&engine] { engine.run(0); });
    world.daemon("runner 1", [&engine] { engine.run(1); });
    world.daemon("watch", [&engine] { engine.watch(); });
    world.at_end([&engine, published] {
        check(engine.handled() == published, "every event was handled");
        check(engine.lanes_idle(), "lost wake-up: a lane is ready and nobody woken");
    });
}

struct surprise_load {
    int quick_before = 0;     // quick events in lane 0 before the slow one
    std::size_t slow = 0;     // the lane of the slow call
    std::size_t rescuer = 1;  // the lane of the event that ends it
};

// A call that waits, by surprise, for an event in another lane; one worker and one spare runner.
scenario surprise(const surprise_load& load, const watch_rules& rules,
                  const caller_rules& runners = {}) {
    return [=](world& world) {
        using runner = watched_engine::runner;
        struct state {
            state(const watch_rules& rules, const caller_rules& runners)
                : engine({.runners = 2, .workers = 1}, rules, runners) {
                released.name("released");
            }
            watched_engine engine;
            explored_sync::atomic<std::uint32_t> released{0};
        };
        auto& shared = world.make<state>(rules, runners);
        world.task("publisher", [&shared, load] {
            for (int count = 0; count < load.quick_before; ++count) {
                shared.engine.publish(0, 0);
            }
            shared.engine.publish(0, load.slow, [&shared](auto&, runner& self, std::size_t lane) {
                shared.engine.begin_run(self, lane);
                while (shared.released.load(std::memory_order_acquire) == 0) {
                    futex_wait(shared.released, 0);
                }
                shared.engine.end_run(self, lane);
            });
            shared.engine.publish(0, load.rescuer,
                                  [&shared](auto&, runner& self, std::size_t lane) {
                                      shared.engine.begin_run(self, lane);
                                      shared.released.store(1, std::memory_order_release);
                                      futex_wake(shared.released, 1);
                                      shared.engine.end_run(self, lane);
                                  });
        });
        run_with_watch(world, shared.engine, load.quick_before + 2);
    };
}

// A quick call that the watch may take for a long one just when it ends, and a known slow one.
scenario late_surprise(const watch_rules& rules) {
    return [=](world& world) {
        auto& engine = world.make<watched_engine>(engine_limits{.runners = 2, .workers = 1}, rules);
        engine.set_slow(1, true);
        world.task("publisher", [&engine] {
            engine.publish(0, 0, [&engine](auto&, watched_engine::runner& self, std::size_t lane) {
                engine.begin_run(self, lane);
                engine.end_run(self, lane);
            });
            engine.publish(0, 1);
        });
        run_with_watch(world, engine, 2);
    };
}

// Two lanes of slow calls, of which one may run at a time; the first call in lane 0 shows that the
// lane is not slow any more, perhaps when both lanes wait for their turn.
scenario slow_no_more(const watch_rules& rules) {
    return [=](world& world) {
        const engine_limits limits{.runners = 2, .workers = 1, .runners_per_lane = 2};
        auto& engine = world.make<watched_engine>(limits, rules);
        engine.set_slow(0, true);
        engine.set_slow(1, true);
        world.task("publisher 0", [&engine] {
            engine.publish(0, 0, [](auto& of, watched_engine::runner&, std::size_t lane) {
                of.set_slow(lane, false);
            });
            engine.publish(0, 0);
        });
        world.task("publisher 1", [&engine] { engine.publish(1, 1); });
        run_with_watch(world, engine, 3);
    };
}

plan named(const char* name, std::vector<memory_model> models = plan{}.models) {
    plan made;
    made.name = std::string("watch.") + name;
    made.models = std::move(models);
    made.settings.timeouts_rescue = true;  // the tick is how the watch works
    return made;
}

plan rare(const char* name, std::vector<memory_model> models = plan{}.models) {
    plan made = named(name, std::move(models));
    made.searches = {search::random, search::pct};
    made.schedules = 300'000;
    return made;
}

// The runner turns from lane 0 to the slow call in lane 1, and leaves lane 0 in debt.
const surprise_load in_debt{.quick_before = 1, .slow = 1, .rescuer = 0};

TEST(watch, calls_a_spare_runner_when_a_call_is_slow_by_surprise) {
    expect_holds(named("surprise"), surprise({}, {}));
}

TEST(watch, is_awake_when_a_runner_found_work_at_its_last_look) {
    expect_holds(named("surprise_later"), surprise({.quick_before = 1}, {}));
}

TEST(watch, pays_the_debt_of_a_runner_in_a_slow_call) {
    auto ticking = named("debt");
    ticking.settings.timeouts_any_time = true;
    expect_holds(ticking, surprise(in_debt, {}));
}

TEST(watch, leaves_the_count_of_slow_calls_right_when_a_call_ends_meanwhile) {
    auto ticking = named("late_surprise");
    ticking.settings.timeouts_any_time = true;
    expect_holds(ticking, late_surprise({}));
}

TEST(watch_mutant, that_counts_a_slow_call_after_it_flagged_it_is_found) {
    auto ticking = rare("late_count");
    ticking.settings.timeouts_any_time = true;
    ticking.searches = {search::pct};  // the watch rests for long, twice, at the right moments
    expect_found(ticking, late_surprise({.counts_before_it_flags = false, .admits = false}),
                 "lost wake-up");
}

TEST(watch, admits_the_next_lane_when_the_admitted_one_is_slow_no_more) {
    // It looks once more when it has seen that all are parked.
    expect_holds(named("slow_no_more"), slow_no_more({.quiet_ticks = 2}));
}

TEST(watch_mutant, that_admits_nobody_is_found) {
    expect_found(rare("admits_nobody"), slow_no_more({.quiet_ticks = 2, .admits = false}),
                 "lost wake-up");
}

TEST(watch_mutant, that_is_not_woken_by_a_cancelled_park_is_found) {
    expect_found(rare("cancelled_park"),
                 surprise({.quick_before = 1}, {.wakes_it_after_cancelled_park = false}),
                 "lost wake-up");
}

TEST(watch_mutant, that_looks_before_it_announces_its_sleep_is_found) {
    expect_found(rare("look_first"),
                 surprise({.quick_before = 1}, {.announces_before_look = false}), "lost wake-up");
}

TEST(watch_mutant, that_calls_nobody_is_found) {
    expect_found(named("calls_nobody"), surprise({}, {.calls_somebody = false}), "no end");
}

TEST(watch_mutant, that_pays_no_debt_is_found) {
    expect_found(rare("pays_nothing", {memory_model::tso, memory_model::weak}),
                 surprise(in_debt, {.pays_debts = false}), "no end");
}

TEST(watch_mutant, that_hears_of_a_debt_too_early_is_found) {
    auto ticking = rare("early_debt", {memory_model::weak});
    ticking.settings.timeouts_any_time = true;
    expect_found(ticking, surprise(in_debt, {}, {.owes_before_it_leaves = true}), "no end");
}

}  // namespace
