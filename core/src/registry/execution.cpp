// SPDX-License-Identifier: MIT
#include <stentor/registry/execution.hpp>

namespace stentor::inline v0 {

loop::~loop() = default;

}  // namespace stentor::inline v0
