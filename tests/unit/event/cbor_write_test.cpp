// SPDX-License-Identifier: MIT
#include "support/described.hpp"
#include "support/hex_bytes.hpp"
#include <stentor/event/cbor.hpp>
#include <stentor/event/json.hpp>

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

using namespace std::chrono_literals;
using described::box;
using described::from_hex;
using described::to_hex;
using stentor::codec_errc;
using stentor::codec_error;
using stentor::from_cbor;
using stentor::from_json;
using stentor::to_cbor;
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
std::string hex_of(const T& value) {
    const auto bytes = to_cbor(value);
    return bytes ? to_hex(*bytes) : bytes.error().message();
}

template <class T>
codec_error error_of(const T& value, const stentor::cbor_write_options& options = {}) {
    const std::vector<std::byte> before = from_hex("cafe");
    std::vector<std::byte> out = before;
    const auto written = stentor::append_cbor(out, value, options);
    EXPECT_FALSE(written);
    EXPECT_EQ(out, before);
    return written ? codec_error{} : written.error();
}

template <stentor::detail::fixed_text Name>
void expect_name(std::string_view head) {
    using format = stentor::detail::cbor_format;
    const std::string_view spelled = format::spelled<Name>;
    EXPECT_EQ(format::name_in(spelled), Name.view());
    EXPECT_EQ(to_hex(std::as_bytes(std::span(spelled))).substr(0, head.size()), head);
    EXPECT_EQ(spelled.size(), head.size() / 2 + Name.view().size());
}

#define TEN "abcdefghij"
#define FIFTY TEN TEN TEN TEN TEN

}  // namespace

TEST(cbor_write, keeps_the_order_of_the_type) {
    described::texts texts{"x", {"y"}, described::colour::blue, described::weight::heavy};
    EXPECT_EQ(hex_of(texts),
              "a4"
              "65706c61696e6178"          // "plain": "x"
              "646d616e79816179"          // "many": ["y"]
              "657061696e7464626c7565"    // "paint": "blue"
              "646c6f6164656865617679");  // "load": "heavy"
    EXPECT_EQ(hex_of(described::optionals{}), "a1646c61737400");
    EXPECT_EQ(hex_of(std::vector<bool>{true, false}), "82f5f4");
    EXPECT_EQ(hex_of(std::map<std::int64_t, bool>{{-1, true}, {256, false}}), "a220f5190100f4");
    EXPECT_EQ(hex_of(std::map<described::colour, int>{{described::colour::red, 1}}),
              "a16372656401");
}

TEST(cbor_write, spells_names_of_every_length) {
    expect_name<"">("60");
    expect_name<TEN TEN "abc">("77");
    expect_name<TEN TEN "abcd">("7818");
    expect_name<FIFTY FIFTY FIFTY FIFTY FIFTY "abcde">("78ff");
    expect_name<FIFTY FIFTY FIFTY FIFTY FIFTY "abcdef">("790100");
    expect_name<FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY>("79012c");
}

