// SPDX-License-Identifier: MIT
#include "event/codec_text.hpp"
#include "event/json_text.hpp"
#include "event/text_excerpt.hpp"
#include <stentor/event/json_reader.hpp>
#include <stentor/event/unknown_fields.hpp>

#include <algorithm>
#include <array>
#include <cstring>

// The reader of objects, lists and maps, and of what is skipped.

namespace stentor::inline v0::detail {
namespace {

constexpr std::size_t word_bits = 64;

}  // namespace

bool json_reader::open(char c, std::string_view expected) {
    if (!is_next(c)) {
        return fail_expected(at_, std::string(expected));
    }
    if (depth_left_ <= 0) {
        return fail(codec_errc::too_deep, at_,
                    "at most " + std::to_string(std::min(options_.depth_max, json_depth_limit)) +
                        " objects and lists within each other",
                    "one more");
    }
    --depth_left_;
    ++at_;
    skip_space();
    return true;
}

bool json_reader::another(char closing, bool& ok) {
    skip_space();
    if (is_next(',')) {
        ++at_;
        skip_space();
        return true;
    }
    if (is_next(closing)) {
        ++at_;
        ++depth_left_;
        return false;
    }
    ok = fail_syntax(at_, closing == '}' ? "',' or '}'" : "',' or ']'");
    return false;
}

bool json_reader::read_name(raw_text& name) {
    name_at_ = at_;
    if (!is_next('"')) {
        return fail_syntax(at_, "a name in quotes");
    }
    if (!scan_text(name)) {
        return false;
    }
    skip_space();
    if (!is_next(':')) {
        return fail_syntax(at_, "':'");
    }
    ++at_;
    skip_space();
    return true;
}

std::string_view json_reader::decoded(raw_text text) {
    if (!text.escaped) {
        return text.inside;
    }
    scratch_.name.clear();
    append_unescaped(scratch_.name, text.inside);
    return scratch_.name;
}

// Objects of described types

bool json_reader::read_fields(const json_fields& fields, void* object) {
    if (!open('{', "an object")) {
        return false;
    }
    std::array<std::uint64_t, fields_max / word_bits> seen{};
    const std::size_t mark = scratch_.names.size();
    std::size_t next = 0;
    bool ok = true;
    if (is_next('}')) {
        ++at_;
        ++depth_left_;
    } else {
        do {
            ok = read_field(fields, next, seen, object);
        } while (ok && another('}', ok));
    }
    return ok && check_repeated(mark) && check_missing(fields, seen);
}

bool json_reader::read_field(const json_fields& fields, std::size_t& next,
                             std::span<std::uint64_t> seen, void* object) {
    std::size_t index = next;
    name_at_ = at_;
    if (next < fields.count && take(fields.rows[next].spelled)) {
        skip_space();
    } else {
        raw_text name;
        if (!read_name(name)) {
            return false;
        }
        index = find_field(fields, decoded(name), next);
        if (index == fields.count) {
            return read_unknown(fields, name, object);
        }
    }
    const json_field& row = fields.rows[index];
    std::uint64_t& word = seen[index / word_bits];
    const std::uint64_t bit = std::uint64_t{1} << (index % word_bits);
    next = index + 1;
    if ((word & bit) != 0) {
        return refuse_repeated(row.name()) || in_field(row.name());
    }
    word |= bit;
    return row.read(*this, object) || in_field(row.name());
}

bool json_reader::refuse_repeated(std::string_view name) {
    return fail(codec_errc::duplicate_name, name_at_, "each name once",
                quoted_excerpt(name, 0) + " again");
}

bool json_reader::read_unknown(const json_fields& fields, raw_text name, void* object) {
    if (options_.refuse_unknown) {
        return fail(codec_errc::unknown_field, name_at_, "a field of the type",
                    quoted_excerpt(decoded(name), 0));
    }
    const char* const start = name_at_;
    remember(name);
    if (!skip_value()) {
        return in_entry(name);
    }
    if (fields.unknown != nullptr) {
        std::string& kept = fields.unknown(object)->kept_;
        kept += kept.empty() ? "" : ",";
        kept.append(start, at_);
    }
    return true;
}

bool json_reader::check_missing(const json_fields& fields, std::span<const std::uint64_t> seen) {
    if (options_.allow_missing) {
        return true;
    }
    for (std::size_t at = 0; at < fields.count; ++at) {
        const json_field& row = fields.rows[at];
        if (row.absent == nullptr && ((seen[at / word_bits] >> (at % word_bits)) & 1) == 0) {
            return fail(codec_errc::missing_field, at_ - 1, "the field " + std::string(row.name()),
                        "the end of the object") ||
                   in_field(row.name());
        }
    }
    return true;
}

void json_reader::remember(raw_text name) {
    std::string_view kept = name.inside;
    if (name.escaped) {
        kept = scratch_.unescaped.emplace_front(decoded(name));
    }
    scratch_.names.push_back({kept, name_at_});
}

// Of the names since the mark no two may be the same.
bool json_reader::check_repeated(std::size_t mark) {
    auto& names = scratch_.names;
    const auto first = names.begin() + static_cast<std::ptrdiff_t>(mark);
    std::sort(first, names.end(),
              [](const auto& left, const auto& right) { return left.name < right.name; });
    const auto twice = std::adjacent_find(
        first, names.end(),
        [](const auto& left, const auto& right) { return left.name == right.name; });
    if (twice != names.end()) {
        name_at_ = std::max(twice[0].at, twice[1].at);
        return refuse_repeated(twice->name);
    }
    names.resize(mark);
    return true;
}

// Lists and maps

bool json_reader::read_list(element_reader read, void* into, std::size_t count) {
    const auto size_text = [count] { return "a list of " + std::to_string(count) + " elements"; };
    if (!open('[', "a list")) {
        return false;
    }
    std::size_t index = 0;
    bool ok = true;
    if (is_next(']')) {
        ++at_;
        ++depth_left_;
    } else {
        do {
            if (index == count) {
                return fail_expected(at_, size_text());
            }
            ok = read(*this, into, index) || in_element(index);
            ++index;
        } while (ok && another(']', ok));
    }
    if (ok && count != any_count && index != count) {
        return fail(codec_errc::wrong_type, at_ - 1, size_text(),
                    "one of " + std::to_string(index));
    }
    return ok;
}

bool json_reader::read_map(entry_reader read, void* into) {
    if (!open('{', "an object")) {
        return false;
    }
    bool ok = true;
    if (is_next('}')) {
        ++at_;
        ++depth_left_;
        return true;
    }
    do {
        raw_text name;
        ok = read_name(name) && (read(*this, into, decoded(name)) || in_entry(name));
    } while (ok && another('}', ok));
    return ok;
}

bool json_reader::read_members(entry_reader read, void* into) {
    if (!open('{', "an object")) {
        return false;
    }
    if (is_next('}')) {
        ++at_;
        ++depth_left_;
        return true;
    }
    const std::size_t mark = scratch_.names.size();
    bool ok = true;
    do {
        raw_text name;
        if (!read_name(name)) {
            return false;
        }
        remember(name);
        ok = read(*this, into, decoded(name)) || in_entry(name);
    } while (ok && another('}', ok));
    return ok && check_repeated(mark);
}

bool json_reader::read_raw(std::string_view& value) {
    const char* const start = at_;
    if (!skip_value()) {
        return false;
    }
    value = {start, static_cast<std::size_t>(at_ - start)};
    return true;
}

// What nobody wants to know

bool json_reader::skip_value() {
    if (at_ == end_) {
        return fail_syntax(at_, "a value");
    }
    raw_text text;
    const char* stop = nullptr;
    switch (*at_) {
        case '"': return scan_text(text);
        case '{': return skip_object();
        case '[':
            return read_list(
                [](json_reader& reader, void*, std::size_t) { return reader.skip_value(); },
                nullptr);
        case 't': return take("true") || fail_expected(at_, "a value");
        case 'f': return take("false") || fail_expected(at_, "a value");
        case 'n': return take("null") || fail_expected(at_, "a value");
        default: break;
    }
    if (*at_ != '-' && (*at_ < '0' || *at_ > '9')) {
        return fail_syntax(at_, "a value");
    }
    if (!scan_number(stop)) {
        return false;
    }
    at_ = stop;
    return true;
}

bool json_reader::skip_object() {
    return read_members(
        [](json_reader& reader, void*, std::string_view) { return reader.skip_value(); }, nullptr);
}

bool json_reader::names_one_of(std::string_view kept, const json_fields& fields,
                               std::string& name) {
    json_scratch scratch;
    const json_read_options options{.depth_max = json_depth_limit};
    json_reader reader(kept, options, scratch);
    for (;;) {
        raw_text raw;
        if (!reader.read_name(raw)) {
            return false;
        }
        name = reader.decoded(raw);
        if (find_field(fields, name, 0) != fields.count) {
            return true;
        }
        if (!reader.skip_value()) {
            return false;
        }
        reader.skip_space();
        if (!reader.take(",")) {
            return false;
        }
        reader.skip_space();
    }
}

}  // namespace stentor::inline v0::detail
