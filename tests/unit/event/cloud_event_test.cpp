// SPDX-License-Identifier: MIT
#include <stentor/event/cloud_event.hpp>

#include "event/media_type.hpp"
#include "event/percent_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

using stentor::check_cloud_event;
using stentor::cloud_event;
using stentor::cloud_event_data;
using stentor::codec_errc;
using namespace std::string_literals;

namespace {

cloud_event small() {
    cloud_event event;
    event.id = "1";
    event.source = "/shop";
    event.type = "order.placed";
    return event;
}

// What is wrong after the change.
template <class Change>
void expect_fault(std::string_view path, codec_errc code, const Change& change) {
    cloud_event event = small();
    change(event);
    const auto checked = check_cloud_event(event);
    ASSERT_FALSE(checked) << path;
    EXPECT_EQ(checked.error().path, path) << checked.error().message();
    EXPECT_EQ(checked.error().code, code) << checked.error().message();
    EXPECT_FALSE(checked.error().expected.empty());
    EXPECT_FALSE(checked.error().found.empty());
}

template <class Change>
void expect_good(const Change& change) {
    cloud_event event = small();
    change(event);
    const auto checked = check_cloud_event(event);
    EXPECT_TRUE(checked) << checked.error().message();
}

}  // namespace

TEST(cloud_event, needs_id_source_and_type) {
    EXPECT_TRUE(check_cloud_event(small()));
    expect_fault("id", codec_errc::wrong_type, [](auto& e) { e.id.clear(); });
    expect_fault("source", codec_errc::wrong_type, [](auto& e) { e.source.clear(); });
    expect_fault("type", codec_errc::wrong_type, [](auto& e) { e.type.clear(); });
}

TEST(cloud_event, has_no_empty_attributes) {
    expect_fault("subject", codec_errc::wrong_type, [](auto& e) { e.subject = ""; });
    expect_fault("dataschema", codec_errc::wrong_type, [](auto& e) { e.dataschema = ""; });
    expect_fault("datacontenttype", codec_errc::wrong_type,
                 [](auto& e) { e.datacontenttype = ""; });
    expect_good([](auto& e) { e.extensions = {{"x", ""}}; });
}

TEST(cloud_event, has_texts_without_control_characters) {
    for (const std::string& bad : {"a\x01"s, "a\n"s, "\x7f"s, "\0"s, "\u0085"s, "\u009f"s,
                                   "\ufdd0"s, "\uffff"s, "\U0001fffe"s, "\U0010ffff"s}) {
        expect_fault("id", codec_errc::wrong_type, [&](auto& e) { e.id = bad; });
        expect_fault("type", codec_errc::wrong_type, [&](auto& e) { e.type = bad; });
        expect_fault("subject", codec_errc::wrong_type, [&](auto& e) { e.subject = bad; });
        expect_fault("ext", codec_errc::wrong_type,
                     [&](auto& e) { e.extensions = {{"ext", bad}}; });
    }
    expect_fault("id", codec_errc::invalid_utf8, [](auto& e) { e.id = "a\xff"; });
    expect_fault("id", codec_errc::invalid_utf8, [](auto& e) { e.id = "\xed\xa0\x80"; });
    expect_good([](auto& e) { e.id = " \u00a0\u20ac\U0001F600\ufffd\ufdcf\ufdf0~"; });
}

TEST(cloud_event, tells_the_byte_of_a_fault) {
    cloud_event event = small();
    event.subject = "ab\x02";
    EXPECT_EQ(check_cloud_event(event).error().message(),
              "subject, byte 2: expected a text without control characters and noncharacters, "
              "found \"ab\\x02\"");
}

TEST(cloud_event, has_a_uri_reference_as_source) {
    for (const char* good : {"/", "a", "urn:uuid:6e8bc430", "https://a.b/c?d=e&f#g", "%20", "//h",
                             "../x", "mailto:cncf@example.com", "?q", "#f", "[::1]"}) {
        expect_good([&](auto& e) { e.source = good; });
    }
    for (const char* bad : {"a b", "a\"", "<x>", "\u00e9", "%2", "%zz", "a\\b", "a#b#c", "x^y",
                            "{x}", "a|b", "`", "a\n"}) {
        expect_fault("source", codec_errc::wrong_type, [&](auto& e) { e.source = bad; });
    }
}

TEST(cloud_event, has_a_uri_as_dataschema) {
    expect_good([](auto& e) { e.dataschema = "https://a.b/c"; });
    expect_good([](auto& e) { e.dataschema = "urn:a+b-1.0:c"; });
    for (const char* bad : {"/relative", "a", "1a:b", ":x", "a_b:c", "https://a b"}) {
        expect_fault("dataschema", codec_errc::wrong_type, [&](auto& e) { e.dataschema = bad; });
    }
}

TEST(cloud_event, has_a_media_type_as_datacontenttype) {
    for (const char* good : {"text/plain", "TEXT/x-y; charset=utf-8", "a/b;c=\"d \\\" e\" ; f=g",
                             "application/vnd.a.b+json", "a/b;"}) {
        expect_good([&](auto& e) { e.datacontenttype = good; });
    }
    for (const char* bad :
         {"text", "/plain", "text/", "a b/c", "a/b c", "a/b;c", "a/b;c=", "a/b;=d", "a/b;c=\"d",
          "a/b;c=\"d\\", "a/b;c=\"", "a/b;charset=a;charset=b", "a/b\r\nX: y", "a/\u00e9",
          "a/b;c=\"\u00e9\""}) {
        expect_fault("datacontenttype", codec_errc::wrong_type,
                     [&](auto& e) { e.datacontenttype = bad; });
    }
}

