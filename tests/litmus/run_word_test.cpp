// SPDX-License-Identifier: MIT
#include "dispatch/run_word.hpp"

#include "litmus/torn_sync.hpp"
#include "litmus/weakened_sync.hpp"
#include "support/explore/expect.hpp"
#include "support/explore/plain.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

// A runner's runs and the watch that looks at them: what the watch does for a run that lasts is
// taken back by exactly one of the two, and what it reads of a run stands still.
namespace {

using namespace stentor::explore;
using stentor::detail::run_sight;
using stentor::detail::run_word;

template <class Word>
struct run_model {
    // --- runner
    void run(int number) {
        frame.write(number);
        const auto before = looks.fetch_add(0, std::memory_order_relaxed);
        word.begin(false);
        const auto ended = word.end();
        frame.write(0);
        if (ended.flagged()) {
            check(done.read() != 0, "what the watch did is seen");
            check(looks.fetch_add(0, std::memory_order_relaxed) - before >= 2,
                  "a run is flagged that was seen twice");
            counted.fetch_sub(1, std::memory_order_relaxed);
        }
    }

    // --- watch
    void look_for_long_run() {
        auto run = word.look();
        looks.fetch_add(1, std::memory_order_relaxed);
        const bool same = run == seen;
        seen = run;
        if (!same || !run.inside() || run.flagged()) {
            return;
        }
        done.write(1);
        counted.fetch_add(1, std::memory_order_relaxed);
        if (word.flag(run, true)) {
            seen = run;
        } else {
            counted.fetch_sub(1, std::memory_order_relaxed);
        }
    }
    void read_run() {
        const auto run = word.look();
        if (run.inside() && word.begin_reading(run)) {
            check(frame.read() == static_cast<int>(run.number()), "it reads what is called");
            word.end_reading();
        }
    }

    Word word;
    plain<int> frame{0, "the frame"};
    plain<int> done{0, "what the watch did"};
    run_sight seen;  // the watch's
    explored_sync::atomic<std::int64_t> counted{0};
    explored_sync::atomic<std::int64_t> looks{0};
};

template <class Word>
scenario two_runs_are_looked_at() {
    return [](world& world) {
        auto& model = world.make<run_model<Word>>();
        world.task("runner", [&model] {
            model.run(1);
            model.run(2);
        });
        world.task("watch", [&model] {
            for (int look = 0; look < 3; ++look) {
                model.look_for_long_run();
            }
        });
        world.at_end([&model] {
            check(model.counted.load(std::memory_order_relaxed) == 0, "it was taken back once");
        });
    };
}

template <class Word>
scenario two_runs_are_read() {
    return [](world& world) {
        auto& model = world.make<run_model<Word>>();
        world.task("runner", [&model] {
            model.run(1);
            model.run(2);
        });
        world.task("watch", [&model] {
            model.read_run();
            model.read_run();
        });
    };
}

// As the watch does it, in one look.
template <class Word>
scenario a_run_is_flagged_and_read() {
    return [](world& world) {
        auto& model = world.make<run_model<Word>>();
        world.task("runner", [&model] { model.run(1); });
        world.task("watch", [&model] {
            for (int look = 0; look < 2; ++look) {
                model.look_for_long_run();
                model.read_run();
            }
        });
        world.at_end([&model] {
            check(model.counted.load(std::memory_order_relaxed) == 0, "it was taken back once");
        });
    };
}

struct impatient_word : run_word<explored_sync> {
    run_sight end() noexcept { return leave(); }
};

// The number of a run is lost, so one looks like another.
template <class T>
struct numberless_atomic : atomic<T> {
    using atomic<T>::atomic;
    void store(T value, std::memory_order order,
               std::source_location caller = std::source_location::current()) noexcept {
        atomic<T>::store(value & run_sight::flags, order, caller);
    }
};
struct numberless_sync : explored_sync {
    template <class T>
    using atomic = numberless_atomic<T>;
};

template <class Weakness>
using weak_word = run_word<weakened_sync<Weakness>>;

plan named(const char* name, std::vector<memory_model> models = plan{}.models) {
    plan made;
    made.name = std::string("run_word.") + name;
    made.models = std::move(models);
    return made;
}

TEST(run_word, has_what_the_watch_did_taken_back_once) {
    expect_holds(named("flag"), two_runs_are_looked_at<run_word<explored_sync>>());
}

TEST(run_word, keeps_the_runner_while_it_is_read) {
    expect_holds(named("read"), two_runs_are_read<run_word<explored_sync>>());
}

TEST(run_word, may_be_flagged_and_read_in_one_run) {
    expect_holds(named("both"), a_run_is_flagged_and_read<run_word<explored_sync>>());
}

TEST(run_word_mutant, that_changes_in_two_steps_is_found) {
    expect_found(named("torn"), two_runs_are_looked_at<run_word<torn_sync>>(), "");
    expect_found(named("torn_read"), two_runs_are_read<run_word<torn_sync>>(), "the frame");
}

TEST(run_word_mutant, that_does_not_wait_for_its_reader_is_found) {
    auto deeper = named("impatient");
    deeper.preemptions = 3;  // with stores that wait, to let one go counts as one
    expect_found(deeper, two_runs_are_read<impatient_word>(), "the frame");
}

TEST(run_word_mutant, without_numbers_is_found) {
    // The two take turns, a look at each run.
    auto deeper = named("numberless");
    deeper.searches = {search::random, search::exhaustive};
    deeper.preemptions = 5;
    expect_found(deeper, two_runs_are_looked_at<run_word<numberless_sync>>(),
                 "a run is flagged that was seen twice");
}

TEST(run_word_mutant, without_release_is_found) {
    const std::vector weak{memory_model::weak};
    expect_found(named("no_release", weak), two_runs_are_read<weak_word<without_release>>(),
                 "the frame");
    expect_found(named("no_release_flag", weak),
                 two_runs_are_looked_at<weak_word<without_release>>(), "what the watch did");
}

TEST(run_word_mutant, without_acquire_is_found) {
    const std::vector weak{memory_model::weak};
    expect_found(named("no_acquire", weak), two_runs_are_read<weak_word<without_acquire>>(),
                 "the frame");
    expect_found(named("no_acquire_flag", weak),
                 two_runs_are_looked_at<weak_word<without_acquire>>(), "what the watch did");
}

}  // namespace
