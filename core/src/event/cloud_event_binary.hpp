// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/result.hpp>
#include <stentor/event/cloud_event.hpp>
#include <stentor/event/cloud_event_http.hpp>

#include <span>
#include <string_view>

// The binary mode of CloudEvents in HTTP messages, for cloud_event_http.cpp.
//
// Threads: pure functions. Progress: they allocate.
namespace stentor::inline v0::detail {

inline constexpr std::string_view content_type_header = "content-type";

// `content_type`: the value of that header; empty: there is none.
[[nodiscard]] result<cloud_event, codec_error> read_binary_event(std::span<const header> headers,
                                                                 std::string_view content_type,
                                                                 std::string_view body,
                                                                 const json_read_options& options);

[[nodiscard]] result<cloud_event_message, codec_error> write_binary_event(
    const cloud_event& event, const json_write_options& options);

// Without the white space around it.
[[nodiscard]] std::string_view trimmed_value(std::string_view text) noexcept;

}  // namespace stentor::inline v0::detail
