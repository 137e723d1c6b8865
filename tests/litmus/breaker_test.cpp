// SPDX-License-Identifier: MIT
#include "litmus/every_schedule.hpp"
#include "litmus/torn_sync.hpp"
#include "litmus/weakened_sync.hpp"
#include "resilience/breaker_core.hpp"
#include "support/explore/expect.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// A circuit breaker: exact admission while it is half open, no permit that leaks, each change made
// and told once, and no state that it cannot leave.
namespace {

using namespace stentor::explore;
using stentor::breaker_state;
using stentor::detail::breaker_core;
using stentor::detail::breaker_limits;
using stentor::detail::breaker_step;
using stentor::detail::breaker_ticket;
using stentor::detail::call_verdict;
using stentor::detail::due_time;

constexpr std::int64_t unit = std::int64_t{1} << 20U;  // of time, about a millisecond

// The simpler design: whoever changed the word stores the moment.
template <class Sync>
class stored_time {
public:
    void put(std::uint32_t generation, std::int64_t at_ns) noexcept {
        word_.store((static_cast<std::uint64_t>(at_ns) << 16U) | generation,
                    std::memory_order_seq_cst);
    }
    [[nodiscard]] std::optional<std::int64_t> read(std::uint32_t generation) const noexcept {
        const auto word = word_.load(std::memory_order_seq_cst);
        return (word & 0xffffU) == generation
                   ? std::optional(static_cast<std::int64_t>(word >> 16U))
                   : std::nullopt;
    }

private:
    typename Sync::template atomic<std::uint64_t> word_{0};
};

// Opens at so many failures of as many calls, and then tries so many.
breaker_limits limits_of(std::int64_t failures, std::uint32_t trials) {
    breaker_limits made;
    made.window = failures;
    made.min_calls = failures;
    made.failure_rate = 1.0;
    made.open_ns = 10 * unit;
    made.open_max_ns = 40 * unit;
    made.trials = trials;
    made.trial_max_ns = 10 * unit;
    return made;
}

template <class Sync, template <class> class DueTime = due_time>
class breaker_model {
public:
    breaker_model(std::int64_t failures, std::uint32_t trials)
        : core_(limits_of(failures, trials)), trials_(static_cast<int>(trials)) {}

    std::optional<breaker_ticket> enter() {
        const auto entry = core_.enter(clock());
        tell(entry.step);
        if (!entry.admitted) {
            return std::nullopt;
        }
        if (entry.ticket.trial) {
            check(++trials_under_way_ <= trials_, "no more trials than there may be");
        }
        return entry.ticket;
    }
    void leave(breaker_ticket ticket, call_verdict verdict) {
        trials_under_way_ -= ticket.trial ? 1 : 0;
        tell(core_.leave(ticket, verdict, false, clock()));
    }
    void call(call_verdict verdict) {
        if (const auto ticket = enter()) {
            ++calls_;
            leave(*ticket, verdict);
        }
    }
    void force(breaker_state to) { tell(core_.force(to, clock())); }
    void pass(std::int64_t units) { time_ += units * unit; }
    // Open, and its time is up.
    void open() {
        force(breaker_state::forced_open);
        force(breaker_state::closed);
        while (core_.word().state() == breaker_state::closed) {
            call(call_verdict::failed);
        }
        pass(10);
        calls_ = 0;
    }
    // A trial that never comes back: nothing counts it any more.
    void lose(breaker_ticket) { --trials_under_way_; }

    [[nodiscard]] auto word() const { return core_.word(); }
    [[nodiscard]] int calls() const { return calls_; }

