// SPDX-License-Identifier: MIT
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

// What this program needs of simdjson. It is fast because its parsers keep their memory and read
// past the end of the text: hence one parser per thread, and room behind each text.

namespace github::json {

using simdjson::ondemand::document;

// The text with the room that the parser wants. The view lives as long as the text is not changed.
[[nodiscard]] inline simdjson::padded_string_view padded(std::string& text) {
    text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    return simdjson::padded_string_view(text.data(), text.size(), text.capacity());
}

// Starts to read a text; what was read before on this thread ends.
[[nodiscard]] inline simdjson::simdjson_result<document> open(std::string& text) {
    thread_local simdjson::ondemand::parser parser;
    return parser.iterate(padded(text));
}

// The same for text that cannot be padded in place.
[[nodiscard]] inline simdjson::simdjson_result<document> open_copy(std::string_view text) {
    thread_local std::string copy;
    copy.assign(text);
    return open(copy);
}

// Is the whole text one well-formed value? Reading on demand does not look at what nobody asks for,
// so text from outside is checked once, here. Says what is wrong, or nothing.
[[nodiscard]] std::optional<std::string> fault_of(std::string& text);

// The text without white space between its tokens.
[[nodiscard]] std::string minified(std::string_view text);

}  // namespace github::json
