// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/error.hpp>
#include <stentor/base/result.hpp>
#include <stentor/export.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Patterns: topics with wildcards, by the rules of NATS subjects. `*` stands for exactly one token,
// `>` as the last token for one or more: `order.>` matches `order.paid` and `order.paid.late`, but
// not `order`. The limits are those of topics. A pattern may start with `stentor`: anybody may
// listen to the engine's own events, though nobody may publish them.
//
// Threads: values, share as any other value. Progress: matches() reads each byte at most once and
// allocates nothing.

namespace stentor::inline v0 {

enum class pattern_fault : std::uint8_t {
    none,
    empty,              // no text at all
    too_long,           // more than 255 bytes
    too_many_tokens,    // more than 16 tokens
    empty_token,        // a dot at the start, at the end, or beside another dot
    token_too_long,     // a token of more than 64 bytes
    bad_character,      // a byte that is none of a-z 0-9 _ - . * >
    wildcard_in_token,  // `*` or `>` beside other characters: a wildcard is a token of its own
    tail_not_last,      // `>` with tokens after it
};

// The first fault from the left and the byte where it is; position 0 when there is none.
struct pattern_check {
    pattern_fault fault = pattern_fault::none;
    std::size_t position = 0;

    [[nodiscard]] constexpr bool ok() const noexcept { return fault == pattern_fault::none; }
    friend constexpr bool operator==(pattern_check, pattern_check) noexcept = default;
};

[[nodiscard]] STENTOR_EXPORT pattern_check check_pattern(std::string_view text) noexcept;

// One line for a person: what is wrong with the text, at which byte, and what to write instead.
[[nodiscard]] STENTOR_EXPORT std::string describe(pattern_check check, std::string_view text);

class STENTOR_EXPORT pattern {
public:
    [[nodiscard]] static result<pattern, error> parse(std::string_view text);

    // For literals in programs; raises invalid_pattern. Use parse() for text from outside.
    explicit pattern(std::string_view text);

    // Meant for well-formed topics. Any other text gets a definite answer too: `*` matches what
    // stands between two dots if it is not empty, `>` any rest that is not empty.
    [[nodiscard]] bool matches(std::string_view topic) const noexcept;

    [[nodiscard]] std::string_view view() const noexcept { return text_; }
    // True when there is no wildcard: the pattern matches exactly its own text.
    [[nodiscard]] bool literal() const noexcept { return literal_; }

    friend bool operator==(const pattern& left, const pattern& right) noexcept {
        return left.view() == right.view();
    }
    friend std::strong_ordering operator<=>(const pattern& left, const pattern& right) noexcept {
        return left.view() <=> right.view();
    }

private:
    struct checked {};
    pattern(checked, std::string_view text);

    std::string text_;
    bool literal_;
};

}  // namespace stentor::inline v0

template <>
struct std::hash<stentor::pattern> {
    [[nodiscard]] std::size_t operator()(const stentor::pattern& pattern) const noexcept {
        return std::hash<std::string_view>{}(pattern.view());
    }
};
