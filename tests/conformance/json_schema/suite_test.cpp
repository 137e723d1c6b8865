// SPDX-License-Identifier: MIT
#include "conformance/json_schema/json_pieces.hpp"
#include "examples/run_program.hpp"
#include <stentor/event/json_schema.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The official tests of JSON Schema, draft-07, from Debian's json-schema-test-suite. What is not
// supported is named here with the reason; when it comes to pass, the test fails until it is taken
// off the list.

namespace {

using namespace stentor_test;

struct exclusion {
    std::string_view file;
    std::string_view group;
    std::string_view test;
    std::string_view reason;
};

// An annotation for readers in draft-07, which an implementation may check.
constexpr std::string_view content = "validation of string-encoded content based on media type";
constexpr std::string_view encoded = "validation of binary string-encoding";
constexpr std::string_view both = "validation of binary-encoded media type documents";
constexpr std::string_view annotation = "content keywords are annotations";
// Which characters a name may have, and how long it is when it is encoded, stands in tables of
// Unicode that the engine does not have.
constexpr std::string_view hosts = "validation of internationalized host names";
constexpr std::string_view tables = "internationalised names need the tables of IDNA";

constexpr exclusion exclusions[] = {
    {"optional/content.json", content, "an invalid JSON document", annotation},
    {"optional/content.json", encoded, "an invalid base64 string (% is not a valid character)",
     annotation},
    {"optional/content.json", both, "a validly-encoded invalid JSON document", annotation},
    {"optional/content.json", both, "an invalid base64 string that is valid JSON", annotation},
    {"optional/format/idn-email.json", "validation of an internationalized e-mail addresses",
     "an invalid idn e-mail address", tables},
    {"optional/format/idn-hostname.json", hosts,
     "illegal first char U+302E Hangul single dot tone mark", tables},
    {"optional/format/idn-hostname.json", hosts,
     "contains illegal char U+302E Hangul single dot tone mark", tables},
    {"optional/format/idn-hostname.json", hosts, "a host name with a component too long", tables},
};

struct suite_counts {
    int passed = 0;
    int excluded = 0;
};

class official_suite : public ::testing::Test {
protected:
    // The message says what to do.
    testing::AssertionResult is_there() const {
        for (const std::string& path :
             {folder + "/tests/draft7", std::string(STENTOR_META_SCHEMA)}) {
            if (!std::filesystem::exists(path)) {
                return testing::AssertionFailure()
                       << path << " is not there; ./dev test installs it, or Debian's apt-get "
                       << "install json-schema-test-suite python3-jsonschema";
            }
        }
        return testing::AssertionSuccess();
    }

    void SetUp() override {
        ASSERT_TRUE(is_there());
        for (const auto& file : files(folder + "/remotes")) {
            const std::string uri = "http://localhost:1234/" + file;
            remember(uri, text_of_file(folder + "/remotes/" + file));
        }
        remember("http://json-schema.org/draft-07/schema", text_of_file(STENTOR_META_SCHEMA));
    }

    static std::vector<std::string> files(const std::string& in) {
        std::vector<std::string> all;
        for (const auto& one : std::filesystem::recursive_directory_iterator(in)) {
            if (one.is_regular_file()) {
                all.push_back(std::filesystem::relative(one.path(), in).string());
            }
        }
        std::sort(all.begin(), all.end());
        return all;
    }

    void remember(const std::string& uri, const std::string& text) {
        texts.emplace_back(uri, text);
        documents.clear();
        for (const auto& [known, of] : texts) {
            documents.push_back({known, of});
        }
    }

    void run(const std::string& file) {
        const auto text = text_of_file(folder + "/tests/draft7/" + file);
        for (const auto& [no_name, group] : json_pieces(text)) {
            run_group(file, group);
        }
    }

    void run_group(const std::string& file, std::string_view group) {
        const auto name = json_text(json_piece(group, "description"));
        const auto schema =
            stentor::json_schema::compile(json_piece(group, "schema"), {.documents = documents});
        if (!schema) {
            // None of the suite's schemas is wrong.
            ADD_FAILURE() << file << ": " << name << ": " << schema.error().message;
            return;
        }
        for (const auto& [no_name, test] : json_pieces(json_piece(group, "tests"))) {
            run_test(file, name, *schema, test);
        }
    }

    void run_test(std::string_view file, std::string_view group, const stentor::json_schema& schema,
                  std::string_view test) {
        const auto name = json_text(json_piece(test, "description"));
        const auto data = json_piece(test, "data");
        stentor::violations found;
        const bool valid = schema.validate(data, found);
        EXPECT_EQ(valid, found.empty());
        const bool right = valid == (json_piece(test, "valid") == "true");
        const auto* const excluded =
            std::find_if(std::begin(exclusions), std::end(exclusions), [&](const exclusion& one) {
                return one.file == file && one.group == group && one.test == name;
            });
        if (excluded != std::end(exclusions)) {
            ++counts.excluded;
            EXPECT_FALSE(right) << file << ": " << group << ": " << name
                                << " passes now; it was excluded, because " << excluded->reason;
            return;
        }
        ++counts.passed;
        EXPECT_TRUE(right) << file << ": " << group << ": " << name << "\n  of " << data << "\n  "
                           << found.to_string();
    }

    const std::string folder = STENTOR_SCHEMA_SUITE;
    std::vector<std::pair<std::string, std::string>> texts;
    std::vector<stentor::json_schema_document> documents;
    suite_counts counts;
};

TEST_F(official_suite, is_passed_but_for_what_is_named_here) {
    for (const auto& file : files(folder + "/tests/draft7")) {
        run(file);
    }
    RecordProperty("passed", counts.passed);
    RecordProperty("excluded", counts.excluded);
    EXPECT_EQ(counts.excluded, std::ssize(exclusions)) << "an exclusion names no test";
    // Whether the folder has what it is believed to have.
    EXPECT_GE(counts.passed, 500);
}

}  // namespace
