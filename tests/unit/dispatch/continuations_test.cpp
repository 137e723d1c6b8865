// SPDX-License-Identifier: MIT
#include "dispatch/continuations.hpp"

#include "dispatch/runner.hpp"
#include "dispatch/scheduler.hpp"
#include "dispatch/watch.hpp"
#include "support/patience.hpp"
#include <stentor/dispatch/executor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

// Continuations and timers as runners and the watch see them, without a bus around.

namespace {

using namespace std::chrono_literals;
using stentor::detail::continuation;
using stentor::detail::runner;
using stentor::detail::scheduler;
using stentor::detail::timed_action;

struct job : continuation {
    explicit job(std::vector<int>& list, int which)
        : continuation(
              [](continuation& one, fate how) noexcept { static_cast<job&>(one).happen(how); }),
          log(list),
          number(which) {}
    void happen(fate how) { log.push_back(how == fate::run ? number : -number); }
    std::vector<int>& log;
    int number;
};

class continuations : public ::testing::Test {
protected:
    stentor::virtual_clock clock_;
    scheduler shared_{{.runners = 2, .workers = 2, .lanes = 4}, clock_};
    runner one_{shared_, 0};
    std::vector<int> log_;
};

TEST_F(continuations, run_in_the_order_of_their_posts) {
    job first(log_, 1);
    job second(log_, 2);
    job third(log_, 3);
    EXPECT_FALSE(one_.step());
    shared_.post(first);
    shared_.post(second);
    EXPECT_TRUE(one_.step());
    EXPECT_EQ(log_, (std::vector<int>{1})) << "a step of a bus without threads is one of them";
    shared_.post(third);
    while (one_.step()) {
    }
    EXPECT_EQ(log_, (std::vector<int>{1, 2, 3}));
}

TEST_F(continuations, that_are_removed_do_not_run) {
    job first(log_, 1);
    job second(log_, 2);
    shared_.post(first);
    shared_.post(second);
    EXPECT_TRUE(shared_.continuations.remove(first));
    EXPECT_FALSE(shared_.continuations.remove(first));
    while (one_.step()) {
    }
    EXPECT_EQ(log_, (std::vector<int>{2}));
    EXPECT_FALSE(shared_.continuations.remove(second));
    EXPECT_EQ(shared_.continuations.posted_total(), shared_.continuations.ended_total());
}

TEST_F(continuations, may_post_others_and_themselves) {
    struct again : continuation {
        explicit again(scheduler& where)
            : continuation([](continuation& one, fate) noexcept {
                  auto& self = static_cast<again&>(one);
                  if (++self.runs < 5) {
                      self.shared.post(self);
                  }
              }),
              shared(where) {}
        scheduler& shared;
        int runs = 0;
    };
    again one(shared_);
    shared_.post(one);
    while (one_.step()) {
    }
    EXPECT_EQ(one.runs, 5);
    EXPECT_EQ(shared_.continuations.posted_total(), 5U);
}

TEST_F(continuations, are_posted_by_timers_when_their_moment_has_come) {
    struct alarm : timed_action {
        alarm(scheduler& where, continuation& then)
            : timed_action([](timed_action& one) noexcept {
                  auto& self = static_cast<alarm&>(one);
                  self.shared.post(self.after);
              }),
              shared(where),
              after(then) {}
        scheduler& shared;
        continuation& after;
    };
    job late(log_, 2);
    job soon(log_, 1);
    alarm second(shared_, late);
    alarm first(shared_, soon);
    shared_.set_timer(second, 20'000'000);
    shared_.set_timer(first, 10'000'000);
    EXPECT_FALSE(shared_.clock_work.expire(shared_.now()));
    clock_.advance(15ms);
    EXPECT_TRUE(shared_.clock_work.expire(shared_.now()));
    EXPECT_FALSE(shared_.clock_work.expire(shared_.now()));
    while (one_.step()) {
    }
    EXPECT_EQ(log_, (std::vector<int>{1}));
    EXPECT_TRUE(shared_.clock_work.cancel(second));
    clock_.advance(1h);
    EXPECT_FALSE(shared_.clock_work.expire(shared_.now()));
}

// Runners, the watch, and the machine's clock.
class continuation_threads : public ::testing::Test {
protected:
    continuation_threads() {
        std::vector<stentor::runner_task*> tasks;
        std::vector<runner*> watched;
        for (std::uint32_t index = 0; index < shared_.what.runners; ++index) {
            runners_.push_back(std::make_unique<runner>(shared_, index));
            tasks.push_back(runners_.back().get());
            watched.push_back(runners_.back().get());
        }
        EXPECT_EQ(executor_->start(tasks, 10s), tasks.size());
        EXPECT_TRUE(watch_.start(watched));
    }
    ~continuation_threads() override {
        shared_.stopping.store(true);
        shared_.permits.post(shared_.what.runners * 2);
        EXPECT_TRUE(executor_->join(10s));
        watch_.stop();
        EXPECT_EQ(shared_.rescues.read(), 0U) << "a runner slept while work was ready";
    }
    bool wait_until_all_rest() {
        return stentor_test::eventually(
            [&] { return shared_.idle.all_parked() && shared_.watch_sleeps.load(); });
    }

