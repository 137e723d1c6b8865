// SPDX-License-Identifier: MIT
#include "bus/trace_context.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

// What is a traceparent, by the grammar of W3C Trace Context.

namespace {

using stentor::detail::trace_context;

constexpr std::string_view example = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

std::string text_of(const trace_context& one) {
    const auto text = one.text();
    return {text.data(), text.size()};
}

TEST(trace_context, is_read_and_written) {
    const auto one = trace_context::parse(example);
    ASSERT_TRUE(one);
    EXPECT_EQ(one->trace_high, 0x0af7651916cd43ddU);
    EXPECT_EQ(one->trace_low, 0x8448eb211c80319cU);
    EXPECT_EQ(one->span, 0xb7ad6b7169203331U);
    EXPECT_EQ(one->flags, 1);
    EXPECT_EQ(text_of(*one), example);
}

TEST(trace_context, keeps_the_flags_that_it_knows) {
    const auto flags = [](std::string_view two) {
        auto text = std::string(example);
        text.replace(53, 2, two);
        const auto one = trace_context::parse(text);
        return one ? text_of(*one).substr(53) : "none";
    };
    EXPECT_EQ(flags("00"), "00");
    EXPECT_EQ(flags("03"), "03");
    EXPECT_EQ(flags("ff"), "03");
}

TEST(trace_context, of_a_later_version_is_read_as_far_as_it_is_known) {
    auto text = std::string(example);
    text[1] = '1';
    ASSERT_TRUE(trace_context::parse(text));
    EXPECT_EQ(text_of(*trace_context::parse(text)), example);
    EXPECT_TRUE(trace_context::parse(text + "-more"));
    EXPECT_FALSE(trace_context::parse(text + ".more"));
    text[0] = 'f';
    text[1] = 'f';
    EXPECT_FALSE(trace_context::parse(text));
}

TEST(trace_context, is_nothing_else) {
    EXPECT_FALSE(trace_context::parse(""));
    EXPECT_FALSE(trace_context::parse("hello"));
    EXPECT_FALSE(trace_context::parse(std::string(example) + "-more"));
    EXPECT_FALSE(trace_context::parse(example.substr(1)));
    EXPECT_FALSE(trace_context::parse("00-00000000000000000000000000000000-b7ad6b7169203331-01"));
    EXPECT_FALSE(trace_context::parse("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"));
}

TEST(trace_context, is_spoilt_by_every_other_byte) {
    for (std::size_t at = 0; at < example.size(); ++at) {
        for (const char other : {'g', 'G', 'A', ' ', '\0', '.'}) {
            auto text = std::string(example);
            text[at] = other;
            EXPECT_FALSE(trace_context::parse(text)) << text;
        }
    }
}

}  // namespace
