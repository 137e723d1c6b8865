// SPDX-License-Identifier: MIT
#include <stentor/event/cloud_event_mapping.hpp>

#include <stentor/event/cloud_event_http.hpp>
#include <stentor/event/cloud_event_json.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using stentor::cloud_event;
using stentor::cloud_event_data;
using stentor::cloud_event_in;
using stentor::codec_errc;
using stentor::event_id;
using stentor::from_cloud_event;
using stentor::mapped_event;
using stentor::to_cloud_event;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view uuid = "01890a5d-ac96-774b-bcce-b302099a8057";

mapped_event full() {
    mapped_event event;
    event.topic = "order.placed";
    event.id = event_id::parse(uuid).value();
    event.time = std::chrono::system_clock::time_point(1'700'000'000'123'456'789ns);
    event.correlation_id = "c-1";
    event.causation_id = event_id::from_words(1, 2);
    event.depth = 3;
    event.user_id = "ann";
    event.source = "/shop/7";
    event.key = "customer 7";
    event.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    event.tracestate = "a=b,c=d";
    event.expires_at = std::chrono::system_clock::time_point(1'800'000'000s);
    event.schema_version = 4;
    event.headers = {{"tenant", "x&y=z"}, {"", ""}, {"tenant", "again \u20ac"}};
    event.data = cloud_event_data::json("{\"id\":1}");
    return event;
}

cloud_event foreign() {
    cloud_event event;
    event.id = "A234";
    event.source = "https://a.example";
    event.type = "com.Example.someevent";
    return event;
}

void expect_error(const cloud_event& event, codec_errc code, std::string_view path,
                  const cloud_event_in& options = {}) {
    const auto got = from_cloud_event(event, options);
    ASSERT_FALSE(got) << path;
    EXPECT_EQ(got.error().code, code) << got.error().message();
    EXPECT_EQ(got.error().path, path) << got.error().message();
}

cloud_event ours(std::string name, stentor::cloud_event_value value) {
    cloud_event event = to_cloud_event(full()).value();
    std::erase_if(event.extensions, [&](const auto& each) { return each.name == name; });
    event.extensions.push_back({std::move(name), std::move(value)});
    return event;
}

const std::string* header_of(const mapped_event& event, std::string_view name) {
    for (const auto& each : event.headers) {
        if (each.name == name) {
            return &each.value;
        }
    }
    return nullptr;
}

}  // namespace

TEST(cloud_event_mapping, names_every_field) {
    const cloud_event event = to_cloud_event(full(), {.type_prefix = "com.example."}).value();
    EXPECT_EQ(stentor::cloud_event_to_json(event).value(),
              R"({"specversion":"1.0","id":"01890a5d-ac96-774b-bcce-b302099a8057",)"
              R"("source":"/shop/7","type":"com.example.order.placed",)"
              R"("datacontenttype":"application/json","time":"2023-11-14T22:13:20.123456789Z",)"
              R"("partitionkey":"customer 7",)"
              R"("traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",)"
              R"("tracestate":"a=b,c=d","correlationid":"c-1","stentoruser":"ann",)"
              R"("causationid":"00000000-0000-0001-0000-000000000002",)"
              R"("expirytime":"2027-01-15T08:00:00.000000000Z","stentordepth":3,)"
              R"("stentorschemaversion":4,)"
              R"("stentorheaders":"tenant=x%26y%3Dz&=&tenant=again%20%E2%82%AC",)"
              R"("data":{"id":1}})");
}

TEST(cloud_event_mapping, gives_every_field_back) {
    const cloud_event event = to_cloud_event(full()).value();
    EXPECT_EQ(from_cloud_event(event).value(), full());
    const auto text = stentor::cloud_event_to_json(event).value();
    EXPECT_EQ(from_cloud_event(stentor::cloud_event_from_json(text).value()).value(), full());
    const auto message =
        stentor::cloud_event_to_http(event, stentor::cloud_event_mode::binary).value();
    const auto read = stentor::cloud_event_from_http(message.header_views(), message.body);
    EXPECT_EQ(from_cloud_event(read.value()).value(), full());
}

TEST(cloud_event_mapping, takes_what_a_handler_has) {
    const mapped_event event = full();
    const auto views = event.header_views();
    const auto same = to_cloud_event(event.topic, event.about(), views, event.data);
    EXPECT_EQ(same.value(), to_cloud_event(event).value());

    mapped_event plain;
    plain.topic = "a";
    plain.time = std::chrono::system_clock::time_point();
    const auto bare = to_cloud_event("a", stentor::metadata(), {}, {}).value();
    EXPECT_EQ(bare.source, "/stentor");
    ASSERT_EQ(bare.extensions.size(), 1U);
    EXPECT_EQ(bare.extensions[0].name, "stentorsourceless");
    EXPECT_EQ(from_cloud_event(bare).value(), plain);
}

