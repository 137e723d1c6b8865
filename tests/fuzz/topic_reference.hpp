// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The grammar of topics and patterns and the rules of matching a second time, written from the
// prose and not from the code: split into tokens, slow and obvious. Tests compare the two.

namespace reference {

inline std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> tokens(1);
    for (const char c : text) {
        if (c == '.') {
            tokens.emplace_back();
        } else {
            tokens.back().push_back(c);
        }
    }
    return tokens;
}

inline bool is_plain_token(std::string_view token) {
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    return !token.empty() && token.size() <= 64 &&
           token.find_first_not_of(allowed) == std::string_view::npos;
}

// A topic by the grammar; may be a reserved one.
inline bool is_topic(std::string_view text) {
    const std::vector<std::string> tokens = split(text);
    return text.size() <= 255 && tokens.size() <= 16 &&
           std::all_of(tokens.begin(), tokens.end(), is_plain_token);
}

inline bool is_reserved(std::string_view text) {
    return split(text).front() == "stentor";
}

inline bool is_pattern(std::string_view text) {
    const std::vector<std::string> tokens = split(text);
    if (text.size() > 255 || tokens.size() > 16) {
        return false;
    }
    for (std::size_t at = 0; at < tokens.size(); ++at) {
        const bool last = at + 1 == tokens.size();
        if (!is_plain_token(tokens[at]) && tokens[at] != "*" && !(tokens[at] == ">" && last)) {
            return false;
        }
    }
    return true;
}

inline bool tokens_match(const std::vector<std::string>& pattern, std::size_t pattern_at,
                         const std::vector<std::string>& topic, std::size_t topic_at) {
    if (pattern_at == pattern.size()) {
        return topic_at == topic.size();
    }
    if (topic_at == topic.size()) {
        return false;
    }
    const std::string& wanted = pattern[pattern_at];
    if (wanted == ">") {
        return true;
    }
    return (wanted == "*" || wanted == topic[topic_at]) &&
           tokens_match(pattern, pattern_at + 1, topic, topic_at + 1);
}

// Both must be well formed.
inline bool matches(std::string_view pattern, std::string_view topic) {
    return tokens_match(split(pattern), 0, split(topic), 0);
}

// Where the first fault of a text is: the first byte with which the text stops being the beginning
// of some valid text, or the end of a text that is only a beginning. None for a valid text.
template <class IsValid>
std::optional<std::size_t> first_fault(std::string_view text, IsValid is_valid) {
    if (is_valid(text)) {
        return std::nullopt;
    }
    const auto is_beginning = [&](std::string_view part) {
        const std::string more = std::string(part) + "a";
        // A complete text, one that lacks its next token, or nothing yet.
        return part.empty() || is_valid(part) || (part.back() == '.' && is_valid(more));
    };
    for (std::size_t size = 1; size <= text.size(); ++size) {
        if (!is_beginning(text.substr(0, size))) {
            return size - 1;
        }
    }
    return text.size();
}

}  // namespace reference
