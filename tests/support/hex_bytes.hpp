// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Bytes as hexadecimal digits, as RFC 8949 shows them; spaces may stand anywhere.

namespace described {

inline std::vector<std::byte> from_hex(std::string_view digits) {
    constexpr std::string_view values = "0123456789abcdef";
    std::vector<std::byte> bytes;
    bool second = false;
    for (const char digit : digits) {
        if (digit == ' ') {
            continue;
        }
        const auto value = static_cast<std::byte>(values.find(digit));
        if (second) {
            bytes.back() = (bytes.back() << 4) | value;
        } else {
            bytes.push_back(value);
        }
        second = !second;
    }
    return bytes;
}

inline std::string to_hex(std::span<const std::byte> bytes) {
    constexpr std::string_view values = "0123456789abcdef";
    std::string digits;
    for (const std::byte one : bytes) {
        digits += values[std::to_integer<std::size_t>(one >> 4)];
        digits += values[std::to_integer<std::size_t>(one & std::byte{0xF})];
    }
    return digits;
}

}  // namespace described
