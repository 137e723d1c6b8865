// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

// Media types, RFC 2046 by the grammar of RFC 9110: `text/plain; charset=utf-8`.
//
// Threads: pure functions. Progress: parsing allocates.
namespace stentor::inline v0::detail {

struct media_type {
    std::string name{};     // `text/plain`, in lower case
    std::string charset{};  // in lower case; empty: none is given
};

// Nothing when it is none, or says charset twice.
[[nodiscard]] std::optional<media_type> parse_media_type(std::string_view text);

// `*/json` or `*/*+json`.
[[nodiscard]] bool declares_json(const media_type& type) noexcept;

// What is taken as text when it is UTF-8: text/*, application/xml and *+xml.
[[nodiscard]] bool declares_text(const media_type& type) noexcept;

// No charset, UTF-8, or US-ASCII, which is a part of it.
[[nodiscard]] bool is_utf8(const media_type& type) noexcept;

// ASCII letters.
[[nodiscard]] std::string lower_case(std::string_view text);

}  // namespace stentor::inline v0::detail
