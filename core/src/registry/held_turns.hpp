// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

// Deliveries of one event that wait for others of it, and one list for each subscription of those
// that runners met before their turn. Templates, for the sake of the litmus tests; the types of the
// engine are in registry/turns.hpp.
//
//   who ends a delivery:   end(), and the first time, for each that comes after it: one_ended();
//                          if that was the last, leave(), and if it was held, back into its lane
//   runner of a delivery:  look(): its turn has come: calls its handler; else enter(), and if that
//                          was in time, forgets about it
//   who ends a bus or a subscription:   leave_all(), back into the lane, to be cancelled there
//
// Why no delivery stays behind, and none goes on twice. enter() looks at `left` under the lock that
// leave() takes after the last decrement. Whoever of the two is second sees the other: leave()
// finds the entry in the list, or enter() finds `left` at 0 and says that it came too late. Out of
// the list, under the lock, it comes once, whoever takes it; put back by leave_all() it meets a
// runner that finds its subscription closed, or the bus cancelling, and does not enter() again.
// What the handlers before have written is seen: each decrement releases, and 0 is acquired.
//
// Why none is dropped as in vain when all before it succeeded. A runner decides by one look, which
// tells "not yet" from "in vain". Of two, the turn may come in between: not yet, said the first, so
// that 0 in the second would have to mean in vain.
//
// Threads: any. Progress: the list blocks, for a few instructions; no other lock is taken under its
// own. The rest is wait-free.
namespace stentor::inline v0::detail {

enum class turn_look { waits, has_come, in_vain };

// How many turns of a bus were ever held, and how many of them are not any more. Looked at by
// drains: `begun` first and `ended` last, their difference is at most what was held at any moment
// in between. [PAIR turn]
template <class Sync>
struct basic_turn_counts {
    typename Sync::template atomic<std::uint64_t> begun{0};
    typename Sync::template atomic<std::uint64_t> ended{0};
};

// What one delivery is to those before and after it. `Turn` derives from it.
template <class Sync, class Turn>
struct basic_turn {
    // NOLINTNEXTLINE(bugprone-crtp-constructor-accessibility): its models have scenarios inside
    explicit basic_turn(std::uint32_t waits_for) noexcept : left(waits_for) {}
    // By who ends this delivery. False: that has been said before.
    [[nodiscard]] bool end() noexcept { return !ended.exchange(true, std::memory_order_relaxed); }

    // By who ends one that it waits for. True: that was the last.
    [[nodiscard]] bool one_ended(bool success) noexcept {
        if (!success) {
            in_vain.store(true, std::memory_order_relaxed);
        }
        return left.fetch_sub(1, std::memory_order_acq_rel) == 1;  // [PAIR turn]
    }

    [[nodiscard]] turn_look look(bool requires_success) const noexcept {
        if (left.load(std::memory_order_acquire) != 0) {  // [PAIR turn]
            return turn_look::waits;
        }
        return requires_success && in_vain.load(std::memory_order_relaxed) ? turn_look::in_vain
                                                                           : turn_look::has_come;
    }

    // Of the deliveries that it waits for. Taken down by who ends them. [PAIR turn]
    typename Sync::template atomic<std::uint32_t> left;
    // One of those did not succeed. Written before `left` is taken down, read when it is 0.
    typename Sync::template atomic<bool> in_vain{false};
    // It has ended itself; the first end counts.
    typename Sync::template atomic<bool> ended{false};

    // --- under the lock of the list
    Turn* before = nullptr;
    Turn* after = nullptr;
    bool held = false;
};

// The deliveries of one subscription that wait for those of others.
template <class Sync, class Turn>
class basic_held_turns {
public:
    using counts_type = basic_turn_counts<Sync>;

    // A runner's, inside a call guard of the subscription. False: its turn has come.
    [[nodiscard]] bool enter(Turn& one, counts_type& counts) noexcept {
        const std::lock_guard lock(mutex_);
        if (one.left.load(std::memory_order_acquire) == 0) {  // [PAIR turn]
            return false;
        }
        one.before = last_;
        one.after = nullptr;
        (last_ != nullptr ? last_->after : first_) = &one;
        last_ = &one;
        one.held = true;
        size_.store(size_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        counts.begun.fetch_add(1, std::memory_order_seq_cst);
        return true;
    }
    // Its turn has come. True: it was held, and is the caller's.
    [[nodiscard]] bool leave(Turn& one, counts_type& counts) noexcept {
        const std::lock_guard lock(mutex_);
        if (!one.held) {
            return false;
        }
        counts.ended.fetch_add(1, std::memory_order_seq_cst);
        (one.before != nullptr ? one.before->after : first_) = one.after;
        (one.after != nullptr ? one.after->before : last_) = one.before;
        one.held = false;
        size_.store(size_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
        return true;
    }
    // All of them, linked by `after`; they are the caller's.
    [[nodiscard]] Turn* leave_all(counts_type& counts) noexcept {
        const std::lock_guard lock(mutex_);
        auto* all = first_;
        for (auto* one = all; one != nullptr; one = one->after) {
            counts.ended.fetch_add(1, std::memory_order_seq_cst);
            one->held = false;
        }
        first_ = last_ = nullptr;
        size_.store(0, std::memory_order_relaxed);
        return all;
    }
    [[nodiscard]] std::int64_t size() const noexcept {
        return size_.load(std::memory_order_relaxed);
    }

private:
    typename Sync::mutex mutex_;
    Turn* first_ = nullptr;
    Turn* last_ = nullptr;
    // Written under the lock, read by audits.
    typename Sync::template atomic<std::int64_t> size_{0};
};

}  // namespace stentor::inline v0::detail
