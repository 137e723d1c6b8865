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
// outermost call enters. Begins inside the first, or the route could go in between.
class calling_stay {
public:
    explicit calling_stay(publisher_slot& slot) noexcept : slot_(slot) { enter(slot); }
    ~calling_stay() { leave(slot_); }
    calling_stay(const calling_stay&) = delete;
    calling_stay& operator=(const calling_stay&) = delete;

    static void enter(publisher_slot& slot) noexcept {
        if (slot.depth++ == 0) {
            slot.calling.enter();
        }
    }
    static void leave(publisher_slot& slot) noexcept {
        if (--slot.depth == 0) {
            slot.calling.exit();
        }
    }

private:
    publisher_slot& slot_;
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
    static void count_uncalled(engine& by, subscription_record& one,
                               terminal_stripe& mine) noexcept;
    static void judge_outcome(delivery_frame& frame, outcome& said) noexcept;
    void fail(const subscription_record& to, const outcome* said) noexcept;
    // inline_intercepted.cpp
    void begin_intercepted(const subscription_record& to) noexcept;
    void end_intercepted(const subscription_record& to, call_ending how,
                         const outcome* said) noexcept;
    void tell_settled_inline(const subscription_record& one, bool ended) const noexcept;

    // One event of a topic that has inline handlers only. False: nothing was done.
    [[gnu::always_inline]] static bool publish(engine& by, publisher_slot& slot,
                                               const publisher_slot::known_topic& known,
                                               const std::byte* payload,
                                               publish_result& result) noexcept;
    // Without a frame, for handlers that take the event alone; `depth` is the nesting.
    [[gnu::always_inline]] static void call_bare(engine& by, publisher_slot& slot, const route& to,
                                                 const slot_header& header, std::uint32_t depth,
                                                 const std::byte* payload) noexcept;
    static void fail_bare(engine& by, const subscription_record& to, const slot_header& header,
                          const std::byte* payload) noexcept;

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
