// SPDX-License-Identifier: MIT
#include "event/cloud_event_rules.hpp"

#include "event/codec_text.hpp"
#include "event/media_type.hpp"
#include "event/text_excerpt.hpp"
#include <stentor/event/json_reader.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace stentor::inline v0::detail {
namespace {

constexpr std::string_view timestamp_and_version[] = {"time", "specversion"};

bool is_ascii_letter(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The code point of a well-formed sequence of `length` bytes.
std::uint32_t code_point(const char* at, std::size_t length) noexcept {
    const auto byte = [at](std::size_t index) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(at[index]));
    };
    std::uint32_t code = byte(0) & (0x7FU >> length);
    for (std::size_t index = 1; index < length; ++index) {
        code = code << 6 | (byte(index) & 0x3FU);
    }
    return code;
}

bool is_forbidden(std::uint32_t code) noexcept {
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) || (code >= 0xFDD0 && code <= 0xFDEF) ||
           (code & 0xFFFEU) == 0xFFFE;
}

attribute_fault empty_fault(std::string expected) {
    return attribute_error(codec_errc::wrong_type, 0, std::move(expected), "\"\"");
}

bool is_uri_byte(char c) noexcept {
    return is_digit(c) || is_ascii_letter(c) ||
           std::string_view("-._~:/?#[]@!$&'()*+,;=%").find(c) != std::string_view::npos;
}

// The characters, and that each % encodes a byte.
std::size_t find_no_uri(std::string_view text) noexcept {
    const auto is_hex = [](char c) {
        return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
    };
    bool fragment = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool broken = text[at] == '%' && (text.size() - at < 3 || !is_hex(text[at + 1]) ||
                                                !is_hex(text[at + 2]));
        const bool second = text[at] == '#' && fragment;
        if (!is_uri_byte(text[at]) || broken || second) {
            return at;
        }
        fragment = fragment || text[at] == '#';
    }
    return std::string_view::npos;
}

// How long the scheme is with its colon; 0: it has none.
std::size_t scheme_size(std::string_view text) noexcept {
    if (text.empty() || !is_ascii_letter(text.front())) {
        return 0;
    }
    const std::size_t colon = text.find(':');
    const std::string_view scheme = text.substr(0, colon);
    const bool plain = std::all_of(scheme.begin(), scheme.end(), [](char c) {
        return is_ascii_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
    });
    return colon != std::string_view::npos && plain ? colon + 1 : 0;
}

attribute_fault check_extension(const cloud_event_extension& extension) {
    if (!is_attribute_name(extension.name) || is_core_attribute(extension.name)) {
        return bad_name(extension.name);
    }
    const auto* const text = std::get_if<std::string>(&extension.value);
    auto fault = text == nullptr ? attribute_fault() : check_string(*text);
    if (fault) {
        fault->path = path_step(extension.name);
    }
    return fault;
}

attribute_fault check_extensions(const cloud_event& event) {
    std::vector<std::string_view> names;
    for (const cloud_event_extension& each : event.extensions) {
        if (auto fault = check_extension(each)) {
            return fault;
        }
        names.push_back(each.name);
    }
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice == names.end()) {
        return {};
    }
    codec_error why = attribute_error(codec_errc::duplicate_name, 0, "each name once",
                                      quoted_excerpt(*twice, 0) + " again");
    why.path = path_step(*twice);
    return why;
}

attribute_fault check_data(const cloud_event& event) {
    const bool json = says_json(event.datacontenttype);
    const std::string type = event.datacontenttype.value_or("none");
    switch (event.data.content) {
        case cloud_event_content::none:
            return event.data.bytes.empty()
                       ? attribute_fault()
                       : attribute_error(codec_errc::wrong_type, 0,
                                         "no bytes where there are no data",
                                         std::to_string(event.data.bytes.size()) + " bytes");
        case cloud_event_content::json:
            return json ? attribute_fault()
                        : attribute_error(codec_errc::wrong_type, 0,
                                          "a datacontenttype of JSON, for JSON data",
                                          quoted_excerpt(type, 0));
        case cloud_event_content::text: {
            if (json) {
                return attribute_error(codec_errc::wrong_type, 0,
                                       "a datacontenttype that is not of JSON, for text",
                                       quoted_excerpt(type, 0));
            }
            const std::size_t at = find_invalid_utf8(event.data.bytes);
            return at == std::string_view::npos
                       ? attribute_fault()
                       : attribute_error(codec_errc::invalid_utf8, at, "UTF-8",
                                         quoted_byte(event.data.bytes[at]));
        }
        case cloud_event_content::binary: break;
    }
    return {};
}

}  // namespace

codec_error attribute_error(codec_errc code, std::size_t offset, std::string expected,
                            std::string found) {
    return {code, offset, {}, std::move(expected), std::move(found)};
}

