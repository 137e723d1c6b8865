// SPDX-License-Identifier: MIT
#include "support/described.hpp"
#include "support/hex_bytes.hpp"
#include <stentor/event/cbor.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

using described::box;
using described::from_hex;
using stentor::cbor_read_options;
using stentor::codec_errc;
using stentor::codec_error;
using stentor::from_cbor;

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
    bool operator==(const order&) const = default;
    STENTOR_FIELDS(order, id, lines, prices);
};

// {"value": ...}
constexpr std::string_view value_head = "a1 6576616c7565 ";
constexpr std::size_t value_at = 7;

template <class T>
codec_error error_of(std::string_view digits, const cbor_read_options& options = {}) {
    const auto read = from_cbor<T>(from_hex(digits), options);
    return read ? codec_error{.path = "none", .expected = "an error", .found = "a value"}
                : read.error();
}

template <class T>
void expect_error(std::string_view digits, codec_errc code, std::size_t offset,
                  std::string_view path = "", const cbor_read_options& options = {}) {
    const codec_error why = error_of<T>(digits, options);
    EXPECT_EQ(why.code, code) << digits << '\n' << why.message();
    EXPECT_EQ(why.offset, offset) << digits << '\n' << why.message();
    EXPECT_EQ(why.path, path) << digits << '\n' << why.message();
    EXPECT_FALSE(why.expected.empty() || why.found.empty());
}

template <class T>
void expect_refused(std::string_view digits, codec_errc code) {
    expect_error<box<T>>(std::string(value_head) + std::string(digits), code, value_at, "value");
}

template <class T>
void expect_value(std::string_view digits, const T& value) {
    const auto read = from_cbor<box<T>>(from_hex(std::string(value_head) + std::string(digits)));
    ASSERT_TRUE(read) << digits << '\n' << read.error().message();
    EXPECT_EQ(read->value, value) << digits;
}

// {"a": [[...]]}
std::string nested(std::size_t depth) {
    std::string digits = "a16161";
    for (std::size_t left = depth - 1; left > 1; --left) {
        digits += "81";
    }
    return digits + "80";
}

}  // namespace

TEST(cbor_error, says_where_and_what) {
    // {"id": "o", "lines": [{"sku": "a", "count": 1}, {"sku": "b", "count": 300}], "prices": {}}
    EXPECT_EQ(error_of<order>("a3 626964 616f 656c696e6573 82"
                              "a2 63736b75 6161 65636f756e74 01"
                              "a2 63736b75 6162 65636f756e74 19012c 66707269636573 a0")
                  .message(),
              "lines[1].count, byte 40: expected an integer from 0 to 255, found 300");
    EXPECT_EQ(
        error_of<order>("a3 626964 616f 656c696e6573 80 66707269636573 a1 63612062 f5").message(),
        R"(prices["a b"], byte 25: expected a number, found true)");
    EXPECT_EQ(error_of<order>("80").message(),
              "the document, byte 0: expected an object, found a list");
    EXPECT_EQ(error_of<order>("a2 626964 616f 656c696e6573 80").message(),
              "prices, byte 13: expected the field prices, found the end of the object; make the "
              "member a std::optional, or read with allow_missing, if it may be left out");
}

TEST(cbor_error, cannot_be_forged_by_what_it_quotes) {
    const auto why =
        error_of<order>("a3 626964 616f 656c696e6573 80 66707269636573 a1 630ac3a9 f5");
    EXPECT_EQ(why.code, codec_errc::wrong_type);
    EXPECT_EQ(why.path, R"(prices["\x0a\xc3\xa9"])");
    const auto in_parts = error_of<order>(
        "a3 626964 616f 656c696e6573 80 66707269636573 a1 7f 610a 62c3a9 ff 7f 6178 ff");
    EXPECT_EQ(in_parts.path, R"(prices["\x0a\xc3\xa9"])");
    EXPECT_EQ(in_parts.found, "a text in parts");
    const auto long_name = error_of<std::map<int, int>>("a1 78ff" + std::string(510, '6') + "01");
    EXPECT_EQ(long_name.code, codec_errc::wrong_type);
    EXPECT_LT(long_name.message().size(), 300);
}

