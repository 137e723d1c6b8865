// SPDX-License-Identifier: MIT
#include <stentor/resilience/circuit_breaker.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using stentor::breaker;
using stentor::breaker_change;
using stentor::breaker_state;
using stentor::circuit_breaker;
using testing::ElementsAre;

namespace {

class circuit_breakers : public testing::Test {
protected:
    // With a record of its changes.
    std::shared_ptr<circuit_breaker> make(breaker options) {
        options.on_change = [this](const breaker_change& change) {
            told.push_back(std::string(to_string(change.to)));
        };
        auto made = circuit_breaker::make(std::move(options), time);
        EXPECT_TRUE(made) << made.error().message();
        return std::move(made).value();
    }
    // How many were let through.
    static int call(circuit_breaker& breaker, int count, bool succeeds) {
        int made = 0;
        for (; made < count; ++made) {
            auto permit = breaker.try_acquire();
            if (!permit) {
                break;
            }
            succeeds ? permit.succeed() : permit.fail();
        }
        return made;
    }
    // Opens it, and lets its time pass.
    void open(circuit_breaker& breaker) {
        while (breaker.state() == breaker_state::closed) {
            EXPECT_EQ(call(breaker, 1, false), 1);
        }
        time.advance(breaker.options().open_max);
        told.clear();
    }