TEST(cloud_event_mapping, gives_a_publish_what_it_takes) {
    const mapped_event event = full();
    const auto views = event.header_views();
    const stentor::publish_options options = event.options(views);
    EXPECT_EQ(options.id, event.id);
    EXPECT_EQ(options.correlation_id, "c-1");
    EXPECT_EQ(options.user_id, "ann");
    EXPECT_EQ(options.source, "/shop/7");
    EXPECT_EQ(options.key, "customer 7");
    EXPECT_EQ(options.traceparent, event.traceparent);
    EXPECT_EQ(options.tracestate, event.tracestate);
    EXPECT_EQ(options.expires_at, event.expires_at);
    ASSERT_EQ(options.headers.size(), 3U);
    EXPECT_EQ(options.headers[2].value, "again \u20ac");
    EXPECT_EQ(event.about().header_count, 3U);
}

TEST(cloud_event_mapping, encodes_what_an_attribute_cannot_have) {
    mapped_event event = full();
    event.source = "my shop\n";
    event.key = std::string("\0\xff%", 3);
    event.user_id = "\u0085";
    const cloud_event out = to_cloud_event(event).value();
    EXPECT_EQ(out.source, "my%20shop%0A");
    EXPECT_EQ(*out.extension("partitionkey"), stentor::cloud_event_value("%00%FF%25"));
    EXPECT_EQ(*out.extension("stentorencoded"),
              stentor::cloud_event_value("source,partitionkey,stentoruser"));
    EXPECT_EQ(from_cloud_event(out).value(), event);
}

TEST(cloud_event_mapping, has_content_types) {
    mapped_event event = full();
    event.data = cloud_event_data::binary("\xa0");
    EXPECT_FALSE(to_cloud_event(event)->datacontenttype);
    event.content_type = "application/cbor";
    EXPECT_EQ(to_cloud_event(event)->datacontenttype, "application/cbor");
    EXPECT_EQ(from_cloud_event(*to_cloud_event(event)).value(), event);
    event.content_type.clear();
    event.data = cloud_event_data::text("x");
    EXPECT_EQ(to_cloud_event(event)->datacontenttype, "text/plain");
    EXPECT_EQ(from_cloud_event(*to_cloud_event(event)).value(), event);
    const auto given = to_cloud_event("a", {}, {}, cloud_event_data::binary("x"),
                                      {.content_type = "application/cbor"});
    EXPECT_EQ(given->datacontenttype, "application/cbor");
}

TEST(cloud_event_mapping, refuses_topics_that_are_none) {
    mapped_event event = full();
    event.topic = "Order";
    EXPECT_EQ(to_cloud_event(event).error().path, "type");
    event.topic = "order.placed";
    event.data = cloud_event_data::json("{");
    EXPECT_EQ(to_cloud_event(event).error().path, "data");
    event.data = {};
    EXPECT_EQ(to_cloud_event(event, {.type_prefix = "\n"}).error().path, "type");
    event.source.clear();
    EXPECT_EQ(to_cloud_event(event, {.source = ""}).error().path, "source");
}

TEST(cloud_event_mapping, says_what_is_no_event_of_ours) {
    cloud_event event = foreign();
    expect_error(event, codec_errc::wrong_type, "id");
    event.id = uuid;
    expect_error(event, codec_errc::wrong_type, "type");
    event.type = "stentor.handler.paused";
    expect_error(event, codec_errc::wrong_type, "type");
    EXPECT_NE(from_cloud_event(event).error().message().find("first token is not stentor"),
              std::string::npos);
    event.type = "order.placed";
    EXPECT_TRUE(from_cloud_event(event));
    expect_error(event, codec_errc::wrong_type, "type", {.type_prefix = "com.example."});
    event.type = "com.example.";
    expect_error(event, codec_errc::wrong_type, "type", {.type_prefix = "com.example."});
    expect_error(event, codec_errc::wrong_type, "type", {.topic = "Not a topic"});
}

TEST(cloud_event_mapping, takes_foreign_events_under_a_given_name) {
    const cloud_event event = foreign();
    const event_id id = event_id::from_words(7, 8);
    const auto mapped = from_cloud_event(event, {.id = id, .topic = "foreign.some"});
    ASSERT_TRUE(mapped) << mapped.error().message();
    EXPECT_EQ(mapped->id, id);
    EXPECT_EQ(mapped->topic, "foreign.some");
    EXPECT_EQ(*header_of(*mapped, "ce-id"), "A234");
    EXPECT_EQ(*header_of(*mapped, "ce-type"), "com.Example.someevent");

    // Out again under its own name, and ours beside it.
    const cloud_event again = to_cloud_event(*mapped).value();
    EXPECT_EQ(again.id, "A234");
    EXPECT_EQ(again.type, "com.Example.someevent");
    EXPECT_EQ(*again.extension("stentorid"), stentor::cloud_event_value(id.to_string()));
    EXPECT_EQ(*again.extension("stentortopic"), stentor::cloud_event_value("foreign.some"));
    EXPECT_EQ(from_cloud_event(again).value(), *mapped);
}

