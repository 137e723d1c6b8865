// SPDX-License-Identifier: MIT
#pragma once

#include "page.hpp"
#include "repair.hpp"

// The part of the report that tells of what failed: for whom, what was kept of it, and what came
// back after the repair. A run in which nothing failed has no such part.

namespace github {

void write_repair(page& out, const repair_account& told);

}  // namespace github
