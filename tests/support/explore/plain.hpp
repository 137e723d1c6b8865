// SPDX-License-Identifier: MIT
#pragma once

#include "support/explore/scheduler.hpp"

#include <cstdint>
#include <source_location>
#include <string>
#include <utility>

// A variable that is no atomic: what a protocol protects. An access that is not ordered with an
// earlier conflicting one by happens-before fails the schedule, also when nothing bad came of it.
// retire() stands for freeing the memory: it conflicts with everything, and ends all use.
namespace stentor::explore {

template <class T>
class plain {
public:
    using here = std::source_location;

    plain() = default;
    explicit plain(T value, const char* name = "plain") : value_(std::move(value)), name_(name) {}

    T read(here caller = here::current()) const {
        access(operation::read, false, caller);
        return value_;
    }
    void write(T value, here caller = here::current()) {
        access(operation::write, true, caller);
        value_ = std::move(value);
    }
    void retire(here caller = here::current()) {
        access(operation::write, true, caller);
        retired_ = true;
    }
    // For the final checks, when no task runs any more.
    [[nodiscard]] const T& peek() const noexcept { return value_; }
    [[nodiscard]] bool retired() const noexcept { return retired_; }

private:
    void access(operation kind, bool writes, here caller) const {
        auto* scheduler = scheduler::exploring();
        if (scheduler == nullptr || !scheduler->in_task()) {
            return;
        }
        trace_step step;
        step.kind = kind;
        step.task = static_cast<std::uint8_t>(scheduler->task());
        step.name = name_;
        step.file = caller.file_name();
        step.line = caller.line();
        scheduler->record(step);
        if (retired_) {
            scheduler->fail(std::string("use after retire: ") + name_);
        }
        const bool ordered = writes ? scheduler->shared().write_plain(scheduler->task(), past_)
                                    : scheduler->shared().read_plain(scheduler->task(), past_);
        if (!ordered) {
            scheduler->fail(std::string("data race: ") + name_);
        }
    }

    T value_{};
    const char* name_ = "plain";
    bool retired_ = false;
    mutable access_history past_;
};

}  // namespace stentor::explore
