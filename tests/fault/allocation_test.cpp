// SPDX-License-Identifier: MIT
#include "allocation.hpp"

#include "complaints.hpp"
#include "isolated.hpp"
#include "support/stress/random.hpp"
#include "support/stress/settings.hpp"
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// The n-th allocation fails, for every n until a whole life of a bus passes without one: making it,
// subscribing, publishing in every form, handling, unsubscribing, draining. Each call ends in a
// typed refusal or does its work; nothing crashes, leaks, is lost or handled twice.
namespace stentor::fault {
namespace {

struct tick {
    static constexpr std::string_view topic = "fault.tick";
    std::uint64_t number = 0;
};
struct note {
    static constexpr std::string_view topic = "fault.note";
    std::uint64_t number = 0;
    std::string text;
};
struct reply {
    static constexpr std::string_view topic = "fault.reply";
    std::uint64_t number = 0;
};

const std::string long_text(300, 'x');

// One life of a bus, in which some allocation fails.
class trial {
public:
    // Null executor: manual, on a clock that stands still, so that the n-th allocation is always
    // the same one.
    explicit trial(bool threads) : threads_(threads) {}

    std::string run(std::uint64_t nth, shortage kind);
    [[nodiscard]] bool injected() const noexcept { return injected_; }

private:
    bool make();
    void subscribe();
    void publish();
    void refuse();
    void handle();
    void unsubscribe();
    void drain();
    void check();
    void take(std::uint64_t number);
    void judge(publish_status status, std::uint64_t number, std::uint64_t listeners);
    void complain(const std::string& line) {
        const spared own;
        wrong_ += line + "; ";
    }
    template <class Made>
    bool subscribed(const char* what, Made& made);

