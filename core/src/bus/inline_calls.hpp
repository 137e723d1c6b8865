// SPDX-License-Identifier: MIT
#pragma once

#include "bus/outgoing.hpp"
#include "dispatch/inline_frame.hpp"
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
    engine& by;
    subscription_record* to = nullptr;
    std::int64_t began = 0;
    bool failed = false;
    bool ignored = false;
};

}  // namespace stentor::inline v0::detail