TEST(cbor_write, takes_the_shortest_head) {
    EXPECT_EQ(hex_of(std::uint64_t{255}), "18ff");
    EXPECT_EQ(hex_of(std::uint64_t{256}), "190100");
    EXPECT_EQ(hex_of(std::uint64_t{65'535}), "19ffff");
    EXPECT_EQ(hex_of(std::uint64_t{65'536}), "1a00010000");
    EXPECT_EQ(hex_of(std::uint64_t{4'294'967'295}), "1affffffff");
    EXPECT_EQ(hex_of(std::uint64_t{4'294'967'296}), "1b0000000100000000");
    EXPECT_EQ(hex_of(std::numeric_limits<std::int64_t>::min()), "3b7fffffffffffffff");
    EXPECT_EQ(hex_of(std::numeric_limits<std::int64_t>::max()), "1b7fffffffffffffff");
    EXPECT_EQ(hex_of(std::string(24, 'x')).substr(0, 4), "7818");
    EXPECT_EQ(hex_of(std::vector<int>(256)).substr(0, 6), "990100");
}

TEST(cbor_write, takes_sixteen_bits_for_every_float_that_fits_them) {
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
        const std::byte document[] = {std::byte{0xF9}, static_cast<std::byte>(bits >> 8),
                                      static_cast<std::byte>(bits)};
        const float value = from_cbor<float>(document).value();
        if (!std::isnan(value)) {
            ASSERT_EQ(hex_of(value), to_hex(document));
            ASSERT_EQ(hex_of(static_cast<double>(value)), to_hex(document));
            // None of its neighbours fits.
            for (const std::uint32_t next : {1U, 0xFFFF'FFFFU}) {
                const auto other = std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) + next);
                ASSERT_TRUE(std::isnan(other) || hex_of(other).starts_with("fa")) << other;
            }
        }
    }
    EXPECT_EQ(hex_of(std::numeric_limits<double>::denorm_min()), "fb0000000000000001");
    EXPECT_EQ(hex_of(std::numeric_limits<float>::denorm_min()), "fa00000001");
}

TEST(cbor_write, wraps_the_structs_of_variants) {
    using any = std::variant<std::monostate, double, std::string, described::card>;
    EXPECT_EQ(hex_of(any()), "f6");
    EXPECT_EQ(hex_of(any(1.5)), "f93e00");
    EXPECT_EQ(hex_of(any("x")), "6178");
    EXPECT_EQ(hex_of(any(described::card{"7"})), "a16463617264a1666e756d6265726137");
}

TEST(cbor_write, refuses_what_a_document_cannot_hold) {
    EXPECT_EQ(error_of(box<std::string>{"ok \xff"}).message(),
              R"(value, byte 7: expected UTF-8, found byte 0xff at 3 of "ok \xff")");
    EXPECT_EQ(error_of(std::map<std::string, bool>{{"\xc3", true}}).code, codec_errc::invalid_utf8);
    EXPECT_EQ(error_of(std::vector<std::string>{"", "\x80"}).path, "[1]");
    EXPECT_EQ(error_of(box<described::weight>{described::weight::unnamed}).message(),
              "value, byte 7: expected an enumerator that STENTOR_ENUM names, found the value 8");
    using seconds = described::moment<std::chrono::seconds>;
    EXPECT_EQ(error_of(seconds(253'402'300'800s)).code, codec_errc::out_of_range);
    EXPECT_EQ(error_of(seconds::min()).code, codec_errc::out_of_range);
}

TEST(cbor_write, stops_at_the_limits) {
    described::tree root;
    described::tree* deepest = &root;
    for (int level = 0; level < 31; ++level) {
        deepest = &deepest->children.emplace_back();
    }
    EXPECT_TRUE(to_cbor(root));  // a tree's two lists are one level more: 64
    EXPECT_EQ(error_of(root, {.depth_max = 63}).code, codec_errc::too_deep);
    deepest->children.emplace_back();
    EXPECT_EQ(error_of(root).code, codec_errc::too_deep);
    EXPECT_EQ(error_of(root, {.depth_max = 2}).path, "children[0]");

    EXPECT_TRUE(to_cbor(std::string(1'000'000, 'x')));
    EXPECT_EQ(error_of(std::string(2'000'000, 'x')).code, codec_errc::too_large);
    EXPECT_TRUE(to_cbor(std::string(2'000'000, 'x'), {.bytes_max = 2'000'005}));
}

TEST(cbor_write, appends) {
    std::vector<std::byte> out = from_hex("82");
    ASSERT_TRUE(stentor::append_cbor(out, 1));
    ASSERT_TRUE(stentor::append_cbor(out, std::string("two")));
    EXPECT_EQ(to_hex(out), "82016374776f");
}

TEST(unknown_fields, of_cbor_are_written_again_as_they_stood) {
    // {"a": [_ 1, 24 in two bytes], "id": "o", 5: h'00', "cents": 7}
    const auto document = from_hex("bf6161 9f01180aff 62696461 6f 05 4100 6563656e7473 07 ff");
    const auto event = from_cbor<known>(document);
    ASSERT_TRUE(event) << event.error().message();
    EXPECT_EQ(to_hex(event->others.bytes()), "61619f01180aff054100");
    EXPECT_TRUE(event->others.text().empty());
    EXPECT_EQ(hex_of(*event), "a4626964616f6563656e74730761619f01180aff054100");
    EXPECT_EQ(from_cbor<known>(to_cbor(*event).value()).value(), *event);

    known copy = *event;
    copy.others.clear();
    EXPECT_TRUE(copy.others.empty());
    EXPECT_EQ(hex_of(copy), "a2626964616f6563656e747307");
}

TEST(unknown_fields, of_cbor_do_not_repeat_what_another_type_knows) {
    auto old = from_cbor<known>(from_hex("a3 626964 616f 6563656e7473 05 646e6f7465 6172")).value();
    newer event{.note = "new", .others = std::move(old.others)};
    const codec_error why = error_of(event);
    EXPECT_EQ(why.code, codec_errc::duplicate_name);
    EXPECT_EQ(why.found, "\"note\"");
    EXPECT_EQ(to_json(event).error().code, codec_errc::duplicate_name);
}

TEST(unknown_fields, are_written_in_the_other_format) {
    const auto from_text =
        from_json<known>(
            R"({"id":"","a":[1,-2,0.5,-0,1e300],"cents":0,"b":{"c":null,"d":"\u00e9"}})")
            .value();
    EXPECT_EQ(hex_of(from_text),
              "a4626964606563656e747300"
              "61619f0121f93800f98000fb7e37e43c8800759cff"
              "6162bf6163f6616462c3a9ff");
    const auto from_bytes = from_cbor<known>(to_cbor(from_text).value()).value();
    EXPECT_EQ(to_json(from_bytes).value(),
              R"({"id":"","cents":0,"a":[1,-2,0.5,-0,1e+300],"b":{"c":null,"d":"é"}})");
}

TEST(unknown_fields, that_the_other_format_cannot_hold_are_an_error) {
    const auto refuse = [](std::string_view digits, codec_errc code, std::string_view path) {
        const auto event = from_cbor<described::anything>(from_hex(digits));
        ASSERT_TRUE(event) << event.error().message();
        std::string out = "kept";
        const auto written = stentor::append_json(out, *event);
        ASSERT_FALSE(written) << digits;
        EXPECT_EQ(written.error().code, code) << written.error().message();
        EXPECT_EQ(written.error().path, path) << written.error().message();
        EXPECT_EQ(out, "kept");
    };
    refuse("a1616182014100", codec_errc::wrong_type, "a[1]");
    refuse("a16161f97e00", codec_errc::out_of_range, "a");
    refuse("a16161f0", codec_errc::wrong_type, "a");
    refuse("a161613bffffffffffffffff", codec_errc::out_of_range, "a");
    refuse("a16161c249010000000000000000", codec_errc::out_of_range, "a");
    refuse("a1f401", codec_errc::wrong_type, "[a name that is no text]");
    refuse("a16161a20101613102", codec_errc::duplicate_name, "a");

    const auto text = R"({"a":[37667457308046589953]})";
    const codec_error why = error_of(from_json<described::anything>(text).value());
    EXPECT_EQ(why.code, codec_errc::out_of_range);
    EXPECT_EQ(why.path, "a[0]");
    EXPECT_EQ(why.found, "37667457308046589953");
    const auto doubles = R"({"a":[37667457308046589952,100000000000000000000]})";
    EXPECT_TRUE(to_cbor(from_json<described::anything>(doubles).value()));
}
