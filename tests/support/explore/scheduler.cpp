// SPDX-License-Identifier: MIT
#include "support/explore/scheduler.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <exception>
#include <utility>

namespace stentor::explore {

scheduler* scheduler::exploring_ = nullptr;

namespace {

actor_set bit(unsigned index) {
    return 1U << index;
}

}  // namespace

void scheduler::begin(const schedule_settings& settings, strategy& choices) {
    exploring_ = this;
    settings_ = settings;
    choices_ = &choices;
    memory_.reset(settings.memory, choices);
    task_count_ = 0;
    current_ = none;
    ready_ = pausing_ = timed_ = sleeping_ = unfinished_ = daemons_ = 0;
    last_acted_.fill(0);
    steps_ = pauses_ = vain_pauses_ = 0;
    now_ns_ = 0;
    owed_ = 0;
    stopping_ = false;
    fault_.clear();
    trace_.clear();
}

void scheduler::add_task(const char* name, std::function<void()> body, bool daemon) {
    if (task_count_ == tasks_max) {
        fail("a scenario has at most 8 tasks");
    }
    const unsigned index = task_count_++;
    task_state& task = tasks_[index];
    task.name = name;
    task.body = std::move(body);
    task.waits_on = nullptr;
    if (task.stack == nullptr) {
        task.stack = std::make_unique<fiber>(&fiber_entry, this);
    }
    ready_ |= bit(index);
    unfinished_ |= bit(index);
    daemons_ |= daemon ? bit(index) : 0;
}

std::string scheduler::run() {
    if (task_count_ > 0) {
        if (const auto first = choose_actor(none, false, false)) {
            current_ = *first;
            fiber::switch_to(host_, *tasks_[*first].stack);
        }
    }
    current_ = none;
    for (unsigned index = 0; index < task_count_; ++index) {
        if ((unfinished_ & bit(index)) != 0) {
            abandoned_.push_back(std::exchange(tasks_[index], {}));
            tasks_[index].name = abandoned_.back().name;  // for the report
        }
    }
    return std::exchange(fault_, {});
}

void scheduler::fiber_entry(void* argument) {
    auto* self = static_cast<scheduler*>(argument);
    self->task_loop(self->current_);
}

void scheduler::task_loop(unsigned task) {
    // A stack serves the same task of one schedule after the other.
    for (;;) {
        trace(operation::start, task);
        try {
            tasks_[task].body();
        } catch (const std::exception& error) {
            fault_ = std::string("an exception left the task: ") + error.what();
        } catch (...) {
            fault_ = "an exception left the task";
        }
        trace(operation::end, task);
        ready_ &= ~bit(task);
        unfinished_ &= ~bit(task);
        if (fault_.empty()) {
            reschedule(task, false, false);
        } else {
            switch_to_host();
        }
    }
}

void scheduler::point() {
    if (in_task()) {
        reschedule(current_, true, false);
    }
}

void scheduler::pause(std::source_location where) {
    const unsigned self = current_;
    if (self == none) {
        return;
    }
    trace(operation::pause, self, nullptr, 0, where);
    memory_.catch_up(self);
    choices_->demote(self);
    pausing_ |= bit(self);
    // When tasks only wait in loops, time has to pass for those that sleep.
    if (sleeping_ != 0 && ++pauses_ % pauses_per_tick == 0) {
        let_time_out(*next_deadline());
    }
    // Daemons that wait in loops, and have nothing left to do, are as good as asleep.
    if ((unfinished_ & ~daemons_) == 0 && owed_ == 0 && !stopping_ &&
        ++vain_pauses_ > vain_pauses_max) {
        stop_daemons();
    }
    reschedule(self, true, true);
}

void scheduler::reschedule(unsigned self, bool could_go_on, bool paused) {
    const auto next = choose_actor(self, could_go_on, paused);
    if (!next) {
        switch_to_host();
    } else if (*next != self || !could_go_on) {
        resume(*next);
    }
}

void scheduler::resume(unsigned task) {
    const unsigned self = std::exchange(current_, task);
    if (self != task) {
        fiber::switch_to(*tasks_[self].stack, *tasks_[task].stack);
    }
}

// Lets buffers and clocks act until a task is chosen; nothing when the schedule is over.
std::optional<unsigned> scheduler::choose_actor(unsigned self, bool could_go_on, bool paused) {
    for (;;) {
        if (++steps_ > settings_.steps_max) {
            fault_ = "no end after " + std::to_string(settings_.steps_max) + " steps";
            return std::nullopt;
        }
        actor_set enabled = (ready_ & ~pausing_) | memory_.flushable();
        if (enabled == 0) {
            pausing_ = 0;
            enabled = ready_;
        }
        if (enabled == 0) {
            if (!resolve_idle()) {
                return std::nullopt;
            }
            continue;
        }
        if (settings_.timeouts_any_time && !stopping_) {
            enabled |= timed_ << timeout_bit;
        }
        unsigned actor = static_cast<unsigned>(std::countr_zero(enabled));
        if (!std::has_single_bit(enabled)) {
            const bool can = could_go_on && !paused && (enabled & bit(self)) != 0;
            actor = stopping_ ? actor
                              : choices_->pick({enabled, self, can, paused, last_acted_.data()});
        }
        pausing_ = 0;
        last_acted_[actor] = static_cast<std::uint32_t>(steps_);
        if (actor >= timeout_bit) {
            choices_->demote(actor);
            let_time_out(actor - timeout_bit);
        } else if (actor >= flush_bit) {
            let_flush(actor - flush_bit);
        } else {
            return actor;
        }
    }
}

void scheduler::let_flush(unsigned task) {
    const location& where = memory_.flush(task);
    trace(operation::flush, task, &where, where.last().bits);
}

void scheduler::let_time_out(unsigned task) {
    task_state& waiter = tasks_[task];
    now_ns_ = std::max(now_ns_, waiter.deadline_ns);
    trace(operation::timeout, task);
    waiter.result = wait_result::timed_out;
    waiter.waits_on = nullptr;
    timed_ &= ~bit(task);
    sleeping_ &= ~bit(task);
    ready_ |= bit(task);
}

// Nobody can act: lets time pass, stops the daemons, or finds the fault. False: all is over.
bool scheduler::resolve_idle() {
    if (owed_ == 0 && (unfinished_ & ~daemons_) == 0) {
        if (unfinished_ == 0) {
            return false;
        }
        if (!stopping_) {
            stop_daemons();
            return true;
        }
    }
    if (const auto next = next_deadline()) {
        let_time_out(*next);
        return true;
    }
    if (owed_ != 0) {
        fault_ = "lost wake-up: " + std::to_string(owed_) + " owed and no task can run" +
                 blocked_tasks();
    } else {
        fault_ = "tasks wait for ever" + blocked_tasks();
    }
    return false;
}

std::optional<unsigned> scheduler::next_deadline() const {
    const bool waits_count = owed_ == 0 || settings_.timeouts_rescue;
    std::optional<unsigned> next;
    for (actor_set left = sleeping_ | (waits_count ? timed_ : 0); left != 0; left &= left - 1) {
        const auto task = static_cast<unsigned>(std::countr_zero(left));
        if (!next || tasks_[task].deadline_ns < tasks_[*next].deadline_ns) {
            next = task;
        }
    }
    return next;
}

void scheduler::stop_daemons() {
    stopping_ = true;
    for (actor_set left = unfinished_ & ~ready_; left != 0; left &= left - 1) {
        task_state& waiter = tasks_[static_cast<unsigned>(std::countr_zero(left))];
        waiter.waits_on = nullptr;
        waiter.result = wait_result::woken;
    }
    ready_ = unfinished_;
    timed_ = sleeping_ = 0;
}

std::string scheduler::blocked_tasks() const {
    std::string text;
    for (actor_set left = unfinished_; left != 0; left &= left - 1) {
        const auto task = static_cast<unsigned>(std::countr_zero(left));
        text += text.empty() ? "; waiting: " : ", ";
        text += tasks_[task].name;
        text += (timed_ & bit(task)) != 0 ? " (timed)" : "";
    }
    return text;
}

void scheduler::sleep_for(std::int64_t nanoseconds, std::source_location where) {
    const unsigned self = current_;
    trace(operation::sleep, self, nullptr, 0, where);
    tasks_[self].deadline_ns = now_ns_ + nanoseconds;
    sleeping_ |= bit(self);
    ready_ &= ~bit(self);
    reschedule(self, false, false);
}

wait_result scheduler::wait(location& where, std::uint64_t expected,
                            std::optional<std::int64_t> timeout_ns, std::source_location caller) {
    point();
    const unsigned self = current_;
    // The kernel compares under a lock of its own: that is a full barrier for the caller.
    memory_.full_fence(self);
    memory_.catch_up(self);
    trace(operation::wait, self, &where, expected, caller);
    if (where.last().bits != expected) {
        return wait_result::value_differs;
    }
    if (stopping_ || (settings_.spurious_wakeups && choices_->decide(2, true) == 1)) {
        return wait_result::woken;
    }
    task_state& task = tasks_[self];
    task.waits_on = &where;
    task.result = wait_result::woken;
    if (timeout_ns) {
        task.deadline_ns = now_ns_ + *timeout_ns;
        timed_ |= bit(self);
    }
    ready_ &= ~bit(self);
    reschedule(self, false, false);
    return task.result;
}

unsigned scheduler::wake(location& where, unsigned count, std::source_location caller) {
    point();
    if (in_task()) {
        memory_.full_fence(current_);
        trace(operation::wake, current_, &where, count, caller);
    }
    unsigned woken = 0;
    while (woken < count) {
        std::array<unsigned, tasks_max> waiters{};
        unsigned found = 0;
        for (unsigned task = 0; task < task_count_; ++task) {
            if (tasks_[task].waits_on == &where) {
                waiters[found++] = task;
            }
        }
        if (found == 0) {
            break;
        }
        const unsigned chosen = waiters[found > 1 ? choices_->decide(found, true) : 0];
        tasks_[chosen].waits_on = nullptr;
        timed_ &= ~bit(chosen);
        ready_ |= bit(chosen);
        trace(operation::woken, chosen);
        ++woken;
    }
    return woken;
}

void scheduler::owe(std::int64_t count) {
    owed_ += count;
    if (owed_ < 0) {
        fail("more was settled than was owed");
    }
}

void scheduler::record(const trace_step& step) {
    trace_.push_back(step);
    if (step.kind >= operation::store && step.kind <= operation::fetch_and && step.succeeded) {
        vain_pauses_ = 0;
    }
}

void scheduler::fail(std::string why) {
    if (!in_task()) {
        throw failed{std::move(why)};
    }
    fault_ = std::move(why);
    switch_to_host();
    std::terminate();  // an abandoned task is never resumed
}

void scheduler::switch_to_host() {
    const unsigned self = std::exchange(current_, none);
    fiber::switch_to(*tasks_[self].stack, host_);
}

void scheduler::trace(operation kind, unsigned task, const location* where, std::uint64_t value,
                      std::source_location caller) {
    trace_step step;
    step.kind = kind;
    step.task = static_cast<std::uint8_t>(task);
    step.after = value;
    if (where != nullptr) {
        step.id = where->id;
        step.name = where->name;
        step.address = where->address;
    }
    if (caller.line() != 0) {
        step.file = caller.file_name();
        step.line = caller.line();
    }
    trace_.push_back(step);
}

std::string scheduler::schedule_text() const {
    std::vector<const char*> names;
    for (unsigned task = 0; task < task_count_; ++task) {
        names.push_back(tasks_[task].name);
    }
    return to_string(trace_, names);
}

}  // namespace stentor::explore
