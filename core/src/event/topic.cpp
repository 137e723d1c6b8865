// SPDX-License-Identifier: MIT
#include <stentor/event/topic.hpp>

#include "event/text_excerpt.hpp"

namespace stentor::inline v0 {
namespace {

std::string describe_character(char c) {
    std::string out = detail::quoted_byte(c) + " is not allowed";
    if (c >= 'A' && c <= 'Z') {
        return out + "; write topics in lower case";
    }
    if (c == '*' || c == '>') {
        return out + "; wildcards belong to patterns: subscribe with stentor::pattern";
    }
    return out + "; tokens are made of a-z, 0-9, _ and -, with dots between them";
}

std::string describe_fault(topic_check check, std::string_view text) {
    switch (check.fault) {
        case topic_fault::none: return "nothing is wrong with it";
        case topic_fault::empty: return "it is empty; name the event, such as order.placed";
        case topic_fault::too_long: return "it is longer than 255 bytes; shorten it";
        case topic_fault::too_many_tokens:
            return "it has more than 16 tokens; put details into the event, not into its topic";
        case topic_fault::empty_token:
            return "a token is empty; remove the surplus dot or write a token there";
        case topic_fault::token_too_long: return "the token is longer than 64 bytes; shorten it";
        case topic_fault::bad_character:
            return check.position < text.size() ? describe_character(text[check.position])
                                                : "a character is not allowed";
        case topic_fault::reserved:
            return "topics that start with the token `stentor` are the engine's own; choose "
                   "another first token";
    }
    return "unknown fault";
}

error make_error(topic_check check, std::string_view text) {
    return {errc::invalid_topic, describe(check, text)};
}

}  // namespace

std::string describe(topic_check check, std::string_view text) {
    return "topic " + detail::quoted_excerpt(text, check.position) + ", byte " +
           std::to_string(check.position) + ": " + describe_fault(check, text);
}

result<topic, error> topic::parse(std::string_view text) {
    const topic_check check = check_topic(text);
    if (!check.ok()) {
        return unexpected(make_error(check, text));
    }
    return topic(checked{}, text);
}

topic::topic(std::string_view text) : topic(checked{}, text) {
    if (const topic_check check = check_topic(text); !check.ok()) {
        raise(make_error(check, text));
    }
}

}  // namespace stentor::inline v0
