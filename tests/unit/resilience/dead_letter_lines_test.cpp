// SPDX-License-Identifier: MIT
#include <stentor/resilience/dead_letter_lines.hpp>

#include "support/sample_letters.hpp"
#include <stentor/resilience/memory_dead_letters.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>

using stentor::append_dead_letter_line;
using stentor::dead_letter;
using stentor::dead_letter_content;
using stentor::memory_dead_letters;
using stentor::read_dead_letter_line;
using stentor_test::rich_letter;
using stentor_test::small_letter;

namespace {

std::string line_of(const dead_letter& letter) {
    std::string line = "before";
    const auto written = append_dead_letter_line(line, letter);
    EXPECT_TRUE(written.has_value()) << (written ? "" : written.error().message());
    EXPECT_TRUE(line.starts_with("before"));
    EXPECT_EQ(line.find('\n'), std::string::npos);
    return line.substr(6);
}

void expect_round_trip(const dead_letter& letter) {
    const std::string line = line_of(letter);
    const auto again = read_dead_letter_line(line);
    ASSERT_TRUE(again.has_value()) << again.error().message() << '\n' << line;
    EXPECT_EQ(*again, letter) << line;
}

TEST(dead_letter_lines, lose_no_field) {
    expect_round_trip(rich_letter());
    expect_round_trip(small_letter(1));
}

TEST(dead_letter_lines, lose_no_byte_of_a_payload) {
    dead_letter letter = small_letter(1);
    std::string all;
    for (int byte = 0; byte < 256; ++byte) {
        all += static_cast<char>(byte);
    }
    for (const auto content :
         {dead_letter_content::json, dead_letter_content::cbor, dead_letter_content::binary}) {
        for (const std::string& bytes :
             {all, std::string(), std::string("a"), std::string("ab"), std::string("[1, 2 ]"),
              std::string("{\"a\":1.50,\"b\":\"\\u0041\"}"), std::string(" {}"), std::string("{} "),
              std::string("{\n}"), std::string("1},\"topic\":\"x\",\"y\":{\"z\":1"),
              std::string("1,\"base64\":\"\""), std::string("1,\"json\":2"), std::string("\"x"),
              std::string(100, '['), std::string("-0"), std::string("null")}) {
            letter.payload = {content, bytes, nullptr};
            expect_round_trip(letter);
        }
    }
}

TEST(dead_letter_lines, show_json_as_json) {
    dead_letter letter = small_letter(1);
    letter.payload.bytes = R"({"id": 1, "lines": [{"sku":"a,b"}]})";
    EXPECT_NE(line_of(letter).find(R"("payload":{"content":"json","json":{"id": 1, )"),
              std::string::npos);
    letter.payload.content = dead_letter_content::binary;
    EXPECT_EQ(line_of(letter).find(R"("json":)"), std::string::npos);
}

TEST(dead_letter_lines, say_what_is_wrong) {
    const std::string good = line_of(small_letter(1));
    const auto error_of = [](const std::string& line) {
        const auto read = read_dead_letter_line(line);
        return read ? std::string("none") : read.error().path;
    };
    const auto with = [&good](const std::string& from, const std::string& to) {
        std::string line = good;
        line.replace(line.find(from), from.size(), to);
        return line;
    };
    EXPECT_EQ(error_of(good), "none");
    EXPECT_EQ(error_of(with("\"subscription\":\"mail\"", "\"subscription\":\"\"")), "subscription");
    EXPECT_EQ(error_of(with("\"topic\":\"order.placed\",", "")), "topic");
    EXPECT_EQ(error_of(with("\"id\":\"0", "\"id\":\"x")), "id");
    EXPECT_EQ(error_of(with("\"exhausted\"", "\"bored\"")), "reason");
    EXPECT_EQ(error_of(with("\"json\":{\"id\":1}", "\"base64\":\"A\"")), "payload.base64");
    EXPECT_EQ(error_of(with("\"json\":{\"id\":1}", "\"base64\":\"AB==\"")), "payload.base64");
    EXPECT_EQ(error_of(with(",\"json\":{\"id\":1}", "")), "payload");
    EXPECT_EQ(error_of(with("\"fingerprint\":\"0", "\"fingerprint\":\"z")), "fingerprint");
}

struct in_memory_only final : stentor::dead_letter_object {
    [[nodiscard]] std::size_t bytes() const noexcept override { return 8; }
};

TEST(dead_letter_lines, go_out_and_in_again) {
    const auto from = memory_dead_letters::make().value();
    for (std::uint64_t index = 1; index <= 50; ++index) {
        ASSERT_TRUE(from->put(small_letter(index)).has_value());
    }
    dead_letter opaque = rich_letter();
    opaque.id = stentor_test::letter_id(99);
    opaque.payload = {dead_letter_content::object, "", std::make_shared<in_memory_only>()};
    ASSERT_TRUE(from->put(opaque).has_value());
    std::string text;
    const auto out = export_dead_letters(*from, {}, [&text](std::string_view line) {
        text += line;
        return true;
    });
    ASSERT_TRUE(out.has_value());
    EXPECT_EQ(out->letters, 51U);
    ASSERT_EQ(out->without_payload.size(), 1U);
    EXPECT_EQ(out->without_payload[0].id, opaque.id);
    EXPECT_EQ(out->without_payload[0].type_name, "order_placed");

    const auto to = memory_dead_letters::make().value();
    const auto in = import_dead_letters(text, *to);
    EXPECT_EQ(in.letters, 51U);
    EXPECT_EQ(in.bad, 0U);
    EXPECT_TRUE(to->get(51)->payload.missing());
    EXPECT_EQ(*to->get(50), *from->get(50));
    EXPECT_EQ(import_dead_letters(text, *to).duplicates, 51U);
    EXPECT_EQ(to->room().letters, 51U);
}

TEST(dead_letter_lines, bad_ones_are_reported_and_the_rest_is_stored) {
    const std::string text = line_of(small_letter(1)) + "\r\n\nnonsense\n" +
                             line_of(small_letter(2)) + "\n{\"id\":\n" + line_of(small_letter(3));
    const auto store = memory_dead_letters::make({.letters_max = 2}).value();
    const auto report = import_dead_letters(text, *store);
    EXPECT_EQ(report.letters, 2U);
    EXPECT_EQ(report.bad, 3U);
    ASSERT_EQ(report.bad_lines.size(), 3U);
    EXPECT_EQ(report.bad_lines[0].line, 3U);
    EXPECT_EQ(report.bad_lines[1].line, 5U);
    EXPECT_EQ(report.bad_lines[2].line, 6U);
    EXPECT_NE(report.bad_lines[2].why.find("full"), std::string::npos);
}

TEST(dead_letter_lines, an_export_ends_where_its_sink_refuses) {
    const auto store = memory_dead_letters::make().value();
    ASSERT_TRUE(store->put(small_letter(1)).has_value());
    const auto refused = export_dead_letters(*store, {}, [](std::string_view) { return false; });
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, stentor::dead_letter_errc::unavailable);
    EXPECT_FALSE(export_dead_letters(*store, {.topic = ".."}, {}).has_value());
    EXPECT_EQ(store->room().letters, 1U);
}

}  // namespace
