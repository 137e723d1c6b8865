// SPDX-License-Identifier: MIT
#if defined(__GNUC__) && !defined(__clang__)
// GCC 12 sees this in its own std::regex, where nothing of the kind is.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include "event/text_regex.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <regex>
#include <string>
#include <string_view>

namespace {

using stentor::detail::text_regex;

constexpr std::int64_t enough = 100'000'000;

bool matches(std::string_view pattern, std::string_view text, std::int64_t budget = enough) {
    const auto made = text_regex::compile(pattern);
    EXPECT_TRUE(made) << pattern << ": " << made.error().message;
    return made && made->search(text, budget);
}

std::string refusal(std::string_view pattern, bool unsupported) {
    const auto made = text_regex::compile(pattern);
    EXPECT_FALSE(made) << pattern;
    if (made) {
        return {};
    }
    EXPECT_EQ(made.error().unsupported, unsupported) << pattern;
    EXPECT_LE(made.error().offset, pattern.size());
    return made.error().message;
}

TEST(text_regex, says_what_the_standard_library_says) {
    constexpr std::string_view patterns[] = {
        "",           "a",         "^a",          "a$",       "^a$",
        "a*",         "^a*$",      "^a+b?$",      "a|b",      "^(a|b)c",
        "^(ab)*$",    "(a*)*b",    "^(?:a|ab)c",  "^a{2}$",   "^a{2,}$",
        "^a{1,3}$",   "a{0}b",     "^[ab]+$",     "^[^ab]+$", "[a-c]$",
        "\\bab\\b",   "^\\w+$",    "\\d",         "^\\s",     "\\Ba",
        ".",          "^.$",       "a(?=b)",      "^(?!b)a",  "a.*?c",
        "(a|b)*c",    "^(a?){3}$", "[]",          "[^]",      "^(?=.*c)(?=.*a)",
        "(?=a(?!b))", "a||b",      "()",          "^(|a)b$",  "(^a|b$)",
        "x{0,2}c",    "[\\w-]",    "^[\\d\\s]+$",
    };
    constexpr std::string_view letters = "abc 1";
    for (const auto pattern : patterns) {
        const std::regex reference(pattern.begin(), pattern.end());
        for (int number = 0; number < 3125; ++number) {  // all texts of up to 5 of the letters
            std::string text;
            for (int rest = number; rest != 0; rest /= 6) {
                text += rest % 6 == 0 ? 'x' : letters[static_cast<std::size_t>(rest % 6 - 1)];
            }
            EXPECT_EQ(matches(pattern, text), std::regex_search(text, reference))
                << pattern << " in \"" << text << '"';
        }
    }
}

TEST(text_regex, counts_in_code_points) {
    EXPECT_TRUE(matches("^.$", "\xF0\x9F\x98\x80"));
    EXPECT_TRUE(matches("^..$", "\xC3\xA4\xE2\x82\xAC"));
    EXPECT_TRUE(matches("^[\xC3\xA0-\xC3\xBF]$", "\xC3\xA4"));
    EXPECT_TRUE(matches("^\\u20ac\\u{1F600}\\uD83D\\uDE00$",
                        "\xE2\x82\xAC\xF0\x9F\x98\x80\xF0\x9F\x98\x80"));
    EXPECT_TRUE(matches("^\\W$", "\xC3\xA4"));
    EXPECT_TRUE(matches("^\\s$", "\xC2\xA0"));
}

TEST(text_regex, knows_the_escapes_of_ecmascript) {
    EXPECT_TRUE(matches("^\\t\\n\\v\\f\\r\\cA\\x41\\0$", std::string_view("\t\n\v\f\r\x01"
                                                                          "A\0",
                                                                          8)));
    EXPECT_TRUE(matches("^\\.\\*\\[\\]\\{\\}\\/\\-\\@$", ".*[]{}/-@"));
    EXPECT_TRUE(matches("^[\\b\\]]+$", "\b]"));
    EXPECT_TRUE(matches("^{a}{$", "{a}{"));
    EXPECT_FALSE(matches("^.$", "\n"));
    EXPECT_TRUE(matches("^(?<year>\\d{4})$", "2026"));
}

TEST(text_regex, says_what_is_wrong) {
    for (const auto* const wrong :
         {"(",       ")",     "a)",   "[a",     "[b-a]",  "*",   "a**",    "+",
          "a{2}{3}", "^*",    "\\",   "\\Z",    "\\a",    "\\q", "[\\",    "\\x4",
          "\\u{}",   "\\u12", "\\c1", "a{3,2}", "(?=a)*", "{2}", "[\\b-a", "\\01"}) {
        EXPECT_FALSE(refusal(wrong, false).empty()) << wrong;
    }
    for (const auto* const unsupported :
         {"(a)\\1", "\\k<a>", "(?<=a)b", "(?<!a)b", "\\p{L}", "(?i:a)", "a{10001}",
          "(a{1000}){1000}", "(((){1000}){1000}){1000}"}) {
        EXPECT_FALSE(refusal(unsupported, true).empty()) << unsupported;
    }
    EXPECT_FALSE(refusal(std::string(100, '('), true).empty());
    EXPECT_FALSE(refusal(std::string(50'000, 'a'), true).empty());
}

TEST(text_regex, needs_no_time_for_what_makes_others_try_for_ever) {
    const std::string text(20'000, 'a');
    for (const auto* const pattern : {"^(a+)+$", "^(a|aa)+$", "^(a*)*b", "(a|a)*c", "(.*)*x"}) {
        const auto made = text_regex::compile(pattern);
        ASSERT_TRUE(made);
        std::int64_t budget = enough;
        static_cast<void>(made->search(text + "!", budget));
        EXPECT_GT(budget, enough - 20'000 * 30) << pattern;
    }
}

TEST(text_regex, stops_when_its_budget_is_gone) {
    const auto made = text_regex::compile("(?=.*x)(?=.*y)z");
    ASSERT_TRUE(made);
    std::int64_t budget = 1000;
    EXPECT_FALSE(made->search(std::string(10'000, 'a'), budget));
    EXPECT_LE(budget, 0);
}

}  // namespace