TEST(cbor_read, refuses_what_is_not_well_formed) {
    for (const auto& [digits, offset] : {std::pair{"1c", 0},
                                         {"ff", 0},
                                         {"bf6161ff", 3},
                                         {"a16161ff", 3},
                                         {"a161611c", 3},
                                         {"a161611f", 3},
                                         {"a161613f", 3},
                                         {"a16161df00", 3},
                                         {"a16161c1ff", 4},
                                         {"a161615e", 3},
                                         {"a161617d", 3},
                                         {"a16161fc", 3},
                                         {"a16161f800", 3},
                                         {"a16161f81f", 3},
                                         {"a1616181ff", 4},
                                         {"a161615f6161ff", 4},
                                         {"a161617f4161ff", 4},
                                         {"a161617f7f6161ffff", 4},
                                         {"a161617f00ff", 4},
                                         {"a000", 1},
                                         {"a0a0", 1}}) {
        const codec_error why = error_of<described::anything>(digits);
        EXPECT_EQ(why.code, codec_errc::malformed) << digits;
        EXPECT_EQ(why.offset, static_cast<std::size_t>(offset)) << digits << why.message();
    }
}

TEST(cbor_read, refuses_what_ends_early) {
    for (const std::string_view digits : {"",
                                          "a1",
                                          "a161",
                                          "a16161",
                                          "bf",
                                          "bf6161",
                                          "bf616101",
                                          "a1616118",
                                          "a161611900",
                                          "a161611a000000",
                                          "a161611b00000000000000",
                                          "a16161f9",
                                          "a16161fb00",
                                          "a16161c1",
                                          "a1616141",
                                          "a161617f",
                                          "a161617f61",
                                          "a161617f6161",
                                          "a161619f",
                                          "a161619f01",
                                          "a161618201"}) {
        const codec_error why = error_of<described::anything>(digits);
        EXPECT_EQ(why.code, codec_errc::truncated) << digits;
        EXPECT_EQ(why.offset, digits.size() / 2) << digits;
    }
}

TEST(cbor_read, allocates_nothing_for_a_length_that_is_not_there) {
    using texts = std::map<std::string, std::string>;
    for (const std::string_view length : {"1000000000000000", "ffffffffffffffff"}) {
        const std::string size(length);
        for (const std::string& digits :
             {"7b" + size + "61", "5b" + size, "9b" + size + "6161", "bb" + size + "61616162"}) {
            EXPECT_FALSE(from_cbor<std::string>(from_hex(digits)));
            EXPECT_FALSE(from_cbor<std::vector<std::string>>(from_hex(digits)));
            EXPECT_FALSE(from_cbor<std::vector<std::monostate>>(from_hex(digits)));
            EXPECT_FALSE(from_cbor<texts>(from_hex(digits)));
            EXPECT_EQ(error_of<described::anything>("a16161" + digits).code, codec_errc::truncated);
        }
        expect_error<std::string>("7b" + size + "61", codec_errc::truncated, 10);
        expect_error<std::vector<std::string>>("9b" + size + "6161", codec_errc::truncated, 11,
                                               "[1]");
        expect_error<texts>("bb" + size + "61616162", codec_errc::truncated, 13);
        expect_error<std::array<int, 2>>("9b" + size + "0102", codec_errc::wrong_type, 0);
    }
}

