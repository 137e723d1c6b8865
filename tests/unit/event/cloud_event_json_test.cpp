// SPDX-License-Identifier: MIT
#include <stentor/event/cloud_event_json.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

using stentor::cloud_event;
using stentor::cloud_event_content;
using stentor::cloud_event_data;
using stentor::codec_errc;
using stentor::json_read_options;

namespace {

auto read(std::string_view text, const json_read_options& options = {}) {
    const std::vector<char> exact(text.begin(), text.end());  // sanitizers see reads beyond it
    return stentor::cloud_event_from_json({exact.data(), exact.size()}, options);
}

constexpr std::string_view required = R"("specversion":"1.0","id":"1","source":"/s","type":"t")";

std::string with(std::string_view members) {
    return "{" + std::string(required) + "," + std::string(members) + "}";
}

void expect_error(std::string_view text, codec_errc code, std::size_t offset,
                  std::string_view path = "", const json_read_options& options = {}) {
    const auto got = read(text, options);
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(got.error().code, code) << text << '\n' << got.error().message();
    EXPECT_EQ(got.error().offset, offset) << text << '\n' << got.error().message();
    EXPECT_EQ(got.error().path, path) << text << '\n' << got.error().message();
    EXPECT_FALSE(got.error().expected.empty() || got.error().found.empty());
}

// The fault stands behind the required attributes.
void expect_member_error(std::string_view name, std::string_view value, codec_errc code,
                         std::size_t offset = 0) {
    const std::string member = "\"" + std::string(name) + "\":";
    expect_error(with(member + std::string(value)), code,
                 required.size() + 2 + member.size() + offset, name);
}

}  // namespace

