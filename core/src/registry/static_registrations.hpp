// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/registry/static_handler.hpp>

#include <vector>

namespace stentor::inline v0::detail {

// The handlers that have registered themselves in this process. Any thread.
class static_registrations {
public:
    static void add(const static_registration& one) noexcept;
    static void remove(const static_registration& one) noexcept;
    // By name, then by place, so that the order of linking does not show.
    [[nodiscard]] static std::vector<const static_registration*> all();
};

}  // namespace stentor::inline v0::detail
