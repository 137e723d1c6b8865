// SPDX-License-Identifier: MIT
#include "event/codec_text.hpp"

#include "event/text_excerpt.hpp"

#include <algorithm>
#include <cstring>

namespace stentor::inline v0::detail {
namespace {

std::string_view form_text(value_form form) {
    switch (form) {
        case value_form::null: return "null";
        case value_form::boolean: return "true or false";
        case value_form::number: return "a number";
        case value_form::text: return "a text";
        case value_form::list: return "a list";
        case value_form::object: return "an object";
    }
    return {};
}

template <class Integer>
std::string range(Integer min, Integer max) {
    return "an integer from " + std::to_string(min) + " to " + std::to_string(max);
}

}  // namespace

std::size_t find_invalid_utf8(std::string_view text) noexcept {
    constexpr std::uint64_t high_bits = 0x8080808080808080U;
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const char* at = begin;
    while (at != end) {
        std::uint64_t word = 0;
        if (end - at >= static_cast<std::ptrdiff_t>(sizeof word)) {
            std::memcpy(&word, at, sizeof word);
            if ((word & high_bits) == 0) {
                at += sizeof word;
                continue;
            }
        }
        if ((static_cast<unsigned char>(*at) & 0x80) == 0) {
            ++at;
            continue;
        }
        const std::size_t length = utf8_length(at, end);
        if (length == 0) {
            return static_cast<std::size_t>(at - begin);
        }
        at += length;
    }
    return std::string_view::npos;
}

// Not "[" + what + "]", for which GCC 12 has a wrong warning at -O3.
std::string in_brackets(std::string_view what) {
    std::string step(1, '[');
    step += what;
    step += ']';
    return step;
}

std::string path_step(std::size_t index) {
    return in_brackets(std::to_string(index));
}

std::string path_step(std::string_view name) {
    const bool plain =
        !name.empty() && name.size() <= 64 && !is_digit(name.front()) &&
        std::all_of(name.begin(), name.end(), [](char c) {
            return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        });
    return plain ? std::string(name) : in_brackets(quoted_excerpt(name, 0));
}

void prepend_step(std::string& path, std::string_view step) {
    constexpr std::size_t path_size_max = 512;
    if (path.size() > path_size_max) {  // the byte tells the rest
        path.resize(path_size_max);
        path += "...";
    }
    if (!path.empty() && path.front() != '[') {
        path.insert(0, 1, '.');
    }
    path.insert(0, step);
}

std::string range_text(std::int64_t min, std::int64_t max) {
    return range(min, max);
}
std::string range_text(std::uint64_t min, std::uint64_t max) {
    return range(min, max);
}

std::string names_text(std::span<const enum_name> names) {
    constexpr std::size_t shown_max = 16;
    std::string text = "one of";
    for (const enum_name& one : names.first(std::min(names.size(), shown_max))) {
        text += ' ';
        text += one.name;
    }
    return names.size() > shown_max ? text + " ..." : text;
}

std::string alternative_text(value_form form, std::string_view name) {
    if (form != value_form::object) {
        return std::string(form_text(form));
    }
    std::string text = "{\"";
    text += name;
    text += "\": ...}";
    return text;
}

}  // namespace stentor::inline v0::detail
