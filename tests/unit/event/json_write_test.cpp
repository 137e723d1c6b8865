// SPDX-License-Identifier: MIT
#include "support/described.hpp"
#include <stentor/event/json.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>

using namespace std::chrono_literals;
using described::box;
using stentor::codec_errc;
using stentor::codec_error;
using stentor::from_json;
using stentor::to_json;

namespace {

struct known {
    std::string id;
    int cents = 0;
    stentor::unknown_fields others;
    bool operator==(const known&) const = default;
    STENTOR_FIELDS(known, id, others, cents);
};

struct newer {
    std::string note;
    stentor::unknown_fields others;
    STENTOR_FIELDS(newer, note, others);
};

template <class T>
std::string text_of(const T& value) {
    const auto text = to_json(value);
    return text ? *text : text.error().message();
}

template <class T>
codec_error error_of(const T& value, const stentor::json_write_options& options = {}) {
    std::string out = "kept";
    const auto written = stentor::append_json(out, value, options);
    EXPECT_FALSE(written);
    EXPECT_EQ(out, "kept");
    return written ? codec_error{} : written.error();
}

}  // namespace

TEST(json_write, is_compact_and_in_the_order_of_the_type) {
    described::numbers numbers;
    numbers.i8 = -128;
    numbers.u64 = std::numeric_limits<std::uint64_t>::max();
    numbers.single = 0.1F;
    numbers.real = 1e22;
    EXPECT_EQ(text_of(numbers),
              R"({"i8":-128,"u8":0,"i16":0,"u16":0,"i32":0,"u32":0,"i64":0,)"
              R"("u64":18446744073709551615,"longest":0,"natural":0,"single":0.1,"real":1e+22,)"
              R"("truth":false})");
    EXPECT_EQ(text_of(described::empty{}), "{}");
    EXPECT_EQ(text_of(std::vector<int>{}), "[]");
    EXPECT_EQ(text_of(described::optionals{}), R"({"last":0})");
    EXPECT_EQ(text_of(std::vector<std::optional<int>>{1, std::nullopt}), "[1,null]");
    EXPECT_EQ(text_of(std::map<int, bool>{{-1, true}, {2, false}}), R"({"-1":true,"2":false})");
}

TEST(json_write, escapes_what_must_be_escaped) {
    EXPECT_EQ(text_of(std::string("\"\\/\b\f\n\r\t\x01\x1f\x7f") + '\0' + "é😀"),
              R"("\"\\/\b\f\n\r\t\u0001\u001f)"
              "\x7f"
              R"(\u0000é😀")");
}