TEST(cloud_event_mapping, keeps_the_spelling_of_a_uuid) {
    cloud_event event = foreign();
    event.id = "01890A5D-AC96-774B-BCCE-B302099A8057";
    event.type = "a";
    const auto mapped = from_cloud_event(event).value();
    EXPECT_EQ(mapped.id.to_string(), uuid);
    EXPECT_EQ(to_cloud_event(mapped)->id, event.id);
}

TEST(cloud_event_mapping, keeps_foreign_attributes_as_headers) {
    cloud_event event = foreign();
    event.id = uuid;
    event.type = "a";
    event.subject = "s \u20ac";
    event.dataschema = "a:b";
    event.extensions = {
        {"sequence", "0001"}, {"count", 7}, {"flag", false}, {"causationid", "no uuid"}};
    const auto mapped = from_cloud_event(event).value();
    EXPECT_EQ(mapped.headers.size(), 7U);
    EXPECT_EQ(*header_of(mapped, "ce-subject"), "s \u20ac");
    EXPECT_EQ(*header_of(mapped, "ce-dataschema"), "a:b");
    EXPECT_EQ(*header_of(mapped, "ce-sequence"), "0001");
    EXPECT_EQ(*header_of(mapped, "ce-count"), "7");
    EXPECT_EQ(*header_of(mapped, "ce-attribute-types"), "count=integer flag=boolean");
    EXPECT_EQ(to_cloud_event(mapped).value(), event);
}

TEST(cloud_event_mapping, refuses_extensions_of_ours_that_are_wrong) {
    const auto wrong = codec_errc::wrong_type;
    expect_error(ours("stentordepth", -1), wrong, "stentordepth");
    expect_error(ours("stentordepth", "x"), wrong, "stentordepth");
    expect_error(ours("stentordepth", true), wrong, "stentordepth");
    expect_error(ours("stentorschemaversion", -1), wrong, "stentorschemaversion");
    expect_error(ours("stentorschemaversion", "4294967296"), wrong, "stentorschemaversion");
    expect_error(ours("stentorsourceless", false), wrong, "stentorsourceless");
    expect_error(ours("stentorheaders", "a"), wrong, "stentorheaders");
    expect_error(ours("stentorheaders", "a=%2"), wrong, "stentorheaders");
    expect_error(ours("stentorheaders", 5), wrong, "stentorheaders");
    expect_error(ours("stentorencoded", "subject"), wrong, "stentorencoded");
    expect_error(ours("stentorencoded", "source,source"), wrong, "stentorencoded");
    expect_error(ours("stentorencoded", ",,,,,,,,"), wrong, "stentorencoded");
    expect_error(ours("stentorid", "x"), wrong, "stentorid");
    expect_error(ours("stentortopic", "X"), wrong, "stentortopic");
    expect_error(ours("expirytime", "soon"), wrong, "expirytime");
    expect_error(ours("expirytime", "3000-01-01T00:00:00Z"), codec_errc::out_of_range,
                 "expirytime");
    expect_error(ours("partitionkey", ""), wrong, "partitionkey");
    expect_error(ours("partitionkey", 5), wrong, "partitionkey");
    EXPECT_EQ(from_cloud_event(ours("stentorschemaversion", "4294967295"))->schema_version,
              4294967295U);
}

TEST(cloud_event_mapping, refuses_more_than_an_event_may_have) {
    cloud_event event = foreign();
    event.id = uuid;
    event.type = "a";
    for (int at = 0; at < 33; ++at) {
        event.extensions.push_back({"x" + std::to_string(at), "y"});
    }
    expect_error(event, codec_errc::out_of_range, "");
    event.extensions = {{"x", std::string(9000, 'y')}};
    expect_error(event, codec_errc::out_of_range, "");
}

TEST(cloud_event_mapping, keeps_headers_that_only_look_like_attributes) {
    mapped_event event = full();
    event.headers = {{"ce-time", "x"},  {"ce-stentordepth", "9"}, {"ce-a-b", "x"},
                     {"ce-n", "\n"},    {"ce-causationid", "x"},  {"ce-attribute-types", "q"},
                     {"ce-subject", ""}};
    const cloud_event out = to_cloud_event(event).value();
    EXPECT_FALSE(out.subject);
    EXPECT_EQ(out.extension("n"), nullptr);
    EXPECT_EQ(from_cloud_event(out).value(), event);
}