TEST(cloud_event, has_extensions_of_small_letters_and_digits) {
    expect_good([](auto& e) { e.extensions = {{"a", "x"}, {"0", true}, {"z9", 5}}; });
    // More than 20 characters are only discouraged.
    expect_good([](auto& e) { e.extensions = {{std::string(60, 'a'), "x"}}; });
    for (const char* bad : {"", "A", "a-b", "a_b", "data", "data_base64", "\u00e9", "a b"}) {
        expect_fault("", codec_errc::wrong_type, [&](auto& e) { e.extensions = {{bad, "x"}}; });
    }
    for (const char* taken : {"id", "source", "type", "specversion", "time", "subject",
                              "datacontenttype", "dataschema"}) {
        expect_fault("", codec_errc::wrong_type, [&](auto& e) { e.extensions = {{taken, "x"}}; });
    }
}

TEST(cloud_event, has_no_extension_twice) {
    expect_fault("a", codec_errc::duplicate_name,
                 [](auto& e) { e.extensions = {{"a", "x"}, {"b", "x"}, {"a", 1}}; });
}

TEST(cloud_event, finds_extensions_by_name) {
    cloud_event event = small();
    event.extensions = {{"a", "x"}, {"b", 7}, {"c", false}};
    EXPECT_EQ(stentor::to_string(*event.extension("a")), "x");
    EXPECT_EQ(stentor::to_string(*event.extension("b")), "7");
    EXPECT_EQ(stentor::to_string(*event.extension("c")), "false");
    EXPECT_EQ(event.extension("d"), nullptr);
}

TEST(cloud_event, has_data_as_its_type_says) {
    expect_good([](auto& e) { e.data = cloud_event_data::json(" [1, 2] "); });
    expect_good([](auto& e) { e.data = cloud_event_data::binary("\xff"); });
    expect_fault("data", codec_errc::wrong_type, [](auto& e) { e.data.bytes = "x"; });
    expect_fault("data", codec_errc::truncated,
                 [](auto& e) { e.data = cloud_event_data::json(""); });
    expect_fault("data[1]", codec_errc::malformed,
                 [](auto& e) { e.data = cloud_event_data::json("[1,x]"); });
    expect_fault("data", codec_errc::malformed,
                 [](auto& e) { e.data = cloud_event_data::json("1,\"id\":2"); });
    expect_fault("data", codec_errc::duplicate_name,
                 [](auto& e) { e.data = cloud_event_data::json(R"({"a":1,"a":2})"); });
    expect_fault("data", codec_errc::wrong_type, [](auto& e) {
        e.data = cloud_event_data::json("1");
        e.datacontenttype = "text/plain";
    });
    expect_fault("data", codec_errc::wrong_type,
                 [](auto& e) { e.data = cloud_event_data::text("x"); });
    expect_fault("data", codec_errc::invalid_utf8, [](auto& e) {
        e.data = cloud_event_data::text("x\xff");
        e.datacontenttype = "text/plain";
    });
}

TEST(media_type, tells_json_and_text) {
    using stentor::detail::parse_media_type;
    EXPECT_TRUE(declares_json(*parse_media_type("Application/JSON; x=y")));
    EXPECT_TRUE(declares_json(*parse_media_type("text/a+json")));
    EXPECT_FALSE(declares_json(*parse_media_type("application/jsonl")));
    EXPECT_TRUE(declares_text(*parse_media_type("TEXT/html")));
    EXPECT_TRUE(declares_text(*parse_media_type("image/svg+xml")));
    EXPECT_FALSE(declares_text(*parse_media_type("application/xmlx")));
    EXPECT_TRUE(is_utf8(*parse_media_type("a/b; charset=\"UTF-8\"")));
    EXPECT_FALSE(is_utf8(*parse_media_type("a/b; charset=latin1")));
}

TEST(percent_text, encodes_what_the_binding_says) {
    // The example of section 3.1.3.2.
    EXPECT_EQ(stentor::detail::header_percent_encoded("Euro \u20ac \U0001F600"),
              "Euro%20%E2%82%AC%20%F0%9F%98%80");
    EXPECT_EQ(stentor::detail::header_percent_encoded("\"a%b\"!~\x7f"), "%22a%25b%22!~%7F");
    EXPECT_EQ(stentor::detail::strictly_percent_encoded("a=b&c.d-_~/"), "a%3Db%26c.d-_~%2F");
}

TEST(percent_text, decodes_one_round) {
    std::size_t fault = 0;
    EXPECT_EQ(stentor::detail::percent_decoded("%41%c3%A9%2541", fault), "A\u00e9%41");
    for (const char* bad : {"ab%", "ab%4", "ab%4x", "ab%-1", "ab%+1", "ab% 1"}) {
        EXPECT_EQ(stentor::detail::percent_decoded(bad, fault), std::nullopt) << bad;
        EXPECT_EQ(fault, 2U);
    }
}
