// SPDX-License-Identifier: MIT
#pragma once

#include "support/explore/memory.hpp"
#include "support/explore/scheduler.hpp"
#include "support/explore/strategy.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

// The explorer's face: a scenario is a function that fills a world with state, tasks and a final
// check; explore() runs it once per schedule, each time in a fresh world.
//
//     const auto found = explore(choice, [](world& world) {
//         auto& shared = world.make<counters>();
//         world.task("publisher", [&shared] { shared.publish(); });
//         world.daemon("runner", [&shared] { while (!stopping()) shared.run(); });
//         world.at_end([&shared] { check(shared.handled == 1, "the event was handled"); });
//     });
//
// A scenario must be deterministic: the same answers give the same schedule. So nothing may depend
// on addresses, clocks or random numbers of its own; choose() and now() are there for that.
//
// Environment: STENTOR_EXPLORE_SEED replays one schedule, as a failure's report says;
// STENTOR_EXPLORE_BASE changes the base seed of random and pct; STENTOR_EXPLORE_VERBOSE=1 prints
// one line per exploration.
namespace stentor::explore {

class world {
public:
    world(scheduler& scheduler, std::map<std::string, std::uint64_t>& outcomes)
        : scheduler_(scheduler), outcomes_(outcomes) {}
    world(const world&) = delete;
    world& operator=(const world&) = delete;
    ~world() {
        while (!state_.empty()) {
            state_.pop_back();  // the latest first, as locals go
        }
    }

    // Lives until the schedule is over.
    template <class T, class... Arguments>
    T& make(Arguments&&... arguments) {
        auto made = std::make_shared<T>(std::forward<Arguments>(arguments)...);
        state_.push_back(made);
        return *made;
    }
    void task(const char* name, std::function<void()> body) {
        scheduler_.add_task(name, std::move(body), false);
    }
    // Serves others: may still wait when they have ended, and then sees stopping().
    void daemon(const char* name, std::function<void()> body) {
        scheduler_.add_task(name, std::move(body), true);
    }
    void at_end(std::function<void()> check) { checks_.push_back(std::move(check)); }
    // From a final check: this is how the schedule came out; the report counts each outcome.
    void observe(const std::string& outcome) { ++outcomes_[outcome]; }

    void check_end() const {
        for (const auto& check : checks_) {
            check();
        }
    }

private:
    scheduler& scheduler_;
    std::map<std::string, std::uint64_t>& outcomes_;
    std::vector<std::shared_ptr<void>> state_;
    std::vector<std::function<void()>> checks_;
};

using scenario = std::function<void(world&)>;

struct options {
    std::string name;
    search how = search::random;
    unsigned depth = 3;                        // of pct
    unsigned preemptions = 2;                  // of the exhaustive search
    std::uint64_t schedules = 10'000;          // of random and pct
    std::uint64_t exhaustive_max = 2'000'000;  // of the exhaustive search
    schedule_settings settings{};
};

struct report {
    std::string failure;  // empty: every schedule was right
    std::uint64_t schedules = 0;
    std::uint64_t steps_longest = 0;
    bool exhausted = false;  // nothing is left within the bound on preemptions
    std::chrono::duration<double> took{};
    std::map<std::string, std::uint64_t> outcomes;

    [[nodiscard]] bool passed() const noexcept { return failure.empty(); }
};

// Stops at the first schedule that fails.
report explore(const options& how, const scenario& what);

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool under_address_sanitizer = true;
#elif defined(__has_feature)
inline constexpr bool under_address_sanitizer = __has_feature(address_sanitizer);
#else
inline constexpr bool under_address_sanitizer = false;
#endif

std::string to_string(memory_model model);
std::string to_string(const options& how);

// For tasks and final checks --------------------------------------------------------------------

void fail_at(const char* what, std::source_location where);

inline void check(bool holds, const char* what,
                  std::source_location where = std::source_location::current()) {
    if (!holds) {
        fail_at(what, where);
    }
}

// Obligations: a schedule in which nobody can run while some are open is a lost wake-up.
inline void owe(std::int64_t count = 1) {
    scheduler::exploring()->owe(count);
}
inline void settle(std::int64_t count = 1) {
    scheduler::exploring()->owe(-count);
}
inline std::int64_t owed() {
    return scheduler::exploring()->owed();
}

// For daemons: everything else has ended and nothing is owed.
inline bool stopping() {
    return scheduler::exploring()->stopping();
}

// Every answer below `answers` is explored.
inline unsigned choose(unsigned answers) {
    return scheduler::exploring()->choose(answers);
}

// Virtual time: passes only when nobody can run.
inline std::int64_t now() {
    return scheduler::exploring()->now();
}
inline void sleep_for(std::chrono::nanoseconds time,
                      std::source_location where = std::source_location::current()) {
    scheduler::exploring()->sleep_for(time.count(), where);
}

// Lets others act: for steps of a test's own model that are no atomic operations.
inline void yield() {
    scheduler::exploring()->point();
}

}  // namespace stentor::explore