TEST(cbor_read, refuses_what_is_no_utf8) {
    for (const std::string_view digits :
         {"6180", "62c080", "62c3", "62c328", "63eda080", "64f4908080", "61ff", "7f61c361a9ff"}) {
        const std::string document = "a16161" + std::string(digits);
        const codec_error why = error_of<described::anything>(document);
        if (digits == "62c3") {
            EXPECT_EQ(why.code, codec_errc::truncated);
            continue;
        }
        EXPECT_EQ(why.code, codec_errc::invalid_utf8) << digits;
        EXPECT_EQ(error_of<box<std::string>>(std::string(value_head) + std::string(digits)).code,
                  codec_errc::invalid_utf8);
    }
    expect_error<described::anything>("a162c32801", codec_errc::invalid_utf8, 2);
    // Behind more than a word of ASCII.
    expect_error<std::string>("6e 6162636465666768 696a6b6c ff6d", codec_errc::invalid_utf8, 13);
}

TEST(cbor_read, refuses_wrong_types) {
    for (const auto digits : {"f6", "f5", "6131", "a0", "8101", "f93c00", "4101", "f0"}) {
        expect_refused<int>(digits, codec_errc::wrong_type);
        expect_refused<std::uint64_t>(digits, codec_errc::wrong_type);
        expect_refused<std::chrono::seconds>(digits, codec_errc::wrong_type);
    }
    for (const auto digits : {"f6", "01", "f5", "a0", "80", "4161"}) {
        expect_refused<std::string>(digits, codec_errc::wrong_type);
        expect_refused<described::colour>(digits, codec_errc::wrong_type);
        expect_refused<std::chrono::system_clock::time_point>(digits, codec_errc::wrong_type);
    }
    expect_refused<std::chrono::system_clock::time_point>("c0646e6f7721", codec_errc::wrong_type);
    expect_refused<bool>("00", codec_errc::wrong_type);
    expect_refused<double>("6131", codec_errc::wrong_type);
    expect_refused<double>("c24101", codec_errc::wrong_type);
    expect_refused<std::vector<int>>("a0", codec_errc::wrong_type);
    expect_refused<std::vector<int>>("43010203", codec_errc::wrong_type);
    expect_refused<std::map<int, int>>("80", codec_errc::wrong_type);
    expect_refused<std::array<int, 2>>("8101", codec_errc::wrong_type);
    expect_refused<std::array<int, 2>>("83010203", codec_errc::wrong_type);
    expect_error<std::array<int, 2>>("9f010203ff", codec_errc::wrong_type, 3);
    expect_error<std::array<int, 2>>("9f01ff", codec_errc::wrong_type, 0);
    expect_error<std::array<int, 2>>("9f0102", codec_errc::truncated, 3);
}

TEST(cbor_read, refuses_names_of_the_wrong_type) {
    expect_error<std::map<int, int>>("a162303101", codec_errc::wrong_type, 1, R"(["01"])");
    expect_error<std::map<int, int>>("a1410101", codec_errc::wrong_type, 1, R"(["\x01"])");
    expect_error<std::map<int, int>>("a1f501", codec_errc::wrong_type, 1,
                                     "[a name that is no text]");
    expect_error<std::map<std::int8_t, int>>("a1188001", codec_errc::wrong_type, 1, "[128]");
    expect_error<std::map<std::uint8_t, int>>("a12001", codec_errc::wrong_type, 1, "[-1]");
    expect_error<std::map<std::string, int>>("a10101", codec_errc::wrong_type, 1, "[1]");
    expect_error<std::map<described::colour, int>>("a16470696e6b01", codec_errc::unknown_name, 1,
                                                   "pink");
    // As JSON has them.
    EXPECT_EQ((from_cbor<std::map<int, int>>(from_hex("a2622d3101613202")).value()),
              (std::map<int, int>{{-1, 1}, {2, 2}}));
}

