// SPDX-License-Identifier: MIT
#pragma once

#include "page.hpp"
#include "report.hpp"
#include <stentor/metrics/audit.hpp>

#include <cstdint>

// The part of the report that has a row for each handler: what it was given, what became of that,
// and how long it took. Columns that have nothing to say, or no room, are left out.

namespace github {

// The deliveries whose handler was called and came back, in whatever way.
[[nodiscard]] std::int64_t delivered(const stentor::delivery_terms& terms);

void write_handlers(page& out, const run_report& run);

}  // namespace github
