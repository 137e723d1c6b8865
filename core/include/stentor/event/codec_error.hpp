// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/export.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Why a document could not become a value, or a value a document: a code to branch on, where it
// happened, and words for a person. Whatever it quotes from outside is cut and escaped, so that it
// can go into a log as it is.
//
// Threads: a value, share as any other. Progress: building one allocates.

namespace stentor::inline v0 {

enum class codec_errc : std::uint8_t {
    malformed,       // the document does not follow the grammar of the format
    truncated,       // the document ends too early
    invalid_utf8,    // a text that is no UTF-8, or half a surrogate pair
    wrong_type,      // well formed, and something else than the type needs
    out_of_range,    // a number or a moment that the type, or the format, cannot hold
    unknown_name,    // a name that no enumerator and no alternative has; a value without a name
    missing_field,   // an object without a field that the type needs
    unknown_field,   // a field that the type does not know, where those are refused
    duplicate_name,  // an object that names something twice
    too_deep,        // nested deeper than the limit
    too_large,       // more bytes than the limit
    no_memory,       // an allocation failed
};

// The enumerator's name; "unknown" for a value that is none.
[[nodiscard]] STENTOR_EXPORT std::string_view to_string(codec_errc code) noexcept;

struct codec_error {
    codec_errc code = codec_errc::malformed;
    // Where in the document, in bytes; when writing, how many bytes were written before.
    std::size_t offset = 0;
    std::string path{};      // as `lines[3].count`; empty: the document itself
    std::string expected{};  // as `an integer from 0 to 255`
    std::string found{};     // as `"many"`

    // One line: where, what is wrong, and, where it is not plain, what to do.
    [[nodiscard]] STENTOR_EXPORT std::string message() const;
};

}  // namespace stentor::inline v0
