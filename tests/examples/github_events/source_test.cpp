// SPDX-License-Identifier: MIT

#include "source.hpp"

#include "examples/run_program.hpp"
#include "failure.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace {

using namespace github;
using stentor_test::lines_of;
using stentor_test::scratch_folder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A console that writes to a file which can be read.
class heard {
public:
    heard() : file_(std::tmpfile()), out(file_) {}
    ~heard() { std::fclose(file_); }

    [[nodiscard]] std::vector<std::string> lines() {
        std::rewind(file_);
        std::string text(100'000, '\0');
        text.resize(std::fread(text.data(), 1, text.size(), file_));
        return lines_of(text);
    }

private:
    std::FILE* file_;

public:
    console out;
};

std::vector<std::string> events_of(record_source& source) {
    std::vector<std::string> events;
    while (const record* next = source.next()) {
        events.push_back(next->event);
    }
    return events;
}

exit_code refusal_of(const std::function<void()>& action, const std::string& wanted) {
    try {
        action();
    } catch (const failure& why) {
        EXPECT_THAT(why.what(), HasSubstr(wanted));
        return why.code();
    }
    ADD_FAILURE() << "accepted";
    return exit_code::success;
}

TEST(ndjson_source, reports_bad_lines_with_file_and_line_and_goes_on) {
    const scratch_folder folder;
    const std::string file = folder.file("own.ndjson",
                                         "{\"event\":\"push\",\"payload\":{}}\n"
                                         "oops\n"
                                         "\n"
                                         "   \t\r\n"
                                         "{\"event\":\"star\",\"payload\":{}}\r\n"
                                         "{\"event\":\"star\"}\n"
                                         "{\"event\":\"fork\",\"payload\":{}}");
    heard terminal;
    bad_input bad(terminal.out);
    const auto source = open_ndjson(file, bad);
    EXPECT_THAT(events_of(*source), ElementsAre("push", "star", "fork"));
    EXPECT_EQ(bad.count(), 2U);
    EXPECT_THAT(terminal.lines(),
                ElementsAre(file + ":2: not valid JSON; skipped",
                            file + ":6: \"payload\" is missing or not an object; skipped"));
    EXPECT_TRUE(source->intact());
}

TEST(ndjson_source, counts_a_bad_line_once_however_often_it_is_read) {
    const scratch_folder folder;
    heard terminal;
    bad_input bad(terminal.out);
    const auto source =
        open_ndjson(folder.file("own.ndjson", "oops\n{\"event\":\"push\",\"payload\":{}}\n"), bad);
    for (int pass = 0; pass < 3; ++pass) {
        EXPECT_THAT(events_of(*source), ElementsAre("push"));
        ASSERT_TRUE(source->rewind());
    }
    EXPECT_EQ(bad.count(), 1U);
}

TEST(ndjson_source, refuses_what_it_cannot_read) {
    const scratch_folder folder;
    heard terminal;
    bad_input bad(terminal.out);
    EXPECT_EQ(refusal_of([&] { static_cast<void>(open_ndjson(folder.path("none"), bad)); },
                         "No such file"),
              exit_code::no_file);
    EXPECT_EQ(
        refusal_of([&] { static_cast<void>(open_ndjson(folder.path(), bad)); }, "Is a directory"),
        exit_code::no_file);
    EXPECT_EQ(
        refusal_of([&] { static_cast<void>(open_ndjson(folder.file("e", ""), bad)); }, "is empty"),
        exit_code::no_events);
}

TEST(bad_input, prints_the_first_twenty_and_counts_the_rest) {
    heard terminal;
    bad_input bad(terminal.out);
    for (int line = 1; line <= 100; ++line) {
        bad.report("f:" + std::to_string(line), "wrong");
    }
    EXPECT_EQ(bad.count(), 100U);
    const auto lines = terminal.lines();
    ASSERT_EQ(lines.size(), 21U);
    EXPECT_EQ(lines.back(), "more bad input; from here on it is only counted");
}

TEST(bad_input, does_not_let_the_input_control_the_terminal) {
    heard terminal;
    bad_input bad(terminal.out);
    bad.report("\033]0;file", "\033[2J");
    EXPECT_THAT(terminal.lines(), ElementsAre("?]0;file: ?[2J; skipped"));
}

TEST(example_source, reads_the_index_of_the_package) {
    const scratch_folder folder;
    static_cast<void>(folder.file("index.json", R"([
        {"name": "push", "examples": [{"ref": "a"}, {"ref": "b"}]},
        {"name": "star", "description": "x", "examples": [{"action": "created"}, 7]}])"));
    heard terminal;
    bad_input bad(terminal.out);
    const auto source = open_examples(folder.path(), bad);
    const record* first = source->next();
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(first->event, "push");
    EXPECT_EQ(first->payload, R"({"ref":"a"})");
    ASSERT_NE(source->next(), nullptr);
    EXPECT_EQ(source->where(), "index.json: push, example 2");
    EXPECT_THAT(events_of(*source), ElementsAre("star"));
    EXPECT_THAT(terminal.lines(),
                ElementsAre("index.json: star, example 2: not an object; skipped"));
    EXPECT_TRUE(source->rewind());
    EXPECT_EQ(events_of(*source).size(), 3U);
    EXPECT_EQ(source->name(), "index.json (3 webhooks)");
}

TEST(example_source, says_how_to_get_the_data) {
    const scratch_folder folder;
    heard terminal;
    bad_input bad(terminal.out);
    const auto open = [&] { static_cast<void>(open_examples(folder.path(), bad)); };
    EXPECT_EQ(refusal_of(open, "fetch_data.sh"), exit_code::no_file);
    for (const char* text : {"", "not json", "{}", "[{}]", "[{\"name\": \"x\"}]", "[3]"}) {
        static_cast<void>(folder.file("index.json", text));
        EXPECT_EQ(refusal_of(open, "fetch_data.sh --force"), exit_code::no_file) << text;
    }
    static_cast<void>(folder.file("index.json", "[]"));
    EXPECT_EQ(refusal_of(open, "has no event"), exit_code::no_events);
}

}  // namespace
