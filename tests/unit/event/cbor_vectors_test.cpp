// SPDX-License-Identifier: MIT
#include "support/described.hpp"
#include "support/hex_bytes.hpp"
#include <stentor/event/cbor.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// The examples of RFC 8949, appendix A.

using namespace std::chrono_literals;
using described::from_hex;
using described::to_hex;
using stentor::codec_errc;
using stentor::from_cbor;
using stentor::to_cbor;

namespace {

template <class T>
void expect_read(const T& value, std::string_view digits) {
    const auto read = from_cbor<T>(from_hex(digits));
    ASSERT_TRUE(read) << digits << '\n' << read.error().message();
    EXPECT_TRUE(*read == value) << digits;
}

// Both ways.
template <class T>
void expect_same(const T& value, std::string_view digits) {
    EXPECT_EQ(to_hex(to_cbor(value).value()), digits);
    expect_read(value, digits);
}

template <class T>
void expect_refused(std::string_view digits, codec_errc code) {
    const auto read = from_cbor<T>(from_hex(digits));
    ASSERT_FALSE(read) << digits;
    EXPECT_EQ(read.error().code, code) << digits << '\n' << read.error().message();
}

template <class Integer>
std::vector<Integer> one_to_25() {
    std::vector<Integer> numbers;
    for (Integer number = 1; number <= 25; ++number) {
        numbers.push_back(number);
    }
    return numbers;
}

constexpr std::string_view all[] = {"00",
                                    "01",
                                    "0a",
                                    "17",
                                    "1818",
                                    "1819",
                                    "1864",
                                    "1903e8",
                                    "1a000f4240",
                                    "1b000000e8d4a51000",
                                    "1bffffffffffffffff",
                                    "c249010000000000000000",
                                    "3bffffffffffffffff",
                                    "c349010000000000000000",
                                    "20",
                                    "29",
                                    "3863",
                                    "3903e7",
                                    "f90000",
                                    "f98000",
                                    "f93c00",
                                    "fb3ff199999999999a",
                                    "f93e00",
                                    "f97bff",
                                    "fa47c35000",
                                    "fa7f7fffff",
                                    "fb7e37e43c8800759c",
                                    "f90001",
                                    "f90400",
                                    "f9c400",
                                    "fbc010666666666666",
                                    "f97c00",
                                    "f97e00",
                                    "f9fc00",
                                    "fa7f800000",
                                    "fa7fc00000",
                                    "faff800000",
                                    "fb7ff0000000000000",
                                    "fb7ff8000000000000",
                                    "fbfff0000000000000",
                                    "f4",
                                    "f5",
                                    "f6",
                                    "f7",
                                    "f0",
                                    "f8ff",
                                    "c074323031332d30332d32315432303a30343a30305a",
                                    "c11a514b67b0",
                                    "c1fb41d452d9ec200000",
                                    "d74401020304",
                                    "d818456449455446",
                                    "d82076687474703a2f2f7777772e6578616d706c652e636f6d",
                                    "40",
                                    "4401020304",
                                    "60",
                                    "6161",
                                    "6449455446",
                                    "62225c",
                                    "62c3bc",
                                    "63e6b0b4",
                                    "64f0908591",
                                    "80",
                                    "83010203",
                                    "8301820203820405",
                                    "98190102030405060708090a0b0c0d0e0f101112131415161718181819",
                                    "a0",
                                    "a201020304",
                                    "a26161016162820203",
                                    "826161a161626163",
                                    "a56161614161626142616361436164614461656145",
                                    "5f42010243030405ff",
                                    "7f657374726561646d696e67ff",
                                    "9fff",
                                    "9f018202039f0405ffff",
                                    "9f01820203820405ff",
                                    "83018202039f0405ff",
                                    "83019f0203ff820405",
                                    "9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff",
                                    "bf61610161629f0203ffff",
                                    "826161bf61626163ff",
                                    "bf6346756ef563416d7421ff"};

}  // namespace

TEST(cbor_appendix_a, has_integers) {
    expect_same<std::uint8_t>(0, "00");
    expect_same<int>(1, "01");
    expect_same<long>(10, "0a");
    expect_same<int>(23, "17");
    expect_same<int>(24, "1818");
    expect_same<int>(25, "1819");
    expect_same<int>(100, "1864");
    expect_same<int>(1000, "1903e8");
    expect_same<int>(1'000'000, "1a000f4240");
    expect_same<std::int64_t>(1'000'000'000'000, "1b000000e8d4a51000");
    expect_same<std::uint64_t>(18446744073709551615U, "1bffffffffffffffff");
    expect_same<std::int8_t>(-1, "20");
    expect_same<int>(-10, "29");
    expect_same<int>(-100, "3863");
    expect_same<int>(-1000, "3903e7");
    expect_refused<std::uint64_t>("c249010000000000000000", codec_errc::out_of_range);
    expect_refused<std::int64_t>("3bffffffffffffffff", codec_errc::out_of_range);
    expect_refused<std::int64_t>("c349010000000000000000", codec_errc::out_of_range);
}

