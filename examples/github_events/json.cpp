// SPDX-License-Identifier: MIT

#include "json.hpp"

namespace github::json {

std::optional<std::string> fault_of(std::string& text) {
    thread_local simdjson::dom::parser parser;
    static_cast<void>(padded(text));
    const auto error = parser.parse(text.data(), text.size(), false).error();
    if (error == simdjson::SUCCESS) {
        return std::nullopt;
    }
    // simdjson's own messages speak to its callers ("you may want to call...").
    switch (error) {
        case simdjson::EMPTY: return "no JSON text";
        case simdjson::UTF8_ERROR: return "not valid UTF-8";
        case simdjson::UNCLOSED_STRING: return "not valid JSON: a string is not closed";
        case simdjson::UNESCAPED_CHARS: return "not valid JSON: a control character in a string";
        case simdjson::STRING_ERROR: return "not valid JSON: a bad escape in a string";
        case simdjson::NUMBER_ERROR: return "not valid JSON: a bad number, or one over 64 bits";
        case simdjson::DEPTH_ERROR: return "nested too deeply (over 1024 levels)";
        case simdjson::MEMALLOC: return "not enough memory to parse it";
        case simdjson::CAPACITY: return "too long to parse";
        default: return "not valid JSON";
    }
}

std::string minified(std::string_view text) {
    std::string compact(text.size(), '\0');
    std::size_t length = 0;
    if (simdjson::minify(text.data(), text.size(), compact.data(), length) != simdjson::SUCCESS) {
        return std::string(text);
    }
    compact.resize(length);
    return compact;
}

}  // namespace github::json
