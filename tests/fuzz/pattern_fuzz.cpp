// SPDX-License-Identifier: MIT
#include "fuzz/fuzz_check.hpp"
#include "fuzz/topic_reference.hpp"
#include <stentor/event/pattern.hpp>
#include <stentor/event/topic.hpp>

#include <cstddef>
#include <cstdint>
#include <regex>
#include <string>
#include <string_view>

// The bytes before the first line feed as a pattern, those after it as what it should match: any
// bytes, a topic or not. Matching is compared with the token by token reference on topics, and with
// a regular expression on everything.

namespace {

bool matches_expression(std::string_view pattern, std::string_view topic) {
    std::string expression;
    for (const char c : pattern) {
        if (c == '*') {
            expression += "[^.]+";
        } else if (c == '>') {
            expression += "[^]+";  // ECMAScript: anything, line feeds too
        } else if (c == '.') {
            expression += "\\.";
        } else {
            expression += c;
        }
    }
    return std::regex_match(topic.begin(), topic.end(), std::regex(expression));
}

void check_text(std::string_view text) {
    const stentor::pattern_check check = stentor::check_pattern(text);
    STENTOR_FUZZ_CHECK(check.ok() == reference::is_pattern(text));
    STENTOR_FUZZ_CHECK(check.position <= text.size());
    if (check.ok()) {
        STENTOR_FUZZ_CHECK(check.position == 0);
    } else if (text.size() < 255) {  // beyond that the limit cuts what a beginning may become
        // A tail is blamed itself, not the dot that follows it.
        const std::size_t blamed =
            check.position + (check.fault == stentor::pattern_fault::tail_not_last ? 1 : 0);
        STENTOR_FUZZ_CHECK(blamed == *reference::first_fault(text, reference::is_pattern));
    }
    if (reference::is_topic(text)) {
        STENTOR_FUZZ_CHECK(check.ok());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t split_at = input.find('\n');
    const std::string_view text = input.substr(0, split_at);
    const std::string_view topic =
        split_at == std::string_view::npos ? std::string_view() : input.substr(split_at + 1);

    check_text(text);
    const auto made = stentor::pattern::parse(text);
    STENTOR_FUZZ_CHECK(made.has_value() == reference::is_pattern(text));
    if (!made) {
        STENTOR_FUZZ_CHECK(made.error().code() == stentor::errc::invalid_pattern);
        STENTOR_FUZZ_CHECK(made.error().message().size() < 600);
        return 0;
    }
    STENTOR_FUZZ_CHECK(made->view() == text);
    STENTOR_FUZZ_CHECK(made->literal() == reference::is_topic(text));
    if (made->literal()) {
        STENTOR_FUZZ_CHECK(made->matches(text));
    }
    const bool matched = made->matches(topic);
    if (reference::is_topic(topic)) {
        STENTOR_FUZZ_CHECK(matched == reference::matches(text, topic));
    }
    if (topic.size() <= 1000) {  // std::regex needs a stack frame for each byte
        STENTOR_FUZZ_CHECK(matched == matches_expression(text, topic));
    }
    return 0;
}
