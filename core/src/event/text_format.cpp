// SPDX-License-Identifier: MIT
#include "event/text_format.hpp"

#include "event/codec_text.hpp"
#include "event/text_regex.hpp"
#include "event/uri_reference.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

namespace stentor::inline v0::detail {
namespace {

bool is_ascii_word(char c) noexcept {
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

bool has_char(std::string_view set, char c) noexcept {
    return set.find(c) != std::string_view::npos;
}

// `digits` digits from the front as a number. -1: they are not there.
int take_number(std::string_view& text, std::size_t digits) noexcept {
    if (text.size() < digits || !std::all_of(text.begin(), text.begin() + digits, is_digit)) {
        return -1;
    }
    int value = 0;
    const char* const begin = text.data();
    std::from_chars(begin, begin + digits, value);
    text.remove_prefix(digits);
    return value;
}

bool take_char(std::string_view& text, char c) noexcept {
    if (!text.starts_with(c)) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

bool take_date(std::string_view& text) noexcept {
    constexpr std::array<int, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const int year = take_number(text, 4);
    const bool first = year >= 0 && take_char(text, '-');
    const int month = first ? take_number(text, 2) : -1;
    const bool second = month >= 1 && month <= 12 && take_char(text, '-');
    const int day = second ? take_number(text, 2) : -1;
    if (day < 1) {
        return false;
    }
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= days[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

// RFC 3339 full-time. A leap second is the last one of a day in UTC.
bool take_time(std::string_view& text) noexcept {
    const int hour = take_number(text, 2);
    const bool first = hour >= 0 && hour <= 23 && take_char(text, ':');
    const int minute = first ? take_number(text, 2) : -1;
    const bool second_follows = minute >= 0 && minute <= 59 && take_char(text, ':');
    const int second = second_follows ? take_number(text, 2) : -1;
    if (second < 0 || second > 60) {
        return false;
    }
    if (take_char(text, '.')) {
        const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
        if (digits == 0) {
            return false;
        }
        text.remove_prefix(digits);
    }
    int offset = 0;
    if (!take_char(text, 'Z') && !take_char(text, 'z')) {
        if (!text.starts_with('+') && !text.starts_with('-')) {
            return false;
        }
        const int sign = text.front() == '+' ? 1 : -1;
        text.remove_prefix(1);
        const int hours = take_number(text, 2);
        const int minutes = hours >= 0 && take_char(text, ':') ? take_number(text, 2) : -1;
        if (hours > 23 || minutes < 0 || minutes > 59) {
            return false;
        }
        offset = sign * (hours * 60 + minutes);
    }
    constexpr int day = 24 * 60;
    return second < 60 || (hour * 60 + minute - offset + 2 * day) % day == day - 1;
}

bool is_date(std::string_view text) {
    return take_date(text) && text.empty();
}
bool is_time(std::string_view text) {
    return take_time(text) && text.empty();
}
bool is_date_time(std::string_view text) {
    return take_date(text) && (take_char(text, 'T') || take_char(text, 't')) && is_time(text);
}

// RFC 1123, so that a label may begin with a digit.
bool is_hostname(std::string_view text) {
    constexpr std::size_t name_max = 253;
    constexpr std::size_t label_max = 63;
    if (text.empty() || text.size() > name_max) {
        return false;
    }
    for (bool more = true; more;) {
        const auto end = std::min(text.find('.'), text.size());
        const auto label = text.substr(0, end);
        more = end != text.size();
        text.remove_prefix(more ? end + 1 : end);
        if (label.empty() || label.size() > label_max || label.front() == '-' ||
            label.back() == '-' || !std::all_of(label.begin(), label.end(), [](char c) {
                return is_ascii_word(c) || c == '-';
            })) {
            return false;
        }
    }
    return true;
}

bool is_dot_atom(std::string_view text) noexcept {
    char before = '.';
    for (const char c : text) {
        if (!is_ascii_word(c) && !has_char("!#$%&'*+-/=?^_`{|}~.", c)) {
            return false;
        }
        if (c == '.' && before == '.') {
            return false;
        }
        before = c;
    }
    return before != '.';
}

// A quoted local part, with printable ASCII inside.
bool is_quoted_part(std::string_view text) noexcept {
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') {
        return false;
    }
    text = text.substr(1, text.size() - 2);
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool escaped = text[at] == '\\';
        at += escaped ? 1 : 0;
        if (at == text.size() || text[at] < ' ' || text[at] > '~' ||
            (text[at] == '"' && !escaped)) {
            return false;
        }
    }
    return true;
}

bool is_email(std::string_view text) {
    const auto mark = text.rfind('@');
    if (mark == std::string_view::npos) {
        return false;
    }
    const auto local = text.substr(0, mark);
    auto domain = text.substr(mark + 1);
    if (domain.starts_with('[') && domain.ends_with(']')) {
        domain = domain.substr(1, domain.size() - 2);
        const bool six = domain.starts_with("IPv6:");
        return (is_dot_atom(local) || is_quoted_part(local)) &&
               (six ? is_ipv6(domain.substr(5)) : is_ipv4(domain));
    }
    return (is_dot_atom(local) || is_quoted_part(local)) && is_hostname(domain);
}

bool is_uuid(std::string_view text) {
    constexpr std::string_view form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    return text.size() == form.size() &&
           std::equal(text.begin(), text.end(), form.begin(), [](char c, char wanted) {
               return wanted == '-' ? c == '-'
                                    : is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
           });
}

bool is_json_pointer(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '~' && (at + 1 == text.size() || !has_char("01", text[at + 1]))) {
            return false;
        }
    }
    return text.empty() || text.front() == '/';
}

bool is_relative_json_pointer(std::string_view text) {
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0 || (digits > 1 && text.front() == '0')) {
        return false;
    }
    text.remove_prefix(digits);
    return text == "#" || is_json_pointer(text);
}

// RFC 6570: variables, with operator and modifiers, in braces.
bool is_template_expression(std::string_view text) noexcept {
    if (!text.empty() && has_char("+#./;?&=,!@|", text.front())) {
        text.remove_prefix(1);
    }
    for (bool more = true; more;) {
        const auto end = std::min(text.find(','), text.size());
        auto one = text.substr(0, end);
        more = end != text.size();
        text.remove_prefix(more ? end + 1 : end);
        if (const auto colon = one.find(':'); colon != std::string_view::npos) {
            auto length = one.substr(colon + 1);
            one = one.substr(0, colon);
            if (length.empty() || length.size() > 4 ||
                !std::all_of(length.begin(), length.end(), is_digit)) {
                return false;
            }
        } else if (one.ends_with('*')) {
            one.remove_suffix(1);
        }
        if (one.empty() || !std::all_of(one.begin(), one.end(), [](char c) {
                return is_ascii_word(c) || has_char("_.%", c);
            })) {
            return false;
        }
    }
    return true;
}

bool is_uri_template(std::string_view text) {
    while (!text.empty()) {
        const char c = text.front();
        std::size_t size = 1;
        if (c == '{') {
            const auto close = text.find('}');
            if (close == std::string_view::npos ||
                !is_template_expression(text.substr(1, close - 1))) {
                return false;
            }
            size = close + 1;
        } else if (static_cast<unsigned char>(c) <= ' ' || has_char("\"'<>\\^`|}\x7f", c)) {
            return false;
        }
        text.remove_prefix(size);
    }
    return true;
}

// What we do not support may be right.
bool is_regex(std::string_view text) {
    const auto made = text_regex::compile(text);
    return made.has_value() || made.error().unsupported;
}

struct named_format {
    std::string_view name;
    text_format check;
};
constexpr named_format known_formats[] = {
    {"date", &is_date},
    {"date-time", &is_date_time},
    {"email", &is_email},
    {"hostname", &is_hostname},
    {"ipv4", [](std::string_view text) { return is_ipv4(text); }},
    {"ipv6", [](std::string_view text) { return is_ipv6(text); }},
    {"iri", [](std::string_view text) { return is_uri(text, uri_letters::all); }},
    {"iri-reference",
     [](std::string_view text) { return is_uri_reference(text, uri_letters::all); }},
    {"json-pointer", &is_json_pointer},
    {"regex", &is_regex},
    {"relative-json-pointer", &is_relative_json_pointer},
    {"time", &is_time},
    {"uri", [](std::string_view text) { return is_uri(text); }},
    {"uri-reference", [](std::string_view text) { return is_uri_reference(text); }},
    {"uri-template", &is_uri_template},
    {"uuid", &is_uuid},
};

}  // namespace

text_format find_text_format(std::string_view name) noexcept {
    for (const auto& one : known_formats) {
        if (one.name == name) {
            return one.check;
        }
    }
    return nullptr;
}

}  // namespace stentor::inline v0::detail
