// SPDX-License-Identifier: MIT
#include "dispatch/runner.hpp"
#include "event/envelope.hpp"
#include "registry/event_view.hpp"

#include <utility>

// What a runner does with deliveries that it may not make: the subscription is over or paused, or
// the bus ends. docs/adr has the reasons.
namespace stentor::inline v0::detail {

// Says what becomes of the rest of a stretch. False: the subscription is open again meanwhile.
bool runner::pass_over(subscription_record& to, const stretch& what, std::size_t first,
                       std::size_t count) noexcept {
    if (kept_from_ != nothing_kept) {
        return true;  // goes back with what lies before it
    }
    const auto stride = what.from.slot_size();
    const bool barred = to.barred.load(std::memory_order_acquire);
    const auto way = to.way.load(std::memory_order_acquire);
    if (to.closed.load(std::memory_order_acquire) || way == passage::ending ||
        shared_.cancelling.load(std::memory_order_relaxed)) {
        cancel_for(to, what, first, count);
        return true;
    }
    if (barred && way == passage::dropping) {
        drop_for(drop_reason::disabled, to, what, first, count);
        return true;
    }
    auto* side = to.side.load(std::memory_order_acquire);
    if (way != passage::held || side == nullptr) {
        return false;
    }
    if (side == &what.from) {
        // With everything behind it, so that the order stays.
        kept_from_ = static_cast<std::size_t>(what.slots - buffer_) / stride + first;
    } else {
        carry(to, *side, what, first, count);
    }
    return true;
}

void runner::cancel_for(subscription_record& to, const stretch& what, std::size_t first,
                        std::size_t count) noexcept {
    to.terminals[index_].cancelled.add(count);
    const_cast<route&>(what.origin).settled[index_].cancelled.add(count);
    tell_interceptors(to, what, first, count, settlement::cancelled);
    tell_waiters(to, what, first, count, delivery_status::cancelled);
}

// `why`: disabled or dependency.
void runner::drop_for(drop_reason why, subscription_record& to, const stretch& what,
                      std::size_t first, std::size_t count) noexcept {
    const auto& slot = header_at(what.slots, what.from.slot_size(), first);
    (why == drop_reason::disabled ? to.dropped_disabled : to.dropped_dependency).add(count);
    to.gaps.add(static_cast<std::int64_t>(count), why, id_of(slot));
    tell_interceptors(to, what, first, count, settlement::dropped, why);
    if (to.options.on_drop) {
        to.unreported.add(static_cast<std::int64_t>(count), why, id_of(slot));
        what.from.give_notice();  // looked at before this runner leaves the lane
    }
    tell_waiters(to, what, first, count, delivery_status::dropped);
}

void runner::tell_interceptors(const subscription_record& to, const stretch& what,
                               std::size_t first, std::size_t count, settlement how,
                               std::optional<drop_reason> why) noexcept {
    for (auto at = first; what.origin.interceptors != nullptr && at < first + count; ++at) {
        tell_settled(header_at(what.slots, what.from.slot_size(), at), to, how, attempts_made(),
                     why);
    }
}

void runner::tell_waiters(const subscription_record& to, const stretch& what, std::size_t first,
                          std::size_t count, delivery_status status) noexcept {
    for (auto at = first; what.special && at < first + count; ++at) {
        tell_waiter(header_at(what.slots, what.from.slot_size(), at), to, status);
    }
}

// From a lane that others share, or that the subscription has left: one more entry each, in its own
// lane. The lane outlives this, because the route of the entries keeps it and they are not settled.
void runner::carry(subscription_record& to, lane& into, const stretch& what, std::size_t first,
                   std::size_t count) noexcept {
    auto& origin = const_cast<route&>(what.origin);
    const auto stride = what.from.slot_size();
    for (std::size_t at = first; at < first + count; ++at) {
        const auto& slot = header_at(what.slots, stride, at);
        if (!take_credit(into)) {
            to.dropped_full.add();
            to.gaps.add(1, drop_reason::full, id_of(slot));
            tell_settled(slot, to, settlement::dropped, 0, drop_reason::full);
            tell_waiter(slot, to, delivery_status::dropped);
            continue;
        }
        if (slot.box != nullptr) {
            slot.box->add_references(1);
        }
        // Counted before the entry that it comes from is settled.
        origin.carried.fetch_add(1, std::memory_order_relaxed);
        origin.carried_outstanding.fetch_add(1, std::memory_order_relaxed);
        if (!into.carry_in(what.slots + at * stride, stride, 1)) {
            origin.carried.fetch_sub(1, std::memory_order_relaxed);
            origin.carried_outstanding.fetch_sub(1, std::memory_order_relaxed);
            if (slot.box != nullptr) {
                static_cast<void>(
                    slot.box->drop_reference());  // never the last: this entry has one
            }
            into.credits.give(1);
            shared_.credits.give(1);
            to.dropped_no_memory.add();
            to.gaps.add(1, drop_reason::no_memory, id_of(slot));
            tell_settled(slot, to, settlement::dropped, 0, drop_reason::no_memory);
            tell_waiter(slot, to, delivery_status::dropped);
        }
    }
    if (into.state.claim_after_enqueue()) {
        shared_.make_ready(into);
    }
}

// Set apart when the subscription was paused; what publishers put into the old lane at that moment
// asks for its own.
bool runner::take_credit(lane& into) noexcept {
    auto left = into.set_apart.load(std::memory_order_relaxed);
    while (left > 0) {
        if (into.set_apart.compare_exchange_weak(left, left - 1, std::memory_order_relaxed,
                                                 std::memory_order_relaxed)) {
            return true;
        }
    }
    if (into.credits.take(1, 0) == 0) {
        return false;
    }
    if (shared_.credits.take(1, 0) == 0) {
        into.credits.give(1);
        return false;
    }
    return true;
}

// The rest of the batch goes back to where it was, before all that is queued there.
void runner::keep_rest(lane& from, std::size_t count) noexcept {
    const auto stride = from.slot_size();
    const auto first = std::exchange(kept_from_, nothing_kept);
    if (adopted_ != nullptr) {
        return_adopted(true);
        return;
    }
    if (from.ordered()) {
        keep_in_order(from, first, count);
        shared_.end_flights(from, static_cast<std::int64_t>(count - first));
        return;
    }
    if (from.put_back(buffer_ + first * stride, stride, count - first)) {
        shared_.end_flights(from, static_cast<std::int64_t>(count - first));
        return;
    }
    for (auto at = first; at < count; ++at) {
        drop_one(from, at, drop_reason::no_memory);
    }
}

// Each before all others of its key, so the last one first. What has no key, because its key
// function threw, has failed whatever the subscription's state.
void runner::keep_in_order(lane& from, std::size_t first, std::size_t count) noexcept {
    const auto stride = from.slot_size();
    for (auto at = count; at-- > first;) {
        if (keys_[at] == key_failed) {
            const auto& origin = *header_at(buffer_, stride, at).origin;
            fail_keyless({.from = from,
                          .origin = origin,
                          .target = target_in(origin, from),
                          .slots = buffer_ + at * stride,
                          .keys = keys_ + at,
                          .count = 1,
                          .sampled = false,
                          .special = false,
                          .boxed = header_at(buffer_, stride, at).box != nullptr,
                          .carried = false});
        } else if (!from.give_back(keys_[at], buffer_ + at * stride)) {
            drop_one(from, at, drop_reason::no_memory);
            keys_[at] = key_failed;  // released with its settlement
        }
    }
    // Nobody to call: this runner looks again before it leaves.
    static_cast<void>(from.release(keys_ + first, count - first));
}

// No memory to keep it, or not to be delivered.
void runner::drop_one(lane& from, std::size_t at, drop_reason why) noexcept {
    const auto stride = from.slot_size();
    const auto& slot = header_at(buffer_, stride, at);
    bool named = false;
    for (const auto& one : slot.origin->targets) {
        named = named || one.through.get() == &from;
    }
    const route_target none;
    const stretch what{.from = from,
                       .origin = *slot.origin,
                       .target = none,
                       .slots = buffer_ + at * stride,
                       .keys = from.ordered() ? keys_ + at : nullptr,
                       .count = 1,
                       .sampled = false,
                       .special = true,
                       .boxed = slot.box != nullptr,
                       .carried = !named};
    for (const auto& one : slot.origin->subscriptions) {
        if (one.get() != from.owner()) {
            continue;
        }
        if (why == drop_reason::disabled) {
            drop_for(why, *one, what, 0, 1);
        } else {
            one->dropped_no_memory.add();
            one->gaps.add(1, drop_reason::no_memory, id_of(slot));
            tell_settled(slot, *one, settlement::dropped, 0, drop_reason::no_memory);
            tell_waiter(slot, *one, delivery_status::dropped);
        }
    }
    settle(what, 0, 1);
}

// Of a lane that drops. Until there is nothing left, because what waits for its key calls nobody.
// One that drops no more, or is held, gives nothing.
void runner::drop_queued(lane& from) noexcept {
    while (from.dropping() && !shared_.stopping.load(std::memory_order_relaxed)) {
        if (from.take_notice()) {
            tell_drops(from);
        }
        const auto count = from.take_dropped(index_, buffer_, keys_, batch_max);
        if (count == 0) {
            break;
        }
        if (from.flights != nullptr) {
            from.flights->borrow(static_cast<std::int64_t>(count));
        }
        in_hand_.store(static_cast<std::int64_t>(count), std::memory_order_release);
        for (std::size_t at = 0; at < count; ++at) {
            drop_one(from, at, drop_reason::disabled);
        }
        in_hand_.store(0, std::memory_order_release);
    }
}

}  // namespace stentor::inline v0::detail
