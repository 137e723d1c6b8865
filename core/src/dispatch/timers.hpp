// SPDX-License-Identifier: MIT
#pragma once

#include "dispatch/timer_wheel.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace stentor::inline v0::detail {

// Something that happens at a moment. Part of what waits for it.
class timed_action : public timer_wheel::timer {
public:
    // What happens, on the thread that looks at the timers, under their lock: brief, takes locks
    // that are documented to come after this one only, and neither sets nor cancels timers. Usually
    // it posts a continuation.
    using function = void (*)(timed_action&) noexcept;
    explicit timed_action(function what) noexcept : happens_(what) {}

private:
    friend class timers;
    function happens_;
};

// The wheel of one bus behind a lock. The watch looks at it, or whoever steps a bus without
// threads.
// Publishers never come here.
//
// Timers of the kind `plain` carry no function, to be smaller: what happens with them is one
// function of the wheel.
//
// Threads: any. Progress: blocking, for as long as it takes to move a few timers; cancel() also for
// the action that is happening, so that after it nothing refers to the timer.
class timers {
public:
    static constexpr std::uint8_t plain = 1;
    // With the timers' lock, as timed_action::function.
    using plain_function = void (*)(timer_wheel::timer&) noexcept;
    explicit timers(plain_function happens = nullptr) noexcept : plain_(happens) {}

    // Not set already. True: it is now the first one, so whoever sleeps until the former first one
    // must be woken.
    [[nodiscard]] bool set(timer_wheel::timer& what, std::int64_t at_ns) noexcept {
        const std::lock_guard lock(mutex_);
        const auto before = wheel_.next_look();
        wheel_.set(what, at_ns);
        return note_next() < before;
    }

    // False: it was not set, or it has happened.
    bool cancel(timer_wheel::timer& what) noexcept {
        const std::lock_guard lock(mutex_);
        const bool was_set = wheel_.cancel(what);
        note_next();
        return was_set;
    }

    // Takes all out that are wanted. Lets others have the lock in between; what is set meanwhile
    // may be missed.
    template <class Wanted>
    void take_all(Wanted&& wanted, timer_wheel::chain& into) noexcept {
        for (auto left = timer_wheel::lists; left-- > 0;) {
            take_from(left, wanted, into);
        }
        take_from(timer_wheel::lists, wanted, into);
    }

    // Lets everything happen whose moment has come. True: there was something.
    bool expire(std::int64_t now_ns) noexcept {
        // relaxed: a look that comes too early is made up for by the next.
        if (next_look_.load(std::memory_order_relaxed) > now_ns) {
            return false;
        }
        bool happened = false;
        for (bool more = true; more;) {
            const std::lock_guard lock(mutex_);  // let go now and then, others wait for it
            wheel_.advance(now_ns);
            int left = actions_per_lock;
            while (more && left-- > 0) {
                auto* due = wheel_.take_due();
                more = due != nullptr;
                if (more) {
                    happened = true;
                    happen(*due);
                }
            }
            note_next();
        }
        return happened;
    }

    // When to look again, at the latest; timer_wheel::never when nothing is set.
    [[nodiscard]] std::int64_t next_look() const noexcept {
        const std::lock_guard lock(mutex_);
        return wheel_.next_look();
    }
    // When the first timer is due, exactly.
    [[nodiscard]] std::int64_t next_expiry() const noexcept {
        const std::lock_guard lock(mutex_);
        return wheel_.next_expiry();
    }

private:
    static constexpr int actions_per_lock = 64;

    template <class Wanted>
    void take_from(std::size_t list, Wanted&& wanted, timer_wheel::chain& into) noexcept {
        const std::lock_guard lock(mutex_);
        wheel_.take_from(list, wanted, into);
        note_next();
    }

    void happen(timer_wheel::timer& due) noexcept {
        if (due.kind() == plain) {
            plain_(due);
        } else {
            auto& action = static_cast<timed_action&>(due);
            action.happens_(action);
        }
    }

    std::int64_t note_next() noexcept {
        const auto next = wheel_.next_look();
        next_look_.store(next, std::memory_order_relaxed);
        return next;
    }

    const plain_function plain_;
    mutable std::mutex mutex_;
    timer_wheel wheel_;
    // Written under the lock, read by whoever looks whether it is time.
    std::atomic<std::int64_t> next_look_{timer_wheel::never};
};

}  // namespace stentor::inline v0::detail
