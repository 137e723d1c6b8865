// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Foreign text inside our messages: quoted, cut, and with every byte outside printable ASCII
// escaped, so that no text from outside can forge a line of a log or hide in one.

namespace stentor::inline v0::detail {

// `"order.Pla..."`: at most 64 bytes of the text, cut around the position.
[[nodiscard]] std::string quoted_excerpt(std::string_view text, std::size_t position);

// `'P'`, or `byte 0x00` when the byte does not print.
[[nodiscard]] std::string quoted_byte(char c);

}  // namespace stentor::inline v0::detail
