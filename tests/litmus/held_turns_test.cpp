// SPDX-License-Identifier: MIT
#include "litmus/turns_model.hpp"
#include "litmus/weakened_sync.hpp"
#include "support/explore/expect.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

// Deliveries that come after others of their event (C15): none stays behind, none goes on twice or
// too early, none is dropped as in vain when all that it waits for has succeeded.
namespace {

using namespace stentor::explore;
using stentor::detail::basic_held_turns;

using sound = turns_model<explored_sync>;
using plans = std::vector<delivery_plan>;

// A runner for each lane.
template <class Model>
scenario run_all(const plans& what, const turn_rules& rules = {}) {
    return [=](world& world) {
        auto& model = world.make<Model>(what, rules);
        owe(static_cast<std::int64_t>(what.size()));
        static constexpr const char* names[] = {"runner 0", "runner 1", "runner 2"};
        for (std::size_t lane = 0; lane < what.size(); ++lane) {
            world.daemon(names[lane], [&model, lane] { model.run(lane, lane); });
        }
        world.at_end([&model, &world] {
            model.check_end();
            world.observe(model.ends());
        });
    };
}

// Two runners of the lane that comes after.
template <class Model>
scenario run_twice(const plans& what, const turn_rules& rules = {}) {
    return [=](world& world) {
        auto& model = world.make<Model>(what, rules);
        owe(static_cast<std::int64_t>(what.size()));
        world.daemon("runner 0", [&model] { model.run(0, 0); });
        world.daemon("runner 1", [&model] { model.run(1, 1); });
        world.daemon("runner 2", [&model] { model.run(2, 1); });
        world.at_end([&model] { model.check_end(); });
    };
}

// The last delivery's subscription ends.
template <class Model>
scenario unsubscribe_last(const plans& what, const turn_rules& rules = {}) {
    return [=](world& world) {
        auto& model = world.make<Model>(what, rules);
        const auto last = what.size() - 1;
        for (std::size_t lane = 0; lane < what.size(); ++lane) {
            if (!what[lane].stuck) {
                owe();
                world.daemon("runner", [&model, lane] { model.run(lane, lane); });
            }
        }
        world.task("unsubscriber", [&model, last] { model.unsubscribe(last); });
        world.at_end([&model, &world] {
            model.check_end();
            world.observe(model.ends());
        });
    };
}

// The bus ends, and the first delivery does not.
scenario end_bus(const turn_rules& rules = {}) {
    return [=](world& world) {
        auto& model = world.make<sound>(plans{{.stuck = true}, {.before = {0}}}, rules);
        owe();
        world.task("runner", [&model] { model.run_until_sent_away(1, 1); });
        world.task("drain", [&model] { model.end_bus(1); });
        world.at_end([&model, &world] {
            model.check_end();
            world.observe(model.ends());
        });
    };
}

scenario wait_idle(const turn_rules& rules = {}) {
    return [=](world& world) {
        auto& model = world.make<sound>(plans{{}, {.before = {0}}}, rules);
        owe(2);
        world.daemon("runner 0", [&model] { model.run(0, 0); });
        world.daemon("runner 1", [&model] { model.run(1, 1); });
        world.task("drain", [&model] { model.wait_idle(); });
        world.at_end([&model] { model.check_end(); });
    };
}

const plans pair{{}, {.before = {0}}};
const plans strict_pair{{}, {.before = {0}, .requires_success = true}};
const plans both{{}, {}, {.before = {0, 1}}};
const plans chain{{}, {.before = {0}}, {.before = {1}}};
const plans one_fails{{}, {.succeeds = false}, {.before = {0, 1}, .requires_success = true}};

plan named(const char* name) {
    plan made;
    made.name = std::string("held_turns.") + name;
    made.schedules = 40'000;
    made.exhaustive_max = 10'000;
    return made;
}

TEST(held_turns, leave_no_delivery_behind) {
    expect_holds(named("pair"), run_all<sound>(pair));
    expect_holds(named("both"), run_all<sound>(both));
    expect_holds(named("chain"), run_all<sound>(chain));
}

TEST(held_turns, let_no_delivery_go_on_twice) {
    expect_holds(named("two_runners"), run_twice<sound>(pair));
}

TEST(held_turns, drop_nothing_whose_others_succeed) {
    const auto ends = expect_holds(named("strict"), run_all<sound>(strict_pair));
    EXPECT_EQ(ends.size(), 1U);
    EXPECT_TRUE(ends.contains("cc"));
}

TEST(held_turns, drop_what_requires_a_success_that_does_not_come) {
    const auto ends = expect_holds(named("one_fails"), run_all<sound>(one_fails));
    EXPECT_EQ(ends.size(), 1U);
    EXPECT_TRUE(ends.contains("cfd"));
}

TEST(held_turns, keep_nothing_of_a_subscription_that_ends) {
    expect_holds(named("unsubscribed_early"),
                 unsubscribe_last<sound>({{.stuck = true}, {.before = {0}}}));
    const auto ends = expect_holds(named("unsubscribed"), unsubscribe_last<sound>(pair));
    EXPECT_TRUE(ends.contains("cc"));
    EXPECT_TRUE(ends.contains("cx"));
}

TEST(held_turns, keep_nothing_of_a_bus_that_ends) {
    const auto ends = expect_holds(named("bus_ends"), end_bus());
    EXPECT_EQ(ends.size(), 1U);
    EXPECT_TRUE(ends.contains("-x"));
}

TEST(held_turns, let_a_drain_wait_for_all) {
    expect_holds(named("drain"), wait_idle());
}

// --- who uses them wrongly -----------------------------------------------------------------------

TEST(held_turns_mutant, that_looks_twice_is_found) {
    expect_found(named("two_looks"), run_all<sound>(pair, {.one_look = false}),
                 "what is dropped is in vain");
    expect_found(named("two_looks_strict"), run_all<sound>(strict_pair, {.one_look = false}),
                 "what is dropped is in vain");
}

TEST(held_turns_mutant, that_looks_into_the_list_first_is_found) {
    expect_found(named("list_first"), run_all<sound>(pair, {.takes_down_first = false}), "");
}

TEST(held_turns_mutant, that_says_too_late_that_it_failed_is_found) {
    expect_found(named("blames_late"), run_all<sound>(one_fails, {.blames_first = false}),
                 "without the success that it requires");
}

TEST(held_turns_mutant, that_counts_every_end_is_found) {
    expect_found(named("every_end"), run_all<sound>(both, {.first_end_counts = false}), "");
}

TEST(held_turns_mutant, that_enters_without_the_guard_is_found) {
    expect_found(
        named("no_guard"),
        unsubscribe_last<sound>({{.stuck = true}, {.before = {0}}}, {.enters_under_guard = false}),
        "");
}

TEST(held_turns_mutant, that_empties_the_list_before_it_closes_is_found) {
    expect_found(
        named("empties_first"),
        unsubscribe_last<sound>({{.stuck = true}, {.before = {0}}}, {.closes_first = false}), "");
}

TEST(held_turns_mutant, that_empties_the_lists_of_a_bus_only_once_is_found) {
    expect_found(named("empties_once"), end_bus({.empties_again = false}), "");
}

TEST(held_turns_mutant, whose_drain_looks_at_what_left_first_is_found) {
    expect_found(named("left_first"), wait_idle({.counts_what_left_last = false}),
                 "idle means that all have ended");
}

TEST(held_turns_mutant, that_settles_before_it_tells_is_found) {
    expect_found(named("settles_first"), wait_idle({.tells_before_it_settles = false}),
                 "idle means that all have ended");
}

// --- lists that are wrong ------------------------------------------------------------------------

enum class flaw { none, looks_early, looks_not, forgets_to_ask, forgets_to_say };

// A list of one, which is enough for one event.
template <flaw Flaw>
class flawed_turns {
public:
    using turn = explored_turn<explored_sync>;
    using counts_type = basic_held_turns<explored_sync, turn>::counts_type;