attribute_fault check_string(std::string_view text) {
    const char* const end = text.data() + text.size();
    for (const char* at = text.data(); at != end;) {
        const auto offset = static_cast<std::size_t>(at - text.data());
        const bool ascii = (static_cast<unsigned char>(*at) & 0x80U) == 0;
        const std::size_t length = ascii ? 1 : utf8_length(at, end);
        if (length == 0) {
            return attribute_error(codec_errc::invalid_utf8, offset, "UTF-8", quoted_byte(*at));
        }
        const std::uint32_t code = ascii
                                       ? static_cast<std::uint32_t>(static_cast<unsigned char>(*at))
                                       : code_point(at, length);
        if (is_forbidden(code)) {
            return attribute_error(codec_errc::wrong_type, offset,
                                   "a text without control characters and noncharacters",
                                   quoted_excerpt(text, offset));
        }
        at += length;
    }
    return {};
}

attribute_fault check_full_string(std::string_view text) {
    return text.empty() ? empty_fault("a text that is not empty") : check_string(text);
}

attribute_fault check_uri_reference(std::string_view text) {
    constexpr const char* wanted = "a URI reference such as \"/shop/orders\"";
    if (text.empty()) {
        return empty_fault(wanted);
    }
    const std::size_t at = find_no_uri(text);
    return at == std::string_view::npos
               ? attribute_fault()
               : attribute_error(codec_errc::wrong_type, at, wanted, quoted_excerpt(text, at));
}

attribute_fault check_uri(std::string_view text) {
    constexpr const char* wanted = "a URI such as \"https://example.com/order.json\"";
    if (text.empty()) {
        return empty_fault(wanted);
    }
    const std::size_t scheme = scheme_size(text);
    const std::size_t at = scheme == 0 ? 0 : find_no_uri(text);
    return at == std::string_view::npos
               ? attribute_fault()
               : attribute_error(codec_errc::wrong_type, at, wanted, quoted_excerpt(text, at));
}

attribute_fault check_media_type(std::string_view text) {
    return parse_media_type(text)
               ? attribute_fault()
               : attribute_error(codec_errc::wrong_type, 0, "a media type such as \"text/plain\"",
                                 quoted_excerpt(text, 0));
}

attribute_fault check_spec_version(std::string_view text) {
    return text == cloud_event_spec_version
               ? attribute_fault()
               : attribute_error(codec_errc::wrong_type, 0, "\"1.0\"", quoted_excerpt(text, 0));
}

bool is_attribute_name(std::string_view name) noexcept {
    return !name.empty() && name != "data" && std::all_of(name.begin(), name.end(), [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z');
    });
}

codec_error bad_name(std::string_view name) {
    return attribute_error(codec_errc::wrong_type, 0,
                           "an attribute's name, of a-z and 0-9, that has no other meaning",
                           quoted_excerpt(name, 0));
}

bool is_core_attribute(std::string_view name) noexcept {
    return find_text_attribute(name) != nullptr ||
           std::find(std::begin(timestamp_and_version), std::end(timestamp_and_version), name) !=
               std::end(timestamp_and_version);
}

const text_attribute* find_text_attribute(std::string_view name) noexcept {
    const auto* const found =
        std::find_if(text_attributes.data(), text_attributes.data() + text_attributes.size(),
                     [&](const text_attribute& one) { return one.name == name; });
    return found == text_attributes.data() + text_attributes.size() ? nullptr : found;
}

bool says_json(const std::optional<std::string>& datacontenttype) {
    if (!datacontenttype) {
        return true;
    }
    const auto type = parse_media_type(*datacontenttype);
    return type && declares_json(*type);
}

attribute_fault check_event(const cloud_event& event) {
    for (const text_attribute& each : text_attributes) {
        const std::string* text = nullptr;
        if (each.required != nullptr) {
            text = &(event.*each.required);
        } else if (const auto& optional = event.*each.optional) {
            text = &*optional;
        }
        auto fault = text == nullptr ? attribute_fault() : each.check(*text);
        if (fault) {
            fault->path = each.name;
            return fault;
        }
    }
    if (auto fault = check_extensions(event)) {
        return fault;
    }
    auto fault = check_data(event);
    if (fault) {
        fault->path = "data";
    }
    return fault;
}

attribute_fault check_json_data(std::string_view text, std::int32_t nested_max) {
    const json_read_options options{.bytes_max = std::numeric_limits<std::size_t>::max(),
                                    .depth_max = nested_max};
    std::string_view value;
    auto read = read_json_document(
        text, options,
        [](json_reader& reader, void* into, std::size_t) {
            return reader.read_raw(*static_cast<std::string_view*>(into));
        },
        &value);
    if (read) {
        return {};
    }
    codec_error why = std::move(read).error();
    prepend_step(why.path, "data");
    return why;
}

}  // namespace stentor::inline v0::detail
