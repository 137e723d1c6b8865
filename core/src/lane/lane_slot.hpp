// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/cache_line.hpp>
#include <stentor/event/event_type.hpp>
#include <stentor/event/slot.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

// What the queues behind lanes hold: slots of one size.
namespace stentor::inline v0::detail {

// Asks for the line as one that will be written. Nothing where the instruction is not known: it is
// a hint.
inline void prefetch_for_write([[maybe_unused]] const void* where) noexcept {
#if defined(__x86_64__)
    asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(where)));
#endif
}

// What a publisher hands to a queue is a draft: a header, and where the payload lies. The copy that
// the queue makes of it puts both together in its place, so that a payload is copied once.
template <std::size_t Size>
struct alignas(slot_align_max) slot {
    static constexpr std::size_t payload_size = Size - slot_header_size;
    // The consumer has the next places' lines; asked for so early they are here in time, also where
    // a line takes a quarter of a microsecond from one CPU to the other.
    static constexpr std::size_t places_ahead = 10;

    std::byte bytes[Size];

    slot() noexcept {}  // NOLINT: left unwritten, it is a draft or the target of a dequeue
    slot(const slot& draft) noexcept { take(draft); }
    // Puts the draft's header and payload together here.
    void take(const slot& draft) noexcept {
        half first;
        half second;
        std::memcpy(&first, draft.bytes, sizeof first);
        std::memcpy(&second, draft.bytes + sizeof first, sizeof second);
        std::memcpy(bytes, &first, sizeof first);
        std::memcpy(bytes + sizeof first, &second, sizeof second);
        if constexpr (payload_size > 0) {
            std::memcpy(bytes + slot_header_size, draft.payload(), payload_size);
        }
        const auto* ahead = bytes + places_ahead * Size;
        prefetch_for_write(ahead);
        prefetch_for_write(ahead + cache_line_size);
    }
    // From the queue: whole.
    slot& operator=(const slot& other) noexcept {  // NOLINT: never from itself
        std::memcpy(bytes, other.bytes, Size);
        return *this;
    }
    ~slot() = default;

    // `payload` has payload_size readable bytes.
    static void write_draft(std::byte* out, const slot_header& header,
                            const std::byte* payload) noexcept {
        const half first{reinterpret_cast<std::uint64_t>(header.origin), header.ticket};
        const half second{static_cast<std::uint64_t>(header.stamp),
                          reinterpret_cast<std::uint64_t>(header.box)};
        std::memcpy(out, &first, sizeof first);
        std::memcpy(out + sizeof first, &second, sizeof second);
        if constexpr (payload_size > 0) {
            std::memcpy(out + sizeof header, static_cast<const void*>(&payload), sizeof payload);
        }
    }

private:
    // Written and read in pieces of one size: a wide load behind two narrow stores waits until both
    // have left the store buffer.
    using half = std::uint64_t __attribute__((vector_size(16)));
    static_assert(slot_header_size == 2 * sizeof(half));

    [[nodiscard]] const std::byte* payload() const noexcept {
        const std::byte* where = nullptr;
        std::memcpy(static_cast<void*>(&where), bytes + slot_header_size, sizeof where);
        return where;
    }
};

}  // namespace stentor::inline v0::detail
