// SPDX-License-Identifier: MIT
#include "event/text_excerpt.hpp"

#include <algorithm>

namespace stentor::inline v0::detail {
namespace {

constexpr std::size_t excerpt_size_max = 64;
constexpr std::string_view ellipsis = "...";

bool prints(char c) noexcept {
    return c >= ' ' && c <= '~';
}

void append_hex(std::string& out, char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4];
    out += digits[byte & 0xF];
}

}  // namespace

std::string quoted_excerpt(std::string_view text, std::size_t position) {
    const std::size_t middle = std::min(position, text.size());
    std::size_t start = 0;
    if (text.size() > excerpt_size_max && middle > excerpt_size_max / 2) {
        start = std::min(middle - excerpt_size_max / 2, text.size() - excerpt_size_max);
    }
    const std::string_view cut = text.substr(start, excerpt_size_max);
    std::string out = "\"";
    if (start > 0) {
        out += ellipsis;
    }
    for (const char c : cut) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (prints(c)) {
            out += c;
        } else {
            out += "\\x";
            append_hex(out, c);
        }
    }
    if (start + cut.size() < text.size()) {
        out += ellipsis;
    }
    out += '"';
    return out;
}

std::string quoted_byte(char c) {
    if (prints(c)) {
        return {'\'', c, '\''};
    }
    std::string out = "byte 0x";
    append_hex(out, c);
    return out;
}

}  // namespace stentor::inline v0::detail
