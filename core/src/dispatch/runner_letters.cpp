// SPDX-License-Identifier: MIT
#include "dispatch/detached_delivery.hpp"
#include "dispatch/letter_desk.hpp"
#include "dispatch/retry_room.hpp"
#include "dispatch/runner.hpp"
#include "event/envelope.hpp"
#include "registry/event_view.hpp"
#include "resilience/held_keys.hpp"

#include <string>
#include <string_view>
#include <utility>

// What a runner does for deliveries that become dead letters without a call of their handler: those
// that the store owes an answer, those whose event has expired, and those behind a dead letter of
// their key.
namespace stentor::inline v0::detail {

namespace {

std::string_view told(dead_letter_reason why) noexcept {
    return why == dead_letter_reason::expired ? "it expired before it was handled"
                                              : "an earlier event of its key is a dead letter";
}

}  // namespace

// Nobody can wait there any more.
bool runner::ends(const subscription_record& to) const noexcept {
    return to.closed.load(std::memory_order_acquire) ||
           to.way.load(std::memory_order_acquire) == passage::ending ||
           shared_.cancelling.load(std::memory_order_relaxed);
}

// The batch is one that is owed to the store, which may take it now. False: it is not the time, or
// there is no more, and the store refused: as with any other that may not be called.
bool runner::hand_in(charge& frame) noexcept {
    auto& to = frame.to;
    const bool open = may_call(to);
    const bool last = ends(to);
    if (!open && !last) {
        return false;
    }
    const auto& letter = *adopted_->owed();
    const auto where =
        to.retries->store(letter, adopted_->keyed != 0 ? &adopted_->key : nullptr, last);
    if (where == letter_place::waits) {
        adopted_->aim(to.retries->when_owed());
        put_off(frame);
    } else if (last && where == letter_place::nowhere) {
        return false;
    } else {
        const bool stored = where == letter_place::stored;
        ++(stored ? frame.dead_lettered : frame.failed);
        tell_settled(header_at(frame.slots, frame.stride, 0), to,
                     stored ? settlement::dead_lettered : settlement::failed,
                     adopted_->attempts_made());
        tell_waiter(header_at(frame.slots, frame.stride, 0), to,
                    stored ? delivery_status::dead_lettered : delivery_status::failed,
                    std::string(last_error(letter)));
    }
    ++frame.index;
    detached_ += frame.detached;
    settle_calls(frame);
    return true;
}

// One entry of a lane that keeps letters, in place of a call. False: it goes on without a letter,
// because there is no memory for one, or no store any more that would take it.
bool runner::lay_away(subscription_record& to, const stretch& what, std::size_t at,
                      dead_letter_reason why) noexcept {
    const auto stride = what.from.slot_size();
    charge frame{{.slots = what.slots + at * stride,
                  .stride = stride,
                  .index = 0,
                  .end = 1,
                  .closed = &to.barred,
                  .attention = &attention_,
                  .context = nullptr,
                  .judge = &judge_outcome,
                  .host = this,
                  .stop = &to.stop},
                 *this,
                 to,
                 what,
                 at,
                 shared_.coarse_now()};
    const auto& slot = header_at(what.slots, stride, at);
    const auto* key = what.keys != nullptr ? what.keys + at : nullptr;
    const auto attempts = attempts_made();
    switch (to.retries->lay_away(slot, why, past_of(frame), key, ends(to), adopted_)) {
        case follow_up::waits:
            put_off(frame);
            detached_ += frame.detached;
            return true;
        case follow_up::dead_lettered: break;
        case follow_up::fell_back:
        case follow_up::fails: return false;
    }
    to.terminals[index_].dead_lettered.add();
    tell_settled(slot, to, settlement::dead_lettered, attempts);
    tell_waiter(slot, to, delivery_status::dead_lettered, std::string(told(why)));
    return true;
}

// Its key has a dead letter, and it is not that letter itself, tried again. `to` serves the lane
// alone.
bool runner::held_by_letter(const subscription_record& to, const stretch& what,
                            std::size_t at) noexcept {
    if (to.held == nullptr || to.held->size() == 0 || what.keys == nullptr || adopted_ != nullptr) {
        return false;
    }
    const auto& slot = header_at(what.slots, what.from.slot_size(), at);
    const bool redriven = slot.box != nullptr && slot.box->redriven;
    return !redriven && may_call(to) && to.held->latest(what.keys[at]) != 0;
}

// False: it is handled in vain, as one that failed.
void runner::lay_behind(subscription_record& to, const stretch& what, std::size_t at) noexcept {
    if (lay_away(to, what, at, dead_letter_reason::held_by_key)) {
        return;
    }
    const auto& slot = header_at(what.slots, what.from.slot_size(), at);
    to.terminals[index_].failed.add();
    tell_settled(slot, to, settlement::failed, attempts_made());
    tell_waiter(slot, to, delivery_status::failed,
                std::string(told(dead_letter_reason::held_by_key)));
}

}  // namespace stentor::inline v0::detail
