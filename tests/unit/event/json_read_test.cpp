// SPDX-License-Identifier: MIT
#include "support/described.hpp"
#include <stentor/event/json.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

using namespace std::string_view_literals;
using stentor::codec_errc;
using stentor::codec_error;
using stentor::from_json;
using stentor::json_read_options;

namespace {

struct line {
    std::string sku;
    std::uint8_t count = 0;
    bool operator==(const line&) const = default;
    STENTOR_FIELDS(line, sku, count);
};

struct order {
    std::string id;
    std::vector<line> lines;
    std::map<std::string, double> prices;
    std::optional<described::colour> paint;
    bool operator==(const order&) const = default;
    STENTOR_FIELDS(order, id, lines, prices, paint);
};

template <class T>
codec_error error_of(std::string_view text, const json_read_options& options = {}) {
    const std::string exact(text);  // sanitizers see what is read beyond it
    const auto read = from_json<T>(exact, options);
    return read ? codec_error{.path = "none", .expected = "an error", .found = "a value"}
                : read.error();
}

template <class T>
void expect_error(std::string_view text, codec_errc code, std::size_t offset,
                  std::string_view path = "", const json_read_options& options = {}) {
    const codec_error why = error_of<T>(text, options);
    EXPECT_EQ(why.code, code) << text << '\n' << why.message();
    EXPECT_EQ(why.offset, offset) << text << '\n' << why.message();
    EXPECT_EQ(why.path, path) << text << '\n' << why.message();
    EXPECT_FALSE(why.expected.empty() || why.found.empty());
}

std::string nested(std::size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
}

}  // namespace

TEST(json_error, says_where_and_what) {
    const auto why = error_of<order>(
        R"({"id":"o-1","lines":[{"sku":"a","count":1},{"sku":"b","count":300}],"prices":{}})");
    EXPECT_EQ(why.message(),
              "lines[1].count, byte 62: expected an integer from 0 to 255, found 300");
    EXPECT_EQ(error_of<order>(R"({"id":"o","lines":[],"prices":{"a b":true}})").message(),
              R"(prices["a b"], byte 37: expected a number, found true)");
    EXPECT_EQ(error_of<order>("[]").message(),
              "the document, byte 0: expected an object, found a list");
    EXPECT_EQ(error_of<order>(R"({"id":"o","lines":[]})").message(),
              "prices, byte 20: expected the field prices, found the end of the object; make the "
              "member a std::optional, or read with allow_missing, if it may be left out");
}

