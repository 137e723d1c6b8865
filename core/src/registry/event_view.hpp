// SPDX-License-Identifier: MIT
#pragma once

#include "event/envelope.hpp"
#include "registry/route.hpp"

#include <cstdint>

// What a slot says about its event; shared by any_event, context and the error log.
namespace stentor::inline v0::detail {

[[nodiscard]] event_id id_of(const slot_header& slot) noexcept;
[[nodiscard]] std::int64_t unix_ns_of(const slot_header& slot) noexcept;
[[nodiscard]] metadata metadata_of(const slot_header& slot) noexcept;

// The slot at a place of a batch whose slots lie `stride` apart.
[[nodiscard]] inline const slot_header& header_at(const std::byte* slots, std::size_t stride,
                                                  std::size_t at) noexcept {
    return *reinterpret_cast<const slot_header*>(slots + at * stride);
}

}  // namespace stentor::inline v0::detail
