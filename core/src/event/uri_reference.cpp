// SPDX-License-Identifier: MIT
#include "event/uri_reference.hpp"

#include "event/codec_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace stentor::inline v0::detail {
namespace {

constexpr std::string_view unreserved_marks = "-._~";
constexpr std::string_view sub_delimiters = "!$&'()*+,;=";

bool is_uri_letter(char c) noexcept {
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}
bool has_mark(std::string_view set, char c) noexcept {
    return set.find(c) != std::string_view::npos;
}
bool is_uri_hex(char c) noexcept {
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

// Letters, digits, the marks, the delimiters, these, and bytes as %41.
bool consists_of(std::string_view text, std::string_view others, uri_letters letters) noexcept {
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '%') {
            if (text.size() - at < 3 || !is_uri_hex(text[at + 1]) || !is_uri_hex(text[at + 2])) {
                return false;
            }
            at += 2;
            continue;
        }
        const bool foreign = static_cast<unsigned char>(c) >= 0x80 && letters == uri_letters::all;
        if (!foreign && !is_uri_letter(c) && !is_digit(c) && !has_mark(unreserved_marks, c) &&
            !has_mark(sub_delimiters, c) && !has_mark(others, c)) {
            return false;
        }
    }
    return true;
}

bool is_authority(std::string_view text, uri_letters letters) noexcept {
    if (const auto user = text.rfind('@'); user != std::string_view::npos) {
        if (!consists_of(text.substr(0, user), ":", letters)) {
            return false;
        }
        text.remove_prefix(user + 1);
    }
    std::string_view host = text;
    std::string_view behind;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos || !is_ipv6(text.substr(1, close - 1))) {
            return false;
        }
        behind = text.substr(close + 1);
        host = {};
    } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
        host = text.substr(0, colon);
        behind = text.substr(colon);
    }
    return consists_of(host, "", letters) &&
           (behind.empty() ||
            (behind.front() == ':' &&
             std::all_of(behind.begin() + 1, behind.end(), [](char c) { return is_digit(c); })));
}

void remove_last_segment(std::string& path) {
    path.erase(std::min(path.rfind('/'), path.size()));
}

// Section 5.2.4.
std::string without_dots(std::string_view path) {
    std::string out;
    while (!path.empty()) {
        if (path.starts_with("../") || path.starts_with("./")) {
            path.remove_prefix(path.find('/') + 1);
        } else if (path.starts_with("/./") || path == "/.") {
            path = path.size() == 2 ? std::string_view("/") : path.substr(2);
        } else if (path.starts_with("/../") || path == "/..") {
            path = path.size() == 3 ? std::string_view("/") : path.substr(3);
            remove_last_segment(out);
        } else if (path == "." || path == "..") {
            break;
        } else {
            const auto end = std::min(path.find('/', 1), path.size());
            out += path.substr(0, end);
            path.remove_prefix(end);
        }
    }
    return out;
}

std::string merged_path(const uri_parts& base, std::string_view path) {
    const auto slash = base.path.rfind('/');
    std::string merged(base.path.substr(0, slash == std::string_view::npos ? 0 : slash + 1));
    if (base.authority && base.path.empty()) {
        merged = '/';
    }
    return merged += path;
}

}  // namespace

uri_parts split_uri(std::string_view text) noexcept {
    uri_parts parts;
    const auto cut = [&](char mark) -> std::optional<std::string_view> {
        const auto at = text.find(mark);
        if (at == std::string_view::npos) {
            return std::nullopt;
        }
        const auto behind = text.substr(at + 1);
        text = text.substr(0, at);
        return behind;
    };
    parts.fragment = cut('#');
    parts.query = cut('?');
    const auto colon = text.find(':');
    if (colon != std::string_view::npos && is_uri_letter(text.front()) &&
        std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), [](char c) {
            return is_uri_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
        })) {
        parts.scheme = text.substr(0, colon);
        text.remove_prefix(colon + 1);
    }
    if (text.starts_with("//")) {
        text.remove_prefix(2);
        const auto end = std::min(text.find('/'), text.size());
        parts.authority = text.substr(0, end);
        text.remove_prefix(end);
    }
    parts.path = text;
    return parts;
}

