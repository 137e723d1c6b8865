// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/slot.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <new>
#include <vector>

// Deliveries of one event that come after others of the same event (subscription_options::after).
//
// The route knows who comes after whom (turn_plan). An event that goes through such a route has an
// envelope, and in its block a turn for every subscription of the plan (event_turns). All its
// deliveries are queued when it is published, as ever. A runner that finds one whose turn has not
// come takes it out of its batch and leaves it with its subscription (held_turns); the end of the
// last delivery that it waits for puts it back into its lane. So nobody blocks, and credits, counts
// and the order of a lane are what they are without turns: the entry is accepted, and not settled.
//
//   who ends a delivery:   for each that comes after it: `left` less one; at 0, leave(), and if it
//                          was held, back into its lane
//   runner of a delivery:  `left` is 0: calls its handler; else enter(), and if that was in time,
//                          forgets about it
//   who ends a bus or a subscription:   leave_all(), back into the lane, to be cancelled there
//
// Why no delivery stays behind, and none goes on twice. enter() looks at `left` under the lock that
// leave() takes after the last decrement. Whoever of the two is second sees the other: leave()
// finds the entry in the list, or enter() finds `left` at 0 and says that it came too late. Out of
// the list, under the lock, it comes once, whoever takes it; put back by leave_all() it meets a
// runner that finds its subscription closed, or the bus cancelling, and does not enter() again.
// What the handlers before have written is seen: each decrement releases, and 0 is acquired.
namespace stentor::inline v0::detail {

class event_turns;
class lane;
class subscription_record;

// Of a route. Immutable.
struct turn_plan {
    struct member {
        subscription_record* who = nullptr;
        lane* through = nullptr;                 // of one that waits
        std::uint32_t waits_for = 0;             // how many others
        std::vector<std::uint32_t> followers{};  // that wait for this one
    };
    std::vector<member> members;
};

// Of one event and one subscription.
struct delivery_turn {
    delivery_turn(event_turns& whole, const turn_plan::member& as) noexcept
        : of(whole), place(as), left(as.waits_for) {}

    event_turns& of;
    const turn_plan::member& place;
    // Of the deliveries that it waits for. Taken down by who ends them. [PAIR turn]
    std::atomic<std::uint32_t> left;
    // One of those did not succeed. Written before `left` is taken down, read when it is 0.
    std::atomic<bool> in_vain{false};
    // It has ended itself; the first end counts.
    std::atomic<bool> ended{false};

    // --- under the lock of the subscription's held_turns
    delivery_turn* before = nullptr;
    delivery_turn* after = nullptr;
    bool held = false;
    // Of the entry: in a lane with an order it keeps its key. The holder's before enter().
    std::uint64_t key = 0;
};

// Lies in the event's envelope, before its first delivery is queued and after its last has ended.
class event_turns {
public:
    [[nodiscard]] static std::size_t bytes_for(const turn_plan& plan) noexcept {
        return sizeof(event_turns) + plan.members.size() * sizeof(delivery_turn);
    }
    [[nodiscard]] static event_turns* make(void* place, const turn_plan& plan) noexcept {
        auto* made = ::new (place) event_turns(plan);
        auto* next = static_cast<std::byte*>(place) + sizeof(event_turns);
        for (const auto& one : plan.members) {
            ::new (next) delivery_turn(*made, one);
            next += sizeof(delivery_turn);
        }
        return made;
    }
    // What its entries look like, for who puts one back.
    void keep(const slot_header& header, const std::byte* payload) noexcept {
        image_.header = header;
        std::memcpy(image_.payload, payload, sizeof image_.payload);
    }
    [[nodiscard]] const std::byte* slot() const noexcept {
        return reinterpret_cast<const std::byte*>(&image_);
    }

    [[nodiscard]] delivery_turn& at(std::size_t index) noexcept {
        return *std::launder(reinterpret_cast<delivery_turn*>(reinterpret_cast<std::byte*>(this) +
                                                              sizeof(event_turns) +
                                                              index * sizeof(delivery_turn)));
    }
    // Null: it neither waits nor is waited for.
    [[nodiscard]] delivery_turn* of(const subscription_record& one) noexcept {
        for (std::size_t index = 0; index < plan_.members.size(); ++index) {
            if (plan_.members[index].who == &one) {
                return &at(index);
            }
        }
        return nullptr;
    }

private:
    explicit event_turns(const turn_plan& plan) noexcept : plan_(plan) {}

    const turn_plan& plan_;  // of the route, which the entries keep
    slot_image image_{};
};
static_assert(sizeof(event_turns) % alignof(delivery_turn) == 0);
static_assert(std::is_trivially_destructible_v<delivery_turn>);  // the block is used again

// How many turns of a bus were ever held, and how many of them are not any more. Looked at by
// drains: `begun` first and `ended` last, their difference is at most what was held at any moment
// in between. [PAIR turn]
struct turn_counts {
    std::atomic<std::uint64_t> begun{0};
    std::atomic<std::uint64_t> ended{0};
};

// The deliveries of one subscription that wait for those of others.
//
// Threads: any. Progress: blocking, for a few instructions. No other lock is taken under its own.
class held_turns {
public:
    // A runner's, inside a call guard of the subscription. False: its turn has come.
    [[nodiscard]] bool enter(delivery_turn& one, turn_counts& counts) noexcept {
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
    [[nodiscard]] bool leave(delivery_turn& one, turn_counts& counts) noexcept {
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
    [[nodiscard]] delivery_turn* leave_all(turn_counts& counts) noexcept {
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
    std::mutex mutex_;
    delivery_turn* first_ = nullptr;
    delivery_turn* last_ = nullptr;
    // Written under the lock, read by audits.
    std::atomic<std::int64_t> size_{0};
};

}  // namespace stentor::inline v0::detail