    // Each change once, and each from where the one before led; a reset of a closed one is silent.
    void check_changes() const {
        auto at = breaker_state::closed;
        for (const auto& [generation, step] : changes_) {
            check(step.from == at, "every change is told");
            at = step.to;
        }
        check(at == word().state(), "the last change led here");
    }
    // However it stands, a call gets through in the end: when an open one's time is up, and when
    // the trials of a half-open one have been given up and its time is up after that.
    void check_not_stuck() {
        const int refusals = word().state() == breaker_state::half_open ? 1 : 0;
        pass(60);
        for (int count = 0; !enter(); pass(60)) {
            check(++count <= refusals, "it is not stuck");
        }
    }

private:
    auto clock() {
        return [this]() noexcept { return time_; };
    }
    void tell(const breaker_step& step) {
        if (step.changed) {
            check(changes_.emplace(step.generation, step).second, "no change is told twice");
        }
    }

    breaker_core<Sync, 1, DueTime> core_;
    const int trials_;
    std::int64_t time_ = unit;
    int trials_under_way_ = 0;
    int calls_ = 0;
    std::map<std::uint32_t, breaker_step> changes_;
};

constexpr std::array names{"caller 0", "caller 1", "caller 2"};

// Three calls fail, which is enough.
template <class Sync>
scenario three_failures() {
    return [](world& world) {
        auto& model = world.make<breaker_model<Sync>>(3, 1);
        for (const auto* name : names) {
            world.task(name, [&model] { model.call(call_verdict::failed); });
        }
        world.at_end([&model] {
            check(model.calls() == 3, "a closed breaker admits");
            check(model.word().state() == breaker_state::open, "three failures open it");
            model.check_changes();
            model.check_not_stuck();
        });
    };
}

// An open breaker whose time is up: three callers ask.
template <class Sync>
scenario three_entrants(std::uint32_t trials) {
    return [trials](world& world) {
        auto& model = world.make<breaker_model<Sync>>(1, trials);
        auto& admitted = world.make<unsigned>(0U);
        model.open();
        for (const auto* name : names) {
            world.task(name, [&model, &admitted] { admitted += model.enter() ? 1U : 0U; });
        }
        world.at_end([&model, &admitted, trials] {
            check(admitted == trials, "as many get in as there are trials");
            check(model.word().under_way() == trials, "and these are under way");
            model.check_changes();
        });
    };
}

// An open breaker whose time is up: three callers, whose calls end in any way.
template <class Sync>
scenario three_trials(std::uint32_t trials, int calls_each = 1) {
    return [=](world& world) {
        auto& model = world.make<breaker_model<Sync>>(1, trials);
        model.open();
        for (const auto* name : names) {
            world.task(name, [&model, calls_each] {
                for (int count = 0; count < calls_each; ++count) {
                    model.call(static_cast<call_verdict>(choose(3)));
                }
            });
        }
        world.at_end([&model, &world] {
            check(model.calls() > 0, "somebody gets through");
            check(model.word().state() != breaker_state::half_open || model.word().under_way() == 0,
                  "every permit has come back");
            world.observe(std::to_string(static_cast<int>(model.word().state())));
            model.check_changes();
            model.check_not_stuck();
        });
    };
}

// A trial that does not come back, or only after it was given up.
template <class Sync>
scenario lost_trial(bool comes_late) {
    return [=](world& world) {
        auto& model = world.make<breaker_model<Sync>>(1, 2);
        model.open();
        world.task(names[0], [&model, comes_late] {
            if (const auto ticket = model.enter()) {
                yield();
                comes_late ? model.leave(*ticket, call_verdict::succeeded) : model.lose(*ticket);
            }
        });
        world.task(names[1], [&model] {
            model.pass(10);
            model.call(call_verdict::succeeded);
        });
        world.task(names[2], [&model] {
            model.pass(10);
            model.call(call_verdict::ignored);
        });
        world.at_end([&model] {
            model.check_changes();
            model.check_not_stuck();
        });
    };
}

// Two generations whose calls fail, and a hand that closes the breaker in between.
template <class Breaker>
scenario reset_meanwhile() {
    return [](world& world) {
        auto& model = world.make<Breaker>(1, 1);
        world.task(names[0], [&model] { model.call(call_verdict::failed); });
        world.task(names[1], [&model] {
            model.pass(1);
            model.call(call_verdict::failed);
        });
        world.task(names[2], [&model] {
            model.force(breaker_state::closed);
            model.pass(1);
        });
        world.at_end([&model] {
            model.check_changes();
            model.check_not_stuck();
        });
    };
}

// Somebody forces it either way while it is half open.
template <class Sync>
scenario forced_meanwhile(breaker_state to) {
    return [to](world& world) {
        auto& model = world.make<breaker_model<Sync>>(1, 1);
        model.open();
        world.task(names[0], [&model] { model.call(call_verdict::succeeded); });
        world.task(names[1], [&model] { model.call(call_verdict::failed); });
        world.task(names[2], [&model, to] { model.force(to); });
        world.at_end([&model, to] {
            check(model.word().state() == to, "what was forced stays");
            model.check_changes();
        });
    };
}

plan named(const char* name, std::vector<memory_model> models = plan{}.models) {
    plan made;
    made.name = std::string("breaker.") + name;
    made.models = std::move(models);
    made.schedules = 60'000;
    made.exhaustive_max = 150'000;
    return made;
}

TEST(breaker, opens_whoever_of_three_records_the_last_failure) {
    expect_holds(named("trip"), three_failures<explored_sync>());
}

TEST(breaker, admits_exactly_its_trials_in_every_schedule_of_three_callers) {
    expect_every_schedule("breaker.one_entrant", three_entrants<explored_sync>(1), 4);
    expect_every_schedule("breaker.two_entrants", three_entrants<explored_sync>(2), 4);
    expect_every_schedule("breaker.three_entrants", three_entrants<explored_sync>(3), 4);
}

TEST(breaker, admits_one_trial_of_three_callers) {
    expect_holds(named("one_trial"), three_trials<explored_sync>(1));
}

TEST(breaker, admits_two_trials_of_three_callers) {
    const auto seen = expect_holds(named("two_trials"), three_trials<explored_sync>(2));
    EXPECT_EQ(seen.size(), 3U) << "closed, open and half open are all reached";
}

TEST(breaker, admits_exactly_its_trials_over_several_calls) {
    expect_holds(named("more_calls"), three_trials<explored_sync>(2, 2));
}

TEST(breaker, is_not_stuck_when_a_trial_never_comes_back) {
    expect_holds(named("lost"), lost_trial<explored_sync>(false));
}

TEST(breaker, does_not_count_a_trial_that_comes_too_late) {
    expect_holds(named("late"), lost_trial<explored_sync>(true));
}

TEST(breaker, finds_its_time_whoever_changes_it_meanwhile) {
    expect_holds(named("reset"), reset_meanwhile<breaker_model<explored_sync>>());
}

TEST(breaker, stays_as_it_is_forced) {
    expect_holds(named("forced_open"), forced_meanwhile<explored_sync>(breaker_state::forced_open));
    expect_holds(named("forced_closed"),
                 forced_meanwhile<explored_sync>(breaker_state::forced_closed));
}

TEST(breaker_mutant, that_admits_in_two_steps_is_found) {
    expect_found(named("torn"), three_trials<torn_sync>(1), "");
}

TEST(breaker_mutant, that_opens_in_two_steps_is_found) {
    expect_found(named("torn_trip"), three_failures<torn_sync>(), "");
}

TEST(breaker_mutant, whose_window_hands_nothing_on_is_found) {
    expect_found(named("no_release", {memory_model::weak}),
                 three_failures<weakened_sync<without_release>>(), "three failures open it");
}

TEST(breaker_mutant, that_is_refused_by_an_old_word_is_found) {
    auto deeper = named("old_word", {memory_model::weak});
    deeper.preemptions = 4;  // to read an old word counts as one
    expect_found(deeper, three_entrants<weakened_sync<without_acquire>>(2),
                 "as many get in as there are trials");
}

TEST(breaker_mutant, that_stores_its_time_is_found) {
    expect_found(named("stored_time"), reset_meanwhile<breaker_model<explored_sync, stored_time>>(),
                 "it is not stuck");
}

}  // namespace
