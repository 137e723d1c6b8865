// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/result.hpp>
#include <stentor/event/cloud_event.hpp>
#include <stentor/event/codec_error.hpp>
#include <stentor/event/json_options.hpp>
#include <stentor/event/metadata.hpp>
#include <stentor/export.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// CloudEvents in HTTP messages, requests and responses alike, by the HTTP protocol binding 1.0.2.
// An HTTP library brings and takes headers and body; there is none here.
//
// In binary mode each attribute is a header `ce-<name>`, percent-encoded, datacontenttype is the
// Content-Type, and the body is the data. All attributes are texts there, so booleans and integers
// of extensions come back as such. What a body is follows from its Content-Type: JSON, which must
// be JSON; text, for text/* and XML in UTF-8; else binary, as is any body without a Content-Type.
// An empty body is no data.
//
// A fault's path is the header's name in small letters, or as with JSON; its offset counts from the
// start of the header's value, or of the body.
//
// Threads: any, no state is shared. Progress: they allocate.

namespace stentor::inline v0 {

enum class cloud_event_mode : std::uint8_t {
    binary,      // one event, its attributes in headers
    structured,  // one event, application/cloudevents+json
    batch,       // any number of events, application/cloudevents-batch+json
};

struct cloud_event_header {
    std::string name{};  // in small letters
    std::string value{};
    friend bool operator==(const cloud_event_header&, const cloud_event_header&) = default;
};

struct STENTOR_EXPORT cloud_event_message {
    std::vector<cloud_event_header> headers{};
    std::string body{};

    // Views, valid until the headers change.
    [[nodiscard]] std::vector<header> header_views() const;
};

// How the events are in a message with these headers: by the Content-Type, or binary when there is
// a header ce-specversion. missing_field: it has no event. unknown_name: an event format that is
// not JSON, as application/cloudevents+avro. duplicate_name: more than one Content-Type.
[[nodiscard]] STENTOR_EXPORT result<cloud_event_mode, codec_error> cloud_event_mode_of(
    std::span<const header> headers);

// Binary or structured; with mode batch, a batch of this one.
[[nodiscard]] STENTOR_EXPORT result<cloud_event_message, codec_error> cloud_event_to_http(
    const cloud_event& event, cloud_event_mode mode, const json_write_options& options = {});

[[nodiscard]] STENTOR_EXPORT result<cloud_event_message, codec_error> cloud_event_batch_to_http(
    std::span<const cloud_event> events, const json_write_options& options = {});

// Binary or structured. wrong_type: it is a batch. Other headers than those of CloudEvents are not
// looked at; in structured mode the ce- headers neither, which may repeat what the body says.
[[nodiscard]] STENTOR_EXPORT result<cloud_event, codec_error> cloud_event_from_http(
    std::span<const header> headers, std::string_view body, const json_read_options& options = {});

// Of any mode; one event is a batch of one.
[[nodiscard]] STENTOR_EXPORT result<std::vector<cloud_event>, codec_error>
cloud_event_batch_from_http(std::span<const header> headers, std::string_view body,
                            const json_read_options& options = {});

}  // namespace stentor::inline v0
