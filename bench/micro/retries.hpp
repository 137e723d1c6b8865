// SPDX-License-Identifier: MIT
#pragma once

#include "support/measurement.hpp"

#include <cstdint>

namespace bench {

// `count` deliveries wait for their second attempt at the same time. Linked by programs that count
// allocations.
[[nodiscard]] measurement waiting_retries(std::uint64_t count);

}  // namespace bench
