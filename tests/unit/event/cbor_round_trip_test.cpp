// SPDX-License-Identifier: MIT
#include "fuzz/cbor_reference.hpp"
#include "support/codec_round_trip.hpp"
#include "support/described.hpp"
#include "support/random_value.hpp"
#include <stentor/event/cbor.hpp>
#include <stentor/event/json.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

// What support/codec_round_trip.hpp says of every codec, for CBOR; and that it is the other
// spelling of JSON.

namespace {

std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct cbor_codec {
    static constexpr std::string_view replacements{
        "\x00\x01\x17\x18\x1b\x1c\x20\x3b\x40\x5f\x60\x7f\x80\x9f\xa0\xa1\xbf\xc0\xc2\xdb\xf4\xf6"
        "\xf8\xf9\xfb\xff",
        26};

    template <class T>
    static stentor::result<std::string, stentor::codec_error> write(const T& value,
                                                                    std::size_t bytes_max) {
        auto bytes = stentor::to_cbor(value, {.bytes_max = bytes_max});
        if (!bytes) {
            return stentor::unexpected(std::move(bytes).error());
        }
        return text_of(*bytes);
    }
    template <class T>
    static auto append(std::string& out, const T& value, std::size_t bytes_max) {
        const auto before = std::as_bytes(std::span(out));
        std::vector<std::byte> bytes(before.begin(), before.end());
        auto done = stentor::append_cbor(bytes, value, {.bytes_max = bytes_max});
        out = text_of(bytes);
        return done;
    }
    template <class T>
    static auto read(std::string_view document, std::size_t bytes_max) {
        const auto all = std::as_bytes(std::span(document));
        const std::vector<std::byte> exact(all.begin(), all.end());  // for the sanitizers
        return stentor::from_cbor<T>(exact, {.bytes_max = bytes_max});
    }
    static std::vector<std::string> spellings(std::string_view document) {
        const auto item = reference::cbor_parser(document).whole().value();
        const auto spell = [&](const reference::cbor_spelling& spelling) {
            return reference::cbor_respeller(spelling).spell(item);
        };
        return {spell({.info_min = 24}), spell({.info_min = 27, .reversed = true}),
                spell({.endless = true, .part = 1}),
                spell({.endless = true, .part = 5, .tagged = true}),
                spell({.tagged = true, .widened = true})};
    }
    // Well formed, and in the shortest form.
    static bool is_clean(std::string_view document) {
        const reference::cbor_verdict verdict(document);
        return verdict.well_formed() && !verdict.repeats_a_name() &&
               !verdict.has_other_than_utf8() &&
               reference::cbor_respeller({}).spell(verdict.item()) == document;
    }
};

template <class T>
class cbor_round_trip : public testing::Test {
protected:
    described::round_trip<cbor_codec, T> trip;
    described::random_values random{4};
};
TYPED_TEST_SUITE(cbor_round_trip, described::all_types);

}  // namespace

TYPED_TEST(cbor_round_trip, gives_the_value_back) {
    this->trip.expect_value_back();
}

TYPED_TEST(cbor_round_trip, is_repeatable) {
    this->trip.expect_repeatable();
}

TYPED_TEST(cbor_round_trip, refuses_every_beginning_of_the_bytes) {
    this->trip.expect_beginnings_refused();
}

TYPED_TEST(cbor_round_trip, survives_every_changed_byte) {
    this->trip.expect_changed_bytes_survived();
}

TYPED_TEST(cbor_round_trip, stops_at_every_limit_of_size) {
    this->trip.expect_limits_of_size();
}

// A program that knows none of the fields passes them on in the other format.
TYPED_TEST(cbor_round_trip, passes_through_the_other_format) {
    using held = described::box<TypeParam>;
    using stentor::from_cbor;
    using stentor::from_json;
    using stentor::to_cbor;
    using stentor::to_json;
    for (int left = 100; left > 0; --left) {
        const held value{this->random.template next<TypeParam>()};
        const std::string json = to_json(value).value();
        const auto cbor = to_cbor(value).value();

        const auto as_cbor = to_cbor(from_json<described::anything>(json).value());
        ASSERT_TRUE(as_cbor) << as_cbor.error().message() << '\n' << json;
        const auto from_that = from_cbor<held>(*as_cbor);
        ASSERT_TRUE(from_that) << from_that.error().message() << '\n' << json;
        EXPECT_EQ(*from_that, value) << json;

        const auto as_json = to_json(from_cbor<described::anything>(cbor).value());
        ASSERT_TRUE(as_json) << as_json.error().message() << '\n' << json;
        const auto from_this = from_json<held>(*as_json);
        ASSERT_TRUE(from_this) << from_this.error().message() << '\n' << *as_json;
        EXPECT_EQ(*from_this, value) << *as_json;
    }
}
