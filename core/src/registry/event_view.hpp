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

}  // namespace stentor::inline v0::detail
