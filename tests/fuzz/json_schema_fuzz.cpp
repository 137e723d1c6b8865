// SPDX-License-Identifier: MIT
#include "fuzz/fuzz_check.hpp"
#include <stentor/event/json_schema.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// The bytes up to the first line's end as a schema, the others as a text. What a schema says of a
// text must be what it says inside `allOf`, `anyOf`, `oneOf` and behind a reference, and the
// opposite inside `not`.

namespace {

constexpr stentor::json_schema_options limits{.schema_bytes_max = 4096, .steps_max = 20'000};

void check_printable(std::string_view text) {
    for (const char c : text) {
        STENTOR_FUZZ_CHECK(c >= ' ' && c <= '~');
    }
}

enum class verdicts { valid, invalid, none };

bool gave_up(const stentor::violations& found) {
    return std::any_of(found.begin(), found.end(), [](const stentor::violation& one) {
        return one.code == "too_costly" || one.code == "too_deep";
    });
}

verdicts verdict_of(const stentor::json_schema& schema, std::string_view text) {
    stentor::violations found;
    const bool valid = schema.validate(text, found);
    STENTOR_FUZZ_CHECK(valid == found.empty());
    for (const auto& one : found) {
        STENTOR_FUZZ_CHECK(!one.code.empty() && !one.message.empty());
        check_printable(one.code);
        check_printable(one.message);
    }
    if (gave_up(found)) {
        return verdicts::none;
    }
    return valid ? verdicts::valid : verdicts::invalid;
}

// A schema around one that stands alone.
void check_wrapped(std::string_view begin, std::string_view schema, std::string_view end,
                   std::string_view text, verdicts wanted) {
    std::string around(begin);
    around += schema;
    around += end;
    auto wider = limits;
    wider.schema_bytes_max += around.size();
    wider.steps_max *= 4;
    const auto made = stentor::json_schema::compile(around, wider);
    STENTOR_FUZZ_CHECK(made.has_value());
    const auto got = verdict_of(*made, text);
    STENTOR_FUZZ_CHECK(got == wanted || got == verdicts::none);
}

bool is_json(std::string_view text) {
    stentor::violations found;
    return stentor::json_schema::compile("true")->validate(text, found);
}

bool stands_alone(std::string_view schema) {
    // Where references lead to depends on where they are; so does how deep is too deep.
    constexpr std::size_t deep = 100;
    return schema.find("$") == std::string_view::npos &&
           schema.find("\\u") == std::string_view::npos &&
           static_cast<std::size_t>(std::count_if(
               schema.begin(), schema.end(), [](char c) { return c == '{' || c == '['; })) < deep;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto end = std::min(input.find('\n'), input.size());
    const auto schema = input.substr(0, end);
    const auto text = input.substr(std::min(end + 1, input.size()));

    const auto made = stentor::json_schema::compile(schema, limits);
    if (!made) {
        STENTOR_FUZZ_CHECK(!made.error().message.empty());
        check_printable(made.error().message);
        STENTOR_FUZZ_CHECK(to_string(made.error().code) != "unknown");
        STENTOR_FUZZ_CHECK(made.error().code != stentor::json_schema_errc::no_memory);
        return 0;
    }
    const auto verdict = verdict_of(*made, text);
    STENTOR_FUZZ_CHECK(verdict_of(*made, text) == verdict);
    if (verdict == verdicts::none || !is_json(text) || !stands_alone(schema)) {
        return 0;
    }
    check_wrapped("{\"allOf\":[", schema, "]}", text, verdict);
    check_wrapped("{\"anyOf\":[false,", schema, "]}", text, verdict);
    check_wrapped("{\"oneOf\":[", schema, ",false]}", text, verdict);
    check_wrapped("{\"$ref\":\"#/definitions/a\",\"definitions\":{\"a\":", schema, "}}", text,
                  verdict);
    check_wrapped("{\"if\":", schema, ",\"else\":false}", text, verdict);
    const auto opposite = verdict == verdicts::valid ? verdicts::invalid : verdicts::valid;
    check_wrapped("{\"not\":", schema, "}", text, opposite);
    return 0;
}
