// SPDX-License-Identifier: MIT
#include <stentor/event/topic.hpp>

#include "fuzz/topic_reference.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <unordered_set>

using namespace std::string_view_literals;
using stentor::check_topic;
using stentor::topic;
using stentor::topic_check;
using stentor::topic_fault;

namespace {

// `a.a.a`, with so many tokens of such a size.
std::string tokens(std::size_t count, std::size_t size) {
    std::string out;
    for (std::size_t at = 0; at < count; ++at) {
        out += (at == 0 ? "" : ".") + std::string(size, 'a');
    }
    return out;
}

void expect_fault(std::string_view text, topic_fault fault, std::size_t position) {
    EXPECT_EQ(check_topic(text).fault, fault) << text;
    EXPECT_EQ(check_topic(text).position, position) << text;
}

std::string reason(std::string_view text) {
    return describe(check_topic(text), text);
}

}  // namespace

TEST(topic, accepts_what_the_grammar_allows) {
    for (const std::string_view text :
         {"order"sv, "order.placed"sv, "order.status.changed"sv, "a"sv, "0"sv, "_"sv, "-"sv,
          "v2.order_line.0-9"sv, "stentors.x"sv, "stento"sv, "order.stentor"sv}) {
        EXPECT_TRUE(check_topic(text).ok()) << text;
        ASSERT_TRUE(topic::parse(text)) << text;
        EXPECT_EQ(topic::parse(text)->view(), text);
    }
}

TEST(topic, is_checked_while_compiling) {
    static_assert(check_topic("order.placed").ok());
    static_assert(check_topic("order..placed") == topic_check{topic_fault::empty_token, 6});
    static_assert(check_topic("stentor.x").fault == topic_fault::reserved);
}

TEST(topic, refuses_empty_text) {
    expect_fault("", topic_fault::empty, 0);
    expect_fault(std::string_view(), topic_fault::empty, 0);
}

TEST(topic, refuses_empty_tokens_where_they_are) {
    expect_fault(".", topic_fault::empty_token, 0);
    expect_fault(".a", topic_fault::empty_token, 0);
    expect_fault("a.", topic_fault::empty_token, 2);
    expect_fault("a..b", topic_fault::empty_token, 2);
    expect_fault("a.b..", topic_fault::empty_token, 4);
}

TEST(topic, refuses_characters_outside_the_alphabet) {
    expect_fault("Order.placed", topic_fault::bad_character, 0);
    expect_fault("order.Placed", topic_fault::bad_character, 6);
    expect_fault("order placed", topic_fault::bad_character, 5);
    expect_fault("order.*", topic_fault::bad_character, 6);
    expect_fault("order.>", topic_fault::bad_character, 6);
    expect_fault("a/b", topic_fault::bad_character, 1);
    expect_fault("a\n", topic_fault::bad_character, 1);
    expect_fault("a\xC3\xA9", topic_fault::bad_character, 1);
}

TEST(topic, accepts_no_other_byte_than_those_of_the_alphabet) {
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    for (int byte = 0; byte < 256; ++byte) {
        const std::array<char, 3> text{'a', static_cast<char>(byte), 'b'};
        const bool expected = byte == '.' || allowed.find(text[1]) != std::string_view::npos;
        EXPECT_EQ(check_topic({text.data(), text.size()}).ok(), expected) << byte;
    }
}

TEST(topic, does_not_stop_at_an_embedded_zero) {
    expect_fault("order\0placed"sv, topic_fault::bad_character, 5);
    expect_fault("\0"sv, topic_fault::bad_character, 0);
    expect_fault("order.placed\0"sv, topic_fault::bad_character, 12);
}

TEST(topic, allows_sixteen_tokens) {
    EXPECT_TRUE(check_topic(tokens(16, 1)).ok());
    expect_fault(tokens(17, 1), topic_fault::too_many_tokens, 31);
    expect_fault(tokens(16, 1) + ".", topic_fault::too_many_tokens, 31);
}

TEST(topic, allows_tokens_of_64_bytes) {
    EXPECT_TRUE(check_topic(tokens(1, 64)).ok());
    EXPECT_TRUE(check_topic(tokens(3, 64)).ok());
    expect_fault(tokens(1, 65), topic_fault::token_too_long, 64);
    expect_fault("ab." + tokens(1, 65), topic_fault::token_too_long, 67);
}

TEST(topic, allows_255_bytes) {
    const std::string longest = tokens(4, 63);
    ASSERT_EQ(longest.size(), 255U);
    EXPECT_TRUE(check_topic(longest).ok());
    expect_fault(longest + "a", topic_fault::too_long, 255);
    expect_fault(longest.substr(0, 254) + ".", topic_fault::empty_token, 255);
    expect_fault(longest + ".", topic_fault::too_long, 255);
}

TEST(topic, reports_the_first_fault_from_the_left) {
    expect_fault("A" + tokens(17, 65), topic_fault::bad_character, 0);
    expect_fault(tokens(1, 65) + "..", topic_fault::token_too_long, 64);
    expect_fault("a..B", topic_fault::empty_token, 2);
    expect_fault("stentor..x", topic_fault::empty_token, 8);
}

