// SPDX-License-Identifier: MIT
#include "bus/inline_direct.hpp"

#include "bus/inline_calls.hpp"
#include "event/envelope.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

// The short ways of topics that have inline handlers only.
namespace stentor::inline v0::detail {

// Flat, because a call keeps what it saves on the stack: more stores. Apart from the way through
// lanes, which would save more than it needs.
[[gnu::flatten, gnu::noinline]] void engine::inline_direct::publish(
    engine& by, publish_result& made, const publisher_slot::known_topic& known,
    const std::byte* payload, publisher_slot& slot) noexcept {
    using fences = real_sync::behind_membarrier;
    const auto tickets = slot.tickets.read();
    if (inline_frame::innermost != nullptr || slot.near_sample(tickets)) [[unlikely]] {
        return by.publish_small_long(made, *known.type, payload, &slot);
    }
    auto* const cell = known.way.direct_cell();
    slot.calling.enter<fences>();
    if (by.intake_.now() != intake::open ||
        known.entry->version.load(std::memory_order_acquire) != known.version) [[unlikely]] {
        slot.calling.exit();  // [PAIR route]
        return by.publish_small_long(made, *known.type, payload, &slot);
    }
    slot.tickets.add_to(tickets);
    const auto ticket = slot.ticket_base + tickets + 1;
    const auto stamp = std::max(by.shared_.coarse_now(), slot.latest_precise) & ~stamp_flags;
    slot.calling_ticket.store(ticket, std::memory_order_relaxed);
    slot.calling_stamp.store(stamp, std::memory_order_relaxed);
    made = publish_result(publish_status::accepted,
                          {ticket, by.shared_.start_unix_ns() + stamp, by.id_key_});
    cell->events.add();
    inline_frame::innermost = &slot.outermost;
    call_each<fences>(slot, 0, cell->calls.get(), payload, [&slot]() noexcept {
        return std::pair(anew(slot).calling_ticket.load(std::memory_order_relaxed),
                         anew(slot).calling_stamp.load(std::memory_order_relaxed));
    });
    inline_frame::innermost = nullptr;
    anew(slot).calling.exit();
}

// What that leaves: calls inside others, events that are sampled, handlers that want more than the
// event. Flat, because there is less work between the calls than the calls would be.
[[gnu::flatten, gnu::noinline]] void engine::publish_small_long(publish_result& made,
                                                                const event_type& type,
                                                                const std::byte* payload,
                                                                publisher_slot* through) noexcept {
    if (through == nullptr) {
        // Of a thread that published through another bus before, or not at all, or has no slot.
        through = slot_pool::of_this_thread(slots_);
    }
    if (through != nullptr) {
        const auto& known = through->known[publisher_slot::known_place(&type)];
        if (known.type == &type && known.way.is_inlined() &&
            inline_direct::publish_indirect(*this, *through, known, payload, made)) {
            return;
        }
    }
    made = publish_slot({.type = &type, .slot = through}, payload);
}

inline bool engine::inline_direct::publish_indirect(engine& by, publisher_slot& slot,
                                                    const publisher_slot::known_topic& known,
                                                    const std::byte* payload,
                                                    publish_result& result) noexcept {
    const calling_stay stay(slot);
    auto& cell = *known.way.cell();
    const auto& entry = *known.entry;
    if (by.intake_.now() != intake::open ||
        entry.version.load(std::memory_order_acquire) != known.version) {  // [PAIR route]
        return false;
    }
    const auto header = by.stamp(slot, cell.of, nullptr, 0, entry);
    cell.events.add();
    if (stay.first()) {
        slot.note_call(header);
    }
    const auto* outer = inline_frame::innermost;
    const auto depth = outer == nullptr ? 1 : outer->depth + 1;
    bool all = true;
    if (cell.calls != nullptr && (header.stamp & stamp_precise) == 0 &&
        depth <= inline_frame::nesting_max) [[likely]] {
        const inline_frame here{.owner = &by,
                                .slot = &slot,
                                .guard = &slot.guards[slot.depth],
                                .outer = outer,
                                .depth = depth};
        inline_frame::innermost = &here;
        call_each<real_sync>(slot, slot.depth, cell.calls.get(), payload,
                             [&header] { return std::pair(header.ticket, header.stamp); });
        inline_frame::innermost = outer;
    } else {
        all = call_framed(by, slot, header, payload);
    }
    const auto status = all ? publish_status::accepted : publish_status::accepted_partial;
    if (!all) [[unlikely]] {
        slot.count(status);
    }
    result = publish_result(
        status,
        {header.ticket, by.shared_.start_unix_ns() + (header.stamp & ~stamp_flags), by.id_key_});
    return true;
}

// With a frame, for who asks about more than the event.
[[gnu::noinline]] bool engine::inline_direct::call_framed(engine& by, publisher_slot& slot,
                                                          const slot_header& header,
                                                          const std::byte* payload) noexcept {
    slot_image image;
    image.header = header;
    std::memcpy(image.payload, payload, slot_payload_max);
    return by.call_inlined(&slot, *header.origin, image);
}

// Inside the handler of what it threw.
[[gnu::noinline, gnu::cold]] void engine::inline_direct::fail(engine& by, const inlined_call& one,
                                                              std::uint64_t ticket,
                                                              std::int64_t stamp,
                                                              const std::byte* payload) noexcept {
    slot_image image;
    image.header = {.origin = one.of, .ticket = ticket, .stamp = stamp, .box = nullptr};
    std::memcpy(image.payload, payload, slot_payload_max);
    inline_charge(by, image, *by.shared_.target).fail(*one.to, nullptr);
    one.counts->failed.add();
}

// Over, or the bus ends, or it is disabled: without a queue nothing can be held.
[[gnu::noinline, gnu::cold]] void engine::inline_direct::count_uncalled(
    engine& by, subscription_record& one, terminal_stripe& mine) noexcept {
    if (one.closed.load(std::memory_order_acquire) ||
        by.shared_.cancelling.load(std::memory_order_relaxed)) {
        mine.cancelled.add();
    } else {
        one.dropped_disabled.add();
    }
}

}  // namespace stentor::inline v0::detail
