// SPDX-License-Identifier: MIT
#include "metrics/label_text.hpp"

#include <algorithm>
#include <cstddef>

namespace stentor::inline v0::detail {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

constexpr bool in_range(unsigned char byte, unsigned low, unsigned high) noexcept {
    return byte >= low && byte <= high;
}

// The size of the well-formed UTF-8 sequence at the start of the text (Unicode, table 3-7), or 0.
std::size_t sequence_size(std::string_view text) noexcept {
    const auto byte = [text](std::size_t at) {
        return at < text.size() ? static_cast<unsigned char>(text[at])
                                : static_cast<unsigned char>(0);
    };
    const auto continues = [&](std::size_t from, std::size_t to) {
        for (std::size_t at = from; at < to; ++at) {
            if (!in_range(byte(at), 0x80, 0xBF)) {
                return false;
            }
        }
        return true;
    };
    const unsigned char first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    if (in_range(first, 0xC2, 0xDF)) {
        return continues(1, 2) ? 2 : 0;
    }
    if (in_range(first, 0xE0, 0xEF)) {
        const unsigned low = first == 0xE0 ? 0xA0 : 0x80;   // no overlong forms
        const unsigned high = first == 0xED ? 0x9F : 0xBF;  // no surrogates
        return in_range(byte(1), low, high) && continues(2, 3) ? 3 : 0;
    }
    if (in_range(first, 0xF0, 0xF4)) {
        const unsigned low = first == 0xF0 ? 0x90 : 0x80;   // no overlong forms
        const unsigned high = first == 0xF4 ? 0x8F : 0xBF;  // nothing above U+10FFFF
        return in_range(byte(1), low, high) && continues(2, 4) ? 4 : 0;
    }
    return 0;
}

}  // namespace

void append_label(std::string& labels, std::string_view name, std::string_view value) {
    if (!labels.empty()) {
        labels += ',';
    }
    labels.append(name).append("=\"");
    for (std::size_t at = 0; at < value.size();) {
        const std::size_t size = sequence_size(value.substr(at));
        if (size == 0) {
            labels += replacement;
            ++at;
            continue;
        }
        switch (value[at]) {
            case '\\': labels += "\\\\"; break;
            case '"': labels += "\\\""; break;
            case '\n': labels += "\\n"; break;
            default: labels += value.substr(at, size);
        }
        at += size;
    }
    labels += '"';
}

void append_seconds(std::string& out, std::int64_t ns) {
    constexpr std::uint64_t second = 1'000'000'000;
    constexpr std::size_t decimals = 9;
    const auto bits = static_cast<std::uint64_t>(ns);
    const std::uint64_t amount = ns < 0 ? 0 - bits : bits;  // also right for the least int64
    if (ns < 0) {
        out += '-';
    }
    out += std::to_string(amount / second);
    std::string fraction = std::to_string(amount % second);
    fraction.insert(0, decimals - std::min(decimals, fraction.size()), '0');
    fraction.erase(fraction.find_last_not_of('0') + 1);
    if (!fraction.empty()) {
        out.append(".").append(fraction);
    }
}

}  // namespace stentor::inline v0::detail
