// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/result.hpp>
#include <stentor/event/codec_error.hpp>
#include <stentor/export.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// An event as CloudEvents 1.0.2 has it, for talking with programs that are not of Stentor. Texts
// and HTTP messages: cloud_event_json.hpp, cloud_event_http.hpp. To and from our own events:
// cloud_event_mapping.hpp. None of them is part of <stentor/stentor.hpp>.
//
// Ownership: it owns everything. Threads: a value, share as any other. Progress: copying allocates.

namespace stentor::inline v0 {

inline constexpr std::string_view cloud_event_spec_version = "1.0";

enum class cloud_event_content : std::uint8_t {
    none,    // there is no data; `bytes` is empty
    json,    // one JSON value as its text, byte for byte as it was given or read
    text,    // UTF-8 that is no JSON, as of text/plain and application/xml
    binary,  // any bytes
};

struct cloud_event_data {
    cloud_event_content content = cloud_event_content::none;
    std::string bytes{};

    [[nodiscard]] static cloud_event_data json(std::string value) {
        return {cloud_event_content::json, std::move(value)};
    }
    [[nodiscard]] static cloud_event_data text(std::string value) {
        return {cloud_event_content::text, std::move(value)};
    }
    [[nodiscard]] static cloud_event_data binary(std::string value) {
        return {cloud_event_content::binary, std::move(value)};
    }
    friend bool operator==(const cloud_event_data&, const cloud_event_data&) = default;
};

// The types of CloudEvents that JSON tells apart. Binary, URI and Timestamp are texts there.
using cloud_event_value = std::variant<std::string, std::int32_t, bool>;

// The canonical string representation: the text itself, decimal digits, `true` and `false`.
[[nodiscard]] STENTOR_EXPORT std::string to_string(const cloud_event_value& value);

struct cloud_event_extension {
    std::string name{};  // a-z and 0-9; the specification recommends at most 20 of them
    cloud_event_value value{};
    friend bool operator==(const cloud_event_extension&, const cloud_event_extension&) = default;
};

// Nanoseconds: the years 1678 to 2261.
using cloud_event_time = std::chrono::sys_time<std::chrono::nanoseconds>;

struct STENTOR_EXPORT cloud_event {
    std::string id{};
    std::string source{};  // URI reference; no two events may share source and id
    std::string type{};
    std::optional<std::string> subject{};
    std::optional<cloud_event_time> time{};
    std::optional<std::string> datacontenttype{};     // media type of `data`; not set: JSON
    std::optional<std::string> dataschema{};          // URI
    std::vector<cloud_event_extension> extensions{};  // written in this order
    cloud_event_data data{};

    // Null: there is none of this name. Valid until the extensions change.
    [[nodiscard]] const cloud_event_value* extension(std::string_view name) const noexcept;

    friend bool operator==(const cloud_event&, const cloud_event&) = default;
};

// Whether it keeps the rules of the specification: id, source and type are there; texts are UTF-8
// without control characters; source and dataschema are URIs by their grammar, datacontenttype a
// media type; names of extensions are of a-z and 0-9, unlike each other and the attributes'; data
// are what datacontenttype says. The error's path is the attribute's name. Every function that
// writes an event checks it so.
[[nodiscard]] STENTOR_EXPORT result<void, codec_error> check_cloud_event(const cloud_event& event);

}  // namespace stentor::inline v0