TEST(json_write, spells_moments_with_the_digits_of_their_unit) {
    using seconds = described::moment<std::chrono::seconds>;
    using millis = described::moment<std::chrono::milliseconds>;
    EXPECT_EQ(text_of(seconds(0s)), R"("1970-01-01T00:00:00Z")");
    EXPECT_EQ(text_of(seconds(-1s)), R"("1969-12-31T23:59:59Z")");
    EXPECT_EQ(text_of(millis(-1ms)), R"("1969-12-31T23:59:59.999Z")");
    EXPECT_EQ(text_of(millis(1'795'749'172'250ms)), R"("2026-11-27T03:12:52.250Z")");
    EXPECT_EQ(text_of(seconds(253'402'300'799s)), R"("9999-12-31T23:59:59Z")");
    EXPECT_EQ(text_of(seconds(-62'167'219'200s)), R"("0000-01-01T00:00:00Z")");
    EXPECT_EQ(error_of(seconds(253'402'300'800s)).code, codec_errc::out_of_range);
    EXPECT_EQ(error_of(seconds(-62'167'219'201s)).code, codec_errc::out_of_range);
    EXPECT_EQ(error_of(seconds::max()).code, codec_errc::out_of_range);
    EXPECT_EQ(error_of(seconds::min()).code, codec_errc::out_of_range);
}

TEST(json_write, keeps_every_moment_of_the_system_clock) {
    using when = std::chrono::system_clock::time_point;
    for (const when moment : {when::min(), when::min() + 1ns, when(-1ns), when(0ns), when::max()}) {
        const auto read = from_json<when>(to_json(moment).value());
        ASSERT_TRUE(read) << text_of(moment) << read.error().message();
        EXPECT_EQ(*read, moment);
    }
}

TEST(json_write, wraps_the_structs_of_variants) {
    using any = std::variant<std::monostate, double, std::string, described::card>;
    EXPECT_EQ(text_of(any()), "null");
    EXPECT_EQ(text_of(any(1.5)), "1.5");
    EXPECT_EQ(text_of(any("x")), R"("x")");
    EXPECT_EQ(text_of(any(described::card{"7"})), R"({"card":{"number":"7"}})");
}

TEST(json_write, refuses_what_json_cannot_hold) {
    for (const double value : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
        EXPECT_EQ(error_of(box<std::vector<double>>{{0, value}}).code, codec_errc::out_of_range);
        EXPECT_EQ(error_of(box<std::vector<double>>{{0, value}}).path, "value[1]");
    }
    EXPECT_EQ(error_of(std::vector<float>{HUGE_VALF}).path, "[0]");
    EXPECT_EQ(error_of(box<std::string>{"ok \xff"}).message(),
              R"(value, byte 13: expected UTF-8, found byte 0xff at 3 of "ok \xff")");
    EXPECT_EQ(error_of(std::map<std::string, bool>{{"\xc3", true}}).code, codec_errc::invalid_utf8);
    EXPECT_EQ(error_of(box<described::weight>{described::weight::unnamed}).message(),
              "value, byte 9: expected an enumerator that STENTOR_ENUM names, found the value 8");
    EXPECT_EQ(error_of(box<described::colour>{static_cast<described::colour>(9)}).code,
              codec_errc::unknown_name);
}

TEST(json_write, stops_at_the_limits) {
    described::tree root;
    described::tree* deepest = &root;
    for (int level = 0; level < 31; ++level) {
        deepest = &deepest->children.emplace_back();
    }
    EXPECT_TRUE(to_json(root));  // a tree's two lists are one level more: 64
    EXPECT_EQ(error_of(root, {.depth_max = 63}).code, codec_errc::too_deep);
    deepest->children.emplace_back();
    EXPECT_EQ(error_of(root).code, codec_errc::too_deep);
    EXPECT_EQ(error_of(root, {.depth_max = 2}).path, "children[0]");

    EXPECT_TRUE(to_json(std::string(1'000'000, 'x')));
    EXPECT_EQ(error_of(std::string(2'000'000, 'x')).code, codec_errc::too_large);
    EXPECT_TRUE(to_json(std::string(2'000'000, 'x'), {.bytes_max = 2'000'002}));
    EXPECT_TRUE(to_json(std::string(2'000'000, '\n'), {.bytes_max = static_cast<std::size_t>(-1)}));
}

TEST(json_write, appends) {
    std::string out = "[";
    ASSERT_TRUE(stentor::append_json(out, 1));
    out += ',';
    ASSERT_TRUE(stentor::append_json(out, std::string("two")));
    EXPECT_EQ(out, R"([1,"two")");
}

TEST(unknown_fields, are_written_again_as_they_stood) {
    constexpr std::string_view text =
        R"({ "a" : [1, 2.50, "\u0061"], "id":"o-1", "cents":5, "b":{"c":null} })";
    const auto event = from_json<known>(text);
    ASSERT_TRUE(event);
    EXPECT_EQ(event->others.text(), R"("a" : [1, 2.50, "\u0061"],"b":{"c":null})");
    const std::string again = to_json(*event).value();
    EXPECT_EQ(again, R"({"id":"o-1","cents":5,"a" : [1, 2.50, "\u0061"],"b":{"c":null}})");
    EXPECT_EQ(from_json<known>(again).value(), *event);

    known copy = *event;
    copy.others.clear();
    EXPECT_TRUE(copy.others.empty());
    EXPECT_EQ(to_json(copy).value(), R"({"id":"o-1","cents":5})");
}

TEST(unknown_fields, do_not_repeat_what_another_type_knows) {
    auto old = from_json<known>(R"({"id":"o-1","cents":5,"x":1,"note":"ring"})").value();
    newer event{.note = "new", .others = std::move(old.others)};
    const auto why = error_of(event);
    EXPECT_EQ(why.code, codec_errc::duplicate_name);
    EXPECT_EQ(why.found, "\"note\"");
}
