// SPDX-License-Identifier: MIT
#include "litmus/weakened_sync.hpp"
#include "registry/call_guard.hpp"
#include "support/explore/expect.hpp"
#include "support/explore/plain.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

// Unsubscribing from anywhere (C5): the barrier waits for running calls, a handler that
// unsubscribes itself does not wait, nor do handlers that would wait for each other in a circle;
// every handler is destroyed exactly once, when no call can reach it.
namespace {

using namespace stentor::explore;
using stentor::detail::call_guard;

struct unsubscribe_rules {
    bool sees_itself = true;
    bool looks_for_circles = true;
    bool locks_while_it_looks = true;
    bool waits_for_calls = true;  // before the handler goes
    bool deferred_waits_for_calls = true;
    bool looks_again = true;  // for the last call of a deferred one
};

// Follows core/src/bus/unsubscribing.cpp and the end of deferred handlers in placement.cpp.
class unsubscribe_model {
public:
    static constexpr std::size_t nobody = 99;
    static constexpr std::size_t subscriptions_max = 3;
    // What the handler of a subscription unsubscribes, or nobody.
    using plan_of_handlers = std::array<std::size_t, subscriptions_max>;

    unsubscribe_model(const plan_of_handlers& removes, const unsubscribe_rules& rules)
        : removes_(removes), rules_(rules) {
        lock_.name("registry lock");
        for (auto& one : subscriptions_) {
            one.closed.name("closed");
            one.deferred.name("deferred");
        }
    }

    // A runner with one entry for the subscription.
    void deliver(std::size_t runner, std::size_t to) {
        auto& mine = runners_[runner];
        auto& called = subscriptions_[to];
        const auto* before = mine.guard.enter(&called);
        if (!called.closed.load(std::memory_order_relaxed)) {
            called.captures.read();
            if (removes_[to] != nobody) {
                unsubscribe(removes_[to], &mine);
            }
            called.captures.read();
        }
        mine.guard.exit(before);
        if (called.deferred.load(std::memory_order_relaxed)) {
            request_maintenance();  // this may have been the last call
        }
    }

    void unsubscribe_from_outside(std::size_t which) { unsubscribe(which, nullptr); }

    // The watch: ends deferred handlers when nobody is in them. It looks when it is asked to, and
    // after a while again while some are left, because the runner of the last call may have looked
    // at `deferred` too early to ask.
    void maintain() {
        while (!stopping()) {
            const auto seen = requests_.load(std::memory_order_acquire);
            bool left = false;
            with_lock([&] {
                for (auto& one : subscriptions_) {
                    if (!one.deferred.load(std::memory_order_acquire) ||
                        one.gone.load(std::memory_order_acquire)) {
                        continue;
                    }
                    if (rules_.deferred_waits_for_calls && being_called(one)) {
                        left = true;
                    } else if (destroy(one)) {
                        settle();
                    }
                }
            });
            if (left && rules_.looks_again) {
                sleep_for(std::chrono::milliseconds(1));
            } else {
                futex_wait(requests_, seen);
            }
        }
    }

    [[nodiscard]] bool gone(std::size_t which) const {
        return subscriptions_[which].captures.retired();
    }

private:
    struct subscription {
        explored_sync::atomic<bool> closed{false};
        explored_sync::atomic<bool> deferred{false};
        explored_sync::atomic<bool> gone{false};
        plain<int> captures{0, "captures"};
        bool removed = false;  // under the lock
    };
    struct runner_model {
        call_guard<explored_sync, subscription> guard;
        explored_sync::atomic<const subscription*> waits_for{nullptr};
    };

    void request_maintenance() {
        requests_.fetch_add(1, std::memory_order_seq_cst);
        futex_wake(requests_, 1);
    }

    template <class Body>
    void with_lock(Body body) {
        while (lock_.exchange(true, std::memory_order_acquire)) {
            explored_sync::pause();
        }
        body();
        lock_.store(false, std::memory_order_release);
    }

    void unsubscribe(std::size_t number, runner_model* mine) {
        auto& which = subscriptions_[number];
        bool removed = false;
        with_lock([&] {
            removed = std::exchange(which.removed, true);
            which.closed.store(true, std::memory_order_release);
            explored_sync::heavy_fence();
        });
        if (removed) {
            return;
        }
        const bool self = rules_.sees_itself && mine != nullptr && mine->guard.holds(&which);
        if (self || (mine != nullptr && !enter_wait(*mine, which))) {
            owe();  // to be destroyed by whoever maintains
            which.deferred.store(true, std::memory_order_release);
            request_maintenance();
            return;
        }
        while (rules_.waits_for_calls && being_called(which)) {
            explored_sync::pause();
        }
        if (mine != nullptr) {
            with_lock([&] { mine->waits_for.store(nullptr, std::memory_order_release); });
        }
        destroy(which);
    }

    bool being_called(const subscription& which) const {
        return std::ranges::any_of(
            runners_, [&](const runner_model& one) { return one.guard.holds(&which); });
    }

    bool destroy(subscription& which) {
        if (which.gone.exchange(true, std::memory_order_acq_rel)) {
            return false;
        }
        which.captures.retire();
        return true;
    }

    bool enter_wait(runner_model& mine, const subscription& target) {
        bool waits = true;
        const auto look = [&] {
            waits = !rules_.looks_for_circles || !closes_a_circle(mine, target);
            if (waits) {
                mine.waits_for.store(&target, std::memory_order_release);
            }
        };
        rules_.locks_while_it_looks ? with_lock(look) : look();
        return waits;
    }

