// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/bus/interceptor_list.hpp>

#include <atomic>
#include <cstdint>
#include <string>

// What looks at events on their way without being a handler: mail addresses are masked before
// anybody sees them, and issues are traced through everything that follows from them.

namespace github {

struct observations {
    std::atomic<std::int64_t> addresses_masked{0};
    std::atomic<std::int64_t> spans{0};
    std::atomic<std::int64_t> spans_failed{0};
};

// Overwrites what stands before the @ of each mail address in a JSON text. Returns how many.
std::int64_t mask_addresses(std::string& text) noexcept;

// `into` outlives the bus.
[[nodiscard]] stentor::interceptor_list make_observers(observations& into);

}  // namespace github
