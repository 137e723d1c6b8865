// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Names from GitHub as tokens of a topic, which have the form [a-z0-9_-]{1,64}.

namespace github {

inline constexpr std::size_t token_bytes_max = 64;

[[nodiscard]] constexpr bool fits_token(char letter) noexcept {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_' ||
           letter == '-';
}

[[nodiscard]] constexpr bool is_token(std::string_view text) noexcept {
    for (const char letter : text) {
        if (!fits_token(letter)) {
            return false;
        }
    }
    return !text.empty() && text.size() <= token_bytes_max;
}

// A token from free text: capitals become small, other characters '_', the rest is cut off.
// GitHub's own names pass unchanged; only the action of a repository_dispatch is chosen by a user.
[[nodiscard]] inline std::string to_token(std::string_view text) {
    std::string token(text.substr(0, token_bytes_max));
    for (char& letter : token) {
        if (letter >= 'A' && letter <= 'Z') {
            letter = static_cast<char>(letter - 'A' + 'a');
        } else if (!fits_token(letter)) {
            letter = '_';
        }
    }
    return token;
}

}  // namespace github
