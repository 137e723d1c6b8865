// SPDX-License-Identifier: MIT
#include "event/percent_text.hpp"

#include <charconv>
#include <system_error>

namespace stentor::inline v0::detail {
namespace {

bool is_header_byte(char c) noexcept {
    return c > ' ' && c <= '~' && c != '"' && c != '%';
}

bool is_unreserved(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

std::string encoded_but(std::string_view text, bool (*stays)(char c) noexcept) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (stays(c)) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4];
        out += digits[byte & 0xFU];
    }
    return out;
}

}  // namespace

std::string header_percent_encoded(std::string_view text) {
    return encoded_but(text, is_header_byte);
}

std::string strictly_percent_encoded(std::string_view text) {
    return encoded_but(text, is_unreserved);
}

std::optional<std::string> percent_decoded(std::string_view text, std::size_t& fault) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            out += text[at];
            continue;
        }
        const std::string_view digits = text.substr(at + 1, 2);
        unsigned byte = 0;
        const char* const begin = digits.data();
        const char* const end = begin + digits.size();
        const auto parsed = std::from_chars(begin, end, byte, 16);
        if (digits.size() != 2 || parsed.ec != std::errc() || parsed.ptr != end) {
            fault = at;
            return std::nullopt;
        }
        out += static_cast<char>(byte);
        at += 2;
    }
    return out;
}

}  // namespace stentor::inline v0::detail
