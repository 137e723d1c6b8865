// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/error.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Messages about options of this floor: what is wrong, and what to give instead.
//
// Threads: pure functions. Progress: they allocate.
namespace stentor::inline v0::detail {

// 1500000 ns -> "1500 us": in the largest unit that leaves no rest.
[[nodiscard]] std::string readable(std::chrono::nanoseconds time);

[[nodiscard]] inline error wrong_option(std::string_view of, std::string_view what) {
    return {errc::invalid_option, std::string(of) + ": " + std::string(what)};
}

[[nodiscard]] std::optional<error> check_number(std::string_view of, std::string_view option,
                                                std::int64_t value, std::int64_t least,
                                                std::int64_t most);
[[nodiscard]] std::optional<error> check_time(std::string_view of, std::string_view option,
                                              std::chrono::nanoseconds value,
                                              std::chrono::nanoseconds least,
                                              std::chrono::nanoseconds most);
// A share above 0, to `most`; also refuses what is no number.
[[nodiscard]] std::optional<error> check_share(std::string_view of, std::string_view option,
                                               double value, double least, double most);

}  // namespace stentor::inline v0::detail