TEST(cbor_read, refuses_numbers_out_of_range) {
    expect_refused<std::int8_t>("1880", codec_errc::out_of_range);
    expect_refused<std::int8_t>("3880", codec_errc::out_of_range);
    expect_refused<std::uint8_t>("190100", codec_errc::out_of_range);
    expect_refused<std::uint8_t>("20", codec_errc::out_of_range);
    expect_refused<std::int64_t>("1b8000000000000000", codec_errc::out_of_range);
    expect_refused<std::int64_t>("3b8000000000000000", codec_errc::out_of_range);
    expect_refused<std::uint64_t>("c249010000000000000000", codec_errc::out_of_range);
    expect_refused<float>("fb47f0000000000000", codec_errc::out_of_range);  // 2^128
    expect_refused<float>("fb3690000000000000", codec_errc::out_of_range);  // 2^-150
    using system = std::chrono::system_clock::time_point;
    expect_refused<system>("c11b7fffffffffffffff", codec_errc::out_of_range);
    expect_refused<system>("c13bffffffffffffffff", codec_errc::out_of_range);
    expect_refused<system>("c1fb7ff0000000000000", codec_errc::out_of_range);
    expect_refused<system>("c1fb7ff8000000000000", codec_errc::out_of_range);
    expect_refused<system>("c0 74 313630302d30312d30315430303a30303a30305a",
                           codec_errc::out_of_range);
}

TEST(cbor_read, takes_every_spelling_of_a_number) {
    for (const auto digits :
         {"05", "1805", "190005", "1a00000005", "1b0000000000000005", "c24105",
          "c2 4a 00000000000000000005", "c25f41004105ff", "d9d9f705", "c1d86305"}) {
        expect_value<int>(digits, 5);
        expect_value<std::uint8_t>(digits, 5);
    }
    expect_value<int>("c34104", -5);
    expect_value<std::int64_t>("c3487fffffffffffffff", std::numeric_limits<std::int64_t>::min());
    for (const auto digits : {"05", "f94500", "fa40a00000", "fb4014000000000000"}) {
        expect_value<double>(digits, 5);
        expect_value<float>(digits, 5);
    }
    expect_value<float>("fb3fb999999999999a", 0.1F);
    expect_value<float>("fb47efffffe0000001", std::numeric_limits<float>::max());
    expect_value<double>("3b0025546da42b8379", -10507404020777850.0);
    expect_value<float>("1b8000008000000001", 0x1.000002p63F);
}

TEST(cbor_read, passes_over_tags) {
    using any = std::variant<std::monostate, bool, std::int64_t, std::string, std::vector<int>,
                             described::card>;
    expect_value<std::optional<int>>("d9d9f7f6", std::nullopt);
    expect_value<std::optional<int>>("d9d9f705", 5);
    expect_value<any>("d9d9f7f7", std::monostate());
    expect_value<any>("d9d9f7f5", true);
    expect_value<any>("c24105", std::int64_t{5});
    expect_value<any>("d9d9f76161", std::string("a"));
    expect_value<any>("d9d9f78105", std::vector{5});
    expect_value<any>("d9d9f7a1d9d9f76463617264a1666e756d6265726137", described::card{"7"});
    expect_refused<any>("c105", codec_errc::wrong_type);  // a moment is a text
    EXPECT_EQ(from_cbor<line>(from_hex("d9d9f7a2 c2 63736b75 c1 6161 65636f756e74 03")).value(),
              (line{"a", 3}));
}

TEST(cbor_read, refuses_names_that_nothing_has) {
    expect_refused<described::colour>("6470696e6b", codec_errc::unknown_name);
    const auto why =
        error_of<box<std::variant<described::card, int>>>("a1 6576616c7565 a1 6463617368 a0");
    EXPECT_EQ(why.message(), R"(value, byte 8: expected {"card": ...}, or a number, found "cash")");
    using one = std::variant<std::monostate, described::card>;
    expect_error<one>("a0", codec_errc::wrong_type, 0);
    expect_error<one>("bfff", codec_errc::wrong_type, 0);
    expect_error<one>("a2 6463617264 a1666e756d6265726131 61 61 01", codec_errc::wrong_type, 0);
    expect_error<one>("bf 6463617264 a1666e756d6265726131 61 61 01 ff", codec_errc::wrong_type, 16);
    expect_error<one>("bf 6463617264 a1666e756d6265726131", codec_errc::truncated, 16);
    expect_error<one>("a10101", codec_errc::unknown_name, 1);
    expect_error<one>("f5", codec_errc::wrong_type, 0);
    expect_error<one>("f0", codec_errc::wrong_type, 0);
    expect_error<std::variant<bool, int>>("a0", codec_errc::wrong_type, 0);
}

