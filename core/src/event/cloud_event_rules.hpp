// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/result.hpp>
#include <stentor/event/cloud_event.hpp>
#include <stentor/event/codec_error.hpp>
#include <stentor/event/codec_table.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <string_view>

// The rules of CloudEvents for single attributes, for what checks, reads and writes them. A fault
// is an error without path; its offset counts from the first byte of the attribute's value.
//
// Threads: pure functions. Progress: faults allocate.
namespace stentor::inline v0::detail {

using attribute_fault = std::optional<codec_error>;

[[nodiscard]] codec_error attribute_error(codec_errc code, std::size_t offset, std::string expected,
                                          std::string found);

[[nodiscard]] inline codec_error at_path(std::string_view path, codec_error why) {
    why.path = path;
    return why;
}

// What times are written and read in.
inline constexpr tick_unit cloud_event_tick{1, 1'000'000'000};

// A String: UTF-8 without control characters and noncharacters. An extension may be empty.
[[nodiscard]] attribute_fault check_string(std::string_view text);
[[nodiscard]] attribute_fault check_full_string(std::string_view text);
[[nodiscard]] attribute_fault check_uri_reference(std::string_view text);
[[nodiscard]] attribute_fault check_uri(std::string_view text);
[[nodiscard]] attribute_fault check_media_type(std::string_view text);
[[nodiscard]] attribute_fault check_spec_version(std::string_view text);

// a-z and 0-9, and not `data`.
[[nodiscard]] bool is_attribute_name(std::string_view name) noexcept;
[[nodiscard]] codec_error bad_name(std::string_view name);
// Whether the specification itself defines an attribute of this name.
[[nodiscard]] bool is_core_attribute(std::string_view name) noexcept;

// An attribute of the specification whose value is a text.
struct text_attribute {
    std::string_view name;
    std::string cloud_event::* required;                 // or
    std::optional<std::string> cloud_event::* optional;  // one of them is null
    attribute_fault (*check)(std::string_view text);
};
inline constexpr std::array<text_attribute, 6> text_attributes = {{
    {"id", &cloud_event::id, nullptr, check_full_string},
    {"source", &cloud_event::source, nullptr, check_uri_reference},
    {"type", &cloud_event::type, nullptr, check_full_string},
    {"subject", nullptr, &cloud_event::subject, check_full_string},
    {"datacontenttype", nullptr, &cloud_event::datacontenttype, check_media_type},
    {"dataschema", nullptr, &cloud_event::dataschema, check_uri},
}};
// Null: none of them.
[[nodiscard]] const text_attribute* find_text_attribute(std::string_view name) noexcept;

// Whether datacontenttype, a media type or not set, says that the data are JSON.
[[nodiscard]] bool says_json(const std::optional<std::string>& datacontenttype);

// All rules but that JSON data are JSON, which who reads or writes them sees. With the path.
[[nodiscard]] attribute_fault check_event(const cloud_event& event);
// That one. `nested_max`: of objects and lists within each other.
[[nodiscard]] attribute_fault check_json_data(std::string_view text, std::int32_t nested_max);

// Runs it; without memory this is an error as any other.
template <class Value, class Run>
result<Value, codec_error> without_throwing(const Run& run) {
#if defined(__cpp_exceptions)
    try {
        return run();
    } catch (const std::bad_alloc&) {
        return unexpected(codec_error{.code = codec_errc::no_memory});
    }
#else
    return run();
#endif
}

}  // namespace stentor::inline v0::detail