    bool enter(turn& one, counts_type& counts) noexcept {
        const bool early = Flaw == flaw::looks_early && come(one);
        const std::lock_guard lock(mutex_);
        if (Flaw == flaw::looks_early ? early : Flaw != flaw::looks_not && come(one)) {
            return false;
        }
        one.held = true;
        one.after = nullptr;
        only_ = &one;
        size_.store(1, std::memory_order_relaxed);
        counts.begun.fetch_add(1, std::memory_order_seq_cst);
        return true;
    }
    bool leave(turn& one, counts_type& counts) noexcept {
        const std::lock_guard lock(mutex_);
        if (!one.held && Flaw != flaw::forgets_to_ask) {
            return false;
        }
        counts.ended.fetch_add(1, std::memory_order_seq_cst);
        one.held = false;
        only_ = nullptr;
        size_.store(0, std::memory_order_relaxed);
        return true;
    }
    turn* leave_all(counts_type& counts) noexcept {
        const std::lock_guard lock(mutex_);
        auto* one = only_;
        if (one != nullptr) {
            counts.ended.fetch_add(1, std::memory_order_seq_cst);
            one->held = Flaw == flaw::forgets_to_say;
        }
        only_ = nullptr;
        size_.store(0, std::memory_order_relaxed);
        return one;
    }
    [[nodiscard]] std::int64_t size() const noexcept {
        return size_.load(std::memory_order_relaxed);
    }

private:
    static bool come(const turn& one) noexcept {
        return one.left.load(std::memory_order_acquire) == 0;
    }