TEST(cbor_read, refuses_names_that_come_twice) {
    expect_error<line>("a3 63736b75 6161 63736b75 6162 65636f756e74 01", codec_errc::duplicate_name,
                       7, "sku");
    expect_error<line>("a3 63736b75 6161 7f 61 73 62 6b75 ff 6162 65636f756e74 01",
                       codec_errc::duplicate_name, 7, "sku");
    expect_error<std::map<std::string, int>>("a2 6161 01 7f6161ff 02", codec_errc::duplicate_name,
                                             4, "a");
    expect_error<std::map<int, int>>("a2 01 01 1801 02", codec_errc::duplicate_name, 3, "[1]");
    for (const std::string_view names :
         {"6161 01 6162 02 6161 03", "05 01 06 02 1805 03", "20 01 06 02 3800 03",
          "4161 01 06 02 5f4161ff 03", "f4 01 06 02 f4 03", "8101 01 06 02 8101 03"}) {
        EXPECT_EQ(error_of<described::anything>("a3" + std::string(names)).code,
                  codec_errc::duplicate_name);
        EXPECT_EQ(error_of<described::anything>("a1617881a3" + std::string(names)).code,
                  codec_errc::duplicate_name);
    }
    EXPECT_TRUE(from_cbor<described::anything>(from_hex("a4 6161 01 4161 02 01 03 20 04")));
}

TEST(cbor_read, asks_for_every_field_unless_told_otherwise) {
    constexpr std::string_view digits = "a1 656c696e6573 81 a1 65636f756e74 02";
    expect_error<order>(digits, codec_errc::missing_field, 16, "lines[0].sku");
    const auto read = from_cbor<order>(from_hex(digits), {.allow_missing = true});
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, (order{"", {{"", 2}}, {}}));
}

TEST(cbor_read, stops_at_the_limits) {
    EXPECT_TRUE(from_cbor<described::anything>(from_hex(nested(64))));
    EXPECT_EQ(error_of<described::anything>(nested(65)).code, codec_errc::too_deep);
    expect_error<described::anything>(nested(4), codec_errc::too_deep, 5, "a[0][0]",
                                      {.depth_max = 3});
    EXPECT_EQ(error_of<described::anything>(nested(100'000), {.depth_max = 1 << 30}).code,
              codec_errc::too_deep);
    EXPECT_TRUE(from_cbor<described::anything>(from_hex(nested(512)), {.depth_max = 1 << 30}));
    EXPECT_EQ(error_of<described::anything>("a0", {.depth_max = 0}).code, codec_errc::too_deep);
    const std::vector<std::byte> large(2'000'000);
    EXPECT_EQ(from_cbor<described::anything>(large).error().message(),
              "the document, byte 1048576: expected at most 1048576 bytes, found 2000000 bytes; "
              "raise bytes_max, if this is meant");
    // Tags nest without a limit, and without recursion.
    std::vector<std::byte> tags(1'000'000, std::byte{0xC1});
    tags.push_back(std::byte{5});
    EXPECT_EQ(from_cbor<int>(tags).value(), 5);
}

TEST(cbor_read, ignores_or_refuses_unknown_fields) {
    constexpr std::string_view digits = "a3 61 78 a1 61 79 81 01 63736b75 6161 65636f756e74 03";
    EXPECT_EQ(from_cbor<line>(from_hex(digits)).value(), (line{"a", 3}));
    expect_error<line>(digits, codec_errc::unknown_field, 1, "", {.refuse_unknown = true});
    expect_error<line>("a3 61 78 a1 61 79 81 1c 63736b75 6161 65636f756e74 03",
                       codec_errc::malformed, 7, "x.y[0]");
    expect_error<line>("a1 05 811c", codec_errc::malformed, 3, "[5][0]");
}
