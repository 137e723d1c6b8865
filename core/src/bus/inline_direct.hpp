// SPDX-License-Identifier: MIT
#pragma once

#include "bus/outgoing.hpp"
#include "dispatch/inline_frame.hpp"

#include <algorithm>
#include <new>
#include <utility>

// The common case of inline handlers in one piece: a known type that fits a slot, a topic that has
// inline handlers only, which take the event alone, and a thread that is inside no other one:
// publish(). publish_indirect() is for the others that fit a slot; the general case, where every
// step is explained, is in inline_calls.cpp. What is less in publish():
//
// - The frame is the slot's own, because the outermost call of a thread has no other.
// - Nobody looks at the slot's section for calls, nor at its depth: only this thread enters them,
//   and it is inside no call. So the guard is the first one.
// - Light fences are compiler barriers, or nobody comes here.
// - No stamp_all: that is for those who get their events from a lane.
// - The handlers get the publisher's own object, so nothing is copied.
// - What the publish says is written before the calls, which nobody sees meanwhile: else its parts
//   would have to be kept over them.
//
// Nor does anybody here look whether a call was the last one of a handler that ended itself: while
// there is such a handler the watch looks at each tick.
namespace stentor::inline v0::detail {

// The same object, but nothing that the compiler knows of it: else it keeps the address of each
// atomic member over the calls, on the stack, instead of the object's in a register.
template <class T>
[[nodiscard, gnu::always_inline]] inline T& anew(T& object) noexcept {
    return *std::launder(&object);
}

struct engine::inline_direct {
    static void publish(engine& by, publish_result& made, const publisher_slot::known_topic& known,
                        const std::byte* payload, publisher_slot& slot) noexcept;
    // What the other leaves. False: the route is another one, nothing was done.
    [[nodiscard]] static bool publish_indirect(engine& by, publisher_slot& slot,
                                               const publisher_slot::known_topic& known,
                                               const std::byte* payload,
                                               publish_result& result) noexcept;
    [[nodiscard]] static bool call_framed(engine& by, publisher_slot& slot,
                                          const slot_header& header,
                                          const std::byte* payload) noexcept;

    // Without a delivery_frame, for handlers that take the event alone. `at`: the guard. `stamped`
    // is asked for ticket and stamp when one throws.
    template <class Fences, class Stamped>
    [[gnu::always_inline]] static void call_each(publisher_slot& slot, std::uint32_t at,
                                                 const inlined_call* one, const std::byte* payload,
                                                 [[maybe_unused]] const Stamped& stamped) noexcept {
        for (; one->to != nullptr; ++one) {
            auto& to = *one->to;
            anew(slot).guards[at].turn_to<Fences>(&to);
            if (to.barred.load(std::memory_order_relaxed)) [[unlikely]] {  // [PAIR barrier]
                count_uncalled(by_of(slot), to, *one->counts);
            } else {
#if defined(__cpp_exceptions)
                try {
                    one->bare(to.call, payload);
                    one->counts->completed.add();
                } catch (...) {
                    const auto [ticket, stamp] = stamped();
                    fail(by_of(slot), *one, ticket, stamp, payload);
                }
#else
                one->bare(to.call, payload);
                one->counts->completed.add();
#endif
            }
        }
        anew(slot).guards[at].exit(nullptr);
    }

    // For what is rare, so that nobody keeps it over the calls.
    [[nodiscard]] static engine& by_of(publisher_slot& slot) noexcept {
        return *static_cast<engine*>(const_cast<void*>(anew(slot).outermost.owner));
    }

    static void fail(engine& by, const inlined_call& one, std::uint64_t ticket, std::int64_t stamp,
                     const std::byte* payload) noexcept;
    static void count_uncalled(engine& by, subscription_record& one,
                               terminal_stripe& mine) noexcept;
};

}  // namespace stentor::inline v0::detail
