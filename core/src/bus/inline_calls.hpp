// SPDX-License-Identifier: MIT
#pragma once

#include "bus/outgoing.hpp"
#include "dispatch/inline_frame.hpp"
#include "registry/interception.hpp"
#include <stentor/registry/context.hpp>
#include <stentor/registry/outcome.hpp>

// What inline_calls.cpp has to itself: a delivery in the thread that publishes.
namespace stentor::inline v0::detail {

// A publisher's stay with its route while inline handlers run. Its slot's read section is free
// again by then, because the handlers publish, too; so the route is held by a second one, which the
// outermost call enters. Begins inside the first, from which whoever frees routes follows it here
// (read_sections.hpp).
class calling_stay {
public:
    explicit calling_stay(publisher_slot& slot) noexcept : slot_(slot), first_(enter(slot)) {}
    ~calling_stay() { leave(slot_); }
    calling_stay(const calling_stay&) = delete;
    calling_stay& operator=(const calling_stay&) = delete;

    // It is the outermost.
    [[nodiscard]] bool first() const noexcept { return first_; }

    // True: the same.
    static bool enter(publisher_slot& slot) noexcept {
        if (slot.calling.entered()) {
            ++slot.depth;
            return false;
        }
        slot.calling.enter();
        return true;
    }
    static void leave(publisher_slot& slot) noexcept {
        if (slot.depth != 0) {
            --slot.depth;
        } else {
            slot.calling.exit();
        }
    }

private:
    publisher_slot& slot_;
    const bool first_;
};

// A frame of one event, and how its one call ended.
struct engine::inline_charge : delivery_frame {
    // Member by member: an aggregate of this size is cleared as a whole first, which takes as long
    // as a call.
    inline_charge(engine& owner, const slot_image& image, publish_target& target) noexcept
        : by(owner), about(*this, target, {}) {
        context = &about;
        slots = reinterpret_cast<const std::byte*>(&image);
        stride = sizeof image;
        end = 1;
        attention = &nobody_asks;
        judge = &judge_outcome;
        interceptors = image.header.origin->interceptors.get();
    }

    // One handler, under its guard. False: it is over or disabled, so it was not called.
    [[nodiscard]] bool deliver(subscription_record& one, bool measure) noexcept;
    [[nodiscard]] bool deliver_owned(subscription_record& one, bool measure) noexcept;
    [[nodiscard]] bool deliver_now(subscription_record& one, bool measure) noexcept;
    // In the books of a publisher slot, which the caller holds.
    void count(subscription_record& one, std::uint32_t stripe, bool ended) noexcept;
    static void judge_outcome(delivery_frame& frame, outcome& said) noexcept;
    void fail(const subscription_record& to, const outcome* said) noexcept;
    // inline_intercepted.cpp
    void begin_intercepted(const subscription_record& to) noexcept;
    void end_intercepted(const subscription_record& to, call_ending how,
                         const outcome* said) noexcept;
    void tell_settled_inline(const subscription_record& one, bool ended) const noexcept;

    // Set by nobody: no watch looks at these calls.
    static constinit const std::atomic<bool> nobody_asks;

    engine& by;
    stentor::context about;
    const interception* interceptors = nullptr;  // null: nobody looks at these deliveries
    std::int64_t call_began = 0;                 // the call that they see
    bool failed = false;
    bool ignored = false;
};

}  // namespace stentor::inline v0::detail
