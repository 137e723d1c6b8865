// SPDX-License-Identifier: MIT

#include "text.hpp"

#include <array>
#include <cstdio>

namespace github {
namespace {

// Three significant digits of `value`, which is below 1000 when rounded.
std::string three_digits(double value) {
    const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    std::array<char, 32> buffer{};
    const int length = std::snprintf(buffer.data(), buffer.size(), "%.*f", decimals, value);
    return {buffer.data(), static_cast<std::size_t>(length)};
}

bool continues_a_code_point(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

// Bytes of the first `width` code points.
std::size_t bytes_of(std::string_view text, std::size_t width) {
    std::size_t at = 0;
    for (std::size_t column = 0; at < text.size(); ++column) {
        if (column == width) {
            break;
        }
        do {
            ++at;
        } while (at < text.size() && continues_a_code_point(text[at]));
    }
    return at;
}

}  // namespace

std::string with_commas(std::int64_t value) {
    std::string digits = std::to_string(value);
    const std::size_t first = value < 0 ? 1 : 0;
    for (std::size_t at = digits.size(); at > first + 3;) {
        at -= 3;
        digits.insert(at, 1, ',');
    }
    return digits;
}

std::string in_short(std::int64_t value) {
    if (value < 1000) {
        return std::to_string(value);
    }
    constexpr std::array units{'k', 'M', 'G', 'T'};
    auto scaled = static_cast<double>(value) / 1000.0;
    std::size_t unit = 0;
    while (scaled >= 999.5 && unit + 1 < units.size()) {
        scaled /= 1000.0;
        ++unit;
    }
    return three_digits(scaled) + units[unit];
}

std::string duration_text(std::int64_t nanoseconds) {
    if (nanoseconds < 1000) {
        return std::to_string(nanoseconds) + " ns";
    }
    auto value = static_cast<double>(nanoseconds) / 1e3;
    if (value < 999.5) {
        return three_digits(value) + " us";
    }
    value /= 1e3;
    if (value < 999.5) {
        return three_digits(value) + " ms";
    }
    value /= 1e3;
    if (value < 119.5) {
        return three_digits(value) + " s";
    }
    const auto seconds = static_cast<long>(value + 0.5);
    std::array<char, 48> buffer{};
    const int length =
        std::snprintf(buffer.data(), buffer.size(), "%ldm%02lds", seconds / 60, seconds % 60);
    return {buffer.data(), static_cast<std::size_t>(length)};
}

std::string printable(std::string_view text) {
    std::string safe;
    safe.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        // The control characters U+0080 to U+009F are C2 80 to C2 9F in UTF-8.
        const bool two_byte_control = byte == 0xC2U && at + 1 < text.size() &&
                                      (static_cast<unsigned char>(text[at + 1]) & 0xE0U) == 0x80U;
        if (two_byte_control) {
            ++at;
        }
        safe += byte < 0x20U || byte == 0x7FU || two_byte_control ? '?' : text[at];
    }
    return safe;
}

std::size_t columns_of(std::string_view text) {
    std::size_t columns = 0;
    for (const char byte : text) {
        columns += continues_a_code_point(byte) ? 0U : 1U;
    }
    return columns;
}

std::string cut(std::string_view text, std::size_t width) {
    if (columns_of(text) <= width) {
        return std::string(text);
    }
    if (width == 0) {
        return {};
    }
    return std::string(text.substr(0, bytes_of(text, width - 1))) + '~';
}

std::string left(std::string_view text, std::size_t width) {
    std::string field = cut(text, width);
    field.append(width - columns_of(field), ' ');
    return field;
}

std::string right(std::string_view text, std::size_t width) {
    const std::size_t columns = columns_of(text);
    return std::string(columns < width ? width - columns : 0, ' ') + std::string(text);
}

}  // namespace github
