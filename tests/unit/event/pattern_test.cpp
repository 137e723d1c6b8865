// SPDX-License-Identifier: MIT
#include <stentor/event/pattern.hpp>

#include "fuzz/topic_reference.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

using namespace std::string_view_literals;
using stentor::check_pattern;
using stentor::pattern;
using stentor::pattern_fault;

namespace {

std::string tokens(std::size_t count, std::string_view token) {
    std::string out;
    for (std::size_t at = 0; at < count; ++at) {
        out += at == 0 ? "" : ".";
        out += token;
    }
    return out;
}

void expect_fault(std::string_view text, pattern_fault fault, std::size_t position) {
    EXPECT_EQ(check_pattern(text).fault, fault) << text;
    EXPECT_EQ(check_pattern(text).position, position) << text;
}

std::string reason(std::string_view text) {
    return describe(check_pattern(text), text);
}

// All texts over the letters with at most so many bytes.
std::vector<std::string> all_texts(std::string_view letters, std::size_t size) {
    std::vector<std::string> out{""};
    for (std::size_t from = 0; from < out.size() && out[from].size() < size; ++from) {
        for (const char c : letters) {
            out.push_back(out[from] + c);
        }
    }
    return out;
}

}  // namespace

TEST(pattern, matches_exactly_its_text_without_wildcards) {
    const pattern placed("order.placed");
    EXPECT_TRUE(placed.literal());
    EXPECT_TRUE(placed.matches("order.placed"));
    EXPECT_FALSE(placed.matches("order.place"));
    EXPECT_FALSE(placed.matches("order.placed.late"));
    EXPECT_FALSE(placed.matches("order"));
    EXPECT_FALSE(placed.matches(""));
}

TEST(pattern, lets_a_star_stand_for_one_token) {
    const pattern any("order.*");
    EXPECT_FALSE(any.literal());
    EXPECT_TRUE(any.matches("order.placed"));
    EXPECT_TRUE(any.matches("order.p"));
    EXPECT_FALSE(any.matches("order"));
    EXPECT_FALSE(any.matches("order.placed.late"));
    EXPECT_FALSE(any.matches("orders.placed"));

    EXPECT_TRUE(pattern("*").matches("order"));
    EXPECT_FALSE(pattern("*").matches("order.placed"));
    EXPECT_TRUE(pattern("*.*.*").matches("a.b.c"));
    EXPECT_TRUE(pattern("*.placed").matches("order.placed"));
    EXPECT_FALSE(pattern("*.placed").matches("placed"));
    EXPECT_TRUE(pattern("order.*.changed").matches("order.status.changed"));
    EXPECT_FALSE(pattern("order.*.changed").matches("order.changed"));
}

TEST(pattern, lets_a_tail_stand_for_one_or_more_tokens) {
    const pattern all("order.>");
    EXPECT_FALSE(all.literal());
    EXPECT_TRUE(all.matches("order.placed"));
    EXPECT_TRUE(all.matches("order.placed.late"));
    EXPECT_FALSE(all.matches("order"));
    EXPECT_FALSE(all.matches("orders.placed"));

    EXPECT_TRUE(pattern(">").matches("order"));
    EXPECT_TRUE(pattern(">").matches("order.placed"));
    EXPECT_TRUE(pattern("*.>").matches("order.placed"));
    EXPECT_FALSE(pattern("*.>").matches("order"));
}

TEST(pattern, may_listen_to_the_engines_own_topics) {
    EXPECT_TRUE(pattern("stentor.>").matches("stentor.breaker.opened"));
    EXPECT_TRUE(pattern("stentor.breaker.opened").literal());
    EXPECT_TRUE(pattern::parse("stentor"));
}

TEST(pattern, gives_malformed_topics_a_definite_answer) {
    EXPECT_FALSE(pattern("*").matches(""));
    EXPECT_FALSE(pattern(">").matches(""));
    EXPECT_FALSE(pattern("a.*").matches("a."));
    EXPECT_FALSE(pattern("a.>").matches("a."));
    EXPECT_FALSE(pattern("*.b").matches(".b"));
    EXPECT_TRUE(pattern("a.>").matches("a..b"));
    EXPECT_TRUE(pattern("a.*").matches("a.\0"sv));
    EXPECT_FALSE(pattern("a").matches("a\0"sv));
    EXPECT_TRUE(pattern("*.>").matches(std::string(1000, 'A') + "." + std::string(1000, '.')));
}

TEST(pattern, refuses_what_topics_are_refused_for) {
    expect_fault("", pattern_fault::empty, 0);
    expect_fault(".", pattern_fault::empty_token, 0);
    expect_fault("order..*", pattern_fault::empty_token, 6);
    expect_fault("order.*.", pattern_fault::empty_token, 8);
    expect_fault("Order.*", pattern_fault::bad_character, 0);
    expect_fault("*.\0"sv, pattern_fault::bad_character, 2);
    expect_fault("*.a b", pattern_fault::bad_character, 3);
}