TEST(json_error, cannot_be_forged_by_what_it_quotes) {
    const auto why = error_of<order>(R"({"id":"o","lines":[],"prices":{"\u000aFATAL\u001b[0m":1,)"
                                     R"("b":null}})");
    EXPECT_EQ(why.path, "prices.b");
    const auto quoted =
        error_of<order>("{\"id\":\"o\",\"lines\":[],\"prices\":{\"\\n\xc3\xa9\":\"x\"}}");
    EXPECT_EQ(quoted.path, R"(prices["\x0a\xc3\xa9"])");
    EXPECT_LT(error_of<order>("{\"id\":1" + std::string(5000, '1') + "}").message().size(), 200);
}

TEST(json_error, has_a_name_for_every_code) {
    EXPECT_EQ(to_string(codec_errc::malformed), "malformed");
    EXPECT_EQ(to_string(codec_errc::no_memory), "no_memory");
    EXPECT_EQ(to_string(static_cast<codec_errc>(99)), "unknown");
}

TEST(json_read, refuses_what_is_no_json) {
    for (const auto& [text, offset] : {std::pair{"x"sv, 0},
                                       {"\xef\xbb\xbf{}"sv, 0},
                                       {"{]"sv, 1},
                                       {"{\"a\" 1}"sv, 5},
                                       {"{\"a\":1,}"sv, 7},
                                       {"{\"a\":1 \"b\":2}"sv, 7},
                                       {"{\"a\":[1,]}"sv, 8},
                                       {"{a:1}"sv, 1},
                                       {"{'a':1}"sv, 1},
                                       {"{\"a\":01}"sv, 6},
                                       {"{\"a\":-}"sv, 6},
                                       {"{\"a\":1.}"sv, 7},
                                       {"{\"a\":.5}"sv, 5},
                                       {"{\"a\":+1}"sv, 5},
                                       {"{\"a\":1e}"sv, 7},
                                       {"{\"a\":NaN}"sv, 5},
                                       {"{\"a\":nul}"sv, 5},
                                       {"{\"a\":\"\\x\"}"sv, 7},
                                       {"{\"a\":\"\\u12g4\"}"sv, 10},
                                       {"{\"a\":\"\x1f\"}"sv, 6},
                                       {"{\"a\":\"\0\"}"sv, 6},
                                       {"{}{}"sv, 2},
                                       {"{} x"sv, 3},
                                       {"{} // end"sv, 3}}) {
        const codec_error why = error_of<described::anything>(text);
        EXPECT_EQ(why.code, codec_errc::malformed) << text;
        EXPECT_EQ(why.offset, static_cast<std::size_t>(offset)) << text << '\n' << why.message();
    }
}

TEST(json_read, refuses_what_ends_early) {
    for (const auto text : {""sv,
                            " "sv,
                            "{"sv,
                            "{\""sv,
                            "{\"a"sv,
                            "{\"a\""sv,
                            "{\"a\":"sv,
                            "{\"a\":1"sv,
                            "{\"a\":1,"sv,
                            "{\"a\":tru"sv,
                            "{\"a\":-"sv,
                            "{\"a\":1."sv,
                            "{\"a\":1e"sv,
                            "{\"a\":1e+"sv,
                            "{\"a\":\"\\"sv,
                            "{\"a\":\"\\u"sv,
                            "{\"a\":\"\\u12"sv,
                            "{\"a\":\"\\ud800"sv,
                            "{\"a\":\"\\ud800\\"sv,
                            "{\"a\":\"\\ud800\\udc"sv,
                            "{\"a\":["sv,
                            "{\"a\":[1,"sv}) {
        const codec_error why = error_of<described::anything>(text);
        EXPECT_EQ(why.code, codec_errc::truncated) << text;
        EXPECT_EQ(why.offset, text.size()) << text;
    }
}

TEST(json_read, refuses_what_is_no_utf8) {
    for (const auto text : {"\x80"sv, "\xc0\x80"sv, "\xc1\xbf"sv, "\xc3"sv, "\xc3("sv,
                            "\xe0\x9f\xbf"sv, "\xed\xa0\x80"sv, "\xf0\x8f\xbf\xbf"sv,
                            "\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv, "\xff"sv, "\xe2\x82"sv}) {
        const std::string document = "{\"a\":\"12345678" + std::string(text) + "\"}";
        expect_error<described::anything>(document, codec_errc::invalid_utf8, 14, "a");
        expect_error<described::box<std::string>>("{\"value\":\"" + std::string(text) + "\"}",
                                                  codec_errc::invalid_utf8, 10, "value");
        expect_error<described::anything>("{\"" + std::string(text) + "\":1}",
                                          codec_errc::invalid_utf8, 2);
    }
    for (const auto text : {"\\ud800"sv, "\\udc00"sv, "\\ud800\\u0041"sv, "\\ud800\\ud800"sv,
                            "\\ud800a"sv, "\\ud800\\n"sv}) {
        expect_error<described::anything>("{\"a\":\"" + std::string(text) + "\"}",
                                          codec_errc::invalid_utf8, 6, "a");
    }
}

TEST(json_read, refuses_wrong_types) {
    using described::box;
    for (const auto text : {"null"sv, "true"sv, "\"1\""sv, "{}"sv, "[1]"sv, "1.0"sv, "1e2"sv}) {
        const std::string document = "{\"value\":" + std::string(text) + "}";
        expect_error<box<int>>(document, codec_errc::wrong_type, 9, "value");
    }
    for (const auto text : {"null"sv, "1"sv, "true"sv, "{}"sv, "[]"sv}) {
        const std::string document = "{\"value\":" + std::string(text) + "}";
        expect_error<box<std::string>>(document, codec_errc::wrong_type, 9, "value");
        expect_error<box<described::colour>>(document, codec_errc::wrong_type, 9, "value");
        expect_error<box<std::chrono::system_clock::time_point>>(document, codec_errc::wrong_type,
                                                                 9, "value");
    }
    expect_error<box<bool>>("{\"value\":0}", codec_errc::wrong_type, 9, "value");
    expect_error<box<double>>("{\"value\":\"1\"}", codec_errc::wrong_type, 9, "value");
    expect_error<box<std::vector<int>>>("{\"value\":{}}", codec_errc::wrong_type, 9, "value");
    expect_error<box<std::array<int, 2>>>("{\"value\":[1]}", codec_errc::wrong_type, 11, "value");
    expect_error<box<std::array<int, 2>>>("{\"value\":[1,2,3]}", codec_errc::wrong_type, 14,
                                          "value");
    expect_error<std::map<int, int>>("{\"01\":1}", codec_errc::wrong_type, 1, R"(["01"])");
    expect_error<std::map<std::int8_t, int>>("{\"128\":1}", codec_errc::wrong_type, 1,
                                             R"(["128"])");
}

TEST(json_read, refuses_numbers_out_of_range) {
    using described::box;
    const auto refuse = []<class T>(T, std::string_view number) {
        expect_error<box<T>>("{\"value\":" + std::string(number) + "}", codec_errc::out_of_range, 9,
                             "value");
    };
    refuse(std::int8_t{}, "128");
    refuse(std::int8_t{}, "-129");
    refuse(std::uint8_t{}, "-1");
    refuse(std::int64_t{}, "9223372036854775808");
    refuse(std::int64_t{}, "-9223372036854775809");
    refuse(std::uint64_t{}, "18446744073709551616");
    refuse(std::uint64_t{}, "99999999999999999999999999999999999999");
    refuse(std::int32_t{}, "99999999999999999999999999999999999999");
    refuse(double{}, "1e309");
    refuse(double{}, "-1e400");
    refuse(double{}, "1e-400");
    refuse(float{}, "1e39");
    refuse(float{}, "1e-50");
    using box64 = box<std::uint64_t>;
    EXPECT_EQ(from_json<box64>(R"({"value":18446744073709551615})")->value,
              std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(from_json<box<std::int64_t>>(R"({"value":-9223372036854775808})")->value,
              std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(from_json<box<double>>(R"({"value":0e-999})")->value, 0);
}

TEST(json_read, takes_moments_of_rfc_3339) {
    using seconds = described::moment<std::chrono::seconds>;
    using described::box;
    const auto read = [](std::string_view text) {
        return from_json<box<seconds>>("{\"value\":\"" + std::string(text) + "\"}");
    };
    const auto at = [&](std::string_view text) {
        const auto value = read(text);
        return value ? value->value.time_since_epoch().count() : -1;
    };
    EXPECT_EQ(at("1970-01-01T00:00:00Z"), 0);
    EXPECT_EQ(at("2026-11-27T03:12:52Z"), 1'795'749'172);
    EXPECT_EQ(at("2026-11-27t05:12:52.000+02:00"), 1'795'749'172);
    EXPECT_EQ(at("2026-11-26T22:42:52.0-04:30"), 1'795'749'172);
    EXPECT_EQ(at("2024-02-29T00:00:00z"), 1'709'164'800);
    for (const auto text :
         {""sv, "now"sv, "2026-11-27"sv, "2026-11-27T03:12:52"sv, "2026-11-27 03:12:52Z"sv,
          "2026-13-27T03:12:52Z"sv, "2025-02-29T00:00:00Z"sv, "2026-11-27T24:00:00Z"sv,
          "2026-11-27T03:60:00Z"sv, "2026-11-27T03:12:60Z"sv, "2026-11-27T03:12:52.Z"sv,
          "2026-11-27T03:12:52+24:00"sv, "2026-11-27T03:12:52Z "sv, "-026-11-27T03:12:52Z"sv}) {
        ASSERT_FALSE(read(text)) << text;
        EXPECT_EQ(read(text).error().code, codec_errc::wrong_type) << text;
    }
    EXPECT_EQ(read("2026-11-27T03:12:52.1Z").error().code, codec_errc::out_of_range);
    using system = box<std::chrono::system_clock::time_point>;
    EXPECT_EQ(error_of<system>(R"({"value":"1600-01-01T00:00:00Z"})").code,
              codec_errc::out_of_range);
    EXPECT_EQ(error_of<system>(R"({"value":"2026-11-27T03:12:52.0000000001Z"})").code,
              codec_errc::out_of_range);
}

TEST(json_read, refuses_names_that_nothing_has) {
    expect_error<order>(R"({"id":"o","lines":[],"prices":{},"paint":"pink"})",
                        codec_errc::unknown_name, 41, "paint");
    const auto why =
        error_of<described::box<std::variant<described::card, int>>>(R"({"value":{"cash":{}}})");
    EXPECT_EQ(why.message(),
              R"(value, byte 10: expected {"card": ...}, or a number, found "cash")");
    using one = std::variant<std::monostate, described::card>;
    expect_error<one>("{}", codec_errc::wrong_type, 0);
    expect_error<one>(R"({"card":{"number":"1"},"cash":1})", codec_errc::wrong_type, 23);
    expect_error<one>("true", codec_errc::wrong_type, 0);
    expect_error<one>("nil", codec_errc::malformed, 0);
}

TEST(json_read, refuses_names_that_come_twice) {
    expect_error<order>(R"({"id":"o","id":"p","lines":[],"prices":{}})", codec_errc::duplicate_name,
                        10, "id");
    expect_error<order>(R"({"id":"o","\u0069d":"p","lines":[],"prices":{}})",
                        codec_errc::duplicate_name, 10, "id");
    expect_error<order>(R"({"id":"o","lines":[],"prices":{"a":1,"\u0061":2}})",
                        codec_errc::duplicate_name, 37, "prices.a");
    expect_error<described::anything>(R"({"a":1,"b":2,"a":3})", codec_errc::duplicate_name, 13);
    expect_error<described::anything>(R"({"a":{"b":[{"c":1,"\u0063":2}]}})",
                                      codec_errc::duplicate_name, 18, "a.b[0]");
    std::string many = "{";
    for (int at = 0; at < 20'000; ++at) {
        many += "\"" + std::to_string(at) + "\":0,";
    }
    EXPECT_TRUE(from_json<described::anything>(many + "\"x\":0}"));
    EXPECT_EQ(error_of<described::anything>(many + "\"77\":0}").code, codec_errc::duplicate_name);
}

TEST(json_read, asks_for_every_field_unless_told_otherwise) {
    constexpr auto text = R"({"lines":[{"count":2}]})"sv;
    expect_error<order>(text, codec_errc::missing_field, 20, "lines[0].sku");
    const auto read = from_json<order>(text, {.allow_missing = true});
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, (order{"", {{"", 2}}, {}, {}}));
    EXPECT_TRUE(from_json<order>(R"({"id":"o","lines":[],"prices":{},"paint":null})"));
}

TEST(json_read, stops_at_the_limits) {
    EXPECT_TRUE(from_json<described::anything>(nested(64)));
    EXPECT_EQ(error_of<described::anything>(nested(65)).code, codec_errc::too_deep);
    EXPECT_TRUE(from_json<described::anything>(nested(3), {.depth_max = 3}));
    expect_error<described::anything>(nested(4), codec_errc::too_deep, 7, "a[0][0]",
                                      {.depth_max = 3});
    EXPECT_EQ(error_of<described::anything>(nested(100'000), {.depth_max = 1 << 30}).code,
              codec_errc::too_deep);
    EXPECT_TRUE(from_json<described::anything>(nested(512), {.depth_max = 1 << 30}));
    EXPECT_EQ(error_of<described::anything>("{}", {.depth_max = 0}).code, codec_errc::too_deep);

    std::string children;
    for (int level = 0; level < 100'000; ++level) {
        children += R"({"name":"","named":{},"children":[)";
    }
    EXPECT_EQ(error_of<described::tree>(children, {.bytes_max = children.size()}).code,
              codec_errc::too_deep);
    EXPECT_EQ(error_of<described::tree>(children).message(),
              "the document, byte 1048576: expected at most 1048576 bytes, found " +
                  std::to_string(children.size()) + " bytes; raise bytes_max, if this is meant");
}

TEST(json_read, takes_fields_in_any_order) {
    EXPECT_EQ(from_json<line>(R"({"count":3,"sku":"a"})").value(), (line{"a", 3}));
    EXPECT_EQ(from_json<line>(R"( { "c\u006funt" : 3 , "sku" : "\u0061" } )").value(),
              (line{"a", 3}));
}

TEST(unknown_fields, are_ignored_or_refused) {
    constexpr auto text = R"({"note":{"deep":[1]},"sku":"a","count":3})"sv;
    EXPECT_EQ(from_json<line>(text).value(), (line{"a", 3}));
    expect_error<line>(text, codec_errc::unknown_field, 1, "", {.refuse_unknown = true});
    expect_error<line>(R"({"note":{"deep":[1,x]},"sku":"a","count":3})", codec_errc::malformed, 19,
                       "note.deep[1]");
}
