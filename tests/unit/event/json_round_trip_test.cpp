// SPDX-License-Identifier: MIT
#include "fuzz/json_reference.hpp"
#include "support/described.hpp"
#include "support/random_value.hpp"
#include <stentor/event/json.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// One template for every described type: whatever the value, its text is JSON, reads back as the
// same value, and is worth nothing when a part of it is missing.

namespace {

using stentor::codec_errc;
using stentor::from_json;
using stentor::to_json;

template <class T>
class json_round_trip : public testing::Test {
protected:
    static constexpr std::uint64_t values = 300;
    described::random_values random{20'261'127};
};

using types =
    testing::Types<described::empty, described::numbers, described::texts, described::times,
                   described::lists, described::maps, described::optionals, described::card,
                   described::variants, described::tree, described::box<std::vector<double>>,
                   described::whole, described::anything, std::vector<described::numbers>,
                   std::map<std::string, described::texts>, std::vector<std::vector<std::string>>>;
TYPED_TEST_SUITE(json_round_trip, types);

// The same document with white space wherever it may stand.
std::string spaced(std::string_view text) {
    constexpr std::string_view spaces = " \n\r\t";
    std::string out = spaces.data();
    bool inside = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        const bool is_mark = !inside && std::string_view("{}[]:,").find(c) != text.npos;
        out += is_mark ? spaces : "";
        out += c;
        out += is_mark ? spaces : "";
        if (inside && c == '\\') {
            out += text[++at];
        } else if (c == '"') {
            inside = !inside;
        }
    }
    return out + "\n";
}

// The same document with all that may be escaped as \u.
std::string escaped(std::string_view text) {
    const auto characters = reference::decode_utf8(text).value();
    std::string out;
    bool inside = false;
    const auto append = [&](unsigned code) {
        char unit[16];
        std::snprintf(unit, sizeof unit, "\\u%04X", code);
        out += unit;
    };
    for (std::size_t at = 0; at < characters.size(); ++at) {
        const char32_t c = characters[at];
        if (inside && c == U'\\') {
            const std::size_t size = characters[at + 1] == U'u' ? 6 : 2;
            for (std::size_t left = size; left > 0; --left, ++at) {
                out += static_cast<char>(characters[at]);
            }
            --at;
        } else if (inside && c >= 0x10000) {
            append(0xD800 + static_cast<unsigned>((c - 0x10000) >> 10));
            append(0xDC00 + static_cast<unsigned>((c - 0x10000) & 0x3FF));
        } else if (inside && c != U'"') {
            append(static_cast<unsigned>(c));
        } else {
            inside = c == U'"' ? !inside : inside;
            out += static_cast<char>(c);
        }
    }
    return out;
}

template <class T>
void expect_same(const T& value, std::string_view text) {
    const auto read = from_json<T>(text);
    ASSERT_TRUE(read) << read.error().message() << '\n' << text;
    EXPECT_EQ(*read, value) << text;
}

}  // namespace

TYPED_TEST(json_round_trip, gives_the_value_back) {
    for (std::uint64_t left = this->values; left > 0; --left) {
        const auto value = this->random.template next<TypeParam>();
        const auto text = to_json(value);
        ASSERT_TRUE(text) << text.error().message();
        const reference::json_verdict verdict(*text);
        ASSERT_TRUE(verdict.well_formed() && !verdict.repeats_a_name()) << *text;
        expect_same(value, *text);
        expect_same(value, spaced(*text));
        expect_same(value, escaped(*text));
        if (this->HasFatalFailure()) {
            return;
        }
    }
}

TYPED_TEST(json_round_trip, is_repeatable) {
    for (std::uint64_t left = this->values; left > 0; --left) {
        const auto value = this->random.template next<TypeParam>();
        const std::string text = to_json(value).value();
        const std::string again = to_json(from_json<TypeParam>(text).value()).value();
        EXPECT_EQ(text.size(), again.size());  // the order of a hash map may be another
    }
}

TYPED_TEST(json_round_trip, refuses_every_beginning_of_the_text) {
    for (int left = 5; left > 0; --left) {
        const std::string text = to_json(this->random.template next<TypeParam>()).value();
        for (std::size_t size = 0; size < text.size(); ++size) {
            const std::string beginning = text.substr(0, size);  // sanitizers see reads beyond it
            const auto read = from_json<TypeParam>(beginning);
            ASSERT_FALSE(read) << beginning;
            const auto code = read.error().code;
            if (code != codec_errc::invalid_utf8) {  // a sequence is cut
                EXPECT_EQ(code, codec_errc::truncated) << beginning;
                EXPECT_EQ(read.error().offset, size) << beginning;
            }
        }
    }
}

TYPED_TEST(json_round_trip, survives_every_changed_byte) {
    const std::string text = to_json(this->random.template next<TypeParam>()).value();
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (const char c : std::string_view("\"\\{}[],:0-e.tn \x01\xc3\xff")) {
            std::string changed = text;
            changed[at] = c;
            const auto read = from_json<TypeParam>(changed);
            if (read) {
                expect_same(*read, to_json(*read).value());
            } else {
                EXPECT_LE(read.error().offset, changed.size());
                EXPECT_FALSE(read.error().message().empty());
            }
        }
    }
}

TYPED_TEST(json_round_trip, stops_at_every_limit_of_size) {
    const auto value = this->random.template next<TypeParam>();
    const std::string text = to_json(value).value();
    for (std::size_t size = 0; size < text.size(); ++size) {
        std::string out = "kept";
        const auto written = stentor::append_json(out, value, {.bytes_max = size});
        ASSERT_FALSE(written);
        EXPECT_EQ(written.error().code, codec_errc::too_large);
        EXPECT_EQ(out, "kept");
        EXPECT_EQ(from_json<TypeParam>(text, {.bytes_max = size}).error().code,
                  codec_errc::too_large);
    }
    EXPECT_TRUE(to_json(value, {.bytes_max = text.size()}));
    EXPECT_TRUE(from_json<TypeParam>(text, {.bytes_max = text.size()}));
}