TEST(topic, reads_no_more_of_a_huge_text_than_the_limit) {
    const std::string huge(std::size_t{1} << 26, 'a');
    expect_fault(huge, topic_fault::token_too_long, 64);
    EXPECT_LT(reason(huge).size(), 300U);
}

TEST(topic, keeps_the_engines_own_topics_for_the_engine) {
    expect_fault("stentor", topic_fault::reserved, 0);
    expect_fault("stentor.breaker.opened", topic_fault::reserved, 0);
    const auto refused = topic::parse("stentor.x");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), stentor::errc::invalid_topic);
}

TEST(topic, agrees_with_the_reference_on_all_short_texts) {
    constexpr std::string_view letters = "a.-A*";
    std::string text;
    const auto visit = [&](auto&& self, std::size_t left) -> void {
        ASSERT_EQ(check_topic(text).ok(), reference::is_topic(text)) << text;
        if (!check_topic(text).ok()) {
            ASSERT_EQ(check_topic(text).position,
                      *reference::first_fault(text, reference::is_topic))
                << text;
        }
        for (std::size_t at = 0; left > 0 && at < letters.size(); ++at) {
            text.push_back(letters[at]);
            self(self, left - 1);
            text.pop_back();
        }
    };
    visit(visit, 6);
}

TEST(topic, compares_and_hashes_as_its_text) {
    const topic placed("order.placed");
    EXPECT_EQ(placed, topic("order.placed"));
    EXPECT_NE(placed, topic("order.paid"));
    EXPECT_LT(topic("order.paid"), placed);
    const std::unordered_set<topic> seen{placed, topic("order.paid"), topic("order.placed")};
    EXPECT_EQ(seen.size(), 2U);
    EXPECT_EQ(std::hash<topic>{}(placed), std::hash<std::string_view>{}("order.placed"));
}

TEST(topic_description, says_what_is_wrong_where_and_what_to_do) {
    EXPECT_EQ(reason("order.Placed"),
              "topic \"order.Placed\", byte 6: 'P' is not allowed; write topics in lower case");
    EXPECT_EQ(reason("order..placed"),
              "topic \"order..placed\", byte 6: a token is empty; remove the surplus dot or write "
              "a token there");
    EXPECT_EQ(reason(""), "topic \"\", byte 0: it is empty; name the event, such as order.placed");
}

TEST(topic_description, knows_the_usual_mistakes) {
    EXPECT_NE(reason("order.*").find("stentor::pattern"), std::string::npos);
    EXPECT_NE(reason("order/placed").find("dots between"), std::string::npos);
    EXPECT_NE(reason("stentor.x").find("the engine's own"), std::string::npos);
    EXPECT_NE(reason(tokens(17, 1)).find("16 tokens"), std::string::npos);
    EXPECT_NE(reason(tokens(1, 65)).find("64 bytes"), std::string::npos);
    EXPECT_NE(reason(tokens(5, 63)).find("255 bytes"), std::string::npos);
    EXPECT_NE(reason("order").find("nothing is wrong"), std::string::npos);
}

TEST(topic_description, escapes_foreign_bytes) {
    EXPECT_EQ(reason("a\nstentor: all is well"),
              "topic \"a\\x0astentor: all is well\", byte 1: byte 0x0a is not allowed; tokens are "
              "made of a-z, 0-9, _ and -, with dots between them");
    EXPECT_NE(reason("a\x1b[31m").find("\\x1b"), std::string::npos);
    EXPECT_NE(reason("a\"b\\").find("\"a\\\"b\\\\\""), std::string::npos);
    EXPECT_NE(reason("a\0"sv).find("\\x00"), std::string::npos);
}

TEST(topic_description, shows_the_part_of_a_long_text_that_holds_the_fault) {
    const std::string text = tokens(3, 60) + ".B" + tokens(1, 60);
    const std::string shown = reason(text);
    EXPECT_NE(shown.find("B"), std::string::npos);
    EXPECT_NE(shown.find("\"...aaa"), std::string::npos);
    EXPECT_NE(shown.find("aaa...\""), std::string::npos);
    EXPECT_NE(shown.find("byte 183"), std::string::npos);
    EXPECT_LT(shown.size(), 200U);
}

TEST(topic_description, stands_positions_that_are_not_in_the_text) {
    EXPECT_NE(describe(topic_check{topic_fault::bad_character, 99}, "a").find("byte 99"),
              std::string::npos);
}

#if defined(__cpp_exceptions)

TEST(topic, raises_when_a_literal_is_malformed) {
    try {
        const topic wrong("Order");
        FAIL() << wrong.view();
    } catch (const stentor::bus_error& caught) {
        EXPECT_EQ(caught.details().code(), stentor::errc::invalid_topic);
        EXPECT_EQ(caught.details().message(), reason("Order"));
    }
}

#endif
