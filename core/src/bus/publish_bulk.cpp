// SPDX-License-Identifier: MIT
#include "bus/intercepting.hpp"
#include "bus/life.hpp"
#include "bus/outgoing.hpp"
#include "bus/validating.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

// Many events in one call: credits, queueing and wake-up are paid once a chunk.
namespace stentor::inline v0::detail {

namespace {

constexpr std::size_t chunk_max = 64;

}  // namespace

std::size_t engine::publish_bulk(const request& what, void* first, std::size_t count, bool move,
                                 publish_status& last) noexcept {
    last = publish_status::accepted;
    if (intake_.now() == intake::closed) {
        refused_closed_.add();
        last = publish_status::closed;
        return 0;
    }
    auto* slot = what.slot != nullptr ? what.slot : slot_pool::of_this_thread(slots_);
    const bool claimed = slot == nullptr || slot->section.entered();
    if (claimed) {
        slot = slots_->claim_shared();
    }
    auto* events = static_cast<std::byte*>(first);
    const auto size = std::size_t{what.type->size};
    std::size_t done = 0;
    auto each = what;  // checked, when its events were validated
    bool looked = false;
    while (done < count) {
        const auto chunk = std::min(chunk_max, count - done);
        auto sent =
            what.type->in_slot ? bulk_fast(*slot, each, events + done * size, chunk, last) : 0;
        if (sent == 0 && !each.checked && !std::exchange(looked, true)) {
            const auto rules = life_->rules().rules_for(*slot, *what.type);
            const bool judged = rules != nullptr && rules->judge(*what.type);
            const bool intercepted = rules != nullptr && !rules->before.empty();
            if (judged && intercepted) {
                done += life_->interceptors().publish_bulk(slot, what, events + done * size,
                                                           count - done, move, *rules, last);
                break;
            }
            // All of them before the first is published.
            if (judged &&
                life_->rules().refuses(slot, what, events + done * size, count - done, *rules)) {
                last = publish_status::rejected_invalid;
                break;
            }
            if (judged) {
                each.checked = true;
                continue;
            }
        }
        if (sent == 0) {
            sent = bulk_one_by_one(slot, each, events + done * size, chunk, move, last);
        }
        done += sent;
        if (sent == 0 ||
            (last != publish_status::accepted && last != publish_status::accepted_partial &&
             last != publish_status::no_subscribers)) {
            break;
        }
    }
    if (claimed) {
        slot_pool::unclaim(slot);
    }
    return done;
}

// One lane, nothing to wait for: the common case. 0: take the long way.
std::size_t engine::bulk_fast(publisher_slot& slot, const request& what, const std::byte* first,
                              std::size_t count, publish_status& last) noexcept {
    const reading in_section(slot);
    const outgoing event{.type = what.type};
    auto* entry = find_topic(slot, event);
    if (entry == nullptr || !takes(what)) {
        return 0;
    }
    auto& to = *entry->current.load(std::memory_order_acquire);  // [PAIR route]
    auto* cell = to.counts_entries() ? cell_of(slot, to) : nullptr;
    if (cell == nullptr || (to.rules != nullptr && !what.checked)) {
        return 0;
    }
    auto& lane = *to.targets.front().through;
    auto& port = *cell->ports.front();
    auto held = static_cast<std::size_t>(port.credits.take(static_cast<std::int64_t>(count)));
    if (held == 0) {
        bool bus_full = false;
        held = static_cast<std::size_t>(take_credits(
            slot, lane, port, static_cast<std::int64_t>(count), urgent(what), bus_full));
        if (held == 0) {
            return 0;
        }
    }
    alignas(slot_align_max) std::byte slots[chunk_max * sizeof(slot_image)];
    alignas(slot_align_max) std::byte payloads[chunk_max * slot_payload_max];
    const auto stride = lane.slot_size();
    const auto size = std::size_t{what.type->size};
    for (std::size_t index = 0; index < held; ++index) {
        const auto header = stamp(slot, &to, event.box, event.flags, *to.topic);
        const auto* payload = first + index * size;
        if (size < slot_payload_max) {
            auto* padded = payloads + index * slot_payload_max;  // the queue reads a whole one
            std::memcpy(padded, payload, size);
            payload = padded;
        }
        lane.write_draft(slots + index * stride, header, payload);
    }
    cell->entries.add(held);
    if (!lane.enqueue_bulk(port, slots, held)) {
        cell->entries.add(~std::uint64_t{held} + 1);
        slot.tickets.add(~std::uint64_t{held} + 1);
        return_credits(lane, port, static_cast<std::int64_t>(held));
        return 0;
    }
    announce(lane);
    last = publish_status::accepted;
    return held;
}

std::size_t engine::bulk_one_by_one(publisher_slot*& slot, const request& what, std::byte* first,
                                    std::size_t count, bool move, publish_status& last) noexcept {
    const auto& type = *what.type;
    for (std::size_t index = 0; index < count; ++index) {
        auto* object = first + index * type.size;
        alignas(slot_align_max) std::byte payload[slot_payload_max];
        outgoing event{.payload = payload, .type = &type};
        if (type.in_slot) {
            std::memcpy(payload, object, type.size);
        } else {
            event.object = object;
            event.copies = !move;
        }
        const auto result = publish_through(slot, what, event);
        last = result.status();
        if (!result && last != publish_status::accepted_partial) {
            return index;
        }
    }
    return count;
}

}  // namespace stentor::inline v0::detail
