// SPDX-License-Identifier: MIT

#include "line_reader.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace {

using github::line_reader;
using outcome = line_reader::outcome;

struct close_file {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

std::unique_ptr<std::FILE, close_file> file_with(const std::string& text) {
    std::unique_ptr<std::FILE, close_file> file(std::tmpfile());
    std::fwrite(text.data(), 1, text.size(), file.get());
    std::rewind(file.get());
    return file;
}

std::vector<std::string> all_lines(const std::string& text) {
    const auto file = file_with(text);
    line_reader reader(file.get());
    std::vector<std::string> lines;
    for (std::string line; reader.next(line) == outcome::line;) {
        lines.push_back(line);
    }
    EXPECT_EQ(reader.line_number(), lines.size());
    return lines;
}

using list = std::vector<std::string>;

TEST(line_reader, ends_lines_at_lf_crlf_and_the_end_of_the_file) {
    EXPECT_EQ(all_lines(""), list{});
    EXPECT_EQ(all_lines("\n"), list{""});
    EXPECT_EQ(all_lines("a\nb\n"), (list{"a", "b"}));
    EXPECT_EQ(all_lines("a\r\nb"), (list{"a", "b"}));
    EXPECT_EQ(all_lines("a\n\n\nb"), (list{"a", "", "", "b"}));
    EXPECT_EQ(all_lines("a\rb\n"), list{"a\rb"});
}

TEST(line_reader, drops_a_byte_order_mark_at_the_start_only) {
    EXPECT_EQ(all_lines("\xEF\xBB\xBF{}\n\xEF\xBB\xBFx\n"), (list{"{}", "\xEF\xBB\xBFx"}));
}

TEST(line_reader, keeps_zero_bytes) {
    EXPECT_EQ(all_lines(std::string("a\0b\n", 4)), list{std::string("a\0b", 3)});
}

TEST(line_reader, joins_lines_that_are_longer_than_its_buffer) {
    const std::string lengthy(200'000, 'x');
    EXPECT_EQ(all_lines(lengthy + "\n" + lengthy + "y"), (list{lengthy, lengthy + "y"}));
}

TEST(line_reader, skips_the_rest_of_a_line_that_is_too_long) {
    const auto file = file_with(std::string(line_reader::line_bytes_max + 10, 'x') + "\nnext\n");
    line_reader reader(file.get());
    std::string line;
    EXPECT_EQ(reader.next(line), outcome::too_long);
    EXPECT_EQ(reader.line_number(), 1U);
    EXPECT_TRUE(line.empty());
    EXPECT_EQ(reader.next(line), outcome::line);
    EXPECT_EQ(line, "next");
    EXPECT_EQ(reader.line_number(), 2U);
}

TEST(line_reader, starts_again_after_a_restart) {
    const auto file = file_with("a\nb\n");
    line_reader reader(file.get());
    std::string line;
    ASSERT_EQ(reader.next(line), outcome::line);
    ASSERT_EQ(reader.next(line), outcome::line);
    ASSERT_EQ(reader.next(line), outcome::end);
    std::rewind(file.get());
    reader.restart();
    ASSERT_EQ(reader.next(line), outcome::line);
    EXPECT_EQ(line, "a");
    EXPECT_EQ(reader.line_number(), 1U);
}

TEST(line_reader, tells_a_failed_read_from_the_end) {
    const std::unique_ptr<std::FILE, close_file> folder(std::fopen("/", "rb"));
    ASSERT_NE(folder, nullptr);
    line_reader reader(folder.get());
    std::string line;
    EXPECT_EQ(reader.next(line), outcome::failed);
    EXPECT_NE(reader.error_number(), 0);
}

}  // namespace
