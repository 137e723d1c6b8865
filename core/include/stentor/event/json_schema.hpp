// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/result.hpp>
#include <stentor/event/json_options.hpp>
#include <stentor/event/violation.hpp>
#include <stentor/export.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

// JSON Schema draft-07, for events that have no C++ type: compiled once, asked for every event. It
// is not part of <stentor/stentor.hpp>.
//
// - All of the draft's validation keywords, with exact numbers and lengths in code points. As the
//   draft says: nothing beside a `$ref` counts, and unknown keywords say nothing.
// - `format` is checked for date, date-time, time, email, hostname, ipv4, ipv6, uri, uri-reference,
//   uri-template, iri, iri-reference, json-pointer, relative-json-pointer, regex and uuid; other
//   formats, `contentMediaType` and `contentEncoding` say something to readers only.
// - `pattern` is ECMAScript over code points without back references, look-behind and \p{...}. It
//   takes time in proportion to text and pattern, whatever they are.
// - `$ref` reaches the schema's own text and the documents in the options. Nothing is fetched.
//
// Threads: any number may validate with one, copies share. Progress: validating allocates, takes no
// lock, recurses no deeper than the text and json_schema_depth_limit, and ends after steps_max.

namespace stentor::inline v0 {

// Schemas that are applied within each other, counted through references and the event's levels.
inline constexpr int json_schema_depth_limit = 512;
inline constexpr std::size_t json_schema_bytes_default = 4 * 1024 * 1024;

enum class json_schema_errc : std::uint8_t {
    malformed,             // the text is no JSON, or is over a limit
    unsupported_draft,     // `$schema` names another draft
    invalid_keyword,       // a keyword's value is not what the draft wants
    invalid_pattern,       // a regular expression that is wrong, or that is not supported
    unresolved_reference,  // there is nothing where the `$ref` or the pointer points
    unknown_document,      // a `$ref` to a document that is not in the options
    endless_reference,     // references that lead back to where they began
    duplicate_id,          // two schemas with one `$id`
    no_memory,             // an allocation failed
};

// The enumerator's name; "unknown" for a value that is none.
[[nodiscard]] STENTOR_EXPORT std::string_view to_string(json_schema_errc code) noexcept;

struct json_schema_error {
    json_schema_errc code = json_schema_errc::malformed;
    std::string path{};     // JSON pointer to it, `/properties/id/pattern`; empty: the whole schema
    std::string message{};  // where, what is wrong, and what to do
};

struct json_schema_document {
    std::string_view uri;  // as `$ref` names it, without a fragment
    std::string_view text;
};

struct json_schema_options {
    // A JSON pointer to where the schema begins in its text, as `/definitions/push_event`.
    std::string_view pointer{};
    // What `$ref` may refer to beside the text. Read by compile().
    std::span<const json_schema_document> documents{};
    std::size_t schema_bytes_max = json_schema_bytes_default;  // of each document
    // Of what is validated.
    std::size_t bytes_max = json_bytes_default;
    std::int32_t depth_max = json_depth_default;
    // What one validation may cost: a schema that is applied to a value is a step, and so is each
    // state of a pattern at each character. What is not decided by then is a violation
    // `too_costly`.
    std::int64_t steps_max = 10'000'000;
    bool formats = true;  // false: no format is checked
};

namespace detail {
class schema_program;
}  // namespace detail

class STENTOR_EXPORT json_schema {
public:
    [[nodiscard]] static result<json_schema, json_schema_error> compile(
        std::string_view text, const json_schema_options& options = {}) noexcept;

    // Moving copies, so that none is ever without a schema.
    json_schema(const json_schema&) noexcept;
    json_schema& operator=(const json_schema&) noexcept;
    ~json_schema();

    // True: the text is valid, and nothing is added. Codes are the keywords, as `required` and
    // `maxLength`, at the path of the value, or of the member that is missing or too much. Of an
    // `anyOf` or a `oneOf` that nothing matches, what the nearest alternative says comes with it. A
    // text that is no JSON has the name of a codec_errc; without a verdict there is `too_deep`,
    // `too_costly` or `no_memory`. Messages quote the schema, never the text.
    bool validate(std::string_view json, violations& found) const noexcept;

private:
    explicit json_schema(std::shared_ptr<const detail::schema_program> program) noexcept;
    std::shared_ptr<const detail::schema_program> program_;
};

}  // namespace stentor::inline v0
