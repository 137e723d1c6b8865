// SPDX-License-Identifier: MIT
#include "bus/outgoing.hpp"

#include <algorithm>
#include <bitset>

// From a route into its lanes: credits, enqueue, wake-up. All inside the publisher's read section.
namespace stentor::inline v0::detail {

namespace {

constexpr std::size_t targets_max = 4096;  // as many as lanes
constexpr std::int64_t credit_chunk_max = 512;

// Small lanes hand out small chunks, so that one publisher's cache does not drain the centre.
std::int64_t chunk_of(const lane& from) noexcept {
    return std::clamp<std::int64_t>(from.credits.capacity() / 64, 1, credit_chunk_max);
}

}  // namespace

publish_result engine::send(publisher_slot& slot, const request& what, outgoing& event,
                            topic_entry& entry) noexcept {
    // A redriven event's route is not the topic's, so nobody remembers it.
    event.version = what.again == nullptr ? entry.version.load(std::memory_order_acquire) : 0;
    auto& to = what.again == nullptr ? *entry.current.load(std::memory_order_acquire)
                                     : *what.again->through;  // [PAIR route]
    if (to.rules != nullptr && !what.checked) [[unlikely]] {
        event.unchecked = true;  // outside the section
        return publish_result();
    }
    if (what.options != nullptr && what.options->expires_at &&
        std::chrono::duration_cast<std::chrono::nanoseconds>(
            what.options->expires_at->time_since_epoch())
                .count() <= shared_.source().system_ns()) {
        return finish(slot, publish_status::expired);
    }
    if (to.empty()) {
        return finish(slot, publish_status::no_subscribers);
    }
    auto* cell = cell_of(slot, to);
    if (cell == nullptr) {
        return finish(slot, publish_status::rejected_no_memory);
    }
    remember(slot, event, entry, *cell);
    return to.counts_entries() ? send_one(slot, what, event, to, *cell)
                               : send_many(slot, what, event, to, *cell);
}

// The next publish of this type by this slot may take the short way, while the route stays.
void engine::remember(publisher_slot& slot, const outgoing& event, const topic_entry& entry,
                      route_cell& cell) noexcept {
    if (event.type == nullptr || !event.type->in_slot || cell.of->rules != nullptr) {
        return;
    }
    const auto place = publisher_slot::known_place(event.type);
    auto& known = slot.known[place];
    if (known.type == event.type && event.version != 0 &&
        entry.version.load(std::memory_order_acquire) == event.version) {
        known.version = event.version;
        known.way = cell.only != nullptr        ? short_way::through_lane(&cell)
                    : !cell.of->targets.empty() ? short_way()
                    : cell.calls != nullptr && real_sync::asymmetric() ? short_way::direct(&cell)
                                                                       : short_way::inlined(&cell);
    }
}

publish_result engine::send_one(publisher_slot& slot, const request& what, outgoing& event,
                                route& to, route_cell& cell) noexcept {
    const auto& target = to.targets.front();
    auto& lane = *target.through;
    auto& port = *cell.ports.front();
    bool bus_full = false;
    const auto found = find_room(slot, what, target, port, bus_full);
    if (found == room::none) {
        if (waits(what, target) && !event.waited_enough) {
            return ask_to_wait(what, event, to, target);
        }
        const auto which = bus_full ? 0 : to.subscriptions[target.first]->number;
        return finish(slot, publish_status::rejected_full, which);
    }
    if (const auto status = prepare_for(slot, what, event, to);
        status != publish_status::accepted) {
        if (found == room::credit) {
            return_credits(lane, port, 1);
        }
        return finish(slot, status);
    }
    event.header = stamp(slot, &to, event.box, event.flags, *to.topic);
    // Counted before the enqueue, so that no moment shows more settled than accepted.
    cell.entries.add();
    if (found == room::swallow) {
        note_drops(to, target, drop_reason::newest, event.header);
        discard(event);
        to.settled_outside.fetch_add(1, std::memory_order_release);  // [PAIR settled]
        return accept(slot, event, publish_status::accepted);
    }
    if (!lane.enqueue(port, event.header, event.payload)) {
        take_back(cell.entries);
        take_back(slot.tickets);
        return_credits(lane, port, 1);
        hand_back(event);
        return finish(slot, publish_status::rejected_no_memory);
    }
    announce(lane);
    return accept(slot, event, publish_status::accepted);
}

// What became of each target of an event that goes to several.
struct engine::spread {
    std::bitset<targets_max> full;
    std::bitset<targets_max> swallowed;
    std::bitset<targets_max> lost;  // for want of memory
    bool begun = false;
    bool reached = false;
    bool bus_full = false;
};

publish_result engine::send_many(publisher_slot& slot, const request& what, outgoing& event,
                                 route& to, route_cell& cell) noexcept {
    if (to.constrained || what.wait_ns >= 0) {
        if (const auto refusal = hold_constrained(slot, what, event, to, cell)) {
            return *refusal;
        }
    }
    spread out;
    for (std::size_t at = 0; at < to.targets.size(); ++at) {
        const auto& target = to.targets[at];
        auto& port = *cell.ports[at];
        const auto found = holds(what, target, event)
                               ? room::credit
                               : find_room(slot, what, target, port, out.bus_full);
        if (found == room::none) {
            out.full.set(at);
            continue;
        }
        if (!out.begun) {
            if (const auto status = begin(slot, what, event, to, cell);
                status != publish_status::accepted) {
                if (found == room::credit) {
                    return_credits(*target.through, port, 1);
                }
                return_held(what, event, to, cell, at + 1);
                return finish(slot, status);
            }
            out.begun = true;
        }
        if (found == room::swallow) {
            out.swallowed.set(at);
            continue;
        }
        send_to(event, target, port, cell, at, out);
    }
    if (!out.begun && to.inline_count != 0) {
        // No lane has room, which costs the inline handlers nothing.
        if (const auto status = begin(slot, what, event, to, cell);
            status != publish_status::accepted) {
            return finish(slot, status);
        }
        out.begun = true;
    }
    return conclude(slot, event, to, cell, out);
}

// The event is somebody's: it gets its envelope and its stamp, and counts as accepted.
publish_status engine::begin(publisher_slot& slot, const request& what, outgoing& event, route& to,
                             route_cell& cell) noexcept {
    event.turns = to.turns.get();
    const auto status = prepare_for(slot, what, event, to);
    if (status == publish_status::accepted) {
        event.header = stamp(slot, &to, event.box, event.flags, *to.topic);
        if (event.turns != nullptr) {
            event.box->turns->keep(event.header, event.payload);
        }
        cell.events.add();
    }
    return status;
}

void engine::send_to(const outgoing& event, const route_target& target, lane_port& port,
                     route_cell& cell, std::size_t at, spread& out) noexcept {
    if (event.box != nullptr) {
        event.box->add_references(1);
    }
    cell.entries.add();
    if (!target.through->enqueue(port, event.header, event.payload)) {
        take_back(cell.entries);
        return_credits(*target.through, port, 1);
        if (event.box != nullptr) {
            static_cast<void>(event.box->drop_reference());  // never the last: ours remains
        }
        out.lost.set(at);
        return;
    }
    announce(*target.through);
    out.reached = true;
}

publish_result engine::conclude(publisher_slot& slot, outgoing& event, route& to, route_cell& cell,
                                const spread& out) noexcept {
    if (!out.begun) {
        const auto& first = to.targets.front();
        return finish(slot, publish_status::rejected_full,
                      out.bus_full ? 0 : to.subscriptions[first.first]->number);
    }
    if (!out.reached && out.swallowed.none() && to.inline_count == 0) {
        take_back(cell.events);
        take_back(slot.tickets);
        hand_back(event);
        return finish(slot, publish_status::rejected_no_memory);
    }
    const bool partial = out.full.any() || out.lost.any();
    for (std::size_t at = 0; (partial || out.swallowed.any()) && at < to.targets.size(); ++at) {
        if (out.full.test(at) || out.lost.test(at) || out.swallowed.test(at)) {
            note_drops(to, to.targets[at],
                       out.full.test(at)   ? drop_reason::full
                       : out.lost.test(at) ? drop_reason::no_memory
                                           : drop_reason::newest,
                       event.header);
        }
    }
    if (to.inline_count != 0) {
        begin_inlined(slot, event, to);
    } else {
        discard(event);  // the publisher's own reference
    }
    return accept(slot, event,
                  partial ? publish_status::accepted_partial : publish_status::accepted);
}

// Takes one credit of every subscription that is required or blocks, all or none.
std::optional<publish_result> engine::hold_constrained(publisher_slot& slot, const request& what,
                                                       outgoing& event, route& to,
                                                       route_cell& cell) noexcept {
    for (std::size_t at = 0; at < to.targets.size(); ++at) {
        const auto& target = to.targets[at];
        if (!holds(what, target, event)) {
            continue;
        }
        bool bus_full = false;
        auto& port = *cell.ports[at];
        if (port.credits.take_one() ||
            take_credits(slot, *target.through, port, 1, urgent(what), bus_full) != 0) {
            continue;
        }
        for (std::size_t before = 0; before < at; ++before) {
            if (holds(what, to.targets[before], event)) {
                return_credits(*to.targets[before].through, *cell.ports[before], 1);
            }
        }
        if (waits(what, target) && !event.waited_enough) {
            return ask_to_wait(what, event, to, target);
        }
        return finish(slot, publish_status::rejected_full,
                      bus_full ? 0 : to.subscriptions[target.first]->number);
    }
    return std::nullopt;
}

void engine::return_held(const request& what, const outgoing& event, const route& to,
                         const route_cell& cell, std::size_t from) noexcept {
    for (auto at = from; at < to.targets.size(); ++at) {
        if (holds(what, to.targets[at], event)) {
            return_credits(*to.targets[at].through, *cell.ports[at], 1);
        }
    }
}

// The publisher waits for room there: the subscription says so, or the caller.
bool engine::waits(const request& what, const route_target& target) noexcept {
    return target.blocks || what.wait_ns >= 0;
}

bool engine::holds(const request& what, const route_target& target,
                   const outgoing& event) noexcept {
    return target.required || (waits(what, target) && !event.waited_enough);
}

publish_result engine::ask_to_wait(const request& what, outgoing& event, const route& to,
                                   const route_target& target) noexcept {
    event.wait_for = target.through;
    event.wait_ns = what.wait_ns >= 0
                        ? what.wait_ns
                        : to.subscriptions[target.first]->options.when_full.deadline().count();
    return publish_result();
}

bool engine::urgent(const request& what) const noexcept {
    return what.cause != nullptr || inside_handler();
}

publish_result engine::accept(publisher_slot& slot, const outgoing& event,
                              publish_status status) noexcept {
    if (status == publish_status::accepted_partial) {
        slot.count(status);  // for the exporters; what was accepted is counted in the cells
    }
    const auto& header = event.header;
    const auto since_epoch = shared_.start_unix_ns() + (header.stamp & ~stamp_flags);
    return publish_result(status, {event.given_id ? 0 : header.ticket, since_epoch, id_key_});
}

std::int64_t engine::take_credits(publisher_slot& slot, lane& from, lane_port& port,
                                  std::int64_t wanted, bool urgent, bool& bus_full) noexcept {
    refill<real_sync> attempt{.lane = from.credits,
                              .bus = shared_.credits,
                              .cache = port.credits,
                              .chunk = chunk_of(from),
                              .urgent = urgent};
    const auto got = attempt.run(
        wanted, [&] { return sweep_lane(from, slot); }, [&] { return sweep_all_lanes(slot); });
    bus_full = attempt.cause == refill<real_sync>::shortage::bus;
    return got;
}

// What a sweep finds in caches belongs to the lane and to the bus. The caller's own cache is empty,
// or it would not be here.
std::int64_t engine::sweep_lane(lane& from, const publisher_slot& mine) noexcept {
    const auto moved = from.sweep_credits([&](std::uint32_t index) {
        if (index >= slots_->size()) {
            return true;  // a runner's, which keeps no credits
        }
        const auto& section = slots_->at(index).section;
        return index != mine.index && section.inside(section.count());
    });
    if (moved > 0) {
        shared_.credits.give(moved);
    }
    return moved;
}

std::int64_t engine::sweep_all_lanes(const publisher_slot& mine) noexcept {
    std::int64_t moved = 0;
    for (std::size_t id = 0; id < shared_.ready.covered(); ++id) {
        if (auto* one = shared_.lane_at(id); one != nullptr) {
            moved += sweep_lane(*one, mine);
        }
    }
    return moved;
}

// Perhaps one of a reserve, which in the publisher's cache would be anybody's.
void engine::return_credits(lane& to, lane_port& port, std::int64_t amount) noexcept {
    const bool scarce = to.credits.available() < to.credits.reserve() ||
                        shared_.credits.available() < shared_.credits.reserve();
    if (scarce || !port.credits.add(amount)) {
        to.credits.give(amount);
        shared_.credits.give(amount);
    }
}

route_cell* engine::cell_of(publisher_slot& slot, route& to) noexcept {
    // relaxed: this slot's holder made it, or will; its lease orders it after former holders.
    auto* cell = to.cells[slot.index].load(std::memory_order_relaxed);
    return cell != nullptr ? cell : make_cell(slot, to);
}

route_cell* engine::make_cell(publisher_slot& slot, route& to) noexcept {
#if defined(__cpp_exceptions)
    try {
#endif
        auto cell = std::make_unique<route_cell>();
        cell->ports.reserve(to.targets.size());
        for (const auto& target : to.targets) {
            auto* port = target.through->port_of(slot.index);
            if (port == nullptr) {
                port = target.through->add_port(slot.index);
            }
            if (port == nullptr) {
                return nullptr;
            }
            cell->ports.push_back(port);
        }
        cell->of = &to;
        if (to.inline_bare) {
            cell->calls = std::make_unique<inlined_call[]>(to.inline_count + 1);
            for (std::uint32_t at = 0; at < to.inline_count; ++at) {
                auto& one = *to.subscriptions[to.inline_first + at];
                cell->calls[at] = {.to = &one,
                                   .bare = one.form.bare,
                                   .counts = &one.terminals[slot.index],
                                   .of = &to};
            }
        }
        if (to.counts_entries() && !to.constrained) {
            cell->only = to.targets.front().through.get();
            cell->first_port = cell->ports.front();
            cell->slot_size = cell->only->slot_size() + (cell->only->ordered() ? cell_ordered : 0);
        }
        to.cells[slot.index].store(cell.get(), std::memory_order_release);  // [PAIR cell]
        return cell.release();
#if defined(__cpp_exceptions)
    } catch (...) {
        return nullptr;
    }
#endif
}

}  // namespace stentor::inline v0::detail
