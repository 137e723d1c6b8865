// SPDX-License-Identifier: MIT
#include "lane/lane_hold.hpp"

#include "litmus/weakened_sync.hpp"
#include "support/explore/expect.hpp"
#include "support/explore/plain.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <utility>
#include <vector>

// Pausing keeps runners away from a lane without losing it: the lane's scheduled bit, handed to and
// fro between runners and whoever resumes, ends with exactly one of them.
namespace {

using namespace stentor::explore;
using stentor::detail::lane_hold;

template <class Sync>
struct hold_model {
    hold_model() { hold.begin(); }

    // A runner took the lane from the ready set.
    void take() {
        if (!hold.keep()) {
            serve();
        }
    }
    // As hold.end() says: into the ready set, where a runner takes it.
    void resume() {
        if (hold.end()) {
            take();
        }
    }
    void pause() { hold.begin(); }
    void serve() {
        served.write(served.read() + 1);  // two at once are a race
        seen.fetch_add(1, std::memory_order_relaxed);
    }

    lane_hold<Sync> hold;
    plain<int> served{0, "the lane"};
    typename Sync::template atomic<int> seen{0};
};

template <class Sync>
scenario resume_once() {
    return [](world& world) {
        auto& model = world.make<hold_model<Sync>>();
        world.task("runner", [&model] { model.take(); });
        world.task("resumer", [&model] { model.resume(); });
        world.at_end([&model] {
            check(model.seen.load(std::memory_order_relaxed) == 1, "the lane was served once");
        });
    };
}

template <class Sync>
scenario resume_pause_resume() {
    return [](world& world) {
        auto& model = world.make<hold_model<Sync>>();
        world.task("runner", [&model] { model.take(); });
        world.task("resumer", [&model] {
            model.resume();
            model.pause();
            model.resume();
        });
        world.at_end([&model] {
            check(model.seen.load(std::memory_order_relaxed) == 1, "the lane was served once");
        });
    };
}

plan named(const char* name, std::vector<memory_model> models = plan{}.models) {
    plan made;
    made.name = std::string("lane_hold.") + name;
    made.models = std::move(models);
    return made;
}

TEST(lane_hold, neither_loses_nor_doubles_a_scheduled_lane) {
    expect_holds(named("resume"), resume_once<explored_sync>());
}

TEST(lane_hold, may_be_held_again_while_a_runner_turns_away) {
    expect_holds(named("again"), resume_pause_resume<explored_sync>());
}

}  // namespace
