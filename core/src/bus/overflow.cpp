// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "bus/outgoing.hpp"
#include "dispatch/detached_delivery.hpp"
#include "dispatch/turns.hpp"
#include "event/delivery_tracker.hpp"
#include "registry/event_view.hpp"
#include "registry/interception.hpp"

#include <algorithm>

// A full subscription: what its policy does, and how a drop is kept in the books. On the
// publisher's thread, inside its read section.
namespace stentor::inline v0::detail {

// Takes a credit for one delivery, in whatever way the subscription's policy has.
engine::room engine::find_room(publisher_slot& slot, const request& what,
                               const route_target& target, lane_port& port,
                               bool& bus_full) noexcept {
    auto& lane = *target.through;
    if (port.credits.take_one() || take_credits(slot, lane, port, 1, urgent(what), bus_full) != 0) {
        return room::credit;
    }
    switch (target.overflow) {
        case when_full::policy::drop_oldest:
            return drop_oldest(lane) ? room::credit : room::swallow;
        case when_full::policy::drop_newest: return room::swallow;
        case when_full::policy::reject:
        case when_full::policy::block: break;
    }
    return room::none;
}

// The entry that has waited longest ends as dropped; its credit is the caller's.
bool engine::drop_oldest(lane& from) noexcept {
    alignas(slot_image) std::byte taken[sizeof(slot_image)];
    if (!from.take_oldest(taken)) {
        return false;
    }
    const auto& gone = *reinterpret_cast<const slot_header*>(taken);
    auto& origin = const_cast<route&>(*gone.origin);
    const auto whose = std::ranges::find_if(
        origin.subscriptions, [&](const auto& one) { return one.get() == from.owner(); });
    STENTOR_ASSERT(whose != origin.subscriptions.end(),
                   "an entry lies in a lane that its route does not name");
    note_drop(**whose, from, drop_reason::oldest, gone);
    if (std::ranges::none_of(origin.targets,
                             [&](const auto& one) { return one.through.get() == &from; })) {
        origin.carried_outstanding.fetch_sub(1, std::memory_order_release);
    }
    if (gone.box != nullptr) {
        if (const auto bytes = gone.box->drop_reference(); bytes != 0) {
            shared_.bytes.give(bytes);
        }
    }
    // Last: a route whose entries are all settled may be freed. [PAIR settled]
    origin.settled_outside.fetch_add(1, std::memory_order_release);
    return true;
}

// Counts one delivery that was not made, and tells whoever wants to know.
void engine::note_drop(subscription_record& one, lane& from, drop_reason why,
                       const slot_header& header) noexcept {
    switch (why) {
        case drop_reason::full: one.dropped_full.add(); break;
        case drop_reason::newest: one.dropped_newest.add(); break;
        case drop_reason::oldest: one.dropped_oldest.add(); break;
        case drop_reason::no_memory: one.dropped_no_memory.add(); break;
        case drop_reason::disabled: one.dropped_disabled.add(); break;
        case drop_reason::dependency: one.dropped_dependency.add(); break;
    }
    const auto id = id_of(header);
    one.gaps.add(1, why, id);
    if (one.options.on_drop) {
        one.unreported.add(1, why, id);
        from.give_notice();
        announce(from);
    }
    tell_settled(header, one, settlement::dropped, 0, why);
    if (header.box != nullptr) {
        tell_ended(shared_, header, one, delivery_status::dropped);
    }
}

void engine::note_drops(const route& to, const route_target& target, drop_reason why,
                        const slot_header& header) noexcept {
    for (std::uint32_t index = 0; index < target.count; ++index) {
        note_drop(*to.subscriptions[target.first + index], *target.through, why, header);
    }
}

// Before the first delivery may end: who will have the event.
// Refused where a coroutine would wait for a delivery that waits for it: its own subscription's,
// when that limits its calls.
publish_status engine::expect(const request& what, const route& to) const noexcept {
    if (what.tracker == nullptr) {
        return publish_status::accepted;
    }
    const auto* waiter = detached_delivery::current();
    if (waiter != nullptr && &waiter->shared == &shared_ && to.names(waiter->to) &&
        (waiter->keyed || waiter->to->options.max_concurrency != 0)) {
        return publish_status::would_deadlock;
    }
    const bool done = attempt([&] {
        std::vector<delivery_tracker::delivery> all;
        all.reserve(to.subscriptions.size());
        for (const auto& one : to.subscriptions) {
            all.push_back({.number = one->number, .outcome = {.subscription = one->name}});
        }
        what.tracker->expect(std::move(all));
    });
    return done ? publish_status::accepted : publish_status::rejected_no_memory;
}

}  // namespace stentor::inline v0::detail
