// SPDX-License-Identifier: MIT
#include "event/codec_text.hpp"
#include "event/text_regex_parser.hpp"

#include <string_view>
#include <utility>

// Characters, escapes and classes of an expression.

namespace stentor::inline v0::detail {

char32_t take_code_point(std::string_view text, std::size_t& at) noexcept {
    const auto first = static_cast<unsigned char>(text[at++]);
    if (first < 0x80) {
        return first;
    }
    const std::size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    char32_t code = first & (0x3FU >> more);
    for (std::size_t each = 0; each < more && at < text.size(); ++each) {
        code = code << 6 | (static_cast<unsigned char>(text[at++]) & 0x3FU);
    }
    return code;
}

bool regex_parser::parse_escape(std::uint32_t& part, bool& repeatable) {
    const std::size_t start = at_;
    if (start + 1 == pattern_.size()) {
        return fail(start, "a backslash stands at the end; write \\\\ for a backslash");
    }
    const char name = pattern_[start + 1];
    if (name == 'b' || name == 'B') {
        at_ += 2;
        repeatable = false;
        part = add_leaf(name == 'b' ? regex_op::border : regex_op::no_border);
        return true;
    }
    if (std::string_view("dDwWsS").find(name) != std::string_view::npos) {
        at_ += 2;
        part = add_set(named_set(name));
        return true;
    }
    if ((name >= '1' && name <= '9') || name == 'k') {
        return fail(start, "back references are not supported; say it without", true);
    }
    char32_t code = 0;
    if (!parse_character(code)) {
        return false;
    }
    part = add_leaf(regex_op::one, code);
    return true;
}

bool regex_parser::parse_class(std::uint32_t& part) {
    const std::size_t start = at_++;
    const bool negated = take("^");
    regex_set set;
    while (!is_next(']')) {
        if (at_end()) {
            return fail(start,
                        "the class is not closed; write a ']' behind it, or escape it as \\[");
        }
        const std::size_t first_at = at_;
        regex_range range;
        bool first_single = false;
        bool last_single = false;
        if (!parse_class_atom(set, range.first, first_single)) {
            return false;
        }
        range.last = range.first;
        if (is_next('-') && !pattern_.substr(at_).starts_with("-]") && at_ + 1 < pattern_.size()) {
            ++at_;
            if (!parse_class_atom(set, range.last, last_single)) {
                return false;
            }
            if (!first_single || !last_single) {  // `\w-x`: three things
                set.push_back({'-', '-'});
                if (last_single) {
                    set.push_back({range.last, range.last});
                }
                range.last = range.first;
            } else if (range.last < range.first) {
                return fail(first_at, "a range begins with the smaller character");
            }
        }
        if (first_single) {
            set.push_back(range);
        }
    }
    ++at_;
    tidy_set(set);
    part = add_set(negated ? others_than(set) : std::move(set));
    return true;
}

// One character, or a set that goes into the class at once.
bool regex_parser::parse_class_atom(regex_set& into, char32_t& code, bool& single) {
    single = true;
    if (at_end() || pattern_[at_] != '\\') {
        if (at_end()) {
            return fail(at_, "the class is not closed; write a ']' behind it");
        }
        code = take_code_point(pattern_, at_);
        return true;
    }
    const char name = at_ + 1 < pattern_.size() ? pattern_[at_ + 1] : '\0';
    if (name != '\0' && std::string_view("dDwWsS").find(name) != std::string_view::npos) {
        at_ += 2;
        single = false;
        const auto set = named_set(name);
        into.insert(into.end(), set.begin(), set.end());
        return true;
    }
    if (name == 'b') {
        at_ += 2;
        code = '\b';
        return true;
    }
    return parse_character(code);
}

// An escape that stands for one character.
bool regex_parser::parse_character(char32_t& code) {
    constexpr std::string_view names = "tnvfr";
    constexpr std::string_view meant = "\t\n\v\f\r";
    const std::size_t start = at_++;
    if (at_end()) {
        return fail(start, "a backslash stands at the end; write \\\\ for a backslash");
    }
    const char name = pattern_[at_];
    const bool letter = (name | 0x20) >= 'a' && (name | 0x20) <= 'z';
    if (const auto found = names.find(name); found != std::string_view::npos) {
        ++at_;
        code = static_cast<char32_t>(meant[found]);
        return true;
    }
    if (name == 'x' || name == 'u') {
        ++at_;
        return (name == 'x' ? parse_hex(2, code) : parse_unicode(code)) ||
               fail(start, "the escape is not closed; write \\xHH, \\uHHHH or \\u{H...}");
    }
    if (name == 'c') {
        const char control = at_ + 1 < pattern_.size() ? pattern_[at_ + 1] : '\0';
        if ((control | 0x20) < 'a' || (control | 0x20) > 'z') {
            return fail(start, "a letter stands behind \\c");
        }
        at_ += 2;
        code = static_cast<char32_t>(control & 0x1F);
        return true;
    }
    if (name == 'p' || name == 'P') {
        return fail(start, "\\p{...} is not supported; write the ranges", true);
    }
    if (name == '0' && (at_ + 1 == pattern_.size() || !is_digit(pattern_[at_ + 1]))) {
        ++at_;
        code = 0;
        return true;
    }
    if (letter || is_digit(name)) {
        return fail(start, "the escape means nothing in ECMAScript; leave the backslash out");
    }
    code = take_code_point(pattern_, at_);
    return true;
}

bool regex_parser::parse_hex(std::size_t digits, char32_t& code) {
    code = 0;
    if (pattern_.size() - at_ < digits) {
        return false;
    }
    for (const std::size_t stop = at_ + digits; at_ != stop; ++at_) {
        const char c = pattern_[at_];
        const char low = static_cast<char>(c | 0x20);
        if (!is_digit(c) && (low < 'a' || low > 'f')) {
            return false;
        }
        code = code * 16 + static_cast<char32_t>(is_digit(c) ? c - '0' : low - 'a' + 10);
    }
    return true;
}

bool regex_parser::parse_unicode(char32_t& code) {
    if (take("{")) {
        const std::size_t close = pattern_.find('}', at_);
        if (close == std::string_view::npos || close == at_ || close - at_ > 6 ||
            !parse_hex(close - at_, code) || code > last_code_point) {
            return false;
        }
        ++at_;
        return true;
    }
    if (!parse_hex(4, code)) {
        return false;
    }
    const std::size_t behind = at_;
    char32_t low = 0;
    if (code >= 0xD800 && code <= 0xDBFF && take("\\u") && parse_hex(4, low) && low >= 0xDC00 &&
        low <= 0xDFFF) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        return true;
    }
    at_ = behind;
    return true;
}

}  // namespace stentor::inline v0::detail
