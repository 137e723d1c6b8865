// SPDX-License-Identifier: MIT
#include "event/uri_reference.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <utility>

namespace {

using stentor::detail::resolve_uri;

// The examples of RFC 3986, 5.4, without fragments, which stay with the reference.
TEST(uri_reference, is_resolved_as_in_the_rfc) {
    constexpr std::pair<std::string_view, std::string_view> examples[] = {
        {"g:h", "g:h"},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q"},
        {"g#s", "http://a/b/c/g"},
        {";x", "http://a/b/c/;x"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
    };
    for (const auto& [reference, target] : examples) {
        EXPECT_EQ(resolve_uri("http://a/b/c/d;p?q", reference), target) << reference;
    }
    EXPECT_EQ(resolve_uri("", "node.json"), "node.json");
    EXPECT_EQ(resolve_uri("http://a", "b"), "http://a/b");
    EXPECT_EQ(resolve_uri("urn:uuid:1", "#x"), "urn:uuid:1");
}

TEST(uri_reference, has_bytes_in_percent) {
    EXPECT_EQ(stentor::detail::decode_percent("a%25b%C3%A4").value(), "a%b\xC3\xA4");
    EXPECT_FALSE(stentor::detail::decode_percent("a%2"));
    EXPECT_FALSE(stentor::detail::decode_percent("%zz"));
}

}  // namespace