    bool closes_a_circle(const runner_model& mine, const subscription& target) const {
        const auto* start = mine.guard.held();
        std::vector<const subscription*> reached{&target};
        for (std::size_t at = 0; at < reached.size(); ++at) {
            for (const auto& one : runners_) {
                if (!one.guard.holds(reached[at])) {
                    continue;
                }
                const auto* next = one.waits_for.load(std::memory_order_acquire);
                if (next == start && next != nullptr) {
                    return true;
                }
                if (next != nullptr && std::ranges::find(reached, next) == reached.end()) {
                    reached.push_back(next);
                }
            }
        }
        return false;
    }

    const plan_of_handlers removes_;
    const unsubscribe_rules rules_;
    explored_sync::atomic<bool> lock_{false};
    explored_sync::atomic<std::uint32_t> requests_{0};
    std::array<subscription, subscriptions_max> subscriptions_;
    std::array<runner_model, 3> runners_;
};

constexpr auto nobody = unsubscribe_model::nobody;

struct unsubscribe_load {
    unsubscribe_model::plan_of_handlers removes{nobody, nobody, nobody};
    std::vector<std::size_t> called{};   // by runner 0, 1, ...: one subscription each
    std::vector<std::size_t> outside{};  // unsubscribed by threads that are no runners
    std::vector<std::size_t> must_go{};  // handlers that are gone at the end, whatever happened
};

scenario unsubscribing(const unsubscribe_load& load, const unsubscribe_rules& rules = {}) {
    return [load, rules](world& world) {
        auto& model = world.make<unsubscribe_model>(load.removes, rules);
        static constexpr const char* runners[] = {"runner 0", "runner 1", "runner 2"};
        for (std::size_t index = 0; index < load.called.size(); ++index) {
            world.task(runners[index],
                       [&model, index, to = load.called[index]] { model.deliver(index, to); });
        }
        for (const auto which : load.outside) {
            world.task("outsider", [&model, which] { model.unsubscribe_from_outside(which); });
        }
        world.daemon("watch", [&model] { model.maintain(); });
        world.at_end([&model, &load] {
            for (const auto which : load.must_go) {
                check(model.gone(which), "the handler is destroyed");
            }
        });
    };
}

plan named(const char* name, std::vector<memory_model> models = plan{}.models) {
    plan made;
    made.name = std::string("unsubscribe.") + name;
    made.models = std::move(models);
    made.settings.steps_max = 2'000;
    return made;
}

const unsubscribe_load from_outside{.called = {0, 0}, .outside = {0}, .must_go = {0}};
const unsubscribe_load itself{.removes = {0, nobody, nobody}, .called = {0}};
const unsubscribe_load crossing{.removes = {1, 0, nobody}, .called = {0, 1}};

TEST(unsubscribe, waits_for_calls_of_two_runners) {
    expect_holds(named("outside"), unsubscribing(from_outside));
}

TEST(unsubscribe, does_not_wait_for_its_own_handler) {
    expect_holds(named("itself"), unsubscribing(itself));
}

TEST(unsubscribe, of_itself_meets_another_call_and_another_unsubscribe) {
    expect_holds(
        named("itself_twice"),
        unsubscribing(
            {.removes = {0, nobody, nobody}, .called = {0, 0}, .outside = {0}, .must_go = {0}}));
}

TEST(unsubscribe, of_two_handlers_by_each_other_does_not_block) {
    expect_holds(named("crossing"), unsubscribing(crossing));
}

TEST(unsubscribe, of_three_handlers_in_a_circle_does_not_block) {
    expect_holds(named("circle"), unsubscribing({.removes = {1, 2, 0}, .called = {0, 1, 2}}));
}

TEST(unsubscribe_mutant, that_does_not_wait_is_found) {
    expect_found(named("no_wait"), unsubscribing(from_outside, {.waits_for_calls = false}),
                 "captures");
}

TEST(unsubscribe_mutant, that_does_not_see_itself_is_found) {
    expect_found(named("blind"),
                 unsubscribing(itself, {.sees_itself = false, .looks_for_circles = false}),
                 "no end");
}

TEST(unsubscribe_mutant, that_does_not_look_for_circles_is_found) {
    expect_found(named("no_circles"), unsubscribing(crossing, {.looks_for_circles = false}),
                 "no end");
}

TEST(unsubscribe_mutant, that_looks_without_the_lock_is_found) {
    auto rare = named("no_lock");
    rare.exhaustive_max = 500'000;
    expect_found(rare, unsubscribing(crossing, {.locks_while_it_looks = false}), "no end");
}

// Two calls: one unsubscribes its own subscription, the other one ends meanwhile.
TEST(unsubscribe_mutant, that_does_not_look_again_is_found) {
    expect_found(
        named("no_second_look", {memory_model::tso, memory_model::weak}),
        unsubscribing({.removes = {0, nobody, nobody}, .called = {0, 0}}, {.looks_again = false}),
        "lost wake-up");
}

TEST(unsubscribe_mutant, that_destroys_a_deferred_handler_early_is_found) {
    expect_found(named("early"), unsubscribing(itself, {.deferred_waits_for_calls = false}),
                 "captures");
}

}  // namespace