    stentor::virtual_clock time;
    std::vector<std::string> told;
};

TEST_F(circuit_breakers, stay_closed_while_calls_succeed) {
    const auto breaker = make({});
    EXPECT_EQ(call(*breaker, 1'000, true), 1'000);
    EXPECT_EQ(breaker->state(), breaker_state::closed);
    EXPECT_EQ(breaker->report().calls, 100);
    EXPECT_EQ(breaker->report().failed, 0);
    EXPECT_TRUE(told.empty());
}

TEST_F(circuit_breakers, hear_of_many_calls_under_one_permit) {
    const auto breaker = make({.window = 100, .min_calls = 20, .failure_rate = 0.5});
    auto batch = breaker->try_acquire();
    batch.succeeded(60);
    EXPECT_EQ(breaker->report().calls, 60);
    batch.succeeded(0);
    batch.succeeded(-1);
    EXPECT_EQ(breaker->report().calls, 60);
    ASSERT_TRUE(batch) << "it goes on";
    EXPECT_EQ(call(*breaker, 1'000, false), 50) << "10 of them push a success out of the window";
    EXPECT_EQ(breaker->state(), breaker_state::open);
    batch.succeeded(100);
    EXPECT_EQ(breaker->report().calls, 0) << "of a time that is over";
    batch.ignore();
    batch.succeeded(1);

    time.advance(breaker->options().open_max);
    auto trial = breaker->try_acquire();
    ASSERT_TRUE(trial.is_trial());
    trial.succeeded(10);
    EXPECT_EQ(breaker->report().calls, 0) << "a trial is one call";
    trial.ignore();
}

TEST_F(circuit_breakers, find_all_calls_of_a_slow_permit_slow) {
    const auto breaker =
        make({.window = 100, .min_calls = 20, .slow_after = 10ms, .slow_rate = 0.5});
    auto batch = breaker->try_acquire();
    batch.succeeded(30);
    EXPECT_EQ(breaker->report().slow, 0);
    time.advance(10ms);
    batch.succeeded(29);
    EXPECT_EQ(breaker->state(), breaker_state::closed);
    EXPECT_EQ(breaker->report().slow, 29);
    batch.succeeded(1);
    EXPECT_EQ(breaker->state(), breaker_state::open);
    EXPECT_THAT(told, ElementsAre("open"));
}

TEST_F(circuit_breakers, open_when_half_of_the_window_has_failed) {
    const auto breaker = make({.window = 100, .failure_rate = 0.5});
    call(*breaker, 100, true);
    EXPECT_EQ(call(*breaker, 1'000, false), 50);
    EXPECT_EQ(breaker->state(), breaker_state::open);
    EXPECT_THAT(told, ElementsAre("open"));
    EXPECT_FALSE(breaker->try_acquire());
    EXPECT_EQ(breaker->report().refused, 2U);
}

TEST_F(circuit_breakers, judge_nothing_before_the_least_number_of_calls) {
    const auto breaker = make({.min_calls = 20});
    EXPECT_EQ(call(*breaker, 1'000, false), 20);
}

TEST_F(circuit_breakers, are_opened_by_no_success) {
    const auto breaker = make({.window = 4, .min_calls = 4, .failure_rate = 0.5});
    call(*breaker, 3, false);
    call(*breaker, 1, true);
    EXPECT_EQ(breaker->state(), breaker_state::closed) << "3 of 4, but the last one succeeded";
    call(*breaker, 1, false);
    EXPECT_EQ(breaker->state(), breaker_state::open);
}

TEST_F(circuit_breakers, count_a_rate_as_people_do) {
    const auto breaker = make({.window = 100, .min_calls = 100, .failure_rate = 0.07});
    call(*breaker, 94, true);
    EXPECT_EQ(call(*breaker, 100, false), 7) << "7 of 100 are 7 %";
}

TEST_F(circuit_breakers, open_for_slow_calls_when_asked_to) {
    const auto breaker =
        make({.window = 10, .min_calls = 4, .slow_after = 100ms, .slow_rate = 0.5});
    for (const auto duration : {0ms, 99ms, 100ms, 500ms}) {
        EXPECT_EQ(breaker->state(), breaker_state::closed);
        auto permit = breaker->try_acquire();
        ASSERT_TRUE(permit);
        time.advance(duration);
        permit.succeed();
    }
    EXPECT_EQ(breaker->state(), breaker_state::open);
}

TEST_F(circuit_breakers, judge_the_calls_of_a_time_when_asked_to) {
    const auto breaker = make({.window_time = 60s, .min_calls = 4});
    call(*breaker, 3, false);
    time.advance(61s);
    call(*breaker, 3, false);
    EXPECT_EQ(breaker->state(), breaker_state::closed) << "the first three are too old";
    EXPECT_EQ(breaker->report().calls, 3);
    time.advance(30s);
    call(*breaker, 1, false);
    EXPECT_EQ(breaker->state(), breaker_state::open);
}

TEST_F(circuit_breakers, try_again_when_their_time_is_up) {
    const auto breaker = make({.min_calls = 1, .open_for = 5s, .trials = 3});
    call(*breaker, 1, false);
    const auto left = breaker->report().open_left;
    EXPECT_GE(left, 4s - 1ms);
    EXPECT_LE(left, 5s);
    time.advance(left - 1ms);
    EXPECT_FALSE(breaker->try_acquire());
    time.advance(1ms);
    const auto permit = breaker->try_acquire();
    ASSERT_TRUE(permit);
    EXPECT_TRUE(permit.is_trial());
    EXPECT_EQ(breaker->state(), breaker_state::half_open);
    EXPECT_EQ(breaker->report().trials_under_way, 1);
    EXPECT_THAT(told, ElementsAre("open", "half_open"));
}

TEST_F(circuit_breakers, admit_exactly_their_trials) {
    const auto breaker = make({.min_calls = 1, .trials = 10});
    open(*breaker);
    std::vector<circuit_breaker::permit> permits;
    while (auto permit = breaker->try_acquire()) {
        permits.push_back(std::move(permit));
    }
    EXPECT_EQ(permits.size(), 10U);
    permits[0].ignore();
    permits[1] = {};  // destroyed without a word
    EXPECT_EQ(breaker->report().trials_under_way, 8);
    EXPECT_TRUE(breaker->try_acquire()) << "a trial that was none makes room for another";
}

TEST_F(circuit_breakers, close_when_the_trials_succeed) {
    const auto breaker = make({.min_calls = 1, .failure_rate = 0.5, .trials = 10});
    open(*breaker);
    EXPECT_EQ(call(*breaker, 4, false), 4);
    EXPECT_EQ(call(*breaker, 5, true), 5);
    EXPECT_EQ(breaker->state(), breaker_state::half_open) << "one more failure would decide";
    EXPECT_EQ(call(*breaker, 1, true), 1);
    EXPECT_EQ(breaker->state(), breaker_state::closed);
    EXPECT_EQ(breaker->report().calls, 0) << "the window is fresh";
    EXPECT_THAT(told, ElementsAre("half_open", "closed"));
}

TEST_F(circuit_breakers, decide_as_soon_as_the_trials_do) {
    const auto breaker = make({.min_calls = 1, .failure_rate = 0.5, .trials = 10});
    open(*breaker);
    EXPECT_EQ(call(*breaker, 10, true), 10);
    EXPECT_EQ(breaker->report().calls, 4) << "six closed it, the others were ordinary calls";
    open(*breaker);
    EXPECT_EQ(call(*breaker, 10, false), 5);
    EXPECT_EQ(breaker->state(), breaker_state::open);
}

TEST_F(circuit_breakers, stay_open_for_longer_each_time_the_trials_fail) {
    const auto breaker =
        make({.min_calls = 1, .open_for = 5s, .open_max = 60s, .trials = 1, .seed = 3});
    call(*breaker, 1, false);
    std::set<std::int64_t> lengths;
    for (const auto whole : {5s, 10s, 20s, 40s, 60s, 60s, 60s}) {
        const auto left = breaker->report().open_left;
        EXPECT_LE(left, whole);
        EXPECT_GE(left, whole * 4 / 5 - 1ms);
        lengths.insert((left / whole.count()).count());
        time.advance(left);
        EXPECT_EQ(call(*breaker, 1, false), 1);
    }
    EXPECT_GT(lengths.size(), 4U) << "with jitter";
    time.advance(60s);
    EXPECT_EQ(call(*breaker, 1, true), 1);
    call(*breaker, 1, false);
    EXPECT_LE(breaker->report().open_left, 5s) << "from the beginning, once it was closed";
}

TEST_F(circuit_breakers, give_up_trials_that_do_not_come_back) {
    const auto breaker = make({.min_calls = 1, .trials = 1, .trial_max = 30s});
    open(*breaker);
    auto hangs = breaker->try_acquire();
    ASSERT_TRUE(hangs);
    time.advance(29s);
    EXPECT_FALSE(breaker->try_acquire());
    EXPECT_EQ(breaker->state(), breaker_state::half_open);
    time.advance(1s);
    EXPECT_FALSE(breaker->try_acquire());
    EXPECT_EQ(breaker->state(), breaker_state::open) << "it counts as failed";
    hangs.succeed();
    EXPECT_EQ(breaker->state(), breaker_state::open) << "too late";
}

TEST_F(circuit_breakers, wait_for_trials_from_their_own_beginning) {
    const auto breaker = make({.min_calls = 1, .trials = 2, .trial_max = 30s});
    open(*breaker);
    breaker->try_acquire().ignore();
    time.advance(1h);  // half open, and nobody calls
    auto permit = breaker->try_acquire();
    ASSERT_TRUE(permit);
    time.advance(29s);
    EXPECT_TRUE(breaker->try_acquire());
    permit.succeed();
    EXPECT_EQ(call(*breaker, 1, true), 1);
    EXPECT_EQ(breaker->state(), breaker_state::closed);
}

TEST_F(circuit_breakers, count_no_call_that_began_in_another_time) {
    const auto breaker = make({.window = 2, .min_calls = 2, .trials = 1});
    auto early = breaker->try_acquire();
    auto early_too = breaker->try_acquire();
    open(*breaker);
    EXPECT_EQ(call(*breaker, 1, true), 1);
    EXPECT_EQ(breaker->state(), breaker_state::closed);
    early.fail();
    early_too.fail();
    EXPECT_EQ(breaker->state(), breaker_state::closed);
    EXPECT_EQ(breaker->report().calls, 0);
}

TEST_F(circuit_breakers, are_forced_and_reset_by_hand) {
    const auto breaker = make({.min_calls = 1});
    breaker->force_open();
    breaker->force_open();
    time.advance(24h);
    EXPECT_FALSE(breaker->try_acquire()) << "for ever";
    breaker->force_close();
    EXPECT_EQ(call(*breaker, 500, false), 500) << "nothing is watched";
    breaker->reset();
    EXPECT_EQ(call(*breaker, 500, false), 1);
    breaker->reset();
    EXPECT_EQ(breaker->state(), breaker_state::closed);
    EXPECT_THAT(told, ElementsAre("forced_open", "forced_closed", "closed", "open", "closed"));
}

TEST_F(circuit_breakers, forget_their_window_when_they_are_reset) {
    const auto breaker = make({.min_calls = 20});
    call(*breaker, 19, false);
    breaker->reset();
    EXPECT_EQ(breaker->report().calls, 0);
    EXPECT_EQ(call(*breaker, 100, false), 20);
    EXPECT_THAT(told, ElementsAre("open")) << "a reset of a closed one is no change";
}

TEST_F(circuit_breakers, end_each_permit_once) {
    const auto breaker = make({.window = 10, .min_calls = 10});
    auto permit = breaker->try_acquire();
    auto moved = std::move(permit);
    permit.fail();  // NOLINT(bugprone-use-after-move): is the subject
    EXPECT_EQ(breaker->report().calls, 0);
    moved.fail();
    moved.succeed();
    EXPECT_EQ(breaker->report().calls, 1);
    EXPECT_EQ(breaker->report().failed, 1);
    moved = breaker->try_acquire();
    moved = breaker->try_acquire();
    EXPECT_EQ(breaker->report().calls, 1) << "a permit that is replaced says nothing";
}

TEST_F(circuit_breakers, look_at_no_clock_but_the_steady_one) {
    const auto breaker = make({.min_calls = 1, .open_for = 5s});
    call(*breaker, 1, false);
    time.jump_system(24h * 365);
    EXPECT_FALSE(breaker->try_acquire());
    time.jump_system(-24h * 730);
    time.advance(5s);
    EXPECT_TRUE(breaker->try_acquire());
}

#if defined(__cpp_exceptions)
TEST_F(circuit_breakers, swallow_what_their_observer_throws) {
    breaker options{.min_calls = 1};
    options.on_change = [](const breaker_change&) { throw std::runtime_error("oh"); };
    const auto made = circuit_breaker::make(options, time);
    ASSERT_TRUE(made);
    EXPECT_EQ(call(**made, 10, false), 1);
}
#endif

TEST_F(circuit_breakers, tell_who_changed_and_in_which_order) {
    breaker options{.name = "payments", .min_calls = 1};
    std::vector<std::uint32_t> numbers;
    options.on_change = [&](const breaker_change& change) {
        EXPECT_EQ(change.name, "payments");
        EXPECT_NE(change.from, change.to);
        numbers.push_back(change.number);
    };
    const auto made = circuit_breaker::make(options, time);
    ASSERT_TRUE(made);
    call(**made, 1, false);
    (*made)->reset();
    (*made)->force_open();
    EXPECT_THAT(numbers, ElementsAre(1, 2, 3));
}

TEST_F(circuit_breakers, admit_exactly_their_trials_to_several_threads) {
    for (int round = 0; round < 50; ++round) {
        const auto breaker = make({.min_calls = 1, .trials = 5});
        open(*breaker);
        std::atomic<int> admitted{0};
        std::vector<std::vector<circuit_breaker::permit>> kept(3);
        std::vector<std::thread> callers;
        for (auto& mine : kept) {
            callers.emplace_back([&] {
                for (int step = 0; step < 20; ++step) {
                    if (auto permit = breaker->try_acquire()) {
                        admitted.fetch_add(1);
                        mine.push_back(std::move(permit));
                    }
                }
            });
        }
        for (auto& caller : callers) {
            caller.join();
        }
        EXPECT_EQ(admitted.load(), 5);
        kept.clear();
        EXPECT_EQ(breaker->report().trials_under_way, 0);
    }
}

}  // namespace
