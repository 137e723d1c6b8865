// SPDX-License-Identifier: MIT
#pragma once

#include "support/described.hpp"
#include "support/random_value.hpp"
#include <stentor/event/codec_error.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

// One template for every described type and every codec: whatever the value, its document is one
// of the format, reads back as the same value in every spelling, and is worth nothing when a part
// of it is missing. A codec has
//
//     write(value, bytes_max) and append(out, value, bytes_max), with std::string for documents
//     read<T>(document, bytes_max)
//     spellings(document): the same document as others may write it
//     is_clean(document): by a reader that is not the library's
//     replacements: what to put where another byte was

namespace described {

using all_types =
    testing::Types<empty, numbers, texts, times, lists, maps, optionals, card, variants, tree,
                   box<std::vector<double>>, whole, anything, std::vector<numbers>,
                   std::map<std::string, texts>, std::vector<std::vector<std::string>>>;

inline constexpr std::size_t any_size = 1024 * 1024;

template <class Codec, class T>
class round_trip {
public:
    using codec_errc = stentor::codec_errc;

    void expect_value_back() {
        for (int left = values; left > 0; --left) {
            const T value = random_.next<T>();
            const auto document = Codec::write(value, any_size);
            ASSERT_TRUE(document) << document.error().message();
            ASSERT_TRUE(Codec::is_clean(*document)) << *document;
            expect_same(value, *document);
            for (const std::string& other : Codec::spellings(*document)) {
                expect_same(value, other);
            }
            if (testing::Test::HasFailure()) {
                return;
            }
        }
    }

    void expect_repeatable() {
        for (int left = values; left > 0; --left) {
            const std::string document = Codec::write(random_.next<T>(), any_size).value();
            const T value = Codec::template read<T>(document, any_size).value();
            const std::string again = Codec::write(value, any_size).value();
            EXPECT_EQ(document.size(), again.size());  // the order of a hash map may be another
        }
    }

    void expect_beginnings_refused() {
        for (int left = 5; left > 0; --left) {
            const std::string document = Codec::write(random_.next<T>(), any_size).value();
            for (std::size_t size = 0; size < document.size(); ++size) {
                const std::string beginning = document.substr(0, size);
                const auto read = Codec::template read<T>(beginning, any_size);
                ASSERT_FALSE(read) << beginning;
                const auto code = read.error().code;
                if (code != codec_errc::invalid_utf8) {  // a sequence is cut
                    EXPECT_EQ(code, codec_errc::truncated) << beginning;
                    EXPECT_EQ(read.error().offset, size) << beginning;
                }
            }
        }
    }

    void expect_changed_bytes_survived() {
        const std::string document = Codec::write(random_.next<T>(), any_size).value();
        for (std::size_t at = 0; at < document.size(); ++at) {
            for (const char c : Codec::replacements) {
                std::string changed = document;
                changed[at] = c;
                const auto read = Codec::template read<T>(changed, any_size);
                if (!read) {
                    EXPECT_LE(read.error().offset, changed.size());
                    EXPECT_FALSE(read.error().message().empty());
                } else if (*read == *read) {  // not so with nan
                    expect_same(*read, Codec::write(*read, any_size).value());
                }
            }
        }
    }

    void expect_limits_of_size() {
        const T value = random_.next<T>();
        const std::string document = Codec::write(value, any_size).value();
        for (std::size_t size = 0; size < document.size(); ++size) {
            std::string out = "kept";
            const auto written = Codec::append(out, value, size);
            ASSERT_FALSE(written);
            EXPECT_EQ(written.error().code, codec_errc::too_large);
            EXPECT_EQ(out, "kept");
            EXPECT_EQ(Codec::template read<T>(document, size).error().code, codec_errc::too_large);
        }
        EXPECT_TRUE(Codec::write(value, document.size()));
        EXPECT_TRUE(Codec::template read<T>(document, document.size()));
    }

private:
    static constexpr int values = 300;

    static void expect_same(const T& value, std::string_view document) {
        const auto read = Codec::template read<T>(document, any_size);
        ASSERT_TRUE(read) << read.error().message() << '\n' << document;
        EXPECT_EQ(*read, value) << document;
    }

    random_values random_{20'261'127};
};

}  // namespace described