    scheduler shared_{{.runners = 3, .workers = 2, .lanes = 4}, stentor::system_clock_source()};
    std::vector<std::unique_ptr<runner>> runners_;
    std::shared_ptr<stentor::executor> executor_ = stentor::make_thread_executor();
    std::atomic<int> rests_{0};
    stentor::detail::watch watch_{shared_, [this](bool idle) { rests_ += idle ? 1 : 0; }};
};

struct counting : continuation {
    explicit counting(std::atomic<int>& total)
        : continuation([](continuation& one, fate) noexcept {
              static_cast<counting&>(one).count.fetch_add(1);
          }),
          count(total) {}
    std::atomic<int>& count;
};

TEST_F(continuation_threads, lose_no_continuation) {
    constexpr int each = 20'000;
    std::atomic<int> count{0};
    std::vector<std::unique_ptr<counting>> all;
    for (int index = 0; index < 2 * each; ++index) {
        all.push_back(std::make_unique<counting>(count));
    }
    const auto post = [&](int first) {
        for (int index = first; index < first + each; ++index) {
            shared_.post(*all[static_cast<std::size_t>(index)]);
        }
    };
    std::thread other(post, each);
    post(0);
    other.join();
    EXPECT_TRUE(stentor_test::eventually([&] { return count.load() == 2 * each; }));
}

TEST_F(continuation_threads, run_others_beside_a_continuation_that_takes_long) {
    struct blocked : continuation {
        blocked()
            : continuation([](continuation& one, fate) noexcept {
                  auto& self = static_cast<blocked&>(one);
                  self.entered.fetch_add(1);
                  while (!self.open.load()) {
                      std::this_thread::sleep_for(1ms);
                  }
                  self.entered.fetch_sub(1);
              }) {}
        std::atomic<int> entered{0};
        std::atomic<bool> open{false};
    };
    blocked first;
    blocked second;
    std::atomic<int> count{0};
    counting third(count);
    shared_.post(first);
    shared_.post(second);
    EXPECT_TRUE(stentor_test::eventually(
        [&] { return first.entered.load() + second.entered.load() == 2; }));
    shared_.post(third);
    EXPECT_TRUE(stentor_test::eventually([&] { return count.load() == 1; }))
        << "both workers are blocked, so a spare runner comes in";
    first.open.store(true);
    second.open.store(true);
    EXPECT_TRUE(stentor_test::eventually(
        [&] { return first.entered.load() + second.entered.load() == 0; }));
}

struct ringing : timed_action {
    explicit ringing(scheduler& where)
        : timed_action([](timed_action& one) noexcept {
              auto& self = static_cast<ringing&>(one);
              self.rang_at.store(self.shared.now());
          }),
          shared(where) {}
    scheduler& shared;
    std::atomic<std::int64_t> rang_at{-1};
};

TEST_F(continuation_threads, wake_the_watch_for_a_timer_and_not_otherwise) {
    ASSERT_TRUE(wait_until_all_rest());
    ringing far(shared_);
    shared_.set_timer(far, shared_.now() + 3'600'000'000'000);
    ringing near(shared_);
    const auto at = shared_.now() + 30'000'000;
    shared_.set_timer(near, at);
    EXPECT_TRUE(stentor_test::eventually([&] { return near.rang_at.load() != -1; }));
    EXPECT_GE(near.rang_at.load(), at);
    ASSERT_TRUE(wait_until_all_rest());
    const auto rests = rests_.load();
    std::this_thread::sleep_for(150ms);
    EXPECT_LE(rests_.load(), rests + 1) << "it does not wake up now and then";
    EXPECT_EQ(far.rang_at.load(), -1);
    EXPECT_TRUE(shared_.clock_work.cancel(far));
}

}  // namespace
