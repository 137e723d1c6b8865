// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/stentor.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// Events that say themselves what makes them valid, and described ones.
namespace stentor_test {

// Fits a slot.
struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};
inline void validate(const tick& one, stentor::violations& found) {
    if (one.number < 0) {
        found.add("number", "negative", "ticks count from 0");
    }
}

// Lives in an envelope.
struct note {
    static constexpr std::string_view topic = "test.note";
    std::string text;
};
inline void validate(const note& one, stentor::violations& found) {
    if (one.text.empty()) {
        found.add("text", "required", "a note says something");
    }
    if (one.text.size() > 8) {
        found.add("text", "too_long", "a note is short");
    }
}

// Nobody says anything about it.
struct plain {
    static constexpr std::string_view topic = "test.plain";
    int number = 0;
};

struct line {
    std::string name{};
    std::optional<std::string> comment{};
    int count = 0;
    STENTOR_FIELDS(line, name, comment, count);
};
struct customer {
    std::string name{};
    std::map<std::string, std::string> tags{};
    STENTOR_FIELDS(customer, name, tags);
};
struct described_order {
    static constexpr std::string_view topic = "order.described";
    std::string id;
    std::vector<line> lines;
    std::vector<int> numbers;
    customer buyer;
    std::optional<customer> giver;
    std::variant<int, std::string> code;
    STENTOR_FIELDS(described_order, id, lines, numbers, buyer, giver, code);
};

[[nodiscard]] inline std::vector<std::string> paths_of(const stentor::violations& found) {
    std::vector<std::string> paths;
    for (const auto& one : found) {
        paths.push_back(one.path);
    }
    return paths;
}
[[nodiscard]] inline std::vector<std::string> codes_of(const stentor::violations& found) {
    std::vector<std::string> codes;
    for (const auto& one : found) {
        codes.push_back(one.code);
    }
    return codes;
}

}  // namespace stentor_test
