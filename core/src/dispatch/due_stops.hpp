// SPDX-License-Identifier: MIT
#pragma once

#include "registry/stop_signal.hpp"

#include <mutex>
#include <stop_token>
#include <utility>

namespace stentor::inline v0::detail {

// Attempts whose deadline has passed and whose handlers asked for a stop token. A timer may not
// call what handlers have registered, because it has the timers' lock; so it notes here who is to
// be told, and the thread that looked at the timers tells them afterwards, without any lock.
//
// Threads: any. Progress: blocking, for a few instructions; tell() for as long as what handlers
// registered takes. The lock is taken after the timers' and the waiting rooms'.
class due_stops {
public:
    // Part of what has the deadline. Its own thread withdraws it before it goes.
    class entry {
    public:
        entry() = default;
        entry(const entry&) = delete;
        entry& operator=(const entry&) = delete;
        ~entry() = default;

    private:
        friend class due_stops;
        // Under the lock.
        std::stop_source source_{std::nostopstate};
        entry* before_ = nullptr;
        entry* after_ = nullptr;
        bool queued_ = false;
        bool due_ = false;
    };

    // The handler has asked for a token. True: its deadline has passed already.
    [[nodiscard]] bool arm(entry& one, const std::stop_source& source) noexcept {
        const std::lock_guard lock(mutex_);
        one.source_ = source;
        return one.due_;
    }

    // Its deadline has passed.
    void push(entry& one) noexcept {
        const std::lock_guard lock(mutex_);
        one.due_ = true;
        if (!one.source_.stop_possible()) {
            return;
        }
        one.queued_ = true;
        one.before_ = last_;
        (last_ != nullptr ? last_->after_ : first_) = &one;
        last_ = &one;
    }

    // Its attempt is over: it is as new. A stop that is being told may go on.
    void withdraw(entry& one) noexcept {
        std::stop_source gone(std::nostopstate);  // freed without the lock
        const std::lock_guard lock(mutex_);
        if (one.queued_) {
            unlink(one);
        }
        one.due_ = false;
        std::swap(gone, one.source_);
    }

    // By the thread that looked at the timers, without a lock of the engine.
    void tell() noexcept {
        for (;;) {
            std::stop_source told(std::nostopstate);
            {
                const std::lock_guard lock(mutex_);
                if (first_ == nullptr) {
                    return;
                }
                told = first_->source_;
                unlink(*first_);
            }
            told.request_stop();
        }
    }

private:
    void unlink(entry& one) noexcept {
        (one.before_ != nullptr ? one.before_->after_ : first_) = one.after_;
        (one.after_ != nullptr ? one.after_->before_ : last_) = one.before_;
        one.before_ = one.after_ = nullptr;
        one.queued_ = false;
    }

    std::mutex mutex_;
    entry* first_ = nullptr;
    entry* last_ = nullptr;
};

}  // namespace stentor::inline v0::detail
