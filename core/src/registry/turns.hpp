// SPDX-License-Identifier: MIT
#pragma once

#include "base/sync.hpp"
#include "registry/held_turns.hpp"
#include <stentor/event/slot.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <vector>

// Deliveries of one event that come after others of the same event (subscription_options::after).
//
// The route knows who comes after whom (turn_plan). An event that goes through such a route has an
// envelope, and in its block a turn for every subscription of the plan (event_turns). All its
// deliveries are queued when it is published, as ever. A runner that finds one whose turn has not
// come takes it out of its batch and leaves it with its subscription (held_turns); the end of the
// last delivery that it waits for puts it back into its lane. So nobody blocks, and credits, counts
// and the order of a lane are what they are without turns: the entry is accepted, and not settled.
//
// Who does what when, and why that is right: registry/held_turns.hpp.
//
// Threads: any. Progress: as there.
namespace stentor::inline v0::detail {

class event_turns;
class lane;
class subscription_record;

// Of a route. Immutable.
struct turn_plan {
    struct member {
        subscription_record* who = nullptr;
        lane* through = nullptr;                 // of one that waits
        std::uint32_t waits_for = 0;             // how many others
        std::vector<std::uint32_t> followers{};  // that wait for this one
    };
    std::vector<member> members;
};

// Of one event and one subscription.
struct delivery_turn : basic_turn<real_sync, delivery_turn> {
    delivery_turn(event_turns& whole, const turn_plan::member& as) noexcept
        : basic_turn(as.waits_for), of(whole), place(as) {}

    event_turns& of;
    const turn_plan::member& place;
    // Of the entry: in a lane with an order it keeps its key. The holder's before enter().
    std::uint64_t key = 0;
};

using held_turns = basic_held_turns<real_sync, delivery_turn>;
using turn_counts = held_turns::counts_type;

// Lies in the event's envelope, before its first delivery is queued and after its last has ended.
class event_turns {
public:
    [[nodiscard]] static std::size_t bytes_for(const turn_plan& plan) noexcept {
        return sizeof(event_turns) + plan.members.size() * sizeof(delivery_turn);
    }
    [[nodiscard]] static event_turns* make(void* place, const turn_plan& plan) noexcept {
        auto* made = ::new (place) event_turns(plan);
        auto* next = static_cast<std::byte*>(place) + sizeof(event_turns);
        for (const auto& one : plan.members) {
            ::new (next) delivery_turn(*made, one);
            next += sizeof(delivery_turn);
        }
        return made;
    }
    // What its entries look like, for who puts one back.
    void keep(const slot_header& header, const std::byte* payload) noexcept {
        image_.header = header;
        std::memcpy(image_.payload, payload, sizeof image_.payload);
    }
    [[nodiscard]] const std::byte* slot() const noexcept {
        return reinterpret_cast<const std::byte*>(&image_);
    }

    [[nodiscard]] delivery_turn& at(std::size_t index) noexcept {
        return *std::launder(reinterpret_cast<delivery_turn*>(reinterpret_cast<std::byte*>(this) +
                                                              sizeof(event_turns) +
                                                              index * sizeof(delivery_turn)));
    }
    // Null: it neither waits nor is waited for.
    [[nodiscard]] delivery_turn* of(const subscription_record& one) noexcept {
        for (std::size_t index = 0; index < plan_.members.size(); ++index) {
            if (plan_.members[index].who == &one) {
                return &at(index);
            }
        }
        return nullptr;
    }

private:
    explicit event_turns(const turn_plan& plan) noexcept : plan_(plan) {}

    const turn_plan& plan_;  // of the route, which the entries keep
    slot_image image_{};
};
static_assert(sizeof(event_turns) % alignof(delivery_turn) == 0);
static_assert(std::is_trivially_destructible_v<delivery_turn>);  // the block is used again

}  // namespace stentor::inline v0::detail
