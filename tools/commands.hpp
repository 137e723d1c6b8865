// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

// The commands: each gets what follows its name and answers the exit status.
namespace stentor_tool {

inline constexpr int done = 0;
inline constexpr int incomplete = 1;  // something was damaged; the rest was done
inline constexpr int failed = 2;      // nothing was done

int recover(std::span<const std::string_view> arguments);

}  // namespace stentor_tool
