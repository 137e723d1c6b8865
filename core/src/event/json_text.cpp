// SPDX-License-Identifier: MIT
#include "event/json_text.hpp"

#include <algorithm>
#include <charconv>

namespace stentor::inline v0::detail {
namespace {

std::uint32_t hex_value(const char* at) noexcept {
    std::uint32_t value = 0;
    std::from_chars(at, at + 4, value, 16);
    return value;
}

void append_utf8(std::string& out, std::uint32_t code) {
    const auto tail = [code](unsigned shift) {
        return static_cast<char>(0x80 | ((code >> shift) & 0x3F));
    };
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0 | (code >> 6));
        out += tail(0);
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0 | (code >> 12));
        out += tail(6);
        out += tail(0);
    } else {
        out += static_cast<char>(0xF0 | (code >> 18));
        out += tail(12);
        out += tail(6);
        out += tail(0);
    }
}

// Appends what the escape at `at` stands for, and returns what follows it.
const char* append_escape(std::string& out, const char* at) {
    switch (at[1]) {
        case 'b': out += '\b'; break;
        case 'f': out += '\f'; break;
        case 'n': out += '\n'; break;
        case 'r': out += '\r'; break;
        case 't': out += '\t'; break;
        case 'u': {
            std::uint32_t code = hex_value(at + 2);
            if (code >= 0xD800 && code <= 0xDBFF) {
                code = 0x10000 + ((code - 0xD800) << 10) + (hex_value(at + 8) - 0xDC00);
                at += 6;
            }
            append_utf8(out, code);
            return at + 6;
        }
        default: out += at[1];
    }
    return at + 2;
}

}  // namespace

void append_unescaped(std::string& out, std::string_view inside) {
    const char* at = inside.data();
    const char* const end = at + inside.size();
    while (at != end) {
        const char* const escape = std::find(at, end, '\\');
        out.append(at, escape);
        at = escape == end ? end : append_escape(out, escape);
    }
}

}  // namespace stentor::inline v0::detail
