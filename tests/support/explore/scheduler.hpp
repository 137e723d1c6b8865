// SPDX-License-Identifier: MIT
#pragma once

#include "support/explore/fiber.hpp"
#include "support/explore/memory.hpp"
#include "support/explore/strategy.hpp"
#include "support/explore/trace.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <vector>

// Runs the tasks of one schedule, one at a time; before every operation on an explored atomic the
// strategy says who acts next.
//
// A schedule ends well when every task that is no daemon has ended, nothing is owed, and the
// daemons ended after stopping() became true. It fails when a check fails, when a task can never
// go on, when it does not end within `steps_max`, and above all by the rule for lost wake-ups: no
// task can run although something is owed. A time-out does not count as being able to run there
// (`timeouts_rescue` off), or a timed backstop would hide exactly the fault that is looked for.
//
// Thread rule: one exploration at a time in a process, all of it on one system thread.
namespace stentor::explore {

struct schedule_settings {
    memory_model memory = memory_model::sc;
    std::uint64_t steps_max = 20'000;
    bool timeouts_any_time = false;  // a timed wait may time out at any step, not only when idle
    bool timeouts_rescue = false;    // a time-out may be what settles an obligation
    bool spurious_wakeups = false;
};

enum class wait_result { woken, value_differs, timed_out };

class scheduler {
public:
    // The one that explores right now, or null.
    static scheduler* exploring() noexcept { return exploring_; }

    // One schedule: begin, add tasks, run. run() returns "" or what went wrong.
    void begin(const schedule_settings& settings, strategy& choices);
    void add_task(const char* name, std::function<void()> body, bool daemon);
    std::string run();
    void finish() noexcept { exploring_ = nullptr; }

    [[nodiscard]] bool in_task() const noexcept { return current_ != none; }
    [[nodiscard]] unsigned task() const noexcept { return current_; }
    [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }
    [[nodiscard]] memory& shared() noexcept { return memory_; }
    [[nodiscard]] std::string schedule_text() const;

    // For tasks. point() lets others act; every operation on shared state begins with it.
    void point();
    void pause(std::source_location where);
    void sleep_for(std::int64_t nanoseconds, std::source_location where);
    wait_result wait(location& where, std::uint64_t expected,
                     std::optional<std::int64_t> timeout_ns, std::source_location caller);
    unsigned wake(location& where, unsigned count, std::source_location caller);
    unsigned choose(unsigned answers) { return answers < 2 ? 0 : choices_->decide(answers, false); }
    void record(const trace_step& step);
    [[noreturn]] void fail(std::string why);

    void owe(std::int64_t count);
    [[nodiscard]] std::int64_t owed() const noexcept { return owed_; }
    [[nodiscard]] bool stopping() const noexcept { return stopping_; }
    [[nodiscard]] std::int64_t now() const noexcept { return now_ns_; }

    // Thrown by fail() when no task runs: while a scenario is set up or checked at its end.
    struct failed {
        std::string why;
    };

private:
    static constexpr unsigned none = 0xff;
    static constexpr std::uint64_t pauses_per_tick = 64;
    static constexpr std::uint64_t vain_pauses_max = 32;

    struct task_state {
        const char* name = "";
        std::function<void()> body;
        std::unique_ptr<fiber> stack;
        const location* waits_on = nullptr;
        std::int64_t deadline_ns = 0;
        wait_result result = wait_result::woken;
    };

    static void fiber_entry(void* argument);
    void task_loop(unsigned task);
    void reschedule(unsigned self, bool could_go_on, bool paused);
    std::optional<unsigned> choose_actor(unsigned self, bool could_go_on, bool paused);
    void resume(unsigned task);
    void let_flush(unsigned task);
    void let_time_out(unsigned task);
    bool resolve_idle();
    std::optional<unsigned> next_deadline() const;
    void stop_daemons();
    std::string blocked_tasks() const;
    void trace(operation kind, unsigned task, const location* where = nullptr,
               std::uint64_t value = 0, std::source_location caller = {});
    void switch_to_host();

    static scheduler* exploring_;

    schedule_settings settings_;
    strategy* choices_ = nullptr;
    memory memory_;
    fiber host_;
    std::array<task_state, tasks_max> tasks_;
    // Tasks that stopped in the middle and never go on; their stacks hold objects whose destructors
    // must not run there.
    std::vector<task_state> abandoned_;
    unsigned task_count_ = 0;
    unsigned current_ = none;
    // Sets of tasks, bit t for task t.
    actor_set ready_ = 0;
    actor_set pausing_ = 0;  // ready, but passed over at the next choice
    actor_set timed_ = 0;    // waiting with a deadline
    actor_set sleeping_ = 0;
    actor_set unfinished_ = 0;
    actor_set daemons_ = 0;
    std::array<std::uint32_t, actors_max> last_acted_{};
    std::uint64_t steps_ = 0;
    std::uint64_t pauses_ = 0;
    std::uint64_t vain_pauses_ = 0;  // since somebody last changed anything
    std::int64_t now_ns_ = 0;
    std::int64_t owed_ = 0;
    bool stopping_ = false;
    std::string fault_;
    std::vector<trace_step> trace_;
};

}  // namespace stentor::explore