    const bool threads_;
    bool injected_ = false;
    std::string wrong_;
    virtual_clock time_;
    manual_executor* steps_ = nullptr;
    std::optional<bus> bus_;
    std::vector<subscription> handles_;
    std::uint64_t tick_listeners_ = 0;
    std::uint64_t note_listeners_ = 0;
    std::uint64_t pattern_listeners_ = 0;
    std::array<std::atomic<int>, 64> handled_{};
    std::array<std::uint64_t, 64> due_{};
    std::array<bool, 64> exact_{};
    std::uint64_t next_ = 0;
    std::atomic<bool> closed_{false};
};

void trial::take(std::uint64_t number) {
    if (number < handled_.size()) {
        handled_[number].fetch_add(1);
    }
    if (number % 5 == 4) {
        throw std::runtime_error(long_text);
    }
}

// True: there is a bus.
bool trial::make() {
    bus_options options;
    {
        const spared own;
        options.log.on_error = [](const error_record&) {};
        options.log.on_notice = [](const notice_record&) {};
        options.workers = 1;
        options.spare = 1;
        options.publishers = 4;
        options.lanes = 64;
        if (threads_) {
            options.executor = make_thread_executor();
        } else {
            auto made = std::make_shared<manual_executor>();
            steps_ = made.get();
            options.executor = std::move(made);
            options.clock = &time_;
        }
    }
    auto made = bus::create(std::move(options));
    if (!made) {
        if (made.error().code() != errc::no_memory && made.error().code() != errc::no_threads) {
            complain("create() says " + made.error().message());
        }
        return false;
    }
    bus_.emplace(*std::move(made));
    return true;
}

template <class Made>
bool trial::subscribed(const char* what, Made& made) {
    if (made) {
        handles_.push_back(*std::move(made));
        return true;
    }
    if (made.error().code() != errc::no_memory) {
        complain(std::string(what) + " says " + made.error().message());
    }
    return false;
}

void trial::subscribe() {
    {
        const spared own;
        handles_.reserve(8);
    }
    auto ticks = bus_->try_subscribe<tick>("ticks", [this](const tick& event, context& about) {
        about.publish(reply{event.number});
        take(event.number);
    });
    tick_listeners_ += subscribed("subscribe<tick>", ticks) ? 1 : 0;
    auto notes = bus_->try_subscribe<note>(
        "notes", [this](const note& event) { take(event.number); }, {.max_concurrency = 1});
    note_listeners_ += subscribed("subscribe<note>", notes) ? 1 : 0;
    std::optional<pattern> everything;
    {
        const spared own;
        everything.emplace("fault.>");
    }
    auto all = bus_->try_subscribe("all", *std::move(everything), [this](const any_event& event) {
        if (const auto* one = event.as<tick>()) {
            take(one->number);
        } else if (const auto* other = event.as<note>()) {
            take(other->number);
        }
    });
    pattern_listeners_ += subscribed("subscribe(pattern)", all) ? 1 : 0;
}

void trial::judge(publish_status status, std::uint64_t number, std::uint64_t listeners) {
    using enum publish_status;
    due_[number] = status == accepted ? listeners : 0;
    exact_[number] = status != accepted_partial;
    // The counter of what was dropped says who lacks it; here it is enough that nobody has it
    // twice.
    const bool legal = status == accepted || status == accepted_partial ||
                       status == rejected_no_memory || (status == no_subscribers && listeners == 0);
    if (!legal) {
        complain("a publish says " + std::string(to_string(status)));
    }
}

void trial::publish() {
    step("publish in a slot");
    judge(bus_->publish(tick{next_}).status(), next_, tick_listeners_ + pattern_listeners_);
    ++next_;

    step("publish in an envelope");
    std::optional<note> letter;
    {
        const spared own;
        letter.emplace(note{next_, long_text});
    }
    const auto told = bus_->publish(std::move(*letter)).status();
    judge(told, next_, note_listeners_ + pattern_listeners_);
    if (told == publish_status::rejected_no_memory && letter->text != long_text) {
        complain("a refused event was taken from its owner");
    }
    ++next_;

    step("publish with metadata");
    const header one{"name", long_text};
    const publish_options options{.correlation_id = long_text, .headers = {&one, 1}};
    judge(bus_->publish(tick{next_}, options).status(), next_,
          tick_listeners_ + pattern_listeners_);
    ++next_;

    step("publish text");
    std::optional<topic> name;
    std::string text;
    {
        const spared own;
        name.emplace("fault.text");
        text = long_text;
    }
    static_cast<void>(bus_->publish(*name, std::move(text)));

    step("publish in bulk");
    std::array<tick, 8> many{};
    for (auto& event : many) {
        event.number = next_++;
    }
    const auto begin = next_ - many.size();
    const auto done = bus_->publish_bulk(std::span<tick>(many));
    for (std::uint64_t index = 0; index < many.size(); ++index) {
        due_[begin + index] = index < done ? tick_listeners_ + pattern_listeners_ : 0;
        exact_[begin + index] = false;  // bulk does not say who lacks an event
    }
}

void trial::refuse() {
    step("validate");
    const auto rule = bus_->try_validate<note>(
        [](const note&, violations& found) { found.add("text", "bad", long_text); });
    violations found;
    const auto status = rule ? bus_->publish(note{next_, {}}, {.violations = &found}).status()
                             : publish_status::rejected_invalid;
    if (status != publish_status::rejected_invalid &&
        status != publish_status::rejected_no_memory) {
        complain("an invalid event is " + std::string(to_string(status)));
    }
}

void trial::handle() {
    if (threads_) {
        if (!bus_->wait_idle(std::chrono::seconds(20))) {
            complain("the bus does not come to rest");
        }
        return;
    }
    for (int left = 10'000; left > 0 && steps_->step(); --left) {
    }
}

void trial::unsubscribe() {
    if (!handles_.empty()) {
        const auto result = handles_.back().unsubscribe();
        if (result != unsubscribe_result::done) {
            complain("unsubscribe() says it was not done");
        }
    }
}

void trial::drain() {
    if (!bus_->drain(std::chrono::seconds(20)).complete) {
        complain("the drain is not complete");
    }
    if (bus_->publish(tick{0}).status() != publish_status::closed) {
        complain("a drained bus takes events");
    }
}

void trial::check() {
    const auto report = bus_->audit();
    if (report.unaccounted() != 0 || report.envelopes_alive != 0) {
        complain(report.to_string());
    }
    if (bus_->snapshot().rescues != 0) {
        complain("a runner had to be rescued");
    }
    for (std::uint64_t number = 0; number < next_; ++number) {
        const auto seen = static_cast<std::uint64_t>(handled_[number].load());
        if (exact_[number] ? seen != due_[number] : seen > due_[number] + 2) {
            complain("event " + std::to_string(number) + " was handled " + std::to_string(seen) +
                     " times instead of " + std::to_string(due_[number]));
        }
    }
}

std::string trial::run(std::uint64_t nth, shortage kind) {
    arm(nth, kind, threads_);
    try {
        step("create");
        if (make()) {
            step("subscribe");
            subscribe();
            publish();
            refuse();
            step("handle");
            handle();
            step("unsubscribe");
            unsubscribe();
            step("publish after unsubscribe");
            static_cast<void>(bus_->publish(tick{handled_.size()}));
            handle();
            step("drain");
            drain();
        }
    } catch (const std::bad_alloc&) {
        const spared own;
        complain(std::string("std::bad_alloc came out of: ") + current_step());
    }
    disarm();
    injected_ = failures() != 0;
    if (bus_) {
        step("audit");
        check();
        step("destruction");
        handles_.clear();
        bus_.reset();
    }
    return wrong_;
}

// A trial on a thread of its own, because threads keep leases; balanced by the time it has ended.
std::string run_and_count(std::uint64_t nth, shortage kind, bool threads, bool& injected) {
    std::string verdict;
    const auto turn = [&](std::uint64_t which) {
        std::thread([&] {
            auto one = std::make_unique<trial>(threads);
            verdict = one->run(which, kind);
            injected = one->injected();
        }).join();
    };
    turn(~std::uint64_t{0});  // what a process allocates once and keeps
    const auto before = blocks_alive();
    turn(nth);
    const auto left = blocks_alive() - before;
    if (verdict.empty() && left > 0) {
        verdict = std::to_string(left) + " blocks leaked";
    }
    return verdict;
}

// Runs all n until none fails any more; returns what went wrong.
std::string every_allocation(shortage kind) {
    complaints wrong;
    std::uint64_t nth = 1;
    for (bool injected = true; injected; ++nth) {
        const auto verdict = isolated([&] {
            bool reached = false;
            const auto told = run_and_count(nth, kind, false, reached);
            return reached || !told.empty() ? told : "no failure";
        });
        injected = !verdict.starts_with("no failure");
        if (injected && !verdict.empty()) {
            wrong.add(verdict, std::to_string(nth));
        }
    }
    std::printf("%llu allocations in a life of a bus\n", static_cast<unsigned long long>(nth - 2));
    EXPECT_GT(nth, 50U) << "the trials did not reach the allocations";
    return wrong.text();
}

TEST(allocation, may_fail_once_anywhere) {
    EXPECT_EQ(every_allocation(shortage::once), "");
}

TEST(allocation, may_fail_from_anywhere_on) {
    EXPECT_EQ(every_allocation(shortage::onward), "");
}

TEST(allocation, may_fail_on_any_thread) {
    const auto trials = stress::repeats(300);
    complaints wrong;
    for (std::uint64_t index = 0; index < trials; ++index) {
        const auto seed = stress::seed_of_run() + index;
        stress::random_source dice(seed);
        const auto nth = dice.within(1, 260);
        const auto kind = dice.one_in(2) ? shortage::once : shortage::onward;
        const auto verdict = isolated([&] {
            bool reached = false;
            return run_and_count(nth, kind, true, reached);
        });
        if (!verdict.empty()) {
            wrong.add(verdict, std::to_string(nth) +
                                   (kind == shortage::once ? " alone" : " and all later ones") +
                                   " (seed " + std::to_string(seed) + ")");
        }
    }
    EXPECT_EQ(wrong.text(), "");
}

}  // namespace
}  // namespace stentor::fault
