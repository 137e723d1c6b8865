// SPDX-License-Identifier: MIT
#include "lane/lane.hpp"

#if defined(STENTOR_QUEUE_MUTEX)
#include "lane/mutex_queue.hpp"
#else
#include "lane/moodycamel_queue.hpp"
#endif

#include <cstring>
#include <new>
#include <vector>

namespace stentor::inline v0::detail {

namespace {

// Copies as bytes, so that a slot may be read through the image that it is the beginning of.
template <std::size_t Size>
struct alignas(slot_align_max) slot {
    std::byte bytes[Size];

    slot() noexcept {}  // NOLINT: left unwritten, it is the target of a dequeue
    slot(const slot& other) noexcept { std::memcpy(bytes, other.bytes, Size); }
    slot& operator=(const slot& other) noexcept {
        std::memcpy(bytes, other.bytes, Size);
        return *this;
    }
    ~slot() = default;
};

#if defined(STENTOR_QUEUE_MUTEX)
template <class Slot>
using backend = mutex_queue<Slot>;
#else
template <class Slot>
using backend = moodycamel_queue<Slot>;
#endif

template <std::size_t Size>
class queue_lane final : public lane {
    using queue = backend<slot<Size>>;

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

    bool enqueue(lane_port& through, const slot_image& image) noexcept override {
        if (!queue_.enqueue(static_cast<port&>(through).producer,
                            *reinterpret_cast<const slot<Size>*>(&image))) {
            return false;
        }
        through.enqueued.add();
        return true;
    }

    bool enqueue_bulk(lane_port& through, const std::byte* slots,
                      std::size_t count) noexcept override {
        if (!queue_.enqueue_bulk(static_cast<port&>(through).producer,
                                 reinterpret_cast<const slot<Size>*>(slots), count)) {
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

private:
    queue queue_;
    // One per runner, used by that runner while it is inside.
    std::vector<typename queue::consumer> consumers_;
};

template <std::size_t Size>
std::unique_ptr<lane> make(const lane::traits& what) {
    return std::make_unique<queue_lane<Size>>(what);
}

std::unique_ptr<lane> make_sized(const lane::traits& what) {
    switch (what.slot_size) {
        case 32: return make<32>(what);
        case 64: return make<64>(what);
        default: return make<96>(what);
    }
}

}  // namespace

std::unique_ptr<lane> make_lane(const lane::traits& what) noexcept {
#if defined(__cpp_exceptions)
    try {
        return make_sized(what);
    } catch (...) {
        return nullptr;
    }
#else
    return make_sized(what);
#endif
}

}  // namespace stentor::inline v0::detail