TEST(cbor_appendix_a, has_floats) {
    expect_same<double>(0.0, "f90000");
    expect_same<double>(1.0, "f93c00");
    expect_same<double>(1.1, "fb3ff199999999999a");
    expect_same<double>(1.5, "f93e00");
    expect_same<float>(65504.0F, "f97bff");
    expect_same<double>(100000.0, "fa47c35000");
    expect_same<double>(3.4028234663852886e+38, "fa7f7fffff");
    expect_same<double>(1.0e+300, "fb7e37e43c8800759c");
    expect_same<float>(5.960464477539063e-8F, "f90001");
    expect_same<double>(0.00006103515625, "f90400");
    expect_same<double>(-4.0, "f9c400");
    expect_same<double>(-4.1, "fbc010666666666666");
    expect_same<double>(HUGE_VAL, "f97c00");
    expect_same<float>(-HUGE_VALF, "f9fc00");
    for (const auto digits : {"fa7f800000", "fb7ff0000000000000"}) {
        expect_read<double>(HUGE_VAL, digits);
        expect_read<float>(HUGE_VALF, digits);
    }
    expect_read<double>(-HUGE_VAL, "faff800000");
    expect_read<float>(-HUGE_VALF, "fbfff0000000000000");
    EXPECT_EQ(to_hex(to_cbor(-0.0).value()), "f98000");
    EXPECT_TRUE(std::signbit(from_cbor<double>(from_hex("f98000")).value()));
    EXPECT_EQ(to_hex(to_cbor(std::nan("")).value()), "f97e00");
    EXPECT_EQ(to_hex(to_cbor(-std::nanf("1")).value()), "f97e00");
    for (const auto digits : {"f97e00", "fa7fc00000", "fb7ff8000000000000"}) {
        EXPECT_TRUE(std::isnan(from_cbor<double>(from_hex(digits)).value()));
        EXPECT_TRUE(std::isnan(from_cbor<float>(from_hex(digits)).value()));
    }
    expect_read<double>(-18446744073709551616.0, "3bffffffffffffffff");
}

TEST(cbor_appendix_a, has_simple_values) {
    expect_same(false, "f4");
    expect_same(true, "f5");
    expect_same(std::monostate(), "f6");
    expect_read(std::monostate(), "f7");
    expect_same(std::vector<std::optional<int>>{std::nullopt}, "81f6");
    expect_read(std::optional<int>(), "f7");
    for (const auto digits : {"f0", "f8ff", "f6", "f7"}) {
        expect_refused<bool>(digits, codec_errc::wrong_type);
    }
}

TEST(cbor_appendix_a, has_moments_and_other_tags) {
    using seconds = described::moment<std::chrono::seconds>;
    using millis = described::moment<std::chrono::milliseconds>;
    expect_same(seconds(1'363'896'240s), "c074323031332d30332d32315432303a30343a30305a");
    expect_read(seconds(1'363'896'240s), "c11a514b67b0");
    expect_read(millis(1'363'896'240'500ms), "c1fb41d452d9ec200000");
    expect_refused<seconds>("c1fb41d452d9ec200000", codec_errc::out_of_range);
    expect_refused<seconds>("1a514b67b0", codec_errc::wrong_type);
    expect_read(std::string("http://www.example.com"),
                "d82076687474703a2f2f7777772e6578616d706c652e636f6d");
}

TEST(cbor_appendix_a, has_texts) {
    expect_same(std::string(), "60");
    expect_same(std::string("a"), "6161");
    expect_same(std::string("IETF"), "6449455446");
    expect_same(std::string("\"\\"), "62225c");
    expect_same(std::string("\u00fc"), "62c3bc");
    expect_same(std::string("\u6c34"), "63e6b0b4");
    expect_same(std::string("\U00010151"), "64f0908591");
    expect_read(std::string("streaming"), "7f657374726561646d696e67ff");
    for (const auto digits : {"40", "4401020304", "5f42010243030405ff", "d74401020304"}) {
        expect_refused<std::string>(digits, codec_errc::wrong_type);
    }
}

TEST(cbor_appendix_a, has_lists_and_objects) {
    using list_or_number = std::variant<int, std::vector<int>>;
    const std::vector<list_or_number> mixed{1, std::vector{2, 3}, std::vector{4, 5}};
    expect_same(std::vector<int>(), "80");
    expect_same(std::vector<int>{1, 2, 3}, "83010203");
    expect_same(mixed, "8301820203820405");
    expect_same(one_to_25<int>(), "98190102030405060708090a0b0c0d0e0f101112131415161718181819");
    expect_same(described::empty(), "a0");
    expect_same(std::map<int, int>{{1, 2}, {3, 4}}, "a201020304");
    expect_same(std::map<std::string, list_or_number>{{"a", 1}, {"b", std::vector{2, 3}}},
                "a26161016162820203");
    expect_same(
        std::map<std::string, std::string>{
            {"a", "A"}, {"b", "B"}, {"c", "C"}, {"d", "D"}, {"e", "E"}},
        "a56161614161626142616361436164614461656145");

    expect_read(std::vector<int>(), "9fff");
    for (const auto digits : {"9f018202039f0405ffff", "9f01820203820405ff", "83018202039f0405ff",
                              "83019f0203ff820405"}) {
        expect_read(mixed, digits);
    }
    expect_read(one_to_25<std::uint8_t>(),
                "9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff");
    expect_read(std::map<std::string, list_or_number>{{"a", 1}, {"b", std::vector{2, 3}}},
                "bf61610161629f0203ffff");
    expect_read(std::map<std::string, std::variant<bool, int>>{{"Fun", true}, {"Amt", -2}},
                "bf6346756ef563416d7421ff");
}

TEST(cbor_appendix_a, passes_through_a_type_that_knows_nothing_of_it) {
    for (const std::string_view digits : all) {
        const std::string document = "a16178" + std::string(digits);
        const auto read = from_cbor<described::anything>(from_hex(document));
        ASSERT_TRUE(read) << digits << '\n' << read.error().message();
        EXPECT_EQ(to_hex(read->others.bytes()), document.substr(2));
        EXPECT_EQ(to_hex(to_cbor(*read).value()), document);
    }
}
