// SPDX-License-Identifier: MIT
#include <stentor/event/event_id.hpp>

#include "event/text_excerpt.hpp"

#include <array>

namespace stentor::inline v0 {
namespace {

// The places of the hyphens in 8-4-4-4-12.
constexpr bool is_hyphen_place(std::size_t at) noexcept {
    return at == 8 || at == 13 || at == 18 || at == 23;
}

constexpr int digit_value(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

unexpected<error> refuse(std::string_view text, std::size_t position, std::string_view what) {
    std::string message = "event id " + detail::quoted_excerpt(text, position) + ", byte " +
                          std::to_string(position) + ": ";
    message += what;
    return unexpected(error(errc::invalid_id, std::move(message)));
}

}  // namespace

void event_id::write(char* out) const noexcept {
    constexpr std::string_view digits = "0123456789abcdef";
    const std::array<std::uint64_t, 2> words{high_, low_};
    unsigned nibble = 0;
    for (std::size_t at = 0; at < text_size; ++at) {
        if (is_hyphen_place(at)) {
            out[at] = '-';
            continue;
        }
        out[at] = digits[(words[nibble / 16] >> (60 - 4 * (nibble % 16))) & 0xF];
        ++nibble;
    }
}

std::string event_id::to_string() const {
    std::string out(text_size, '\0');
    write(out.data());
    return out;
}

result<event_id, error> event_id::parse(std::string_view text) {
    if (text.size() != text_size) {
        return refuse(text, text.size() < text_size ? text.size() : text_size,
                      "a UUID has 36 characters, 8-4-4-4-12");
    }
    std::array<std::uint64_t, 2> words{};
    unsigned nibble = 0;
    for (std::size_t at = 0; at < text_size; ++at) {
        if (is_hyphen_place(at)) {
            if (text[at] != '-') {
                return refuse(text, at, "a hyphen belongs here");
            }
            continue;
        }
        const int digit = digit_value(text[at]);
        if (digit < 0) {
            return refuse(text, at, "a hexadecimal digit belongs here");
        }
        words[nibble / 16] = (words[nibble / 16] << 4) | static_cast<std::uint64_t>(digit);
        ++nibble;
    }
    return event_id(words[0], words[1]);
}

}  // namespace stentor::inline v0
