// SPDX-License-Identifier: MIT
#include "conformance/json_schema/json_pieces.hpp"
#include "examples/run_program.hpp"
#include <stentor/event/json.hpp>
#include <stentor/event/json_schema.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// GitHub's own schemas against its own webhooks, whole and damaged. The judge is another
// implementation, Python's jsonschema: both must say the same of each text.

namespace {

using namespace stentor_test;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;

struct webhook {
    std::string definition;
    std::string payload;
};

const std::string& schemas_file() {
    static const std::string path = [] {
        const auto ran = run_program({STENTOR_FETCH_PACKAGE, STENTOR_JSON_SCHEMA "/schemas.lock"},
                                     {.time_limit = seconds(120)});
        EXPECT_EQ(ran.exit_code, 0) << ran.err;
        return ran.exit_code == 0 ? lines_of(ran.out).front() : std::string();
    }();
    return path;
}

std::string webhooks_file() {
    const auto ran = run_program({STENTOR_FETCH_DATA}, {.time_limit = seconds(120)});
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    const auto said = ran.exit_code == 0 ? lines_of(ran.out).back() : std::string();
    return said.substr(said.find(" in ") + 4) + "/index.json";
}

// By definition, as the test compares it with its judge: without formats.
const std::map<std::string, stentor::json_schema>& schemas(bool formats) {
    static std::map<std::string, stentor::json_schema> all[2];
    static const std::string text = text_of_file(schemas_file());
    if (!all[formats].empty()) {
        return all[formats];
    }
    const auto definitions = json_piece(text, "definitions");
    for (const auto& [name, schema] : json_pieces(definitions)) {
        if (!name.ends_with("_event") && !name.ends_with("$event")) {
            continue;
        }
        const auto made = stentor::json_schema::compile(
            text, {.pointer = "/definitions/" + name, .formats = formats});
        EXPECT_TRUE(made) << made.error().message;
        if (made) {
            all[formats].emplace(name, *made);
        }
    }
    return all[formats];
}

const std::vector<webhook>& webhooks() {
    static const std::string text = text_of_file(webhooks_file());
    static const std::vector<webhook> all = [] {
        std::vector<webhook> found;
        for (const auto& [no_name, group] : json_pieces(text)) {
            const auto name = json_text(json_piece(group, "name"));
            const bool many = schemas(false).contains(name + "_event");
            for (const auto& [none, payload] : json_pieces(json_piece(group, "examples"))) {
                std::string line(payload);
                std::replace(line.begin(), line.end(), '\n', ' ');  // no text has one in it
                found.push_back({name + (many ? "_event" : "$event"), std::move(line)});
            }
        }
        return found;
    }();
    return all;
}

std::vector<std::set<std::string>> judged(const std::vector<webhook>& all) {
    std::string input;
    for (const auto& one : all) {
        input += one.definition + '\t' + one.payload + '\n';
    }
    const auto ran =
        run_program({"/usr/bin/python3", STENTOR_JSON_SCHEMA "/judge.py", schemas_file()},
                    {.input = input, .time_limit = seconds(150)});
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    std::vector<std::set<std::string>> verdicts;
    for (std::string_view out = ran.out; !out.empty();) {
        auto line = out.substr(0, out.find('\n'));
        out.remove_prefix(line.size() + 1);
        auto& found = verdicts.emplace_back();
        while (!line.empty()) {
            const auto end = std::min(line.find('\t'), line.size());
            found.emplace(line.substr(0, end));
            line.remove_prefix(std::min(end + 1, line.size()));
        }
    }
    EXPECT_EQ(verdicts.size(), all.size());
    return verdicts;
}

bool has_alternatives(const std::set<std::string>& verdict) {
    return std::any_of(verdict.begin(), verdict.end(), [](const std::string& one) {
        return one.starts_with("oneOf ") || one.starts_with("anyOf ");
    });
}

struct agreement {
    int valid = 0;
    int invalid = 0;
    int exact = 0;  // invalid, and all violations are compared
};

agreement expect_agreement(const std::vector<webhook>& all) {
    agreement counts;
    const auto verdicts = judged(all);
    for (std::size_t at = 0; at < std::min(all.size(), verdicts.size()); ++at) {
        const auto& schema = schemas(false).at(all[at].definition);
        stentor::violations found;
        const bool valid = schema.validate(all[at].payload, found);
        EXPECT_EQ(valid, verdicts[at].empty())
            << all[at].definition << ": " << all[at].payload << '\n'
            << found.to_string();
        ++(valid ? counts.valid : counts.invalid);
        // Which alternative is the nearest is a matter of taste, and 64 are kept.
        if (!valid && !has_alternatives(verdicts[at]) && found.size() == found.count()) {
            std::set<std::string> ours;
            for (const auto& one : found) {
                ours.insert(one.code + " " + one.path);
            }
            EXPECT_EQ(ours, verdicts[at]) << all[at].definition;
            ++counts.exact;
        }
    }
    return counts;
}

// A value in a payload, and the object that has it as a member.
struct spot {
    std::string_view value;
    std::string_view object;
    std::string name;
};

void collect(std::string_view value, std::vector<spot>& spots) {
    if (value.empty() || (value.front() != '{' && value.front() != '[')) {
        return;
    }
    for (const auto& [name, inner] : json_pieces(value)) {
        if (value.front() == '{') {
            spots.push_back({inner, value, name});
        }
        collect(inner, spots);
    }
}

std::string replaced(const std::string& in, std::string_view what, std::string_view by) {
    const auto start = static_cast<std::size_t>(what.data() - in.data());
    return in.substr(0, start) + std::string(by) + in.substr(start + what.size());
}

std::string without(std::string_view object, std::string_view member) {
    std::string text = "{";
    for (const auto& [name, value] : json_pieces(object)) {
        if (name != member) {
            text += text.size() == 1 ? "" : ",";
            text += stentor::to_json(name).value() + ":" + std::string(value);
        }
    }
    return text + "}";
}

std::string damaged(const std::string& payload, std::mt19937_64& random) {
    std::vector<spot> spots;
    collect(payload, spots);
    const auto& where = spots[random() % spots.size()];
    constexpr std::string_view others[] = {"null",      "true", "-1",  "1.5", "\"\"",
                                           "\"other\"", "[]",   "[0]", "{}"};
    switch (random() % 3) {
        case 0: return replaced(payload, where.object, without(where.object, where.name));
        case 1:
            return replaced(payload, where.object,
                            "{\"surplus\":0," + std::string(where.object.substr(1)));
        default: return replaced(payload, where.value, others[random() % std::size(others)]);
    }
}

TEST(github_schemas, say_of_real_webhooks_what_another_implementation_says) {
    ASSERT_EQ(webhooks().size(), 329U);
    const auto counts = expect_agreement(webhooks());
    // The oldest examples lack members that newer webhooks have.
    EXPECT_EQ(counts.valid, 277);
    EXPECT_EQ(counts.invalid, 52);
}

TEST(github_schemas, say_of_damaged_webhooks_what_another_implementation_says) {
    std::mt19937_64 random(20261127);
    std::vector<webhook> all;
    for (const auto& one : webhooks()) {
        for (int round = 0; round < 4; ++round) {
            all.push_back({one.definition, damaged(one.payload, random)});
        }
    }
    const auto counts = expect_agreement(all);
    EXPECT_GT(counts.valid, 50);
    EXPECT_GT(counts.invalid, 500);
    EXPECT_GT(counts.exact, 100);
}

// What is valid, with formats.
std::vector<webhook> valid_webhooks() {
    std::vector<webhook> valid;
    for (const auto& one : webhooks()) {
        stentor::violations found;
        if (schemas(true).at(one.definition).validate(one.payload, found)) {
            valid.push_back(one);
        }
    }
    return valid;
}

std::vector<stentor::violation> violations_of(const webhook& one) {
    stentor::violations found;
    const bool valid = schemas(true).at(one.definition).validate(one.payload, found);
    EXPECT_EQ(valid, found.empty());
    return {found.begin(), found.end()};
}

auto is_violation(const std::string& path, const std::string& code) {
    return AllOf(Field(&stentor::violation::path, path), Field(&stentor::violation::code, code));
}

TEST(github_schemas, find_real_webhooks_valid_with_their_formats) {
    // Two of check_run have moments without a zone. An empty text that is to be a URI or empty is
    // both for who does not look at formats: that is one more.
    EXPECT_EQ(valid_webhooks().size(), 276U);
}

TEST(github_schemas, say_which_member_is_missing) {
    int looked = 0;
    for (const auto& one : valid_webhooks()) {
        const auto repository = json_piece(one.payload, "repository");
        if (json_piece(repository.empty() ? "{}" : repository, "full_name").empty()) {
            continue;
        }
        const webhook lacking{one.definition,
                              replaced(one.payload, repository, without(repository, "full_name"))};
        EXPECT_THAT(violations_of(lacking),
                    Contains(is_violation("repository.full_name", "required")))
            << one.definition;
        ++looked;
    }
    EXPECT_GT(looked, 200);
}

TEST(github_schemas, say_which_value_has_another_type_or_format) {
    int looked = 0;
    for (const auto& one : valid_webhooks()) {
        const auto sender = json_piece(one.payload, "sender");
        const auto login = json_piece(sender.empty() ? "{}" : sender, "login");
        const auto url = json_piece(sender.empty() ? "{}" : sender, "url");
        if (login.empty() || url.empty()) {
            continue;
        }
        EXPECT_THAT(violations_of({one.definition, replaced(one.payload, login, "7")}),
                    Contains(is_violation("sender.login", "type")))
            << one.definition;
        EXPECT_THAT(violations_of({one.definition, replaced(one.payload, url, "\"no uri\"")}),
                    Contains(is_violation("sender.url", "format")))
            << one.definition;
        ++looked;
    }
    EXPECT_GT(looked, 200);
}

TEST(github_schemas, say_which_member_is_too_much) {
    int looked = 0;
    for (const auto& one : valid_webhooks()) {
        const webhook more{one.definition, "{\"surplus\":0," + one.payload.substr(1)};
        const auto found = violations_of(more);
        if (found.empty()) {  // not all are closed
            continue;
        }
        EXPECT_THAT(found, Contains(is_violation("surplus", "additionalProperties")))
            << one.definition;
        ++looked;
    }
    EXPECT_GT(looked, 200);
}

}  // namespace
