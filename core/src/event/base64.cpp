// SPDX-License-Identifier: MIT
#include "event/base64.hpp"

#include <cstddef>
#include <cstdint>

namespace stentor::inline v0::detail {

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::uint32_t byte_at(std::string_view bytes, std::size_t at) noexcept {
    return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U;
}

}  // namespace

std::string to_base64(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::uint32_t three =
            byte_at(bytes, at) << 16 | byte_at(bytes, at + 1) << 8 | byte_at(bytes, at + 2);
        out += alphabet[three >> 18];
        out += alphabet[three >> 12 & 63U];
        out += at + 1 < bytes.size() ? alphabet[three >> 6 & 63U] : '=';
        out += at + 2 < bytes.size() ? alphabet[three & 63U] : '=';
    }
    return out;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) {
        return std::nullopt;
    }
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') {
        ++padding;
    }
    std::string out;
    out.reserve(text.size() / 4 * 3);
    std::uint32_t four = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool padded = at >= text.size() - padding;
        const std::size_t value = padded ? 0 : alphabet.find(text[at]);
        if (value == std::string_view::npos) {
            return std::nullopt;
        }
        four = four << 6 | static_cast<std::uint32_t>(value);
        if (at % 4 == 3) {
            out += static_cast<char>(four >> 16 & 255U);
            out += static_cast<char>(four >> 8 & 255U);
            out += static_cast<char>(four & 255U);
            four = 0;
        }
    }
    for (std::size_t drop = 0; drop < padding; ++drop) {
        if (out.back() != '\0') {
            return std::nullopt;  // bits beyond the end
        }
        out.pop_back();
    }
    return out;
}

}  // namespace stentor::inline v0::detail
