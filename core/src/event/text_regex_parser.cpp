// SPDX-License-Identifier: MIT
#include "event/text_regex_parser.hpp"

#include "event/codec_text.hpp"

#include <utility>

// Groups, choices, repetitions. Single characters and classes are in text_regex_classes.cpp.

namespace stentor::inline v0::detail {

bool regex_parser::fail(std::size_t at, std::string_view message, bool unsupported) {
    error_ = {at, std::string(message), unsupported};
    return false;
}

bool regex_parser::take(std::string_view word) noexcept {
    if (!pattern_.substr(at_).starts_with(word)) {
        return false;
    }
    at_ += word.size();
    return true;
}

std::uint32_t regex_parser::add(regex_part part) {
    parts_.push_back(std::move(part));
    return static_cast<std::uint32_t>(parts_.size() - 1);
}

std::uint32_t regex_parser::add_leaf(regex_op op, std::uint32_t x) {
    return add({.kind = regex_part::kinds::leaf, .leaf = {op, x, 0}});
}

std::uint32_t regex_parser::add_set(regex_set set) {
    sets_.push_back(std::move(set));
    return add_leaf(regex_op::set, static_cast<std::uint32_t>(sets_.size() - 1));
}

bool regex_parser::parse(std::uint32_t& whole) {
    if (!parse_choice(whole)) {
        return false;
    }
    return at_end() || fail(at_, "a ')' closes no group; escape it as \\)");
}

bool regex_parser::parse_choice(std::uint32_t& part) {
    if (++nesting_ > text_regex::nesting_limit) {
        return fail(at_, "groups lie too deep within each other; at most 64 can", true);
    }
    regex_part choice{.kind = regex_part::kinds::choice};
    do {
        if (!parse_sequence(choice.inner.emplace_back())) {
            return false;
        }
    } while (take("|"));
    --nesting_;
    part = choice.inner.size() == 1 ? choice.inner.front() : add(std::move(choice));
    return true;
}

bool regex_parser::parse_sequence(std::uint32_t& part) {
    regex_part sequence{.kind = regex_part::kinds::sequence};
    while (!at_end() && !is_next('|') && !is_next(')')) {
        if (!parse_term(sequence.inner.emplace_back())) {
            return false;
        }
    }
    part = sequence.inner.size() == 1 ? sequence.inner.front() : add(std::move(sequence));
    return true;
}

bool regex_parser::parse_term(std::uint32_t& part) {
    bool repeatable = true;
    if (!parse_atom(part, repeatable)) {
        return false;
    }
    const std::size_t start = at_;
    const std::uint32_t atom = part;
    if (!parse_repeat(part)) {
        return false;
    }
    return part == atom || repeatable || fail(start, "there is nothing here that can be repeated");
}

bool regex_parser::parse_atom(std::uint32_t& part, bool& repeatable) {
    const std::size_t start = at_;
    switch (pattern_[at_]) {
        case '(': return parse_group(part, repeatable);
        case '[': return parse_class(part);
        case '\\': return parse_escape(part, repeatable);
        case '.':
            ++at_;
            part = add_leaf(regex_op::any);
            return true;
        case '^':
        case '$':
            repeatable = false;
            part = add_leaf(pattern_[at_++] == '^' ? regex_op::text_begin : regex_op::text_end);
            return true;
        case '*':
        case '+':
        case '?': return fail(start, "there is nothing in front that could be repeated");
        default: break;
    }
    std::uint32_t min = 0;
    std::uint32_t max = 0;
    bool braces = false;
    if (!parse_braces(min, max, braces)) {
        return false;
    }
    if (braces) {
        return fail(start, "there is nothing in front that could be repeated");
    }
    part = add_leaf(regex_op::one, take_code_point(pattern_, at_));
    return true;
}

bool regex_parser::parse_group_head(regex_part& ahead) {
    const std::size_t start = at_ - 1;
    if (!take("?") || take(":")) {
        return true;
    }
    if (is_next('=') || is_next('!')) {
        ahead.kind = regex_part::kinds::ahead;
        ahead.leaf.op = take("=") ? regex_op::ahead : regex_op::not_ahead;
        at_ += ahead.leaf.op == regex_op::not_ahead ? 1 : 0;
        return true;
    }
    if (take("<=") || take("<!")) {
        return fail(start, "look-behind is not supported; say it without", true);
    }
    const std::size_t name_end = pattern_.find('>', at_);
    if (!take("<") || name_end == std::string_view::npos || name_end == at_) {
        return fail(start, "a group begins with (, (?:, (?=, (?! or (?<name>", true);
    }
    at_ = name_end + 1;
    return true;
}

bool regex_parser::parse_group(std::uint32_t& part, bool& repeatable) {
    const std::size_t start = at_++;
    regex_part ahead;
    if (!parse_group_head(ahead) || !parse_choice(part)) {
        return false;
    }
    if (!take(")")) {
        return fail(start, "the group is not closed; write a ')' behind it, or escape it as \\(");
    }
    if (ahead.kind == regex_part::kinds::ahead) {
        repeatable = false;
        ahead.inner.push_back(part);
        part = add(std::move(ahead));
    }
    return true;
}

bool regex_parser::parse_repeat(std::uint32_t& part) {
    regex_part repeat{
        .kind = regex_part::kinds::repeat, .max = regex_part::no_end, .inner = {part}};
    if (take("+")) {
        repeat.min = 1;
    } else if (take("?")) {
        repeat.max = 1;
    } else if (!take("*")) {
        bool found = false;
        if (!parse_braces(repeat.min, repeat.max, found)) {
            return false;
        }
        if (!found) {
            return true;
        }
    }
    static_cast<void>(take("?"));  // the shortest first: whether it matches is the same
    part = add(std::move(repeat));
    return true;
}

// `{2}`, `{2,}`, `{2,5}`. Other braces stand for themselves.
bool regex_parser::parse_braces(std::uint32_t& min, std::uint32_t& max, bool& found) {
    const std::size_t start = at_;
    found = false;
    if (!take("{") || at_end() || !is_digit(pattern_[at_])) {
        at_ = start;
        return true;
    }
    if (!parse_count(min)) {
        return false;
    }
    max = min;
    if (take(",")) {
        max = regex_part::no_end;
        if (!at_end() && is_digit(pattern_[at_]) && !parse_count(max)) {
            return false;
        }
    }
    if (!take("}")) {
        at_ = start;
        return true;
    }
    found = true;
    return max >= min || fail(start, "the first number of a repetition is the smaller one");
}

bool regex_parser::parse_count(std::uint32_t& count) {
    const std::size_t start = at_;
    count = 0;
    while (!at_end() && is_digit(pattern_[at_])) {
        count = count * 10 + static_cast<std::uint32_t>(pattern_[at_++] - '0');
        if (count > text_regex::steps_limit) {
            return fail(start, "it repeats too often; at most 10000 times can be counted", true);
        }
    }
    return true;
}

}  // namespace stentor::inline v0::detail
