// SPDX-License-Identifier: MIT
#pragma once

#include "registry/subscription_record.hpp"
#include <stentor/base/assert.hpp>
#include <stentor/base/cache_line.hpp>
#include <stentor/event/slot.hpp>
#include <stentor/metrics/counter.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace stentor::inline v0::detail {

class interception;
class lane;
struct lane_port;
struct route;
struct topic_rules;

// A topic of the bus. Typed ones live as long as the bus; untyped ones may be forgotten when there
// are too many. Found through topic_table.
struct topic_entry {
    std::string name;
    const event_type* type = nullptr;  // null: events without a C++ type
    std::uint32_t number = 0;          // for envelopes that remember it; never used again
    // What turns a stamp and a ticket into a time and an id; the bus's.
    std::int64_t epoch_unix_ns = 0;
    std::uint64_t id_key = 0;
    // The current version. Swapped under the registry's lock (release), loaded by every publish
    // inside a read section (acquire). [PAIR route]
    std::atomic<route*> current{nullptr};
    // Counts the swaps of `current`, each after the swap (release); a publisher that finds it
    // unchanged (acquire) may use what it found by the route before. [PAIR route]
    std::atomic<std::uint64_t> version{1};
    // A slow handler listens: stamp every event. Written by runners, read by publishers; relaxed.
    std::atomic<bool> stamp_all{false};
    std::atomic<topic_entry*> next{nullptr};  // in the table's chain
    std::shared_ptr<lane> shared_lane;        // under the registry's lock
    std::atomic<std::uint64_t> last_used{0};  // untyped: coarse time of use, for forgetting
};

// One lane that events of the route go to, and the subscriptions that it serves there.
struct route_target {
    std::shared_ptr<lane> through;
    std::uint32_t first = 0;  // in route::subscriptions
    std::uint32_t count = 0;
    bool required = false;
    bool blocks = false;
    when_full::policy overflow = when_full::policy::reject;
};

inline constexpr std::uint32_t cell_ordered = 1;

// An inline handler that takes the event alone, as one publisher slot calls it.
struct inlined_call {
    subscription_record* to = nullptr;  // null: behind the last one
    decltype(handler_traits::bare) bare = nullptr;
    terminal_stripe* counts = nullptr;  // the slot's
    const route* of = nullptr;
};

// What one publisher slot counts and keeps for one route version. Written by the slot's holder.
struct alignas(cache_line_size) route_cell {
    route* of = nullptr;
    lane* only = nullptr;  // the one lane of a route that has one, and is not constrained
    lane_port* first_port = nullptr;
    std::uint32_t slot_size = 0;  // of that lane; with cell_ordered when it has an order
    counter entries;              // enqueued, all targets
    counter events;  // accepted by at least one of several targets; of one target, see entries
    std::vector<lane_port*> ports;  // one per target
    // Of a route whose inline_bare is true: its inline handlers, and one without a subscription.
    std::unique_ptr<inlined_call[]> calls;
};

// One version of who gets a topic's events. Immutable but for its counters; replaced as a whole.
struct route {
    topic_entry* topic = nullptr;
    std::shared_ptr<topic_entry> topic_alive;  // untyped topics may leave the table before this
    std::uint32_t slot_size = slot_header_size;
    bool constrained = false;  // some target is required or blocks
    std::vector<route_target> targets;
    std::vector<std::shared_ptr<subscription_record>> subscriptions;
    // Of those, the ones that publishers call themselves. They are behind those of the targets.
    std::uint32_t inline_first = 0;
    std::uint32_t inline_count = 0;
    bool inline_bare = false;  // they take the event alone, and no owner has to be kept alive
    // Who of them comes after whom; null: nobody.
    std::unique_ptr<turn_plan> turns;
    // What looks at its events before they are published: interceptors and rules; null: nothing.
    std::shared_ptr<const topic_rules> rules;
    // Who is told of calls and of the ends of deliveries; null: nobody.
    std::shared_ptr<const interception> interceptors;
    // Publishers without a slot of their own that are inside inline handlers. Written by them, read
    // by reclamation and by drains. [PAIR guest]
    std::atomic<std::int64_t> guests{0};
    // Redrives that publish on this version, which is no topic's. Written by them, read by
    // reclamation. [PAIR redrive]
    std::atomic<std::int64_t> redrives{0};

