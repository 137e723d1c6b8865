// SPDX-License-Identifier: MIT
#pragma once

#include "support/measurement.hpp"

#include <cstdint>

namespace bench {

// `count` coroutines sleep at the same time. Linked by programs that count allocations.
[[nodiscard]] measurement asleep(std::uint64_t count);

}  // namespace bench
