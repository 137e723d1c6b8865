// SPDX-License-Identifier: MIT
#pragma once

#include "lane/lane.hpp"

#if defined(STENTOR_QUEUE_MUTEX)
#include "lane/mutex_queue.hpp"
#else
#include "lane/moodycamel_queue.hpp"
#endif

#include <cstring>
#include <vector>

// A lane over a queue of slots of one size. In a header, because the short way of a publish calls
// it without a detour.
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
    // The consumer has the next places' lines; asked for so early they are here in time.
    static constexpr std::size_t places_ahead = 6;

    std::byte bytes[Size];

    slot() noexcept {}  // NOLINT: left unwritten, it is a draft or the target of a dequeue
    slot(const slot& draft) noexcept {
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
    slot& operator=(const slot& other) noexcept {
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
            std::memcpy(out + sizeof header, &payload, sizeof payload);
        }
    }

private:
    // Written and read in pieces of one size: a wide load behind two narrow stores waits until both
    // have left the store buffer.
    using half = std::uint64_t __attribute__((vector_size(16)));
    static_assert(slot_header_size == 2 * sizeof(half));

    [[nodiscard]] const std::byte* payload() const noexcept {
        const std::byte* where = nullptr;
        std::memcpy(&where, bytes + slot_header_size, sizeof where);
        return where;
    }
};

#if defined(STENTOR_QUEUE_MUTEX)
template <class Slot>
using lane_queue = mutex_queue<Slot>;
#else
template <class Slot>
using lane_queue = moodycamel_queue<Slot>;
#endif

template <std::size_t Size>
class queue_lane final : public lane {
    using queue = lane_queue<slot<Size>>;

    struct port final : lane_port {
        port(std::uint32_t slot, queue& owner) : lane_port(slot), producer(owner) {}
        typename queue::producer producer;
    };

public:
    explicit queue_lane(const traits& what) : lane(what) {
        consumers_.reserve(what.consumers);
        for (std::uint32_t index = 0; index < what.consumers; ++index) {
            consumers_.emplace_back(queue_);
        }
    }
    ~queue_lane() override {
        for (auto* one = first_port(); one != nullptr;) {
            auto* next = one->next;
            delete one;  // before the queue: tokens refer to it
            one = next;
        }
    }

    lane_port* add_port(std::uint32_t slot) noexcept override {
        auto* made = new (std::nothrow) port(slot, queue_);
        if (made != nullptr && !made->producer.valid()) {
            delete made;
            made = nullptr;
        }
        if (made != nullptr) {
            link(made);
        }
        return made;
    }

    bool enqueue(lane_port& through, const slot_header& header,
                 const std::byte* payload) noexcept override {
        slot<Size> draft;
        slot<Size>::write_draft(draft.bytes, header, payload);
        if (!queue_.enqueue(static_cast<port&>(through).producer, draft)) {
            return false;
        }
        through.enqueued.add();
        return true;
    }

    void write_draft(std::byte* out, const slot_header& header,
                     const std::byte* payload) const noexcept override {
        slot<Size>::write_draft(out, header, payload);
    }

    bool enqueue_bulk(lane_port& through, const std::byte* drafts,
                      std::size_t count) noexcept override {
        if (!queue_.enqueue_bulk(static_cast<port&>(through).producer,
                                 reinterpret_cast<const slot<Size>*>(drafts), count)) {
            return false;
        }
        through.enqueued.add(count);
        return true;
    }

    std::size_t dequeue(std::uint32_t consumer, std::byte* out, std::size_t max) noexcept override {
        const auto count =
            queue_.dequeue(consumers_[consumer], reinterpret_cast<slot<Size>*>(out), max);
        if (count > 0) {
            count_dequeued(count);
        }
        return count;
    }

    bool dequeue_oldest(std::byte* out) noexcept override {
        if (!queue_.dequeue_any(*reinterpret_cast<slot<Size>*>(out))) {
            return false;
        }
        count_dequeued(1);
        return true;
    }

private:
    queue queue_;
    // One per runner, used by that runner while it is inside.
    std::vector<typename queue::consumer> consumers_;
};

}  // namespace stentor::inline v0::detail
