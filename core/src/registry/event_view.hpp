// SPDX-License-Identifier: MIT
#pragma once

#include "event/envelope.hpp"
#include "registry/route.hpp"

#include <algorithm>
#include <cstdint>

// What a slot says about its event; shared by any_event, context and the error log.
namespace stentor::inline v0::detail {

[[nodiscard]] event_id id_of(const slot_header& slot) noexcept;
[[nodiscard]] std::int64_t unix_ns_of(const slot_header& slot) noexcept;
[[nodiscard]] metadata metadata_of(const slot_header& slot) noexcept;
// Of an event that this one causes.
[[nodiscard]] inline ancestry causes_after(const slot_header& slot) noexcept {
    ancestry causes{};
    if (slot.box != nullptr) {
        std::copy_n(slot.box->causes.begin(), ancestors_kept - 1, causes.begin() + 1);
    }
    causes.front() = slot.origin->topic->number;
    return causes;
}

// The slot at a place of a batch whose slots lie `stride` apart.
[[nodiscard]] inline const slot_header& header_at(const std::byte* slots, std::size_t stride,
                                                  std::size_t at) noexcept {
    return *reinterpret_cast<const slot_header*>(slots + at * stride);
}

}  // namespace stentor::inline v0::detail
