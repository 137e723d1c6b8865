// SPDX-License-Identifier: MIT
#pragma once

#include "record.hpp"
#include <stentor/base/result.hpp>

#include <string>

// One line of the user's own input:
//
//     {"event": "issues", "id": "72d3162e-cc78", "payload": {"action": "opened", ...}}
//
// `event` is GitHub's name of the event, [a-z0-9_-]{1,64}. `id` is optional, any text of up to 128
// bytes. `payload` is the body of the webhook, an object. Other fields are ignored.
//
// Threads: any, each has a parser of its own. Progress: allocates until it has seen the longest
// line.

namespace github {

// The record, or what is wrong with the line, in words. Takes the text by reference because the
// parser wants some bytes of room behind it.
[[nodiscard]] stentor::result<record, std::string> parse_line(std::string& line);

}  // namespace github
