// SPDX-License-Identifier: MIT
#pragma once

#include "bus/engine.hpp"
#include <stentor/resilience/dead_letter.hpp>

// What publish.cpp, send.cpp and publish_bulk.cpp share.
namespace stentor::inline v0::detail {

class boxed_value;

// What lies in a slot behind the header of an event whose payload is elsewhere: anything.
inline constexpr std::byte no_payload[slot_payload_max] = {};

// An event that was published before: from its dead letter.
struct redriven_event {
    route* through = nullptr;  // to one subscription
    const dead_letter* letter = nullptr;
};

// One event on its way in. On the publisher's stack.
struct engine::outgoing {
    const std::byte* payload = nullptr;  // of one that fits a slot: slot_payload_max bytes
    const event_type* type = nullptr;    // null: text
    void* object = nullptr;              // payload that goes into an envelope, still the caller's
    bool copies = false;                 // the caller keeps it
    std::string_view topic_name{};
    std::string* text = nullptr;
    envelope* box = nullptr;
    // A full subscription that blocks publishers: set by send(), waited for outside the section.
    std::shared_ptr<lane> wait_for{};
    std::int64_t wait_ns = 0;
    bool waited_enough = false;
    std::int64_t flags = 0;            // of the stamp
    std::uint64_t version = 0;         // the topic's, read before its route
    slot_header header{};              // when it is stamped
    route* inlined = nullptr;          // has inline handlers, which come after send()
    bool given_id = false;             // the envelope has an id from outside
    const turn_plan* turns = nullptr;  // of its route
    bool unchecked = false;            // it must be looked at first: set by send()
    boxed_value* answer = nullptr;     // its copy that answers a request
};

// The next ticket, and the time. A precise reading is later than the coarse time that follows it,
// so the slot keeps it: the stamps of one publisher never go back.
inline slot_header engine::stamp(publisher_slot& slot, const route* origin, envelope* box,
                                 std::int64_t flags, const topic_entry& entry) noexcept {
    slot.tickets.add();
    const auto count = slot.tickets.read();
    const bool precise = slot.samples(count) || entry.stamp_all.load(std::memory_order_relaxed);
    const auto time =
        std::max(precise ? shared_.precise_now() : shared_.coarse_now(), slot.latest_precise);
    if (precise) {
        slot.latest_precise = time;
    }
    return {.origin = origin,
            .ticket = slot.ticket_base + count,
            .stamp = (time & ~stamp_flags) | flags | (precise ? stamp_precise : 0),
            .box = box};
}

// A publisher's turn inside its read section.
class reading {
public:
    explicit reading(publisher_slot& slot) noexcept : slot_(slot) { slot_.section.enter(); }
    ~reading() { slot_.section.exit(); }
    reading(const reading&) = delete;
    reading& operator=(const reading&) = delete;

private:
    publisher_slot& slot_;
};

}  // namespace stentor::inline v0::detail
