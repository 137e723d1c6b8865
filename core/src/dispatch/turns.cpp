// SPDX-License-Identifier: MIT
#include "dispatch/turns.hpp"

#include "dispatch/scheduler.hpp"
#include "event/delivery_tracker.hpp"
#include "event/envelope.hpp"
#include "lane/lane.hpp"
#include "registry/event_view.hpp"
#include "registry/interception.hpp"

#include <utility>

namespace stentor::inline v0::detail {

namespace {

void end_turn(scheduler& shared, event_turns& all, const subscription_record& one,
              bool success) noexcept {
    auto* mine = all.of(one);
    if (mine == nullptr || !mine->end()) {
        return;
    }
    for (const auto index : mine->place.followers) {
        auto& next = all.at(index);
        if (next.one_ended(success) && next.place.who->turns.leave(next, shared.turns)) {
            take_turn(shared, next);
        }
    }
}

// No memory to put it back.
void drop(scheduler& shared, delivery_turn& one) noexcept {
    auto& to = *one.place.who;
    auto& through = *one.place.through;
    const auto& slot = *reinterpret_cast<const slot_header*>(one.of.slot());
    auto& origin = const_cast<route&>(*slot.origin);
    to.dropped_no_memory.add();
    to.gaps.add(1, drop_reason::no_memory, id_of(slot));
    tell_settled(slot, to, settlement::dropped, 0, drop_reason::no_memory);
    tell_ended(shared, slot, to, delivery_status::dropped);
    if (const auto bytes = slot.box->drop_reference(); bytes != 0) {
        shared.bytes.give(bytes);
    }
    shared.settle(through, 1);
    // Last: a route whose entries are all settled may be freed. [PAIR settled]
    origin.settled_outside.fetch_add(1, std::memory_order_release);
}

}  // namespace

void tell_ended(scheduler& shared, const slot_header& slot, const subscription_record& one,
                delivery_status status, std::string error) noexcept {
    if (slot.box->tracker != nullptr) {
        slot.box->tracker->settled(one.number, status, std::move(error));
    }
    if (slot.box->turns != nullptr) {
        end_turn(shared, *slot.box->turns, one, status == delivery_status::completed);
    }
}

void take_turn(scheduler& shared, delivery_turn& one) noexcept {
    auto& through = *one.place.through;
    const auto key = one.key;
    bool done = false;
    if (through.ordered()) {
        done = through.give_back(key, one.of.slot());
        if (!done) {
            drop(shared, one);
        }
        static_cast<void>(through.release(&key, 1));
    } else {
        done = through.carry_in(one.of.slot(), through.slot_size(), 1);
        if (!done) {
            drop(shared, one);
            return;
        }
    }
    // From here on it is a runner's.
    if (through.state.claim_after_enqueue()) {
        shared.make_ready(through);
    }
}

}  // namespace stentor::inline v0::detail
