// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace stentor::inline v0::detail {

// Work for a runner that is no entry of a lane: a coroutine that goes on, a callback of the user.
// Part of what it belongs to, which lives until it has run.
class continuation {
public:
    enum class fate : std::uint8_t {
        run,
        cancelled,  // the bus has ended: let go of what it holds, call nobody
    };
    // Called once, on a runner and without any lock, or by the end of the bus. Does not throw. The
    // continuation may be gone when it returns.
    using function = void (*)(continuation&, fate) noexcept;

    explicit continuation(function what) noexcept : run_(what) {}
    continuation(const continuation&) = delete;
    continuation& operator=(const continuation&) = delete;

private:
    friend class continuation_queue;
    continuation* before_ = nullptr;
    continuation* after_ = nullptr;
    function run_;
    bool queued_ = false;
};

// The continuations that wait for a runner, first come first served; see scheduler::post().
//
// They are ready as lanes are: the queue has a bit of its own in the ready set. Whoever posts
// pushes, then sets the bit and notifies, like a publisher with an idle lane; a runner that takes
// the bit takes a continuation, and sets the bit again when more are left. So either the bit is
// set, or the queue is empty, or somebody is between push and insert, who notifies afterwards: the
// proof of parking.hpp covers it.
//
// Threads: any. Progress: blocking, for a few instructions. Publishers never come here.
class continuation_queue {
public:
    // The place in the ready set. No lane has this id.
    static constexpr std::size_t ready_bit = 0;

    void push(continuation& one) noexcept {
        const std::lock_guard lock(mutex_);
        one.queued_ = true;
        one.before_ = last_;
        one.after_ = nullptr;
        (last_ != nullptr ? last_->after_ : first_) = &one;
        last_ = &one;
        posted_.store(posted_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }

    // The first one, which the caller runs; null: there is none.
    [[nodiscard]] continuation* pop(bool& more) noexcept {
        const std::lock_guard lock(mutex_);
        auto* one = first_;
        if (one != nullptr) {
            unlink(*one);
        }
        more = first_ != nullptr;
        return one;
    }

    void run(continuation& popped, continuation::fate how) noexcept {
        popped.run_(popped, how);
        ended();
    }

    // It need not run any more. False: a runner has it.
    bool remove(continuation& one) noexcept {
        const std::lock_guard lock(mutex_);
        if (!one.queued_) {
            return false;
        }
        unlink(one);
        ended_.fetch_add(1, std::memory_order_release);
        return true;
    }

    // How many have ended, and how many were ever posted. Read in this order and found equal,
    // nothing waited or ran at any moment in between, and nothing was posted. [PAIR continuation]
    [[nodiscard]] std::uint64_t ended_total() const noexcept {
        return ended_.load(std::memory_order_acquire);
    }
    [[nodiscard]] std::uint64_t posted_total() const noexcept {
        return posted_.load(std::memory_order_acquire);
    }

private:
    // release: whoever sees it ended sees what it did. [PAIR continuation]
    void ended() noexcept { ended_.fetch_add(1, std::memory_order_release); }

    void unlink(continuation& one) noexcept {
        (one.before_ != nullptr ? one.before_->after_ : first_) = one.after_;
        (one.after_ != nullptr ? one.after_->before_ : last_) = one.before_;
        one.queued_ = false;
    }

    std::mutex mutex_;
    continuation* first_ = nullptr;
    continuation* last_ = nullptr;
    // Written under the lock, read by drains.
    std::atomic<std::uint64_t> posted_{0};
    // Written by runners, read by drains.
    std::atomic<std::uint64_t> ended_{0};
};

}  // namespace stentor::inline v0::detail
