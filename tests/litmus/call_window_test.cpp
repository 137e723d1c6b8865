// SPDX-License-Identifier: MIT
#include "resilience/call_window.hpp"

#include "litmus/torn_sync.hpp"
#include "litmus/weakened_sync.hpp"
#include "resilience/time_window.hpp"
#include "support/explore/expect.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

// The windows of a breaker: no call is lost or counted twice, whoever records last counts all, and
// a call of an old generation reaches no new one.
namespace {

using namespace stentor::explore;
using stentor::detail::call_mark;
using stentor::detail::call_tally;
using stentor::detail::call_window;
using stentor::detail::time_window;

constexpr call_mark failed{.failed = true, .slow = false};
constexpr std::array names{"caller 0", "caller 1", "caller 2"};

template <class Window>
struct window_model {
    explicit window_model(std::int64_t size) : window(size) {}
    Window window;
    std::int64_t most_seen = 0;  // of any caller, after its call
};

// Three calls, one in each word or part; the last one to look sees three.
template <class Sync>
scenario count_three() {
    return [](world& world) {
        auto& model = world.make<window_model<call_window<Sync, 1>>>(3);
        for (const auto* name : names) {
            world.task(name, [&model] {
                check(model.window.record(0, failed), "the window is of this generation");
                model.most_seen = std::max(model.most_seen, model.window.tally(0).failed);
            });
        }
        world.at_end([&model] {
            check(model.window.tally(0).calls == 3, "every call is counted once");
            check(model.most_seen == 3, "whoever records last counts all");
        });
    };
}

// Three calls of each of two at once, two to a word.
template <class Sync>
scenario count_several() {
    return [](world& world) {
        auto& model = world.make<window_model<call_window<Sync, 2>>>(6);
        for (std::size_t who = 0; who < 2; ++who) {
            world.task(names[who], [&model] {
                check(model.window.record(0, failed, 3), "the window is of this generation");
                model.most_seen = std::max(model.most_seen, model.window.tally(0).failed);
            });
        }
        world.at_end([&model] {
            check(model.window.tally(0).calls == 6, "every call is counted once");
            check(model.most_seen == 6, "whoever records last counts all");
        });
    };
}

template <class Sync>
scenario count_in_two_parts() {
    return [](world& world) {
        constexpr std::int64_t part = 10;
        auto& model = world.make<window_model<time_window<Sync>>>(60 * part);
        for (std::int64_t who = 0; who < 3; ++who) {
            world.task(names[static_cast<std::size_t>(who)], [&model, now = who / 2 * part] {
                model.window.record(0, failed, now);
                model.most_seen = std::max(model.most_seen, model.window.tally(0, part).failed);
            });
        }
        world.at_end([&model] {
            check(model.window.tally(0, part).calls == 3, "every call is counted once");
            check(model.most_seen == 3, "whoever records last counts all");
        });
    };
}

// A window of one call in a ring of four words, which six calls go around.
template <class Sync>
scenario laps() {
    return [](world& world) {
        auto& model = world.make<window_model<call_window<Sync, 1>>>(1);
        for (const auto* name : names) {
            world.task(name, [&model] {
                check(model.window.record(0, failed), "the window is of this generation");
                check(model.window.record(0, failed), "the window is of this generation");
            });
        }
        world.at_end([&model] {
            const auto seen = model.window.tally(0);
            check(seen.calls == 1 && seen.failed == 1, "the window holds the last call");
        });
    };
}

// Two generations at once; the calls of the old one failed, those of the new one did not.
template <class Sync>
scenario generations() {
    return [](world& world) {
        auto& model = world.make<window_model<call_window<Sync, 1>>>(4);
        world.task(names[0], [&model] { static_cast<void>(model.window.record(0, failed)); });
        world.task(names[1], [&model] {
            static_cast<void>(model.window.record(0, failed));
            check(model.window.record(1, {}), "a new generation begins a fresh window");
        });
        world.task(names[2], [&model] {
            check(model.window.record(1, {}), "a new generation begins a fresh window");
        });
        world.at_end([&model] {
            const auto seen = model.window.tally(1);
            check(seen.calls == 2, "every call of the new generation is counted");
            check(seen.failed == 0, "no call of an old generation is");
        });
    };
}

plan named(const char* name, std::vector<memory_model> models = plan{}.models) {
    plan made;
    made.name = std::string("call_window.") + name;
    made.models = std::move(models);
    made.schedules = 60'000;
    return made;
}

TEST(call_window, counts_all_for_whoever_records_last) {
    expect_holds(named("count"), count_three<explored_sync>());
}

TEST(call_window, counts_several_at_once) {
    expect_holds(named("several"), count_several<explored_sync>());
}

TEST(call_window, goes_around_its_ring) {
    expect_holds(named("laps"), laps<explored_sync>());
}

TEST(call_window, keeps_generations_apart) {
    expect_holds(named("generations"), generations<explored_sync>());
}

TEST(time_window, counts_all_for_whoever_records_last) {
    expect_holds(named("parts"), count_in_two_parts<explored_sync>());
}

TEST(call_window_mutant, that_changes_in_two_steps_is_found) {
    expect_found(named("torn"), count_three<torn_sync>(), "");
}

TEST(call_window_mutant, that_changes_in_two_steps_loses_some_of_several) {
    expect_found(named("torn_several"), count_several<torn_sync>(), "");
}

TEST(call_window_mutant, without_release_is_found) {
    expect_found(named("no_release", {memory_model::weak}),
                 count_three<weakened_sync<without_release>>(), "whoever records last counts all");
}

TEST(call_window_mutant, without_acquire_is_found) {
    expect_found(named("no_acquire", {memory_model::weak}),
                 count_three<weakened_sync<without_acquire>>(), "whoever records last counts all");
}

TEST(time_window_mutant, that_changes_in_two_steps_is_found) {
    expect_found(named("torn_parts"), count_in_two_parts<torn_sync>(), "");
}

TEST(time_window_mutant, without_a_total_order_is_found) {
    expect_found(named("no_total_order", {memory_model::weak}),
                 count_in_two_parts<weakened_sync<without_total_order>>(),
                 "whoever records last counts all");
}

}  // namespace