TEST(cloud_event_json, reads_the_examples_of_the_specification) {
    const auto xml = read(R"({
        "specversion" : "1.0",
        "type" : "com.example.someevent",
        "source" : "/mycontext",
        "id" : "B234-1234-1234",
        "time" : "2018-04-05T17:31:00Z",
        "comexampleextension1" : "value",
        "comexampleothervalue" : 5,
        "unsetextension": null,
        "datacontenttype" : "application/xml",
        "data" : "<much wow=\"xml\"/>"
    })");
    ASSERT_TRUE(xml) << xml.error().message();
    EXPECT_EQ(xml->type, "com.example.someevent");
    EXPECT_EQ(xml->time, stentor::cloud_event_time(std::chrono::seconds(1'522'949'460)));
    EXPECT_EQ(xml->data, cloud_event_data::text("<much wow=\"xml\"/>"));
    ASSERT_EQ(xml->extensions.size(), 2U);
    EXPECT_EQ(*xml->extension("comexampleextension1"), stentor::cloud_event_value("value"));
    EXPECT_EQ(*xml->extension("comexampleothervalue"), stentor::cloud_event_value(5));

    const auto binary = read(with(R"("datacontenttype":"application/vnd.x","data_base64":"AP8=")"));
    ASSERT_TRUE(binary) << binary.error().message();
    EXPECT_EQ(binary->data, cloud_event_data::binary(std::string("\0\xff", 2)));

    const auto text = read(with(R"("subject":null,"data":"I'm just a string")"));
    ASSERT_TRUE(text);
    EXPECT_FALSE(text->subject);
    EXPECT_EQ(text->data, cloud_event_data::json("\"I'm just a string\""));
}

TEST(cloud_event_json, keeps_json_data_byte_for_byte) {
    for (const char* data : {"{ \"b\" : 1.50 ,\n\"a\":[ ]}", "1e400", "null", "\"\\u0041\"", "-0",
                             "123456789012345678901234567890"}) {
        const auto event = read(with(std::string("\"data\": ") + data + " "));
        ASSERT_TRUE(event) << event.error().message();
        EXPECT_EQ(event->data, cloud_event_data::json(data));
        const auto again = read(stentor::cloud_event_to_json(*event).value());
        EXPECT_EQ(again.value(), *event);
    }
}

TEST(cloud_event_json, tells_null_data_from_none) {
    EXPECT_EQ(read(with("\"data\":null"))->data, cloud_event_data::json("null"));
    EXPECT_EQ(read("{" + std::string(required) + "}")->data, cloud_event_data());
    EXPECT_EQ(read(with("\"data_base64\":null"))->data, cloud_event_data());
    EXPECT_EQ(read(with("\"data_base64\":\"\""))->data, cloud_event_data::binary(""));
}

TEST(cloud_event_json, takes_members_in_any_order) {
    const auto event = read(R"({"data":"x","x":true,"type":"t","datacontenttype":"text/plain",)"
                            R"("source":"/s","id":"1","specversion":"1.0"})");
    ASSERT_TRUE(event) << event.error().message();
    EXPECT_EQ(event->data, cloud_event_data::text("x"));
}

TEST(cloud_event_json, writes_in_one_order) {
    cloud_event event;
    event.id = "1";
    event.source = "/s";
    event.type = "t";
    event.subject = "a\"b";
    event.time = stentor::cloud_event_time(std::chrono::nanoseconds(1));
    event.dataschema = "a:b";
    event.extensions = {{"z", 7}, {"a", true}, {"m", "x"}};
    event.data = cloud_event_data::json("[1, 2]");
    EXPECT_EQ(stentor::cloud_event_to_json(event).value(),
              R"({"specversion":"1.0","id":"1","source":"/s","type":"t","subject":"a\"b",)"
              R"("dataschema":"a:b","time":"1970-01-01T00:00:00.000000001Z","z":7,"a":true,)"
              R"("m":"x","data":[1, 2]})");
    std::string out = "kept";
    event.data = cloud_event_data::binary("\xff");
    event.extensions.clear();
    event.subject.reset();
    ASSERT_TRUE(stentor::append_cloud_event_json(out, event));
    EXPECT_TRUE(out.starts_with("kept{") && out.ends_with(R"("data_base64":"/w=="})")) << out;
}

TEST(cloud_event_json, refuses_to_write_what_breaks_the_rules) {
    cloud_event event;
    event.id = "1";
    event.source = "/s";
    std::string out = "kept";
    const auto written = stentor::append_cloud_event_json(out, event);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().path, "type");
    EXPECT_EQ(out, "kept");
    event.type = "t";
    const std::vector<cloud_event> batch = {event, cloud_event()};
    EXPECT_EQ(stentor::cloud_event_batch_to_json(batch).error().path, "[1].id");
    event.data = cloud_event_data::json("1,\"x\":2");
    EXPECT_EQ(stentor::cloud_event_to_json(event).error().path, "data");
}

TEST(cloud_event_json, needs_the_required_attributes) {
    expect_error("{}", codec_errc::missing_field, 1, "specversion");
    expect_error(R"({"specversion":"1.0"})", codec_errc::missing_field, 20, "id");
    expect_error(R"({"specversion":"1.0","id":"1"})", codec_errc::missing_field, 29, "source");
    expect_error(R"({"specversion":"1.0","id":"1","source":"/"})", codec_errc::missing_field, 42,
                 "type");
    expect_error(R"({"specversion":null,"id":"1","source":"/","type":"t"})",
                 codec_errc::missing_field, 52, "specversion");
    EXPECT_EQ(read("{}").error().message(),
              "specversion, byte 1: expected the attribute specversion, found the end of the "
              "object");
}

TEST(cloud_event_json, refuses_other_versions) {
    expect_error(R"({"specversion":"0.3"})", codec_errc::wrong_type, 15, "specversion");
    expect_error(R"({"specversion":1.0})", codec_errc::wrong_type, 15, "specversion");
}

TEST(cloud_event_json, refuses_attributes_that_break_the_rules) {
    expect_error(R"({"id":""})", codec_errc::wrong_type, 6, "id");
    expect_error(R"({"id":7})", codec_errc::wrong_type, 6, "id");
    expect_error(R"({"source":"a b"})", codec_errc::wrong_type, 10, "source");
    expect_error(R"({"type":"\u0007"})", codec_errc::wrong_type, 8, "type");
    expect_member_error("subject", "\"\"", codec_errc::wrong_type);
    expect_member_error("dataschema", "\"/x\"", codec_errc::wrong_type);
    expect_member_error("datacontenttype", "\"x\"", codec_errc::wrong_type);
    expect_member_error("time", "\"yesterday\"", codec_errc::wrong_type);
    expect_member_error("time", "5", codec_errc::wrong_type);
    expect_member_error("time", "\"2026-11-27T03:12:52.1234567891Z\"", codec_errc::out_of_range);
    expect_member_error("time", "\"3000-01-01T00:00:00Z\"", codec_errc::out_of_range);
}

TEST(cloud_event_json, refuses_extensions_of_other_types) {
    expect_member_error("x", "1.5", codec_errc::wrong_type);
    expect_member_error("x", "2147483648", codec_errc::out_of_range);
    expect_member_error("x", "-2147483649", codec_errc::out_of_range);
    expect_member_error("x", "[]", codec_errc::wrong_type);
    expect_member_error("x", "{}", codec_errc::wrong_type);
    expect_member_error("x", "\"\\u007f\"", codec_errc::wrong_type);
    EXPECT_EQ(*read(with("\"x\":-2147483648"))->extension("x"),
              stentor::cloud_event_value(std::int32_t{-2147483647 - 1}));
}

TEST(cloud_event_json, refuses_names_that_are_none) {
    expect_error(with(R"("Ext":1)"), codec_errc::wrong_type, required.size() + 8, "Ext");
    expect_error(with(R"("a-b":1)"), codec_errc::wrong_type, required.size() + 8, "[\"a-b\"]");
    expect_error(with(R"("":1)"), codec_errc::wrong_type, required.size() + 5, "[\"\"]");
}

TEST(cloud_event_json, refuses_what_stands_there_twice) {
    expect_error(with(R"("id":"2")"), codec_errc::duplicate_name, required.size() + 2);
    expect_error(with(R"("x":1,"x":null)"), codec_errc::duplicate_name, required.size() + 8);
    expect_error(with(R"("x":1,"\u0078":2)"), codec_errc::duplicate_name, required.size() + 8);
    expect_error(with(R"("data":{"a":1,"a":1})"), codec_errc::duplicate_name, required.size() + 16,
                 "data");
    expect_error(with(R"("data":1,"data_base64":"")"), codec_errc::duplicate_name,
                 required.size() + 25);
}

TEST(cloud_event_json, refuses_data_that_are_not_what_their_type_says) {
    const std::string type = R"("datacontenttype":"text/plain",)";
    const std::size_t at = required.size() + 2 + type.size();
    expect_error(with(type + R"("data":{"a":1})"), codec_errc::wrong_type, at + 7, "data");
    expect_error(with(R"("data_base64":"AP8")"), codec_errc::wrong_type, required.size() + 16,
                 "data_base64");
    expect_error(with(R"("data_base64":7)"), codec_errc::wrong_type, required.size() + 16,
                 "data_base64");
}

TEST(cloud_event_json, is_one_json_object) {
    expect_error("", codec_errc::truncated, 0);
    expect_error("[]", codec_errc::wrong_type, 0);
    expect_error("{\"id\":\"a", codec_errc::truncated, 8, "id");
    expect_error("{\"id\":\"\xff\"}", codec_errc::invalid_utf8, 7, "id");
    const std::string good = "{" + std::string(required) + "}";
    EXPECT_TRUE(read(" " + good + "\n"));
    expect_error(good + "1", codec_errc::malformed, good.size());
}

TEST(cloud_event_json, has_limits) {
    const std::string deep = with("\"data\":[[1]]");
    EXPECT_TRUE(read(deep, {.depth_max = 3}));
    expect_error(deep, codec_errc::too_deep, required.size() + 10, "data[0]", {.depth_max = 2});
    expect_error(deep, codec_errc::too_large, deep.size() - 1, "", {.bytes_max = deep.size() - 1});
    const cloud_event event = read(deep).value();
    const std::size_t size = stentor::cloud_event_to_json(event)->size();
    EXPECT_TRUE(stentor::cloud_event_to_json(event, {.bytes_max = size, .depth_max = 3}));
    EXPECT_EQ(stentor::cloud_event_to_json(event, {.bytes_max = size - 1}).error().code,
              codec_errc::too_large);
    EXPECT_EQ(stentor::cloud_event_to_json(event, {.depth_max = 2}).error().code,
              codec_errc::too_deep);
}

TEST(cloud_event_batch, is_a_list) {
    EXPECT_TRUE(stentor::cloud_event_batch_from_json("[]")->empty());
    EXPECT_EQ(stentor::cloud_event_batch_to_json({}).value(), "[]");
    const std::string one = "{" + std::string(required) + "}";
    const auto two = stentor::cloud_event_batch_from_json("[" + one + ", " + with("\"x\":1") + "]");
    ASSERT_TRUE(two) << two.error().message();
    ASSERT_EQ(two->size(), 2U);
    EXPECT_NE((*two)[1].extension("x"), nullptr);
    const std::string text = stentor::cloud_event_batch_to_json(*two).value();
    EXPECT_EQ(stentor::cloud_event_batch_from_json(text).value(), *two);
}

TEST(cloud_event_batch, is_read_as_a_whole_or_not_at_all) {
    const std::string one = "{" + std::string(required) + "}";
    const auto bad = stentor::cloud_event_batch_from_json("[" + one + ",{\"id\":1}]");
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().path, "[1].id");
    EXPECT_EQ(stentor::cloud_event_batch_from_json(one).error().code, codec_errc::wrong_type);
    EXPECT_EQ(stentor::cloud_event_batch_from_json("[" + one + "]", {.depth_max = 1}).error().code,
              codec_errc::too_deep);
}
