// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/event_id.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

// What travels with an event beside its payload. Fields that are not given cost nothing.
namespace stentor::inline v0 {

// One name and value, both UTF-8 text. Views: the publisher's during publish, the engine's after.
struct header {
    std::string_view name{};
    std::string_view value{};
};

class violations;

inline constexpr std::size_t headers_max = 32;
inline constexpr std::size_t metadata_bytes_max = 8 * 1024;  // all texts and headers together
inline constexpr std::int32_t causal_depth_max = 64;

// Given with a publish. The texts are copied before publish returns.
struct publish_options {
    // Default: inherited from the handled event (context::publish), else the event's own id.
    std::string_view correlation_id{};
    std::string_view user_id{};
    // URI reference of what happened where, as in CloudEvents `source`.
    std::string_view source{};
    std::string_view key{};
    std::string_view traceparent{};  // W3C trace context
    std::string_view tracestate{};
    std::span<const header> headers{};
    // An event that is not handled by then ends as `expired`. Default: never.
    std::optional<std::chrono::system_clock::time_point> expires_at{};
    // An id from outside, for example of a replayed event. Default: a new UUIDv7.
    std::optional<event_id> id{};
    // Gets all that is wrong, instead of what it had, when the event is refused as invalid; else it
    // stays as it is. The caller's. Default: only the status tells.
    stentor::violations* violations = nullptr;
};

// Read side. Valid as long as the event that it was taken from.
struct metadata {
    event_id id{};
    std::chrono::system_clock::time_point time{};  // of the publish, at most about 1 ms early
    std::string_view correlation_id{};             // empty: the event's own id is meant
    std::optional<event_id> causation_id{};        // the event whose handler published this one
    std::int32_t depth = 0;                        // 0 when published outside a handler
    std::string_view user_id{};
    std::string_view source{};
    std::string_view key{};
    std::string_view traceparent{};
    std::string_view tracestate{};
    std::optional<std::chrono::system_clock::time_point> expires_at{};
    std::uint32_t schema_version = 1;
    std::uint32_t header_count = 0;
};

}  // namespace stentor::inline v0
