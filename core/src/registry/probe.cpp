// SPDX-License-Identifier: MIT
#include <stentor/registry/probe.hpp>

namespace stentor::inline v0::detail {

probe::~probe() = default;

}  // namespace stentor::inline v0::detail
