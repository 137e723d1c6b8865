// SPDX-License-Identifier: MIT
#include "dispatch/runner.hpp"
#include "event/envelope.hpp"
#include "registry/event_view.hpp"

// What a runner does with lanes whose deliveries come after those of others; see
// registry/held_turns.hpp.
namespace stentor::inline v0::detail {

namespace {

delivery_turn* turn_of(const slot_header& slot, const subscription_record& one) noexcept {
    return slot.box == nullptr || slot.box->turns == nullptr ? nullptr : slot.box->turns->of(one);
}

// One look: between two of them a turn may come, and be taken for what it is not.
turn_look look_at(const slot_header& slot, const subscription_record& to) noexcept {
    const auto* mine = turn_of(slot, to);
    return mine == nullptr ? turn_look::has_come : mine->look(to.options.require_success);
}

// For ever, so that what is to be cancelled need not wait.
bool over(const subscription_record& one, const scheduler& shared) noexcept {
    return one.closed.load(std::memory_order_relaxed) ||  // [PAIR barrier]
           shared.cancelling.load(std::memory_order_relaxed);
}

}  // namespace

// Those whose turn has come, as many at once as lie side by side. What is held is nobody's when it
// is the stretch's last, so nothing of the route is looked at afterwards.
void runner::handle_in_turn(const stretch& what) noexcept {
    const auto stride = what.from.slot_size();
    auto& to = *what.origin.subscriptions[what.target.first];
    for (std::size_t first = 0; first < what.count;) {
        auto last = first;
        auto next = turn_look::has_come;
        while (last < what.count) {
            next = look_at(header_at(what.slots, stride, last), to);
            if (next != turn_look::has_come) {
                break;
            }
            ++last;
        }
        if (last != first) {
            auto part = what;
            part.slots += first * stride;
            part.keys = what.keys == nullptr ? nullptr : what.keys + first;
            part.count = last - first;
            handle_now(part);
            if (kept_from_ != nothing_kept) {
                return;
            }
            first = last;
        } else if (over(to, shared_)) {
            cancel_for(to, what, first, 1);
            settle(what, first, 1);
            ++first;
        } else if (next == turn_look::in_vain) {
            drop_for(drop_reason::dependency, to, what, first, 1);
            settle(what, first, 1);
            ++first;
        } else if (hold(to, what, first)) {
            ++first;
        }
    }
}

// False: its turn has come meanwhile, or the subscription is over. Under the guard, so that whoever
// ends the subscription finds it in the list.
bool runner::hold(subscription_record& to, const stretch& what, std::size_t at) noexcept {
    auto& mine = *turn_of(header_at(what.slots, what.from.slot_size(), at), to);
    const auto* before = guard_.enter(&to);
    bool held = false;
    if (!over(to, shared_)) {
        mine.key = what.keys == nullptr ? 0 : what.keys[at];
        in_hand_.fetch_sub(1, std::memory_order_release);
        held = to.turns.enter(mine, shared_.turns);
        if (!held) {
            in_hand_.fetch_add(1, std::memory_order_release);
        }
    }
    guard_.exit(before);
    if (held) {
        shared_.end_flights(what.from, 1);
    }
    return held;
}

}  // namespace stentor::inline v0::detail
