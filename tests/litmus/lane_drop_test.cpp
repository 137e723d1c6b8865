// SPDX-License-Identifier: MIT
#include "lane/lane_drop.hpp"

#include "lane/flight_gate.hpp"
#include "litmus/weakened_sync.hpp"
#include "support/explore/expect.hpp"
#include "support/explore/plain.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

// A lane whose flights all rest with paused coroutines keeps its scheduled bit, but what is queued
// there is dropped all the same: by the runner that was about to keep away, or by one that is
// called by who paused. And what is published after the pause is not dropped.
namespace {

using namespace stentor::explore;
using stentor::detail::flight_gate;
using stentor::detail::lane_drop;

struct drop_rules {
    bool looks_again = true;  // when it has left the bit
    bool takes_bit = true;    // whoever begins to drop
};

template <class Sync>
struct drop_model {
    explicit drop_model(const drop_rules& how) : rules(how) {
        check(gate.take(1) == 1, "the flight was free");
    }

    // A runner took the lane, which is scheduled, from the ready set.
    void arrive() {
        const bool keeps = rules.looks_again ? drop.keep(gate) : !drop.on() && gate.keep();
        if (!keeps) {
            served.write(served.read() + 1);  // two at once are a race
            seen.fetch_add(1, std::memory_order_relaxed);
        }
    }
    // As begin() says, the lane goes into the ready set, where a runner takes it.
    void begin() {
        if (drop.begin(rules.takes_bit ? &gate : nullptr)) {
            arrive();
        }
    }
    void end_flight() {
        if (gate.end(1)) {
            arrive();
        }
    }
    void served_once() { check(seen.load(std::memory_order_relaxed) == 1, "the lane was served"); }

    const drop_rules rules;
    flight_gate<Sync> gate{1};
    lane_drop<Sync> drop;
    plain<int> served{0, "the lane"};
    typename Sync::template atomic<int> seen{0};
};

template <class Sync>
scenario no_flight_ends(const drop_rules& rules = {}) {
    return [rules](world& world) {
        auto& model = world.make<drop_model<Sync>>(rules);
        world.task("runner", [&model] { model.arrive(); });
        world.task("pauser", [&model] { model.begin(); });
        world.at_end([&model] { model.served_once(); });
    };
}

// The three who may take the bit back.
template <class Sync>
scenario a_flight_ends() {
    return [](world& world) {
        auto& model = world.make<drop_model<Sync>>(drop_rules{});
        world.task("runner", [&model] { model.arrive(); });
        world.task("pauser", [&model] { model.begin(); });
        world.task("flight", [&model] { model.end_flight(); });
        world.at_end([&model] { model.served_once(); });
    };
}

template <class Sync>
scenario drops_holds_and_drops() {
    return [](world& world) {
        auto& model = world.make<drop_model<Sync>>(drop_rules{});
        world.task("runner", [&model] { model.arrive(); });
        world.task("pauser", [&model] {
            model.begin();
            model.drop.end();
            model.begin();
        });
        world.at_end([&model] { model.served_once(); });
    };
}

// One entry from before the pause ends and one from behind it, and a runner that is inside.
template <class Sync>
scenario ends_while_a_runner_takes() {
    return [](world& world) {
        struct state {
            state() { check(!drop.begin(nullptr), "no flights, no bit"); }
            lane_drop<Sync> drop;
            typename Sync::template atomic<int> old{1};
            typename Sync::template atomic<int> fresh{0};
        };
        auto& shared = world.make<state>();
        world.task("runner", [&shared] {
            for (int round = 0; round < 2; ++round) {
                static_cast<void>(shared.drop.take([&shared] {
                    const int gone = shared.old.exchange(0, std::memory_order_acq_rel) +
                                     shared.fresh.exchange(0, std::memory_order_acq_rel);
                    return static_cast<std::size_t>(gone);
                }));
            }
        });
        world.task("resumer", [&shared] {
            shared.drop.end();
            shared.fresh.store(1, std::memory_order_release);
        });
        world.at_end([&shared] {
            check(shared.fresh.load(std::memory_order_relaxed) == 1,
                  "nothing is dropped that came after the pause");
        });
    };
}

// Whose mutex keeps nobody out.
struct unlocked_sync : explored_sync {
    struct mutex {
        void lock() noexcept {}
        void unlock() noexcept {}
    };
};

plan named(const char* name, std::vector<memory_model> models = plan{}.models) {
    plan made;
    made.name = std::string("lane_drop.") + name;
    made.models = std::move(models);
    return made;
}

TEST(lane_drop, lets_a_runner_in_though_no_flight_ends) {
    expect_holds(named("no_flight"), no_flight_ends<explored_sync>());
}

TEST(lane_drop, gives_the_lane_to_one_of_those_who_may_take_it) {
    expect_holds(named("flight"), a_flight_ends<explored_sync>());
}

TEST(lane_drop, may_end_and_begin_again_while_a_runner_turns_away) {
    expect_holds(named("again"), drops_holds_and_drops<explored_sync>());
}

TEST(lane_drop, takes_nothing_that_came_after_its_end) {
    expect_holds(named("end"), ends_while_a_runner_takes<explored_sync>());
}

TEST(lane_drop_mutant, without_a_total_order_is_found) {
    auto deeper = named("no_total_order", {memory_model::tso, memory_model::weak});
    deeper.preemptions = 3;  // to read an old word counts as one
    expect_found(deeper, no_flight_ends<weakened_sync<without_total_order>>(),
                 "the lane was served");
}

TEST(lane_drop_mutant, that_does_not_look_again_is_found) {
    expect_found(named("one_look"), no_flight_ends<explored_sync>({.looks_again = false}),
                 "the lane was served");
}

TEST(lane_drop_mutant, that_leaves_the_bit_is_found) {
    expect_found(named("leaves_bit"), no_flight_ends<explored_sync>({.takes_bit = false}),
                 "the lane was served");
}

TEST(lane_drop_mutant, without_the_lock_is_found) {
    expect_found(named("no_lock"), ends_while_a_runner_takes<unlocked_sync>(),
                 "nothing is dropped that came after the pause");
}

}  // namespace
