// SPDX-License-Identifier: MIT
#include "lane/lane.hpp"

#include "base/attempt.hpp"
#include "lane/queue_lane.hpp"

namespace stentor::inline v0::detail {

namespace {

std::unique_ptr<lane> make_sized(const lane::traits& what) {
    switch (what.slot_size) {
        case 32: return std::make_unique<queue_lane<32>>(what);
        case 64: return std::make_unique<queue_lane<64>>(what);
        default: return std::make_unique<queue_lane<96>>(what);
    }
}

}  // namespace

std::unique_ptr<lane> make_lane(const lane::traits& what) noexcept {
    std::unique_ptr<lane> made;
    static_cast<void>(attempt([&] { made = make_sized(what); }));
    return made;
}

}  // namespace stentor::inline v0::detail
