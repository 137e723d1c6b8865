// SPDX-License-Identifier: MIT
#include <stentor/event/cloud_event_http.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

using stentor::cloud_event;
using stentor::cloud_event_data;
using stentor::cloud_event_from_http;
using stentor::cloud_event_mode;
using stentor::codec_errc;
using stentor::header;

namespace {

using headers = std::vector<header>;

headers with(const headers& more) {
    headers all = {
        {"ce-specversion", "1.0"}, {"CE-ID", "1"}, {"Ce-Source", "/s"}, {"ce-type", "t"}};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

void expect_error(const headers& from, std::string_view body, codec_errc code,
                  std::string_view path) {
    const auto got = cloud_event_from_http(from, body);
    ASSERT_FALSE(got) << path;
    EXPECT_EQ(got.error().code, code) << got.error().message();
    EXPECT_EQ(got.error().path, path) << got.error().message();
    EXPECT_FALSE(got.error().expected.empty() || got.error().found.empty());
}

std::string subject_of(std::string_view value) {
    const auto event = cloud_event_from_http(with({{"ce-subject", value}}), "");
    return event ? event->subject.value() : event.error().message();
}

std::string value_of(const stentor::cloud_event_message& message, std::string_view name) {
    for (const auto& each : message.headers) {
        if (each.name == name) {
            return each.value;
        }
    }
    return "none";
}

cloud_event small() {
    cloud_event event;
    event.id = "1";
    event.source = "/s";
    event.type = "t";
    return event;
}

}  // namespace

TEST(cloud_event_mode, follows_from_the_headers) {
    const auto mode = [](const headers& from) {
        return stentor::cloud_event_mode_of(from).value();
    };
    EXPECT_EQ(mode({{"content-type", "application/cloudevents+json"}}),
              cloud_event_mode::structured);
    EXPECT_EQ(mode({{"Content-Type", " Application/CloudEvents+JSON ; charset=UTF-8"}}),
              cloud_event_mode::structured);
    EXPECT_EQ(mode({{"CONTENT-TYPE", "application/cloudevents-batch+json"}}),
              cloud_event_mode::batch);
    EXPECT_EQ(mode({{"content-type", "application/json"}, {"CE-SpecVersion", "1.0"}}),
              cloud_event_mode::binary);
    // The headers may repeat what a structured body says.
    EXPECT_EQ(mode(with({{"content-type", "application/cloudevents+json"}})),
              cloud_event_mode::structured);
}

TEST(cloud_event_mode, is_an_error_where_there_is_no_event_that_can_be_read) {
    const auto code = [](const headers& from) {
        return stentor::cloud_event_mode_of(from).error().code;
    };
    EXPECT_EQ(code({}), codec_errc::missing_field);
    EXPECT_EQ(code({{"content-type", "application/json"}, {"ce-id", "1"}}),
              codec_errc::missing_field);
    EXPECT_EQ(code({{"content-type", "application/cloudevents"}}), codec_errc::unknown_name);
    EXPECT_EQ(code({{"content-type", "application/cloudevents+avro"}}), codec_errc::unknown_name);
    EXPECT_EQ(code({{"content-type", "application/cloudevents-batch+xml"}}),
              codec_errc::unknown_name);
    EXPECT_EQ(code({{"content-type", "application/cloudevents+json; charset=latin1"}}),
              codec_errc::unknown_name);
    EXPECT_EQ(code({{"content-type", "application/cloudevents+json; x"}}), codec_errc::wrong_type);
    EXPECT_EQ(code({{"content-type", "a/b"}, {"Content-Type", "a/b"}}), codec_errc::duplicate_name);
}

TEST(cloud_event_binary, reads_the_example_of_the_binding) {
    const headers from = {{"Host", "webhook.example.com"},
                          {"ce-specversion", "1.0"},
                          {"ce-type", "com.example.someevent"},
                          {"ce-time", "2018-04-05T03:56:24Z"},
                          {"ce-id", "1234-1234-1234"},
                          {"ce-source", "/mycontext/subcontext"},
                          {"Ce-Count", "5"},
                          {"Content-Type", "application/json; charset=utf-8"}};
    const auto event = cloud_event_from_http(from, "{ \"a\": 1.0 }\n");
    ASSERT_TRUE(event) << event.error().message();
    EXPECT_EQ(event->id, "1234-1234-1234");
    EXPECT_EQ(event->time, stentor::cloud_event_time(std::chrono::seconds(1'522'900'584)));
    EXPECT_EQ(event->datacontenttype, "application/json; charset=utf-8");
    EXPECT_EQ(event->data, cloud_event_data::json("{ \"a\": 1.0 }\n"));
    EXPECT_EQ(*event->extension("count"), stentor::cloud_event_value("5"));
    EXPECT_EQ(event->extensions.size(), 1U);
}

TEST(cloud_event_binary, decodes_header_values_once) {
    EXPECT_EQ(subject_of("Euro%20%E2%82%AC%20%F0%9F%98%80"), "Euro \u20ac \U0001F600");
    EXPECT_EQ(subject_of("%e2%82%ac%41%2541"), "\u20acA%41");
    EXPECT_EQ(subject_of(" \ta b\t"), "a b");
    // As older senders quote.
    EXPECT_EQ(subject_of("\"a \\\"b\\\" \\\\ %20\""), "a \"b\" \\  ");
    EXPECT_EQ(subject_of("a \"b\""), "a \"b\"");
    EXPECT_EQ(subject_of("\""), "\"");
    EXPECT_EQ(subject_of("\u20ac"), "\u20ac");
}

TEST(cloud_event_binary, refuses_values_that_cannot_be_decoded) {
    expect_error(with({{"ce-subject", "%C0%A0"}}), "", codec_errc::invalid_utf8, "ce-subject");
    expect_error(with({{"ce-subject", "100%"}}), "", codec_errc::malformed, "ce-subject");
    expect_error(with({{"ce-subject", "%zz"}}), "", codec_errc::malformed, "ce-subject");
    expect_error(with({{"ce-subject", "%0A"}}), "", codec_errc::wrong_type, "ce-subject");
    expect_error(with({{"ce-x", "%00"}}), "", codec_errc::wrong_type, "ce-x");
}

TEST(cloud_event_binary, refuses_what_breaks_the_rules) {
    expect_error({{"ce-specversion", "1.0"}}, "", codec_errc::missing_field, "ce-id");
    expect_error({{"ce-specversion", "0.3"}}, "", codec_errc::wrong_type, "ce-specversion");
    expect_error(with({{"CE-id", "2"}}), "", codec_errc::duplicate_name, "ce-id");
    expect_error(with({{"ce-x", "2"}, {"ce-X", "2"}}), "", codec_errc::duplicate_name, "ce-x");
    expect_error(with({{"ce-subject", ""}}), "", codec_errc::wrong_type, "ce-subject");
    expect_error(with({{"ce-dataschema", "x"}}), "", codec_errc::wrong_type, "ce-dataschema");
    expect_error(with({{"ce-time", "now"}}), "", codec_errc::wrong_type, "ce-time");
    expect_error(with({{"ce-time", "3000-01-01T00:00:00Z"}}), "", codec_errc::out_of_range,
                 "ce-time");
    expect_error(with({{"ce-datacontenttype", "a/b"}}), "", codec_errc::wrong_type,
                 "ce-datacontenttype");
    expect_error(with({{"ce-data", "x"}}), "", codec_errc::wrong_type, "ce-data");
    expect_error(with({{"ce-a-b", "x"}}), "", codec_errc::wrong_type, "ce-a-b");
    expect_error(with({{"ce-", "x"}}), "", codec_errc::wrong_type, "ce-");
    expect_error(with({{"content-type", "nonsense"}}), "x", codec_errc::wrong_type, "content-type");
    expect_error(with({{"content-type", "a/json"}}), "{", codec_errc::truncated, "data");
}

TEST(cloud_event_binary, takes_the_body_as_its_type_says) {
    const auto data = [](std::string_view type, std::string_view body) {
        const auto event = cloud_event_from_http(with({{"content-type", type}}), body);
        return event ? event->data : cloud_event_data::text(event.error().message());
    };
    EXPECT_EQ(data("text/plain", "\u00e9"), cloud_event_data::text("\u00e9"));
    EXPECT_EQ(data("text/plain; charset=latin1", "x"), cloud_event_data::binary("x"));
    EXPECT_EQ(data("text/plain", "\xff"), cloud_event_data::binary("\xff"));
    EXPECT_EQ(data("application/xml", "<a/>"), cloud_event_data::text("<a/>"));
    EXPECT_EQ(data("application/cbor", "x"), cloud_event_data::binary("x"));
    EXPECT_EQ(data("application/json", ""), cloud_event_data());
    const auto untyped = cloud_event_from_http(with({}), "x");
    EXPECT_EQ(untyped->data, cloud_event_data::binary("x"));
    EXPECT_FALSE(untyped->datacontenttype);
}

TEST(cloud_event_binary, writes_headers_and_body) {
    cloud_event event = small();
    event.subject = "Euro \u20ac";
    event.time = stentor::cloud_event_time(std::chrono::seconds(0));
    event.extensions = {{"count", 5}, {"flag", true}};
    event.data = cloud_event_data::json("[1, 2]");
    const auto message = stentor::cloud_event_to_http(event, cloud_event_mode::binary);
    ASSERT_TRUE(message) << message.error().message();
    EXPECT_EQ(message->headers.size(), 9U);
    EXPECT_EQ(value_of(*message, "ce-specversion"), "1.0");
    EXPECT_EQ(value_of(*message, "ce-subject"), "Euro%20%E2%82%AC");
    EXPECT_EQ(value_of(*message, "ce-time"), "1970-01-01T00:00:00.000000000Z");
    EXPECT_EQ(value_of(*message, "ce-count"), "5");
    EXPECT_EQ(value_of(*message, "ce-flag"), "true");
    // What JSON implies is said where it is not implied.
    EXPECT_EQ(value_of(*message, "content-type"), "application/json");
    EXPECT_EQ(message->body, "[1, 2]");
}

TEST(cloud_event_binary, refuses_to_write_what_would_not_be_read) {
    const auto error = [](const cloud_event& event, std::size_t bytes_max = 1000) {
        return stentor::cloud_event_to_http(event, cloud_event_mode::binary,
                                            {.bytes_max = bytes_max})
            .error();
    };
    EXPECT_EQ(error(cloud_event()).path, "id");
    cloud_event event = small();
    event.datacontenttype = "text/plain; charset=latin1";
    event.data = cloud_event_data::text("\u00e9");
    EXPECT_EQ(error(event).path, "datacontenttype");
    event.data = cloud_event_data::binary("12345");
    EXPECT_EQ(error(event, 4).code, codec_errc::too_large);
    event.datacontenttype = "application/json";
    event.data = cloud_event_data::json("{");
    EXPECT_EQ(error(event).code, codec_errc::truncated);
}

TEST(cloud_event_binary, has_limits) {
    const auto code = [](const stentor::json_read_options& options) {
        const auto event =
            cloud_event_from_http(with({{"content-type", "a/json"}}), "[[1]]", options);
        return event ? "none" : to_string(event.error().code);
    };
    EXPECT_EQ(code({.bytes_max = 20}), "too_large");
    EXPECT_EQ(code({.depth_max = 1}), "too_deep");
    EXPECT_EQ(code({.bytes_max = 100, .depth_max = 2}), "none");
}

TEST(cloud_event_http, has_one_or_many_in_a_body) {
    const auto one = stentor::cloud_event_to_http(small(), cloud_event_mode::structured).value();
    EXPECT_EQ(value_of(one, "content-type"), "application/cloudevents+json; charset=utf-8");
    EXPECT_EQ(cloud_event_from_http(one.header_views(), one.body).value(), small());
    EXPECT_EQ(stentor::cloud_event_batch_from_http(one.header_views(), one.body)->size(), 1U);

    const std::vector<cloud_event> events(3, small());
    const auto many = stentor::cloud_event_batch_to_http(events).value();
    EXPECT_EQ(value_of(many, "content-type"), "application/cloudevents-batch+json; charset=utf-8");
    EXPECT_EQ(stentor::cloud_event_batch_from_http(many.header_views(), many.body).value(), events);
    expect_error(many.header_views(), many.body, codec_errc::wrong_type, "content-type");

    const auto single = stentor::cloud_event_to_http(small(), cloud_event_mode::batch).value();
    EXPECT_EQ(single.body.front(), '[');
    EXPECT_EQ(stentor::cloud_event_batch_from_http({}, "").error().code, codec_errc::missing_field);
}
