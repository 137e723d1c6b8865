// SPDX-License-Identifier: MIT
#pragma once

#include "support/stress/plan.hpp"

#include <cstdint>
#include <string>

// Runs one plan on a bus of its own and checks everything that was promised. Blocks.
namespace stentor::stress {

struct round_result {
    std::uint64_t published = 0;   // calls of publish, refused ones included
    std::uint64_t deliveries = 0;  // calls of handlers
    std::string wrong{};           // empty: all promises were kept
};

[[nodiscard]] round_result run(const plan& what);

}  // namespace stentor::stress
