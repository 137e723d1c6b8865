// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/result.hpp>
#include <stentor/event/cloud_event.hpp>
#include <stentor/event/codec_error.hpp>
#include <stentor/event/json_options.hpp>
#include <stentor/export.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

// CloudEvents as JSON, by the JSON event format 1.0.2 and its batch format, without a tree in
// between. JSON data stand in `data` as they are, byte for byte; text stands there as a string;
// other bytes in `data_base64`. What is read may have attributes that are null, which means not
// set, and extensions that are strings, booleans and integers of 32 bits; anything else is refused.
// No object, in data neither, may name anything twice.
//
// Of the options only bytes_max and depth_max count; the object of an event is a level of its own,
// the list of a batch another.
//
// Threads: any, no state is shared. Progress: one pass over the text, recursion no deeper than
// json_depth_limit; they allocate.

namespace stentor::inline v0 {

// Appends the event's text. After an error `out` is as it was.
STENTOR_EXPORT result<void, codec_error> append_cloud_event_json(
    std::string& out, const cloud_event& event, const json_write_options& options = {});

[[nodiscard]] STENTOR_EXPORT result<std::string, codec_error> cloud_event_to_json(
    const cloud_event& event, const json_write_options& options = {});

[[nodiscard]] STENTOR_EXPORT result<cloud_event, codec_error> cloud_event_from_json(
    std::string_view text, const json_read_options& options = {});

// A list of events, which may be empty. Read and written as a whole or not at all.
[[nodiscard]] STENTOR_EXPORT result<std::string, codec_error> cloud_event_batch_to_json(
    std::span<const cloud_event> events, const json_write_options& options = {});

[[nodiscard]] STENTOR_EXPORT result<std::vector<cloud_event>, codec_error>
cloud_event_batch_from_json(std::string_view text, const json_read_options& options = {});

}  // namespace stentor::inline v0
