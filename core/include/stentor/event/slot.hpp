// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/event_type.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

// How an event lies in a queue. A slot is a hot header of 32 bytes and, for small trivially
// copyable types, the payload itself; slots come in 32, 64 and 96 bytes. Everything else lives in
// an envelope that the header points to. Engine internals, in a public header because handlers are
// compiled against it.
namespace stentor::inline v0::detail {

struct route;

// Memory that outlives its slot: metadata that was given, and payloads that do not fit a slot.
// Counted; the last reference returns it to its pool.
struct envelope;

struct slot_header {
    const route* origin;   // topic, type and subscriptions as the publisher saw them
    std::uint64_t ticket;  // unique in the bus; the event's id is made from it
    std::int64_t stamp;    // see stamp_*: time of publish and flags
    envelope* box;         // null when nothing outlives the slot
};
static_assert(sizeof(slot_header) == slot_header_size);

// The stamp counts nanoseconds since the bus was made, in steps of four; the low bits are flags.
inline constexpr std::int64_t stamp_precise = 1;  // read from the clock for this very event
inline constexpr std::int64_t stamp_special = 2;  // the envelope says when it expires, or who waits
inline constexpr std::int64_t stamp_flags = 3;

struct alignas(slot_align_max) slot_image {
    slot_header header;
    std::byte payload[slot_payload_max];
};
static_assert(sizeof(slot_image) == slot_header_size + slot_payload_max);

// Bytes of the smallest slot that holds the type.
[[nodiscard]] constexpr std::uint32_t slot_size_for(const event_type* type) noexcept {
    if (type == nullptr || !type->in_slot) {
        return slot_header_size;
    }
    return type->size <= 32 ? 64 : 96;
}

// First member of every envelope.
struct envelope_payload {
    void* object = nullptr;
};

[[nodiscard]] inline const void* boxed_payload(const envelope* box) noexcept {
    return reinterpret_cast<const envelope_payload*>(box)->object;
}

template <class E>
[[nodiscard]] const E& payload_of(const std::byte* slot) noexcept {
    if constexpr (fits_slot<E>) {
        return *std::launder(reinterpret_cast<const E*>(slot + slot_header_size));
    } else {
        return *static_cast<const E*>(
            boxed_payload(reinterpret_cast<const slot_header*>(slot)->box));
    }
}

}  // namespace stentor::inline v0::detail
