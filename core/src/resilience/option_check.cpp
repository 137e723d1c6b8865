// SPDX-License-Identifier: MIT
#include "resilience/option_check.hpp"

#include <array>
#include <cstdio>

namespace stentor::inline v0::detail {

namespace {

std::string number(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%g", value);
    return text.data();
}

std::optional<error> outside(std::string_view of, std::string_view option, const std::string& value,
                             const std::string& least, const std::string& most) {
    return wrong_option(of,
                        std::string(option) + " is " + value + "; give " + least + " to " + most);
}

}  // namespace

std::string readable(std::chrono::nanoseconds time) {
    struct unit {
        std::int64_t ns;
        const char* name;
    };
    static constexpr std::array<unit, 6> units{{{86'400'000'000'000, " days"},
                                                {60'000'000'000, " min"},
                                                {1'000'000'000, " s"},
                                                {1'000'000, " ms"},
                                                {1'000, " us"},
                                                {1, " ns"}}};
    for (const auto& one : units) {
        if (time.count() != 0 && time.count() % one.ns == 0) {
            return std::to_string(time.count() / one.ns) + one.name;
        }
    }
    return "0";
}

std::optional<error> check_number(std::string_view of, std::string_view option, std::int64_t value,
                                  std::int64_t least, std::int64_t most) {
    if (value >= least && value <= most) {
        return std::nullopt;
    }
    return outside(of, option, std::to_string(value), std::to_string(least), std::to_string(most));
}

std::optional<error> check_time(std::string_view of, std::string_view option,
                                std::chrono::nanoseconds value, std::chrono::nanoseconds least,
                                std::chrono::nanoseconds most) {
    if (value >= least && value <= most) {
        return std::nullopt;
    }
    return outside(of, option, readable(value), readable(least), readable(most));
}

std::optional<error> check_share(std::string_view of, std::string_view option, double value,
                                 double least, double most) {
    if (value >= least && value <= most) {  // false for what is no number
        return std::nullopt;
    }
    return outside(of, option, number(value), number(least), number(most));
}

}  // namespace stentor::inline v0::detail
