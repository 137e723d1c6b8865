// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

namespace stentor_test {

// Something that a handler may throw, and what an error record must say about it.
struct thrower {
    std::string_view name;
    void (*raise)();
    std::string_view says;
};

[[nodiscard]] const std::vector<thrower>& throwers();

}  // namespace stentor_test
