// SPDX-License-Identifier: MIT
#include <stentor/event/json_reader.hpp>

#include "event/codec_text.hpp"
#include "event/json_text.hpp"
#include "event/text_excerpt.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <new>
#include <utility>

// The grammar and the errors. Single values are in json_scalars.cpp, what holds other values is in
// json_objects.cpp and json_variants.cpp.

namespace stentor::inline v0::detail {

json_reader::json_reader(std::string_view text, const json_read_options& options,
                         json_scratch& scratch) noexcept
    : begin_(text.data()),
      at_(begin_),
      end_(begin_ + text.size()),
      name_at_(begin_),
      scratch_(scratch),
      depth_left_(std::min(options.depth_max, json_depth_limit)),
      options_(options) {
    skip_space();
}

// Errors

bool json_reader::fail(codec_errc code, const char* at, std::string expected, std::string found) {
    error_ = {
        code, static_cast<std::size_t>(at - begin_), {}, std::move(expected), std::move(found)};
    return false;
}

// What stands there, for a person.
std::string json_reader::describe(const char* at) const {
    if (at == end_) {
        return "the end of the text";
    }
    const std::string_view rest(at, static_cast<std::size_t>(end_ - at));
    if (*at == '"') {
        const std::string_view inside = rest.substr(1);
        return quoted_excerpt(inside.substr(0, inside.find('"')), 0);
    }
    if (*at == '{' || *at == '[') {
        return *at == '{' ? "an object" : "a list";
    }
    for (const std::string_view word : {"true", "false", "null"}) {
        if (rest.starts_with(word)) {
            return std::string(word);
        }
    }
    constexpr std::size_t number_shown_max = 40;
    const std::size_t size = std::min(rest.find_first_not_of("+-.0123456789Ee"), rest.size());
    if (size > 0 && (is_digit(*at) || *at == '-')) {
        return std::string(rest.substr(0, std::min(size, number_shown_max))) +
               (size > number_shown_max ? "..." : "");
    }
    return quoted_byte(*at);
}

// A value was wanted: another one is there, or none.
bool json_reader::fail_expected(const char* at, std::string expected) {
    const std::string_view rest(at, static_cast<std::size_t>(end_ - at));
    for (const std::string_view word : {"true", "false", "null"}) {
        if (!rest.empty() && word.starts_with(rest) && rest != word) {
            return fail_syntax(end_, "the rest of " + std::string(word));
        }
    }
    if (rest == "-") {
        return fail_syntax(end_, "a digit");
    }
    const bool is_value =
        !rest.empty() &&
        (std::string_view("\"{[").find(*at) != std::string_view::npos || is_digit(*at) ||
         (*at == '-' && is_digit(at[1])) || rest.starts_with("true") || rest.starts_with("false") ||
         rest.starts_with("null"));
    return is_value ? fail(codec_errc::wrong_type, at, std::move(expected), describe(at))
                    : fail_syntax(at, std::move(expected));
}

bool json_reader::fail_syntax(const char* at, std::string expected) {
    return fail(at == end_ ? codec_errc::truncated : codec_errc::malformed, at, std::move(expected),
                at == end_ ? describe(at) : quoted_byte(*at));
}

bool json_reader::in_field(std::string_view name) {
    prepend_step(error_.path, name);
    return false;
}
bool json_reader::in_entry(raw_text name) {
    prepend_step(error_.path, path_step(decoded(name)));
    return false;
}
bool json_reader::in_element(std::size_t index) {
    prepend_step(error_.path, path_step(index));
    return false;
}

// Grammar

void json_reader::skip_space() noexcept {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) {
        ++at_;
    }
}

bool json_reader::take(std::string_view word) noexcept {
    if (static_cast<std::size_t>(end_ - at_) < word.size() ||
        std::memcmp(at_, word.data(), word.size()) != 0) {
        return false;
    }
    at_ += word.size();
    return true;
}

bool json_reader::at_end() {
    skip_space();
    return at_ == end_ || fail_syntax(at_, "the end of the text");
}

