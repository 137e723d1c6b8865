// SPDX-License-Identifier: MIT
#pragma once

#include "lane/lane.hpp"
#include "lane/lane_slot.hpp"

#if defined(STENTOR_QUEUE_MUTEX)
#include "lane/mutex_queue.hpp"
#else
#include "lane/moodycamel_queue.hpp"
#include "lane/queue_place.hpp"
#endif

#include <new>
#include <vector>

// A lane over a queue of slots of one size. In a header, because the short way of a publish calls
// it without a detour.
namespace stentor::inline v0::detail {

#if defined(STENTOR_QUEUE_MUTEX)
template <std::size_t Size>
using lane_place = slot<Size>;
template <class Place>
using lane_queue = mutex_queue<Place>;
#else
template <std::size_t Size>
using lane_place = queue_place<Size>;
template <class Place>
using lane_queue = moodycamel_queue<Place>;
#endif

template <std::size_t Size>
class queue_lane final : public lane {
    using place = lane_place<Size>;
    using queue = lane_queue<place>;
    static_assert(sizeof(place) == sizeof(slot<Size>));

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
        if (!queue_.enqueue(static_cast<port&>(through).producer,
                            static_cast<const place&>(draft))) {
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
                                 reinterpret_cast<const place*>(drafts), count)) {
            return false;
        }
        through.enqueued.add(count);
        return true;
    }

    std::size_t dequeue(std::uint32_t consumer, std::byte* out, std::size_t max) noexcept override {
        const auto count = queue_.dequeue(consumers_[consumer], reinterpret_cast<place*>(out), max);
        if (count > 0) {
            count_dequeued(count);
        }
        return count;
    }

    bool dequeue_oldest(std::byte* out) noexcept override {
        if (!queue_.dequeue_any(*reinterpret_cast<place*>(out))) {
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
