// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/cloud_event.hpp>
#include <stentor/event/cloud_event_mapping.hpp>
#include <stentor/event/event_id.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

// The names that the mapping gives to what an event has, for both of its directions.
namespace stentor::inline v0::detail::ce {

inline constexpr std::string_view causation = "causationid";
inline constexpr std::string_view expiry = "expirytime";
inline constexpr std::string_view depth = "stentordepth";
inline constexpr std::string_view encoded = "stentorencoded";
inline constexpr std::string_view headers = "stentorheaders";
inline constexpr std::string_view own_id = "stentorid";
inline constexpr std::string_view own_topic = "stentortopic";
inline constexpr std::string_view schema_version = "stentorschemaversion";
inline constexpr std::string_view sourceless = "stentorsourceless";

// Texts that an extension of their own has.
struct text_member {
    std::string_view name;
    std::string_view metadata::* view;
    std::string mapped_event::* owned;
};
inline constexpr std::array<text_member, 5> text_members = {{
    {"partitionkey", &metadata::key, &mapped_event::key},
    {"traceparent", &metadata::traceparent, &mapped_event::traceparent},
    {"tracestate", &metadata::tracestate, &mapped_event::tracestate},
    {"correlationid", &metadata::correlation_id, &mapped_event::correlation_id},
    {"stentoruser", &metadata::user_id, &mapped_event::user_id},
}};

// Extensions that the mapping itself makes and reads; `causationid` only when it is a UUID.
[[nodiscard]] inline bool is_own_extension(std::string_view name) noexcept {
    constexpr std::string_view others[] = {expiry, depth,     encoded,        headers,
                                           own_id, own_topic, schema_version, sourceless};
    return std::any_of(text_members.begin(), text_members.end(),
                       [&](const text_member& one) { return one.name == name; }) ||
           std::find(std::begin(others), std::end(others), name) != std::end(others);
}

// Headers for what our events have not.
inline constexpr std::string_view header_prefix = "ce-";
inline constexpr std::string_view types_header = "ce-attribute-types";

// `count=integer flag=boolean`, of those extensions that are no texts.
[[nodiscard]] inline std::string types_text(const std::vector<cloud_event_extension>& extensions) {
    std::string text;
    for (const cloud_event_extension& each : extensions) {
        if (!std::holds_alternative<std::string>(each.value)) {
            text += text.empty() ? "" : " ";
            text += each.name;
            text += std::holds_alternative<bool>(each.value) ? "=boolean" : "=integer";
        }
    }
    return text;
}

// A UUID as event_id::to_string() writes it.
[[nodiscard]] inline bool is_canonical_id(std::string_view text) {
    const auto parsed = event_id::parse(text);
    return parsed && parsed->to_string() == text;
}

// The content type of data that nobody gave one; empty: none.
[[nodiscard]] constexpr std::string_view default_type(cloud_event_content content) noexcept {
    switch (content) {
        case cloud_event_content::json: return "application/json";
        case cloud_event_content::text: return "text/plain";
        default: return {};
    }
}

}  // namespace stentor::inline v0::detail::ce
