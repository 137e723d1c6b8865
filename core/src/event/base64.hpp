// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

// Base64 with padding, RFC 4648 section 4.
//
// Threads: pure functions. Progress: they allocate.
namespace stentor::inline v0::detail {

[[nodiscard]] std::string to_base64(std::string_view bytes);

// Nothing unless the text is what to_base64() makes: no white space, padded, no stray bits.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace stentor::inline v0::detail
