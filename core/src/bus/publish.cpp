// SPDX-License-Identifier: MIT
#include "bus/inline_direct.hpp"
#include "bus/life.hpp"
#include "bus/outgoing.hpp"
#include "bus/validating.hpp"
#include "event/envelope.hpp"
#include "event/reply_ticket.hpp"
#include "lane/ordered_lane.hpp"
#include "lane/queue_lane.hpp"

#include <algorithm>
#include <utility>

// From a publisher's call to a route: slot, intake, topic.
namespace stentor::inline v0::detail {

namespace {

// Who asked for such an event with the one that causes it. Null: it answers nothing.
reply_ticket* asker_of(const std::byte* cause, const event_type* type) noexcept {
    const auto* box = reinterpret_cast<const slot_header*>(cause)->box;
    return box != nullptr && box->asks != nullptr && type != nullptr && box->asks->wants(*type)
               ? box->asks
               : nullptr;
}

}  // namespace

// The common case in one piece: a known type that fits a slot, no metadata, one lane, a cached
// credit, and nothing changed since the last time. False: nothing was done, take the long way;
// every step is explained there. It writes as little as it can: what a publisher stores waits in
// the store buffer behind the lines of the queue, which come from the other core.
template <class Lane>
inline bool engine::publish_through_cell(publisher_slot& slot, route_cell& cell,
                                         const topic_entry& entry, const std::byte* payload,
                                         slot_header& header) noexcept {
    auto& through = static_cast<Lane&>(*cell.only);
    auto& port = *cell.first_port;
    if (!port.credits.take_one()) {
        return false;
    }
    header = stamp(slot, cell.of, nullptr, 0, entry);
    cell.entries.add();
    if (!through.enqueue(port, header, payload)) [[unlikely]] {
        take_back(cell.entries);
        take_back(slot.tickets);
        return_credits(through, port, 1);
        return false;
    }
    announce(through);
    return true;
}

inline bool engine::publish_short(publisher_slot& slot, const publisher_slot::known_topic& known,
                                  const std::byte* payload, slot_header& header) noexcept {
    auto* cell = known.way.lane_cell();
    if (slot.section.entered()) {
        return false;
    }
    const reading in_section(slot);
    if (intake_.now() != intake::open ||
        known.entry->version.load(std::memory_order_acquire) != known.version) {  // [PAIR route]
        return false;
    }
    switch (cell->slot_size) {
        case 64:
            return publish_through_cell<queue_lane<64>>(slot, *cell, *known.entry, payload, header);
        case 96:
            return publish_through_cell<queue_lane<96>>(slot, *cell, *known.entry, payload, header);
        default: return publish_in_order(slot, *cell, *known.entry, payload, header);
    }
}

// The same into a lane with an order.
[[gnu::noinline]] bool engine::publish_in_order(publisher_slot& slot, route_cell& cell,
                                                const topic_entry& entry, const std::byte* payload,
                                                slot_header& header) noexcept {
    return cell.slot_size == 64 + cell_ordered
               ? publish_through_cell<ordered_lane<64>>(slot, cell, entry, payload, header)
               : publish_through_cell<ordered_lane<96>>(slot, cell, entry, payload, header);
}

// Each way is taken by a jump: arguments go on in the order in which they came, and what is made
// has its place already.
void engine::publish_small(publish_result& made, const event_type& type, const std::byte* payload,
                           publisher_slot* slot) noexcept {
    if (slot == nullptr) {
        const auto& last = last_lease_of_thread;
        if (last.pool != slots_.get() || last.slot == nullptr) [[unlikely]] {
            return publish_small_long(made, type, payload, nullptr);
        }
        slot = last.slot;
    }
    const auto& known = slot->known[publisher_slot::known_place(&type)];
    if (known.type == &type) [[likely]] {
        if (known.way.is_through_lane()) [[likely]] {
            return publish_known(made, known, payload, *slot);
        }
        if (known.way.is_direct()) {
            return inline_direct::publish(*this, made, known, payload, *slot);
        }
    }
    return publish_small_long(made, type, payload, slot);
}

// Flat, because a call keeps what it saves on the stack: more stores.
[[gnu::flatten, gnu::noinline]] void engine::publish_known(publish_result& made,
                                                           const publisher_slot::known_topic& known,
                                                           const std::byte* payload,
                                                           publisher_slot& slot) noexcept {
    slot_header header;
    if (publish_short(slot, known, payload, header)) [[likely]] {
        made = publish_result(
            publish_status::accepted,
            {header.ticket, shared_.start_unix_ns() + (header.stamp & ~stamp_flags), id_key_});
    } else {
        made = publish_slot({.type = known.type, .slot = &slot}, payload);
    }
}

publish_result engine::publish_slot(const request& what, const std::byte* payload) noexcept {
    outgoing event{.payload = payload, .type = what.type};
    return publish_any(what, event);
}

publish_result engine::publish_boxed(const request& what, void* object) noexcept {
    outgoing event{.payload = no_payload, .type = what.type, .object = object};
    return publish_any(what, event);
}

publish_result engine::publish_text(const request& what, std::string_view topic,
                                    std::string& text) noexcept {
    outgoing event{.payload = no_payload, .topic_name = topic, .text = &text};
    return publish_any(what, event);
}

publish_result engine::publish_any(const request& what, outgoing& event) noexcept {
    if (what.cause != nullptr) {
        if (auto* asker = asker_of(what.cause, event.type); asker != nullptr) {
            return publish_answer(what, event, *asker);
        }
    }
    return publish_now(what, event);
}

publish_result engine::publish_now(const request& what, outgoing& event) noexcept {
    // First, because a forked child must not wait for slots that its parent's threads hold.
    if (intake_.now() == intake::closed) {
        refused_closed_.add();
        return publish_result(publish_status::closed);
    }
    auto* slot = what.slot != nullptr ? what.slot : slot_pool::of_this_thread(slots_);
    // An event whose constructor or destructor publishes is in the middle of a publish of its own.
    publish_result result;
    if (slot != nullptr && !slot->section.entered()) {
        result = publish_through(slot, what, event);
    } else {
        slot = slots_->claim_shared();
        result = publish_through(slot, what, event);
        slot_pool::unclaim(slot);
    }
    if (result.status() == publish_status::rejected_too_deep) [[unlikely]] {
        report_loop(what, event);
    }
    return result;
}

publish_result engine::publish_through(publisher_slot*& slot, const request& what,
                                       outgoing& event) noexcept {
    publish_result result;
    bool sent = false;
    {
        const reading in_section(*slot);
        if (auto* entry = find_topic(*slot, event); entry != nullptr) {
            if (!takes(what)) {
                return finish(*slot, publish_status::closed);
            }
            result = send(*slot, what, event, *entry);
            sent = event.wait_for == nullptr && !event.unchecked;
        }
    }
    if (sent) {
        return event.inlined != nullptr ? finish_inlined(slot, event, result) : result;
    }
    if (event.unchecked) {
        return life_->rules().publish_checked(slot, what, event);
    }
    return event.wait_for != nullptr ? publish_waiting(slot, what, event)
                                     : publish_first(slot, what, event);
}

// The topic is new to this thread or to the bus, or belongs to another type.
publish_result engine::publish_first(publisher_slot*& slot, const request& what,
                                     outgoing& event) noexcept {
    if (!takes(what)) {
        return finish(*slot, publish_status::closed);
    }
    const auto name = event.type != nullptr ? event.type->topic : event.topic_name;
    switch (introduce_topic(name, event.type)) {
        case introduced::mismatch: return finish(*slot, publish_status::type_mismatch);
        case introduced::no_memory: return finish(*slot, publish_status::rejected_no_memory);
        case introduced::yes: break;
    }
    return publish_through(slot, what, event);
}

// A full subscription blocks publishers: tries again whenever its lane has room, until the
// deadline.
publish_result engine::publish_waiting(publisher_slot*& slot, const request& what,
                                       outgoing& event) noexcept {
    auto checked = what;
    checked.checked = true;  // a rule that comes while it waits comes too late
    if (what.cause != nullptr || inside_handler()) {
        return finish(*slot, publish_status::would_deadlock);
    }
    const auto lane = std::exchange(event.wait_for, nullptr);
    const auto until = shared_.moment_after(std::chrono::nanoseconds(event.wait_ns));
    lane->room_waiters.fetch_add(1, std::memory_order_seq_cst);
    publish_result result;
    bool in_vain = false;  // nobody can make room, unless time is told to pass
    for (;;) {
        const auto epoch = lane->room_epoch.load(std::memory_order_acquire);
        std::atomic_thread_fence(std::memory_order_seq_cst);  // [PAIR room]
        event.waited_enough = in_vain || shared_.now() >= until;
        {
            const reading in_section(*slot);
            auto* entry = find_topic(*slot, event);
            if (entry == nullptr || !takes(what)) {
                result = finish(*slot, publish_status::closed);
                break;
            }
            result = send(*slot, checked, event, *entry);
        }
        if (event.wait_for == nullptr) {
            break;
        }
        event.wait_for = nullptr;
        if (executors_.back()->manual()) {
            in_vain = !executors_.back()->step() && !sleep_until_due(until);
        } else {
            constexpr std::int64_t slice = 10'000'000;  // the bus may be full, not the lane
            // A shared slot is for others meanwhile, who may publish something else.
            if (slot->shared) {
                slot_pool::unclaim(slot);
            }
            futex_wait(lane->room_epoch, epoch,
                       std::clamp<std::int64_t>(until - shared_.now(), 0, slice));
            if (slot->shared) {
                slot = slots_->claim_shared();
            }
        }
    }
    lane->room_waiters.fetch_sub(1, std::memory_order_relaxed);
    return event.inlined != nullptr ? finish_inlined(slot, event, result) : result;
}

bool engine::takes(const request& what) const noexcept {
    const auto state = intake_.now();
    return state == intake::open || (state == intake::draining && what.cause != nullptr);
}

// Inside the section. Null: not known, or another type's.
topic_entry* engine::find_topic(publisher_slot& slot, const outgoing& event) noexcept {
    if (event.type == nullptr) {
        auto* entry = topics_.find(event.topic_name);
        if (entry == nullptr || entry->type != nullptr) {
            return nullptr;
        }
        entry->last_used.store(static_cast<std::uint64_t>(shared_.coarse_now()),
                               std::memory_order_relaxed);
        return entry;
    }
    auto& known = slot.known[publisher_slot::known_place(event.type)];
    if (known.type == event.type) {
        return known.entry;
    }
    auto* entry = topics_.find(event.type->topic);
    if (entry == nullptr || entry->type == nullptr || !same_type(*entry->type, *event.type)) {
        return nullptr;
    }
    known = {.type = event.type, .entry = entry, .version = 0, .way = {}};
    return entry;
}

publish_result engine::finish(publisher_slot& slot, publish_status status,
                              std::uint32_t which) noexcept {
    slot.refused.add();
    slot.count(status);
    return publish_result(status, {}, which);
}

}  // namespace stentor::inline v0::detail