    explored_sync::mutex mutex_;
    turn* only_ = nullptr;
    explored_sync::atomic<std::int64_t> size_{0};
};

template <flaw Flaw>
using flawed = turns_model<explored_sync, flawed_turns<Flaw>>;

TEST(held_turns_mutant, without_a_flaw_holds) {
    expect_holds(named("flawless"), run_all<flawed<flaw::none>>(pair));
    expect_holds(named("flawless_end"), unsubscribe_last<flawed<flaw::none>>(pair));
}

TEST(held_turns_mutant, that_does_not_look_under_the_lock_is_found) {
    expect_found(named("looks_early"), run_all<flawed<flaw::looks_early>>(pair), "");
    expect_found(named("looks_not"), run_all<flawed<flaw::looks_not>>(pair), "");
}

TEST(held_turns_mutant, that_does_not_ask_whether_it_was_held_is_found) {
    expect_found(named("forgets_to_ask"), run_all<flawed<flaw::forgets_to_ask>>(pair), "");
}

TEST(held_turns_mutant, that_leaves_a_second_time_is_found) {
    expect_found(named("forgets_to_say"), unsubscribe_last<flawed<flaw::forgets_to_say>>(pair), "");
}

// --- orders and the lock -------------------------------------------------------------------------

struct sync_without_locks : explored_sync {
    struct mutex {
        void lock() noexcept {}
        void unlock() noexcept {}
    };
};

TEST(held_turns_mutant, without_the_lock_is_found) {
    expect_found(named("no_lock"), run_all<turns_model<sync_without_locks>>(pair), "");
}

TEST(held_turns_mutant, without_orders_is_found) {
    auto weak = named("no_release");
    weak.models = {memory_model::weak};
    using no_release = turns_model<weakened_sync<without_release>>;
    expect_found(weak, run_all<no_release>(pair), "what a handler has done");
    weak.name = "held_turns.no_acquire";
    using no_acquire = turns_model<weakened_sync<without_acquire>>;
    expect_found(weak, run_all<no_acquire>(pair), "what a handler has done");
}

}  // namespace
