// SPDX-License-Identifier: MIT
#include <stentor/dispatch/executor.hpp>

namespace stentor::inline v0 {

executor::~executor() = default;

}  // namespace stentor::inline v0
