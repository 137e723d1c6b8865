// SPDX-License-Identifier: MIT
#include "fuzz/json_reference.hpp"
#include "support/codec_round_trip.hpp"
#include "support/described.hpp"
#include <stentor/event/json.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

// What support/codec_round_trip.hpp says of every codec, for JSON.

namespace {

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

struct json_codec {
    static constexpr std::string_view replacements = "\"\\{}[],:0-e.tn \x01\xc3\xff";

    template <class T>
    static auto write(const T& value, std::size_t bytes_max) {
        return stentor::to_json(value, {.bytes_max = bytes_max});
    }
    template <class T>
    static auto append(std::string& out, const T& value, std::size_t bytes_max) {
        return stentor::append_json(out, value, {.bytes_max = bytes_max});
    }
    template <class T>
    static auto read(std::string_view text, std::size_t bytes_max) {
        const std::vector<char> exact(text.begin(), text.end());  // sanitizers see reads beyond it
        return stentor::from_json<T>({exact.data(), exact.size()}, {.bytes_max = bytes_max});
    }
    static std::vector<std::string> spellings(std::string_view text) {
        return {spaced(text), escaped(text)};
    }
    static bool is_clean(std::string_view text) {
        const reference::json_verdict verdict(text);
        return verdict.well_formed() && !verdict.repeats_a_name();
    }
};

template <class T>
class json_round_trip : public testing::Test {
protected:
    described::round_trip<json_codec, T> trip;
};
TYPED_TEST_SUITE(json_round_trip, described::all_types);

}  // namespace

TYPED_TEST(json_round_trip, gives_the_value_back) {
    this->trip.expect_value_back();
}

TYPED_TEST(json_round_trip, is_repeatable) {
    this->trip.expect_repeatable();
}

TYPED_TEST(json_round_trip, refuses_every_beginning_of_the_text) {
    this->trip.expect_beginnings_refused();
}

TYPED_TEST(json_round_trip, survives_every_changed_byte) {
    this->trip.expect_changed_bytes_survived();
}

TYPED_TEST(json_round_trip, stops_at_every_limit_of_size) {
    this->trip.expect_limits_of_size();
}
