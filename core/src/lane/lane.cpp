// SPDX-License-Identifier: MIT
#include "lane/lane.hpp"

#include "base/attempt.hpp"
#include "lane/ordered_lane.hpp"
#include "lane/queue_lane.hpp"

#include <algorithm>
#include <cstring>

namespace stentor::inline v0::detail {

namespace {

template <std::size_t Size>
std::unique_ptr<lane> make_sized(const lane::traits& what) {
    if (what.order == lane_order::unordered) {
        return std::make_unique<queue_lane<Size>>(what);
    }
    auto made = std::make_unique<ordered_lane<Size>>(what);
    return made->usable() ? std::unique_ptr<lane>(std::move(made)) : nullptr;
}

std::unique_ptr<lane> make_any(const lane::traits& what) {
    switch (what.slot_size) {
        case 32: return make_sized<32>(what);
        case 64: return make_sized<64>(what);
        default: return make_sized<96>(what);
    }
}

slot_image image_of(const std::byte* slot, std::size_t size) noexcept {
    slot_image image;
    std::memcpy(static_cast<void*>(&image), slot, std::min(size, sizeof image));
    return image;
}

}  // namespace

std::size_t lane::dequeue_in_order(key_reader&, std::byte*, std::uint64_t*, std::size_t) noexcept {
    STENTOR_ASSERT(false, "this lane has no order");
    return 0;
}

std::size_t lane::dequeue_cancelled(std::uint32_t consumer, std::byte* out, std::uint64_t*,
                                    std::size_t max) noexcept {
    return take(consumer, out, max);
}

bool lane::give_back(std::uint64_t, const std::byte*) noexcept {
    STENTOR_ASSERT(false, "this lane has no order");
    return false;
}

bool lane::release(const std::uint64_t*, std::size_t) noexcept {
    STENTOR_ASSERT(false, "this lane has no order");
    return false;
}

bool lane::put_back(const std::byte* slots, std::size_t stride, std::size_t count) noexcept {
    return put_aside(slots, stride, count, true);
}

bool lane::carry_in(const std::byte* slots, std::size_t stride, std::size_t count) noexcept {
    return put_aside(slots, stride, count, false);
}

bool lane::put_aside(const std::byte* slots, std::size_t stride, std::size_t count,
                     bool in_front) noexcept {
    const std::lock_guard lock(aside_mutex_);
    std::size_t put = 0;
    if (!attempt([&] {
            if (!aside_entries_) {
                aside_entries_.emplace();
            }
            for (; put < count; ++put) {
                if (in_front) {
                    aside_entries_->push_front(
                        image_of(slots + (count - 1 - put) * stride, stride));
                } else {
                    aside_entries_->push_back(image_of(slots + put * stride, stride));
                }
            }
        })) {
        for (; put > 0; --put) {
            in_front ? aside_entries_->pop_front() : aside_entries_->pop_back();
        }
        return false;
    }
    // Pending: not dequeued after all, or never enqueued by a port.
    dequeued_.fetch_sub(count, std::memory_order_release);
    count_aside();
    return true;
}

std::size_t lane::take_aside(std::byte* out, std::size_t max) noexcept {
    const std::lock_guard lock(aside_mutex_);
    if (!aside_entries_) {
        return 0;
    }
    const auto count = std::min(max, aside_entries_->size());
    for (std::size_t at = 0; at < count; ++at) {
        std::memcpy(out + at * slot_size(), &aside_entries_->front(), slot_size());
        aside_entries_->pop_front();
    }
    count_aside();
    count_dequeued(count);
    return count;
}

void lane::count_aside() noexcept {
    aside_.store(aside_entries_->size(), std::memory_order_release);  // [PAIR aside]
}

std::unique_ptr<lane> make_lane(const lane::traits& what) noexcept {
    std::unique_ptr<lane> made;
    static_cast<void>(attempt([&] { made = make_any(what); }));
    return made;
}

}  // namespace stentor::inline v0::detail
