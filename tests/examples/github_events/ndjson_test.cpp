// SPDX-License-Identifier: MIT

#include "ndjson.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace {

using github::parse_line;
using ::testing::HasSubstr;

std::string fault_of(std::string line) {
    const auto parsed = parse_line(line);
    return parsed ? "accepted" : parsed.error();
}

TEST(ndjson, reads_event_id_and_payload) {
    std::string line =
        R"({"event": "pull_request", "id": "72d3", "payload": {"action": "opened", "n": [1, 2]}})";
    const auto parsed = parse_line(line);
    ASSERT_TRUE(parsed) << parsed.error();
    EXPECT_EQ(parsed->event, "pull_request");
    EXPECT_EQ(parsed->id, "72d3");
    EXPECT_EQ(parsed->payload, R"({"action":"opened","n":[1,2]})");
}

TEST(ndjson, takes_fields_in_any_order_and_ignores_others) {
    std::string line = R"({"payload":{},"extra":[{"event":"no"}],"event":"push"})";
    const auto parsed = parse_line(line);
    ASSERT_TRUE(parsed) << parsed.error();
    EXPECT_EQ(parsed->event, "push");
    EXPECT_EQ(parsed->id, "");
    EXPECT_EQ(parsed->payload, "{}");
}

TEST(ndjson, resolves_escapes_in_the_id_and_keeps_the_payload_as_it_is) {
    std::string line = R"({"event":"push","id":"a\u00e9\"b","payload":{"s":"x\u00e9 \" y"}})";
    const auto parsed = parse_line(line);
    ASSERT_TRUE(parsed) << parsed.error();
    EXPECT_EQ(parsed->id, "a\xC3\xA9\"b");
    EXPECT_EQ(parsed->payload, R"({"s":"x\u00e9 \" y"})");
}

TEST(ndjson, says_what_is_wrong_with_a_line) {
    EXPECT_EQ(fault_of(""), "no JSON text");
    EXPECT_THAT(fault_of("not json"), HasSubstr("not valid JSON"));
    EXPECT_THAT(fault_of(R"({"event":"push","payload":{)"), HasSubstr("not valid JSON"));
    EXPECT_THAT(fault_of(R"({"event":"push","payload":{}} trailing)"), HasSubstr("not valid JSON"));
    EXPECT_THAT(fault_of(R"({"event":"push)"), HasSubstr("a string is not closed"));
    EXPECT_EQ(fault_of("{\"event\":\"\xFF\"}"), "not valid UTF-8");
    EXPECT_THAT(fault_of("[1]"), HasSubstr("not a JSON object"));
    EXPECT_THAT(fault_of("3"), HasSubstr("not a JSON object"));
    EXPECT_THAT(fault_of("{}"), HasSubstr("\"event\" is missing"));
    EXPECT_THAT(fault_of(R"({"event":7,"payload":{}})"), HasSubstr("\"event\" is missing or not"));
    EXPECT_THAT(fault_of(R"({"event":"Push!","payload":{}})"), HasSubstr("[a-z0-9_-]"));
    EXPECT_THAT(fault_of(R"({"event":"","payload":{}})"), HasSubstr("[a-z0-9_-]"));
    EXPECT_THAT(fault_of(R"({"event":"push","id":7,"payload":{}})"), HasSubstr("\"id\""));
    EXPECT_THAT(fault_of(R"({"event":"push"})"), HasSubstr("\"payload\" is missing"));
    EXPECT_THAT(fault_of(R"({"event":"push","payload":null})"), HasSubstr("\"payload\""));
    EXPECT_THAT(fault_of(R"({"event":"push","payload":"text"})"), HasSubstr("\"payload\""));
}

TEST(ndjson, finds_a_fault_anywhere_in_the_payload) {
    EXPECT_THAT(fault_of(R"({"event":"push","payload":{"a":{"b":[1,,2]}}})"),
                HasSubstr("not valid JSON"));
    EXPECT_THAT(fault_of(R"({"event":"push","payload":{"a":tru}})"), HasSubstr("not valid JSON"));
    EXPECT_THAT(fault_of(R"({"event":"push","payload":{"a":"\q"}})"), HasSubstr("a bad escape"));
}

TEST(ndjson, bounds_depth_and_lengths) {
    const std::string deep = std::string(2000, '[') + std::string(2000, ']');
    EXPECT_THAT(fault_of(R"({"event":"push","payload":{"a":)" + deep + "}}"),
                HasSubstr("nested too deeply"));
    EXPECT_THAT(fault_of(R"({"event":")" + std::string(65, 'a') + R"(","payload":{}})"),
                HasSubstr("1 to 64 characters"));
    EXPECT_THAT(
        fault_of(R"({"event":"push","id":")" + std::string(129, 'a') + R"(","payload":{}})"),
        HasSubstr("at most 128 bytes"));
}

}  // namespace
