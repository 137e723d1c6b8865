// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/result.hpp>
#include <stentor/event/cloud_event.hpp>
#include <stentor/event/codec_error.hpp>
#include <stentor/event/event_id.hpp>
#include <stentor/event/metadata.hpp>
#include <stentor/export.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Events of ours as CloudEvents and back, without loss in either direction.
//
// | ours | CloudEvents |
// | --- | --- |
// | id, topic, time, source | id, type (behind a prefix, if one is given), time, source |
// | no source | source as given in the options, and stentorsourceless: true |
// | key, traceparent, tracestate | partitionkey, traceparent, tracestate |
// | correlation_id, causation_id | correlationid, causationid |
// | expires_at | expirytime |
// | depth, user_id, schema_version | stentordepth, stentoruser, stentorschemaversion |
// | headers | stentorheaders, as name=value&name=value, percent-encoded |
//
// What has its default, as no key or depth 0, is left out. An attribute that cannot have the text
// as it is, because of a control character or as it is no URI, has it percent-encoded, and
// stentorencoded names it.
//
// What a CloudEvent has and our events have not becomes a header: `ce-subject`, `ce-dataschema`,
// and `ce-` with the name of any other extension; `ce-attribute-types` says which of those were no
// texts. Such headers become attributes again. They stand behind the other headers.
//
// Threads: any, no state is shared. Progress: they allocate.

namespace stentor::inline v0 {

struct cloud_event_out {
    std::string_view type_prefix{};        // as `com.example.`, in front of the topic
    std::string_view source = "/stentor";  // for events that have none; a URI reference
    // Of the data. Default: application/json for JSON, text/plain for text, else none.
    std::string_view content_type{};
};

struct cloud_event_in {
    std::string_view type_prefix{};  // taken away; a type without it is foreign
    // For events whose id is no UUID, and whose type is no topic: these are used, and the header
    // `ce-id` or `ce-type` keeps what was there. Not given: such an event is refused.
    std::optional<event_id> id{};
    std::string_view topic{};
};

struct cloud_event_text_header {
    std::string name{};
    std::string value{};
    friend bool operator==(const cloud_event_text_header&,
                           const cloud_event_text_header&) = default;
};

// One of our events, as it came out of a CloudEvent. It owns everything.
struct STENTOR_EXPORT mapped_event {
    std::string topic{};
    event_id id{};
    std::optional<std::chrono::system_clock::time_point> time{};
    std::string correlation_id{};
    std::optional<event_id> causation_id{};
    std::int32_t depth = 0;
    std::string user_id{};
    std::string source{};
    std::string key{};
    std::string traceparent{};
    std::string tracestate{};
    std::optional<std::chrono::system_clock::time_point> expires_at{};
    std::uint32_t schema_version = 1;
    std::vector<cloud_event_text_header> headers{};
    std::string content_type{};  // empty: the default for the data, see cloud_event_out
    cloud_event_data data{};

    // Views, valid until this object changes. A missing time is 1970.
    [[nodiscard]] metadata about() const noexcept;
    [[nodiscard]] std::vector<header> header_views() const;
    // What a publish can take: all but time, causation_id, depth and schema_version, which are the
    // bus's and the type's to give. The views stay the caller's.
    [[nodiscard]] publish_options options(std::span<const header> views) const noexcept;

    friend bool operator==(const mapped_event&, const mapped_event&) = default;
};

// Headers as any_event::header_at() gives them. wrong_type with the path `type`: no topic; else
// what check_cloud_event() says of the outcome.
[[nodiscard]] STENTOR_EXPORT result<cloud_event, codec_error> to_cloud_event(
    std::string_view topic, const metadata& about, std::span<const header> headers,
    cloud_event_data data, const cloud_event_out& options = {});

// The event again, also when its time was missing. Its own content type is used.
[[nodiscard]] STENTOR_EXPORT result<cloud_event, codec_error> to_cloud_event(
    const mapped_event& event, const cloud_event_out& options = {});

// The path is the attribute's name. wrong_type: an id that is no UUID, a type that is no topic or a
// reserved one, an extension of ours that is not what it must be; out_of_range: a time that the
// system clock cannot hold, more headers or texts than an event may have.
[[nodiscard]] STENTOR_EXPORT result<mapped_event, codec_error> from_cloud_event(
    const cloud_event& event, const cloud_event_in& options = {});

}  // namespace stentor::inline v0
