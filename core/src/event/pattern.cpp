// SPDX-License-Identifier: MIT
#include <stentor/event/pattern.hpp>

#include "event/text_excerpt.hpp"
#include <stentor/event/topic.hpp>

namespace stentor::inline v0 {
namespace {

constexpr bool is_wildcard(char c) noexcept {
    return c == '*' || c == '>';
}

// What a character at this place of the token is good for; none when it may stand there.
pattern_fault check_character(std::string_view text, std::size_t token_start,
                              std::size_t at) noexcept {
    const bool first = at == token_start;
    if (is_wildcard(text[at])) {
        return first ? pattern_fault::none : pattern_fault::wildcard_in_token;
    }
    if (!detail::is_token_character(text[at])) {
        return pattern_fault::bad_character;
    }
    if (!first && is_wildcard(text[token_start])) {
        return pattern_fault::wildcard_in_token;
    }
    return at - token_start == topic_token_size_max ? pattern_fault::token_too_long
                                                    : pattern_fault::none;
}

std::string describe_fault(pattern_check check, std::string_view text) {
    switch (check.fault) {
        case pattern_fault::none: return "nothing is wrong with it";
        case pattern_fault::empty: return "it is empty; write > to match every topic";
        case pattern_fault::too_long: return "it is longer than 255 bytes; shorten it";
        case pattern_fault::too_many_tokens:
            return "it has more than 16 tokens, which no topic has; shorten it";
        case pattern_fault::empty_token:
            return "a token is empty; remove the surplus dot or write a token there";
        case pattern_fault::token_too_long: return "the token is longer than 64 bytes; shorten it";
        case pattern_fault::bad_character:
            return (check.position < text.size() ? detail::quoted_byte(text[check.position])
                                                 : std::string("a character")) +
                   " is not allowed; tokens are made of a-z, 0-9, _ and -, or are * or >";
        case pattern_fault::wildcard_in_token:
            return "a wildcard is a token of its own; write order.* and not order.pl*";
        case pattern_fault::tail_not_last:
            return "> stands for all remaining tokens and must be the last; use * for one token";
    }
    return "unknown fault";
}

error make_error(pattern_check check, std::string_view text) {
    return {errc::invalid_pattern, describe(check, text)};
}

}  // namespace

pattern_check check_pattern(std::string_view text) noexcept {
    if (text.empty()) {
        return {pattern_fault::empty, 0};
    }
    std::size_t tokens = 1;
    std::size_t token_start = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (at == topic_size_max) {
            return {pattern_fault::too_long, at};
        }
        if (text[at] != '.') {
            const pattern_fault fault = check_character(text, token_start, at);
            if (fault != pattern_fault::none) {
                return {fault, at};
            }
            continue;
        }
        if (at == token_start) {
            return {pattern_fault::empty_token, at};
        }
        if (text[token_start] == '>') {
            return {pattern_fault::tail_not_last, token_start};
        }
        if (tokens == topic_tokens_max) {
            return {pattern_fault::too_many_tokens, at};
        }
        ++tokens;
        token_start = at + 1;
    }
    if (token_start == text.size()) {
        return {pattern_fault::empty_token, text.size()};
    }
    return {};
}

std::string describe(pattern_check check, std::string_view text) {
    return "pattern " + detail::quoted_excerpt(text, check.position) + ", byte " +
           std::to_string(check.position) + ": " + describe_fault(check, text);
}

pattern::pattern(checked, std::string_view text)
    : text_(text), literal_(text.find_first_of("*>") == std::string_view::npos) {}

pattern::pattern(std::string_view text) : pattern(checked{}, text) {
    if (const pattern_check check = check_pattern(text); !check.ok()) {
        raise(make_error(check, text));
    }
}

result<pattern, error> pattern::parse(std::string_view text) {
    const pattern_check check = check_pattern(text);
    if (!check.ok()) {
        return unexpected(make_error(check, text));
    }
    return pattern(checked{}, text);
}

bool pattern::matches(std::string_view topic) const noexcept {
    if (literal_) {
        return topic == text_;
    }
    // No backtracking is needed: `*` is bounded by dots, and `>` ends the pattern.
    const std::string_view text = text_;
    std::size_t at = 0;
    for (std::size_t next = 0; next < text.size(); ++next) {
        if (text[next] == '>') {
            return at < topic.size();
        }
        if (text[next] == '*') {
            const std::size_t token_start = at;
            while (at < topic.size() && topic[at] != '.') {
                ++at;
            }
            if (at == token_start) {
                return false;
            }
        } else if (at == topic.size() || topic[at] != text[next]) {
            return false;
        } else {
            ++at;
        }
    }
    return at == topic.size();
}

}  // namespace stentor::inline v0
