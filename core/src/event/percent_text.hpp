// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

// Percent-encoding, RFC 3986 section 2.1.
//
// Threads: pure functions. Progress: they allocate.
namespace stentor::inline v0::detail {

// For the value of an HTTP header by section 3.1.3.2 of CloudEvents' HTTP binding: space, `"`, `%`
// and all but printable ASCII are encoded.
[[nodiscard]] std::string header_percent_encoded(std::string_view text);

// All but letters, digits and `-._~` is encoded, so that the result is part of any URI.
[[nodiscard]] std::string strictly_percent_encoded(std::string_view text);

// Nothing when a `%` is not followed by two hexadecimal digits; `fault` is then where it is.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text, std::size_t& fault);

}  // namespace stentor::inline v0::detail
