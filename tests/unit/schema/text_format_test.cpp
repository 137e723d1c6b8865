// SPDX-License-Identifier: MIT
#include "event/text_format.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

struct example {
    std::string_view format;
    std::vector<std::string_view> good;
    std::vector<std::string_view> bad;
};

const std::vector<example>& examples() {
    static const std::vector<example> all = {
        {"date",
         {"2024-02-29", "0000-01-01", "2000-02-29"},
         {"2023-02-29", "1900-02-29", "2024-13-01", "2024-00-10", "2024-1-1", "2024-01-32", ""}},
        {"date-time",
         {"2026-11-27T03:12:52Z", "2026-11-27t03:12:52.25z", "1998-12-31T23:59:60Z",
          "1998-12-31T15:59:60.123-08:00", "2026-11-27T03:12:52+00:00"},
         {"2026-11-27", "2026-11-27 03:12:52Z", "2026-11-27T03:12:52", "2026-11-27T24:00:00Z",
          "2026-11-27T03:12:61Z", "1998-12-31T22:59:60Z", "2026-11-27T03:12:52.Z",
          "2026-11-27T03:12:52+24:00", "2026-11-27T03:12:52Zx"}},
        {"time", {"03:12:52Z", "23:59:60Z"}, {"03:12:52", "3:12:52Z", "03:60:52Z"}},
        {"email",
         {"joe@example.com", "a.b+c@x", "\"a b\\\"\"@example.com", "joe@[127.0.0.1]",
          "joe@[IPv6:::1]"},
         {"2962", "@a", "a@", ".a@b", "a.@b", "a..b@c", "a b@c", "\"a@b", "joe@[1.2.3]"}},
        {"hostname",
         {"example.com", "1a", "a-b.c", "xn--4gbwdl.xn--wgbh1c"},
         {"", "-a", "a-", "a..b", "a_b", "a.", "\xC3\xA4"}},
        {"ipv4", {"1.2.3.4", "255.255.255.255"}, {"1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4 "}},
        {"ipv6",
         {"::", "::1", "1::", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "1::8", "12:34::5"},
         {"", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3",
          "12345::", "1:", "::1.2.3", "1:2:3:4:5:6:7:", "1:2:3:4:5:6:7:8::", ":1", "1.2.3.4"}},
        {"uri",
         {"http://a/b?c#d", "urn:isbn:1", "mailto:a@b", "http://[::1]:80/", "http://u:p@h",
          "a:", "http://a/%41"},
         {"", "/a", "a b:c", "http://a b", "http://a/%4", "http://[::1", "http://a:x/",
          "http://a/\xC3\xA4", "1a:b", "http://a\\b", "http://a#b#c"}},
        {"uri-reference", {"", "a/b", "#x", "?q", "//h/p", "./a:b"}, {"\\a", "a b", "%", ":a"}},
        {"iri", {"http://\xC3\xA4/\xC3\xB6?\xC3\xBC"}, {"/\xC3\xA4", "http://a b"}},
        {"iri-reference", {"/\xC3\xA4"}, {"\\\xC3\xA4"}},
        {"uri-template",
         {"", "http://a{/b,c*}{?d:3}", "{+x}", "a{&b.c}"},
         {"{", "{}", "a{b", "{a,}", "{a:}", "{a b}", "a b", "}"}},
        {"uuid",
         {"123e4567-e89b-12d3-a456-426614174000", "00000000-0000-0000-0000-00000000000F"},
         {"", "123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400g"}},
        {"json-pointer", {"", "/", "/a/b", "/~0~1"}, {"a", "/~", "/~2", "#"}},
        {"relative-json-pointer", {"0", "1/a", "10#"}, {"", "/a", "01", "1a", "#"}},
        {"regex", {"", "a+", "(?<=a)b"}, {"(", "\\Z", "[a"}},
    };
    return all;
}

TEST(text_format, takes_what_its_grammar_has_and_nothing_else) {
    for (const auto& one : examples()) {
        const auto format = stentor::detail::find_text_format(one.format);
        ASSERT_NE(format, nullptr) << one.format;
        for (const auto text : one.good) {
            EXPECT_TRUE(format(text)) << one.format << ": " << text;
        }
        for (const auto text : one.bad) {
            EXPECT_FALSE(format(text)) << one.format << ": " << text;
        }
    }
}

TEST(text_format, is_null_when_it_is_not_known) {
    EXPECT_EQ(stentor::detail::find_text_format("idn-email"), nullptr);
    EXPECT_EQ(stentor::detail::find_text_format(""), nullptr);
}

}  // namespace