std::string resolve_uri(std::string_view base_text, std::string_view reference) {
    const auto base = split_uri(base_text);
    auto target = split_uri(reference);
    std::string path;
    if (!target.scheme.empty() || target.authority || target.path.starts_with('/')) {
        path = without_dots(target.path);
    } else if (target.path.empty()) {
        path = base.path;
        target.query = target.query ? target.query : base.query;
    } else {
        path = without_dots(merged_path(base, target.path));
    }
    if (target.scheme.empty()) {
        target.scheme = base.scheme;
        target.authority = target.authority ? target.authority : base.authority;
    }
    std::string out(target.scheme);
    out += out.empty() ? "" : ":";
    if (target.authority) {
        out += "//";
        out += *target.authority;
    }
    out += path;
    if (target.query) {
        out += '?';
        out += *target.query;
    }
    return out;
}

std::optional<std::string> decode_percent(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            out += text[at];
            continue;
        }
        if (text.size() - at < 3 || !is_uri_hex(text[at + 1]) || !is_uri_hex(text[at + 2])) {
            return std::nullopt;
        }
        unsigned byte = 0;
        std::from_chars(text.data() + at + 1, text.data() + at + 3, byte, 16);
        out += static_cast<char>(byte);
        at += 2;
    }
    return out;
}

bool is_uri_reference(std::string_view text, uri_letters letters) noexcept {
    const auto parts = split_uri(text);
    // The first segment of a relative path has no colon: it would be a scheme.
    const auto first = parts.path.substr(0, parts.path.find('/'));
    const bool segment_ok = !parts.scheme.empty() || parts.authority || !has_mark(first, ':');
    return segment_ok && (!parts.authority || is_authority(*parts.authority, letters)) &&
           consists_of(parts.path, ":@/", letters) &&
           consists_of(parts.query.value_or(""), ":@/?", letters) &&
           consists_of(parts.fragment.value_or(""), ":@/?", letters);
}

bool is_uri(std::string_view text, uri_letters letters) noexcept {
    return !split_uri(text).scheme.empty() && is_uri_reference(text, letters);
}

bool is_ipv4(std::string_view text) noexcept {
    for (int part = 0; part < 4; ++part) {
        const auto size = std::min(text.find_first_not_of("0123456789"), text.size());
        const bool plain = size > 0 && size <= 3 && (size == 1 || text.front() != '0');
        if (!plain || (size == 3 && text.substr(0, 3) > "255")) {
            return false;
        }
        text.remove_prefix(size);
        if (part < 3) {
            if (!text.starts_with('.')) {
                return false;
            }
            text.remove_prefix(1);
        }
    }
    return text.empty();
}

bool is_ipv6(std::string_view text) noexcept {
    int groups = 0;
    bool gap = false;
    bool wanted = true;  // a group must follow
    if (text.starts_with("::")) {
        text.remove_prefix(2);
        gap = true;
        wanted = false;
    }
    while (!text.empty()) {
        const auto end = std::min(text.find(':'), text.size());
        const auto group = text.substr(0, end);
        if (end == text.size() && has_mark(group, '.')) {
            groups += 2;
            return is_ipv4(group) && (gap ? groups < 8 : groups == 8);
        }
        if (group.empty() || group.size() > 4 ||
            !std::all_of(group.begin(), group.end(), is_uri_hex)) {
            return false;
        }
        ++groups;
        text.remove_prefix(end);
        wanted = false;
        if (text.starts_with("::")) {
            if (gap) {
                return false;
            }
            gap = true;
            text.remove_prefix(2);
        } else if (text.starts_with(':')) {
            text.remove_prefix(1);
            wanted = true;
        }
    }
    return !wanted && (gap ? groups < 8 : groups == 8);
}

}  // namespace stentor::inline v0::detail
