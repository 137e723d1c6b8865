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

// Topics: dotted names of events, `order.status.changed`. One to sixteen tokens of a-z, 0-9, _ and
// -, each at most 64 bytes, the whole at most 255. The first token `stentor` belongs to the engine.
// The check is constexpr, so that a malformed literal is a compile error (see event_traits.hpp).
//
// Threads: values, share as any other value. Progress: a check reads at most 256 bytes of any text.

namespace stentor::inline v0 {

inline constexpr std::size_t topic_size_max = 255;
inline constexpr std::size_t topic_tokens_max = 16;
inline constexpr std::size_t topic_token_size_max = 64;
inline constexpr std::string_view reserved_token = "stentor";

enum class topic_fault : std::uint8_t {
    none,
    empty,            // no text at all
    too_long,         // more than 255 bytes
    too_many_tokens,  // more than 16 tokens
    empty_token,      // a dot at the start, at the end, or beside another dot
    token_too_long,   // a token of more than 64 bytes
    bad_character,    // a byte that is none of a-z 0-9 _ - .
    reserved,         // well formed, but the first token is `stentor`
};

// The first fault from the left and the byte where it is; position 0 when there is none.
struct topic_check {
    topic_fault fault = topic_fault::none;
    std::size_t position = 0;

    [[nodiscard]] constexpr bool ok() const noexcept { return fault == topic_fault::none; }
    friend constexpr bool operator==(topic_check, topic_check) noexcept = default;
};

namespace detail {

[[nodiscard]] constexpr bool is_token_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

}  // namespace detail

[[nodiscard]] constexpr topic_check check_topic(std::string_view text) noexcept {
    if (text.empty()) {
        return {topic_fault::empty, 0};
    }
    std::size_t tokens = 1;
    std::size_t token_start = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (at == topic_size_max) {
            return {topic_fault::too_long, at};
        }
        if (text[at] == '.') {
            if (at == token_start) {
                return {topic_fault::empty_token, at};
            }
            if (tokens == topic_tokens_max) {
                return {topic_fault::too_many_tokens, at};
            }
            ++tokens;
            token_start = at + 1;
        } else if (!detail::is_token_character(text[at])) {
            return {topic_fault::bad_character, at};
        } else if (at - token_start == topic_token_size_max) {
            return {topic_fault::token_too_long, at};
        }
    }
    if (token_start == text.size()) {
        return {topic_fault::empty_token, text.size()};
    }
    if (text.substr(0, text.find('.')) == reserved_token) {
        return {topic_fault::reserved, 0};
    }
    return {};
}

// One line for a person: what is wrong with the text, at which byte, and what to write instead.
[[nodiscard]] STENTOR_EXPORT std::string describe(topic_check check, std::string_view text);

// A text that is known to be a topic outside the reserved ones.
class STENTOR_EXPORT topic {
public:
    [[nodiscard]] static result<topic, error> parse(std::string_view text);

    // For literals in programs; raises invalid_topic. Use parse() for text from outside.
    explicit topic(std::string_view text);

    [[nodiscard]] std::string_view view() const noexcept { return text_; }

    friend bool operator==(const topic&, const topic&) noexcept = default;
    friend std::strong_ordering operator<=>(const topic& left, const topic& right) noexcept {
        return left.view() <=> right.view();
    }

private:
    struct checked {};
    topic(checked, std::string_view text) : text_(text) {}

    std::string text_;
};

}  // namespace stentor::inline v0

template <>
struct std::hash<stentor::topic> {
    [[nodiscard]] std::size_t operator()(const stentor::topic& topic) const noexcept {
        return std::hash<std::string_view>{}(topic.view());
    }
};