TEST(pattern, refuses_wildcards_inside_tokens) {
    expect_fault("order.pl*", pattern_fault::wildcard_in_token, 8);
    expect_fault("order.*ed", pattern_fault::wildcard_in_token, 7);
    expect_fault("**", pattern_fault::wildcard_in_token, 1);
    expect_fault("order.>>", pattern_fault::wildcard_in_token, 7);
    expect_fault("a>", pattern_fault::wildcard_in_token, 1);
    expect_fault("*>", pattern_fault::wildcard_in_token, 1);
}

TEST(pattern, refuses_a_tail_that_is_not_last) {
    expect_fault(">.a", pattern_fault::tail_not_last, 0);
    expect_fault("order.>.late", pattern_fault::tail_not_last, 6);
    expect_fault("order.>.", pattern_fault::tail_not_last, 6);
    expect_fault(">.>", pattern_fault::tail_not_last, 0);
}

TEST(pattern, has_the_limits_of_topics) {
    EXPECT_TRUE(check_pattern(tokens(16, "*")).ok());
    EXPECT_TRUE(check_pattern(tokens(15, "*") + ".>").ok());
    expect_fault(tokens(17, "*"), pattern_fault::too_many_tokens, 31);
    EXPECT_TRUE(check_pattern("*." + std::string(64, 'a')).ok());
    expect_fault("*." + std::string(65, 'a'), pattern_fault::token_too_long, 66);
    const std::string longest = tokens(4, std::string(63, 'a'));
    EXPECT_TRUE(check_pattern(longest).ok());
    expect_fault(longest + "a", pattern_fault::too_long, 255);
    expect_fault(std::string(std::size_t{1} << 26, '*'), pattern_fault::wildcard_in_token, 1);
}

TEST(pattern, matches_at_the_limits) {
    const std::string longest = tokens(4, std::string(63, 'a'));
    EXPECT_TRUE(pattern(longest).matches(longest));
    EXPECT_TRUE(pattern("*.*.*.*").matches(longest));
    EXPECT_TRUE(pattern(tokens(16, "*")).matches(tokens(16, "b")));
    EXPECT_FALSE(pattern(tokens(16, "*")).matches(tokens(15, "b")));
    EXPECT_TRUE(pattern(tokens(15, "*") + ".>").matches(tokens(16, "b")));
    EXPECT_FALSE(pattern(tokens(15, "*") + ".>").matches(tokens(15, "b")));
}

TEST(pattern, agrees_with_the_reference_on_all_short_texts) {
    for (const std::string& text : all_texts("a.-A*>", 6)) {
        ASSERT_EQ(check_pattern(text).ok(), reference::is_pattern(text)) << text;
    }
}

TEST(pattern, agrees_with_the_reference_on_all_short_matches) {
    std::vector<std::string> topics;
    for (const std::string& text : all_texts("ab.", 6)) {
        if (reference::is_topic(text)) {
            topics.push_back(text);
        }
    }
    std::size_t matched = 0;
    for (const std::string& text : all_texts("ab.*>", 5)) {
        if (!reference::is_pattern(text)) {
            continue;
        }
        const pattern made(text);
        for (const std::string& topic : topics) {
            const bool expected = reference::matches(text, topic);
            ASSERT_EQ(made.matches(topic), expected) << text << ' ' << topic;
            matched += expected ? 1 : 0;
        }
    }
    EXPECT_GT(matched, 1000U);
}

TEST(pattern, compares_and_hashes_as_its_text) {
    const std::unordered_set<pattern> seen{pattern("order.*"), pattern("order.>"),
                                           pattern("order.*")};
    EXPECT_EQ(seen.size(), 2U);
    EXPECT_EQ(pattern("a.*"), pattern("a.*"));
    EXPECT_LT(pattern("a.*"), pattern("a.>"));
    EXPECT_EQ(pattern("a.*").view(), "a.*");
}

TEST(pattern, reports_an_error_that_names_the_byte) {
    const auto refused = pattern::parse("order.pl*");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), stentor::errc::invalid_pattern);
    EXPECT_EQ(refused.error().message(),
              "pattern \"order.pl*\", byte 8: a wildcard is a token of its own; write order.* and "
              "not order.pl*");
}

TEST(pattern_description, has_an_advice_for_every_fault) {
    EXPECT_NE(reason("").find("write > to match every topic"), std::string::npos);
    EXPECT_NE(reason("a.").find("surplus dot"), std::string::npos);
    EXPECT_NE(reason(">.a").find("must be the last"), std::string::npos);
    EXPECT_NE(reason("a\n*").find("byte 0x0a is not allowed"), std::string::npos);
    EXPECT_NE(reason(tokens(17, "a")).find("16 tokens"), std::string::npos);
    EXPECT_NE(reason(std::string(65, 'a')).find("64 bytes"), std::string::npos);
    EXPECT_NE(reason(tokens(5, std::string(60, 'a'))).find("255 bytes"), std::string::npos);
    EXPECT_NE(reason("a.*").find("nothing is wrong"), std::string::npos);
}

#if defined(__cpp_exceptions)

TEST(pattern, raises_when_a_literal_is_malformed) {
    try {
        const pattern wrong("order.>.late");
        FAIL() << wrong.view();
    } catch (const stentor::bus_error& caught) {
        EXPECT_EQ(caught.details().code(), stentor::errc::invalid_pattern);
    }
}

#endif
