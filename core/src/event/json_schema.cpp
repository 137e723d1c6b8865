// SPDX-License-Identifier: MIT
#include <stentor/event/json_schema.hpp>

#include "base/attempt.hpp"
#include "event/json_schema_check.hpp"
#include "event/json_schema_compiler.hpp"
#include "event/json_schema_program.hpp"
#include <stentor/event/codec_error.hpp>

#include <algorithm>
#include <utility>

namespace stentor::inline v0 {

std::string_view to_string(json_schema_errc code) noexcept {
    switch (code) {
        case json_schema_errc::malformed: return "malformed";
        case json_schema_errc::unsupported_draft: return "unsupported_draft";
        case json_schema_errc::invalid_keyword: return "invalid_keyword";
        case json_schema_errc::invalid_pattern: return "invalid_pattern";
        case json_schema_errc::unresolved_reference: return "unresolved_reference";
        case json_schema_errc::unknown_document: return "unknown_document";
        case json_schema_errc::endless_reference: return "endless_reference";
        case json_schema_errc::duplicate_id: return "duplicate_id";
        case json_schema_errc::no_memory: return "no_memory";
    }
    return "unknown";
}

json_schema::json_schema(std::shared_ptr<const detail::schema_program> program) noexcept
    : program_(std::move(program)) {}
json_schema::json_schema(const json_schema&) noexcept = default;
json_schema& json_schema::operator=(const json_schema&) noexcept = default;
json_schema::~json_schema() = default;

result<json_schema, json_schema_error> json_schema::compile(
    std::string_view text, const json_schema_options& options) noexcept {
    result<json_schema, json_schema_error> made =
        unexpected(json_schema_error{json_schema_errc::no_memory, {}, {}});
    if (!detail::attempt([&] {
            auto program = std::make_shared<detail::schema_program>();
            program->limits = {.bytes_max = options.bytes_max, .depth_max = options.depth_max};
            program->steps_max = std::max<std::int64_t>(options.steps_max, 1);
            if (auto wrong = detail::schema_compiler(*program, options).run(text)) {
                made = unexpected(*std::move(wrong));
            } else {
                made = json_schema(std::move(program));
            }
        })) {
        made = unexpected(json_schema_error{json_schema_errc::no_memory, {}, "out of memory"});
    }
    return made;
}

namespace {

constexpr std::string_view no_memory_text = "there was no memory to look at the text";

bool validate_text(const detail::schema_program& program, std::string_view json,
                   violations& found) {
    detail::json_document document;
    const auto root = document.add(json, program.limits);
    if (!root && root.error().code == codec_errc::no_memory) {
        found.add({}, "no_memory", no_memory_text);
        return false;
    }
    if (!root) {
        const auto& why = root.error();
        found.add(why.path, to_string(why.code),
                  "the text cannot be read as JSON: at byte " + std::to_string(why.offset) +
                      " there was to be " + why.expected);
        return false;
    }
    // Most texts are valid, and finding that out needs no words.
    detail::schema_check verdict(program, document, nullptr);
    if (verdict.run(*root)) {
        return true;
    }
    auto gave_up_for = verdict.gave_up_for();
    if (gave_up_for.empty()) {
        detail::schema_check words(program, document, &found);
        static_cast<void>(words.run(*root));
        gave_up_for = words.gave_up_for();
    }
    if (gave_up_for == "too_deep") {
        found.add({}, gave_up_for, "schemas lie deeper within each other than can be followed");
    } else if (!gave_up_for.empty()) {
        found.add({}, gave_up_for,
                  "checking took more steps than are allowed; raise steps_max, if this is meant");
    }
    return false;
}

}  // namespace

bool json_schema::validate(std::string_view json, violations& found) const noexcept {
    bool valid = false;
    if (!detail::attempt([&] { valid = validate_text(*program_, json, found); })) {
        found.add({}, "no_memory", no_memory_text);
        return false;
    }
    return valid;
}

}  // namespace stentor::inline v0
