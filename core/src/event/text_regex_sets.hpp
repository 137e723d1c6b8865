// SPDX-License-Identifier: MIT
#pragma once

#include "event/text_regex.hpp"

#include <algorithm>
#include <utility>
#include <vector>

// Sets of code points for text_regex.hpp.

namespace stentor::inline v0::detail {

using regex_set = std::vector<regex_range>;
inline constexpr char32_t last_code_point = 0x10FFFF;

// Sorted, and what touches is one range.
inline void tidy_set(regex_set& set) {
    std::sort(set.begin(), set.end(), [](const regex_range& left, const regex_range& right) {
        return left.first < right.first;
    });
    regex_set tidy;
    for (const auto& one : set) {
        if (!tidy.empty() && one.first <= tidy.back().last + 1) {
            tidy.back().last = std::max(tidy.back().last, one.last);
        } else {
            tidy.push_back(one);
        }
    }
    set = std::move(tidy);
}

// All others, of a tidy set.
[[nodiscard]] inline regex_set others_than(const regex_set& set) {
    regex_set others;
    char32_t next = 0;
    for (const auto& one : set) {
        if (one.first > next) {
            others.push_back({next, one.first - 1});
        }
        next = one.last + 1;
    }
    if (next <= last_code_point) {
        others.push_back({next, last_code_point});
    }
    return others;
}

[[nodiscard]] inline bool is_in_set(const regex_set& set, char32_t code) noexcept {
    const auto behind = std::upper_bound(
        set.begin(), set.end(), code,
        [](char32_t wanted, const regex_range& one) { return wanted < one.first; });
    return behind != set.begin() && code <= std::prev(behind)->last;
}

// Of \d, \w, \s and their opposites.
[[nodiscard]] inline regex_set named_set(char name) {
    regex_set set;
    switch (name | 0x20) {
        case 'd': set = {{'0', '9'}}; break;
        case 'w': set = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}; break;
        default:
            set = {{0x09, 0x0D},     {' ', ' '},       {0xA0, 0xA0},     {0x1680, 0x1680},
                   {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F},
                   {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};
            break;
    }
    return (name & 0x20) != 0 ? set : others_than(set);
}

}  // namespace stentor::inline v0::detail
