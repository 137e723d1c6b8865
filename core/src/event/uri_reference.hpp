// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// URIs and references to them, RFC 3986.
//
// Threads: values. Progress: resolving allocates.

namespace stentor::inline v0::detail {

// Views into the text.
struct uri_parts {
    std::string_view scheme{};  // empty: a relative reference
    std::optional<std::string_view> authority{};
    std::string_view path{};
    std::optional<std::string_view> query{};
    std::optional<std::string_view> fragment{};
};
[[nodiscard]] uri_parts split_uri(std::string_view text) noexcept;

// Section 5.2, with everything but the fragment; a base without a scheme is allowed.
[[nodiscard]] std::string resolve_uri(std::string_view base, std::string_view reference);
// What `%41` stands for. Nothing: a % without two digits.
[[nodiscard]] std::optional<std::string> decode_percent(std::string_view text);

// By the grammar; an IRI (RFC 3987) may have characters outside of ASCII, too.
enum class uri_letters : std::uint8_t { ascii, all };
[[nodiscard]] bool is_uri_reference(std::string_view text,
                                    uri_letters letters = uri_letters::ascii) noexcept;
[[nodiscard]] bool is_uri(std::string_view text, uri_letters letters = uri_letters::ascii) noexcept;

[[nodiscard]] bool is_ipv4(std::string_view text) noexcept;
[[nodiscard]] bool is_ipv6(std::string_view text) noexcept;

}  // namespace stentor::inline v0::detail