bool json_reader::scan_text(raw_text& out) {
    const char* const start = at_ + 1;
    const char* at = skip_plain(start, end_);
    out.escaped = false;
    for (;; at = skip_plain(at, end_)) {
        if (at == end_) {
            return fail_syntax(at, "the closing quote");
        }
        if (*at == '"') {
            break;
        }
        if (*at == '\\') {
            out.escaped = true;
            if (!scan_escape(at)) {
                return false;
            }
            continue;
        }
        if ((static_cast<unsigned char>(*at) & 0x80) == 0) {
            return fail_syntax(at, "an escape instead of a control character");
        }
        while (at != end_ && (static_cast<unsigned char>(*at) & 0x80) != 0) {
            const std::size_t length = utf8_length(at, end_);
            if (length == 0) {
                return fail(codec_errc::invalid_utf8, at, "UTF-8", quoted_byte(*at));
            }
            at += length;
        }
    }
    out.inside = {start, static_cast<std::size_t>(at - start)};
    at_ = at + 1;
    return true;
}

bool json_reader::scan_hex(const char* at, std::uint32_t& code) {
    for (const char* const stop = at + 4; at != stop; ++at) {
        const char* const last = at == end_ ? at : at + 1;
        std::uint32_t digit = 0;
        if (std::from_chars(at, last, digit, 16).ec != std::errc()) {
            return fail_syntax(at, "four hexadecimal digits");
        }
        code = code * 16 + digit;
        if (at == end_) {
            break;
        }
    }
    return true;
}

// One escape, or the two of a surrogate pair.
bool json_reader::scan_escape(const char*& at) {
    if (end_ - at < 2) {
        return fail_syntax(end_, "the rest of an escape");
    }
    if (at[1] != 'u') {
        if (std::string_view("\"\\/bfnrt").find(at[1]) == std::string_view::npos) {
            return fail_syntax(at + 1, "one of \" \\ / b f n r t u after a backslash");
        }
        at += 2;
        return true;
    }
    std::uint32_t code = 0;
    if (!scan_hex(at + 2, code)) {
        return false;
    }
    const char* const start = at;
    at += 6;
    if (code < 0xD800 || code > 0xDFFF) {
        return true;
    }
    std::uint32_t low = 0;
    if (code < 0xDC00) {
        const std::string_view rest(at, static_cast<std::size_t>(end_ - at));
        if (rest.size() < 2 && std::string_view("\\u").starts_with(rest)) {
            return fail_syntax(end_, "the second half of a surrogate pair");
        }
        if (rest.starts_with("\\u")) {
            if (!scan_hex(at + 2, low)) {
                return false;
            }
            at += 6;
        }
    }
    return (low >= 0xDC00 && low <= 0xDFFF) ||
           fail(codec_errc::invalid_utf8, start, "both halves of a surrogate pair", "one half");
}

bool json_reader::scan_digits(const char*& at) {
    if (at == end_ || !is_digit(*at)) {
        return fail_syntax(at, "a digit");
    }
    while (at != end_ && is_digit(*at)) {
        ++at;
    }
    return true;
}

// A number by the grammar, from here.
bool json_reader::scan_number(const char*& stop) {
    const char* at = at_;
    if (*at == '-') {
        ++at;
    }
    const char* const first = at;
    if (!scan_digits(at)) {
        return false;
    }
    if (*first == '0' && at - first > 1) {
        return fail_syntax(first + 1, "no digit behind a leading 0");
    }
    if (at != end_ && *at == '.') {
        ++at;
        if (!scan_digits(at)) {
            return false;
        }
    }
    if (at != end_ && (*at == 'e' || *at == 'E')) {
        ++at;
        if (at != end_ && (*at == '+' || *at == '-')) {
            ++at;
        }
        if (!scan_digits(at)) {
            return false;
        }
    }
    stop = at;
    return true;
}

// The whole document

result<void, codec_error> read_json_document(std::string_view text,
                                             const json_read_options& options,
                                             json_reader::element_reader read, void* into) {
    const auto run = [&]() -> result<void, codec_error> {
        if (text.size() > options.bytes_max) {
            return unexpected(codec_error{codec_errc::too_large,
                                          options.bytes_max,
                                          {},
                                          "at most " + std::to_string(options.bytes_max) + " bytes",
                                          std::to_string(text.size()) + " bytes"});
        }
        json_scratch scratch;
        json_reader reader(text, options, scratch);
        if (!read(reader, into, 0) || !reader.at_end()) {
            return unexpected(reader.take_error());
        }
        return {};
    };
#if defined(__cpp_exceptions)
    try {
        return run();
    } catch (const std::bad_alloc&) {
        return unexpected(codec_error{.code = codec_errc::no_memory});
    }
#else
    return run();
#endif
}

}  // namespace stentor::inline v0::detail
