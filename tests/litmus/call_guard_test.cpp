// SPDX-License-Identifier: MIT
#include "registry/call_guard.hpp"

#include "litmus/weakened_sync.hpp"
#include "support/explore/expect.hpp"
#include "support/explore/plain.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

// The unsubscribe barrier (C5): when unsubscribe has returned, no call runs or will run, and the
// handler's captures can go.
namespace {

using namespace stentor::explore;
using stentor::detail::call_guard;

template <class Sync>
struct subscription_model {
    subscription_model() { closed.name("closed"); }
    typename Sync::template atomic<bool> closed{false};
    plain<int> captures{0, "captures"};
};

template <class Sync>
struct barrier_model {
    using subscription = subscription_model<Sync>;

    // A runner that has a batch of entries for each of the given subscriptions, in turn.
    void run(std::size_t runner, const std::vector<int>& batches, int calls) {
        auto& guard = guards[runner];
        for (const int number : batches) {
            auto& to = subscriptions[static_cast<std::size_t>(number)];
            const auto* before = guard.enter(&to);
            for (int call = 0; call < calls && !to.closed.load(std::memory_order_acquire); ++call) {
                to.captures.read();
            }
            guard.exit(before);
        }
    }

    void unsubscribe(std::size_t number) {
        auto& from = subscriptions[number];
        from.closed.store(true, std::memory_order_release);
        Sync::heavy_fence();
        for (const auto& guard : guards) {
            while (guard.holds(&from)) {
                Sync::pause();
            }
        }
        from.captures.retire();
    }

    std::array<subscription, 2> subscriptions;
    std::array<call_guard<Sync, subscription>, 2> guards;
};

template <class Sync>
scenario unsubscribe_while_called(int runners, const std::vector<int>& batches, int calls) {
    return [=](world& world) {
        auto& model = world.make<barrier_model<Sync>>();
        static constexpr const char* names[] = {"runner 0", "runner 1"};
        for (int index = 0; index < runners; ++index) {
            world.task(names[index], [&model, &batches, index, calls] {
                model.run(static_cast<std::size_t>(index), batches, calls);
            });
        }
        world.task("unsubscriber", [&model] { model.unsubscribe(0); });
    };
}

plan named(const char* name, std::vector<memory_model> models = plan{}.models) {
    plan made;
    made.name = std::string("call_guard.") + name;
    made.models = std::move(models);
    return made;
}

const std::vector<memory_model> every_model = plan{}.models;

TEST(call_guard, lets_no_call_run_after_unsubscribe) {
    expect_holds(named("one_runner"), unsubscribe_while_called<explored_sync>(1, {0, 0}, 2));
}

TEST(call_guard, lets_no_call_run_after_unsubscribe_with_two_runners) {
    expect_holds(named("two_runners"), unsubscribe_while_called<explored_sync>(2, {0}, 2));
}

TEST(call_guard, lets_no_call_run_when_runners_turn_to_other_subscriptions) {
    expect_holds(named("turns"), unsubscribe_while_called<explored_sync>(1, {0, 1, 0, 1}, 1));
}

TEST(call_guard_mutant, without_the_heavy_fence_is_found) {
    expect_found(named("no_heavy_fence", {memory_model::tso, memory_model::weak}),
                 unsubscribe_while_called<weakened_sync<without_heavy_fence>>(1, {0}, 1),
                 "captures");
}

TEST(call_guard_mutant, without_the_light_fence_is_found) {
    expect_found(named("no_light_fence", {memory_model::weak}),
                 unsubscribe_while_called<weakened_sync<without_light_fence>>(1, {0}, 1),
                 "captures");
}

TEST(call_guard_mutant, that_leaves_without_release_is_found) {
    expect_found(named("no_release", every_model),
                 unsubscribe_while_called<weakened_sync<without_release>>(1, {0}, 1),
                 "data race: captures");
}

TEST(call_guard_mutant, that_is_looked_at_without_acquire_is_found) {
    expect_found(named("no_acquire", every_model),
                 unsubscribe_while_called<weakened_sync<without_acquire>>(1, {0}, 1),
                 "data race: captures");
}

}  // namespace
