// SPDX-License-Identifier: MIT
#include "lane/lane.hpp"

#include "base/attempt.hpp"
#include "lane/ordered_lane.hpp"
#include "lane/queue_lane.hpp"

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

}  // namespace

std::size_t lane::dequeue_in_order(key_reader&, std::byte*, std::uint64_t*, std::size_t) noexcept {
    STENTOR_ASSERT(false, "this lane has no order");
    return 0;
}

std::size_t lane::dequeue_cancelled(std::uint32_t consumer, std::byte* out, std::uint64_t*,
                                    std::size_t max) noexcept {
    return dequeue(consumer, out, max);
}

bool lane::give_back(std::uint64_t, const std::byte*) noexcept {
    STENTOR_ASSERT(false, "this lane has no order");
    return false;
}

bool lane::release(const std::uint64_t*, std::size_t) noexcept {
    STENTOR_ASSERT(false, "this lane has no order");
    return false;
}

std::unique_ptr<lane> make_lane(const lane::traits& what) noexcept {
    std::unique_ptr<lane> made;
    static_cast<void>(attempt([&] { made = make_any(what); }));
    return made;
}

}  // namespace stentor::inline v0::detail