    // By publisher slot, made at the slot's first publish on this version (release), read by
    // audits and by reclamation (acquire). [PAIR cell]
    std::unique_ptr<std::atomic<route_cell*>[]> cells;
    std::uint32_t cell_count = 0;
    // By runner: entries settled.
    struct alignas(cache_line_size) settled_stripe {
        counter entries;
        counter cancelled;
    };
    std::unique_ptr<settled_stripe[]> settled;
    std::uint32_t settled_count = 0;
    // By publishers, of what they dropped. [PAIR settled]
    std::atomic<std::uint64_t> settled_outside{0};
    // Deliveries of paused subscriptions that runners carried from this version's lanes into the
    // subscriptions' own: entries more (ever), and those of them that are still there.
    std::atomic<std::uint64_t> carried{0};
    std::atomic<std::int64_t> carried_outstanding{0};
    // Keeps those lanes from being freed. Under the registry's lock.
    std::vector<std::shared_ptr<lane>> refuges;

    route(std::uint32_t slots, std::uint32_t runners)
        : cells(std::make_unique<std::atomic<route_cell*>[]>(slots)),
          cell_count(slots),
          settled(std::make_unique<settled_stripe[]>(runners)),
          settled_count(runners) {}
    route(const route&) = delete;
    ~route() {
        for (std::uint32_t index = 0; index < cell_count; ++index) {
            delete cells[index].load(std::memory_order_acquire);
        }
    }

    // Every event is one entry.
    [[nodiscard]] bool counts_entries() const noexcept {
        return targets.size() == 1 && inline_count == 0;
    }
    [[nodiscard]] bool empty() const noexcept { return targets.empty() && inline_count == 0; }
    [[nodiscard]] std::uint64_t events_accepted() const noexcept {
        std::uint64_t sum = 0;
        for (std::uint32_t index = 0; index < cell_count; ++index) {
            if (const auto* cell = cells[index].load(std::memory_order_acquire)) {
                sum += counts_entries() ? cell->entries.read() : cell->events.read();
            }
        }
        return sum;
    }
    [[nodiscard]] std::uint64_t accepted_entries() const noexcept {
        auto sum = carried.load(std::memory_order_relaxed);  // each is counted before it is settled
        for (std::uint32_t index = 0; index < cell_count; ++index) {
            if (const auto* cell = cells[index].load(std::memory_order_acquire)) {
                sum += cell->entries.read();
            }
        }
        return sum;
    }
    [[nodiscard]] std::uint64_t settled_entries() const noexcept {
        std::uint64_t sum = 0;
        for (std::uint32_t index = 0; index < settled_count; ++index) {
            sum += settled[index].entries.read_acquire();  // [PAIR settled]
        }
        return sum + settled_outside.load(std::memory_order_acquire);  // [PAIR settled]
    }
    [[nodiscard]] std::uint64_t cancelled_entries() const noexcept {
        std::uint64_t sum = 0;
        for (std::uint32_t index = 0; index < settled_count; ++index) {
            sum += settled[index].cancelled.read();
        }
        return sum;
    }
    // Every entry that is not settled was carried into a paused subscription's own lane.
    [[nodiscard]] bool only_carried() const noexcept {
        const auto carried_now = carried_outstanding.load(std::memory_order_acquire);
        return carried_now > 0 && entries_outstanding() <= carried_now;
    }
    [[nodiscard]] bool names(const subscription_record* one) const noexcept {
        for (const auto& each : subscriptions) {
            if (each.get() == one) {
                return true;
            }
        }
        return false;
    }
    // Entries of this version that are in lanes or being handled. Settled first, so that it is
    // never too small.
    [[nodiscard]] std::int64_t entries_outstanding() const noexcept {
        const auto gone = settled_entries();
        return static_cast<std::int64_t>(accepted_entries() - gone);
    }
};

// The subscriptions that a lane serves of a route.
[[nodiscard]] inline const route_target& target_in(const route& origin, const lane& from) noexcept {
    for (const auto& one : origin.targets) {
        if (one.through.get() == &from) {
            return one;
        }
    }
    STENTOR_ASSERT(false, "an entry lies in a lane that its route does not name");
    return origin.targets.front();
}

}  // namespace stentor::inline v0::detail
