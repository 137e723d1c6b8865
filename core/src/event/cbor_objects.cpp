// SPDX-License-Identifier: MIT
#include "event/cbor_bytes.hpp"
#include "event/codec_text.hpp"
#include "event/text_excerpt.hpp"
#include <stentor/event/cbor_reader.hpp>
#include <stentor/event/unknown_fields.hpp>

#include <algorithm>
#include <array>
#include <tuple>

// The reader of objects, lists and maps, and of what is skipped.

namespace stentor::inline v0::detail {
namespace {

constexpr std::size_t word_bits = 64;

// What names are compared by.
auto meaning(const cbor_key& name) {
    return std::tie(name.major, name.value, name.text);
}

}  // namespace

bool cbor_reader::open(cbor_major major, std::string_view expected, run& values) {
    cbor_head head;
    if (!read_head(head)) {
        return false;
    }
    if (head.major != major) {
        return fail_expected(head, std::string(expected));
    }
    if (depth_left_ <= 0) {
        return fail(codec_errc::too_deep, head.start,
                    "at most " + std::to_string(std::min(options_.depth_max, cbor_depth_limit)) +
                        " objects and lists within each other",
                    "one more");
    }
    --depth_left_;
    values = {head.info == open_ended, head.value};
    return true;
}

// Whether another value follows. Where the bytes end, reading that value will say so.
bool cbor_reader::another(run& values) noexcept {
    if (values.open_ended ? at_ == end_ || *at_ != break_byte : values.left > 0) {
        --values.left;
        return true;
    }
    at_ += values.open_ended ? 1 : 0;
    ++depth_left_;
    return false;
}

// The key of an entry; of all but texts, byte strings and integers the bytes as they stand.
bool cbor_reader::read_key(cbor_key& key) {
    cbor_head head;
    const char* const start = at_;
    if (!read_head(head)) {
        return false;
    }
    key = {.at = start, .major = head.major};
    switch (head.major) {
        case cbor_major::natural:
        case cbor_major::negative: key.value = head.value; return true;
        case cbor_major::bytes:
        case cbor_major::text:
            key.joined = head.info == open_ended;
            return scan_string(head, key.text);
        case cbor_major::list:
        case cbor_major::object:
        case cbor_major::tag:
        case cbor_major::simple: break;
    }
    at_ = start;
    if (!skip_value()) {
        return false;
    }
    key.text = {start, static_cast<std::size_t>(at_ - start)};
    return true;
}

// Objects of described types

bool cbor_reader::read_fields(const cbor_fields& fields, void* object) {
    run values;
    if (!open(cbor_major::object, "an object", values)) {
        return false;
    }
    std::array<std::uint64_t, fields_max / word_bits> seen{};
    const std::size_t mark = scratch_.names.size();
    std::size_t next = 0;
    while (another(values)) {
        if (!read_field(fields, next, seen, object)) {
            return false;
        }
    }
    return check_repeated(mark) && check_missing(fields, seen);
}

bool cbor_reader::read_field(const cbor_fields& fields, std::size_t& next,
                             std::span<std::uint64_t> seen, void* object) {
    std::size_t index = next;
    const char* const start = at_;
    if (next >= fields.count || !take(fields.rows[next].spelled)) {
        cbor_key name;
        if (!read_key(name)) {
            return false;
        }
        index = name.major == cbor_major::text ? find_field(fields, name.text, next) : fields.count;
        if (index == fields.count) {
            return read_unknown(fields, name, object);
        }
    }
    const cbor_field& row = fields.rows[index];
    std::uint64_t& word = seen[index / word_bits];
    const std::uint64_t bit = std::uint64_t{1} << (index % word_bits);
    next = index + 1;
    if ((word & bit) != 0) {
        return refuse_repeated({.at = start, .text = row.name()}) || in_field(row.name());
    }
    word |= bit;
    return row.read(*this, object) || in_field(row.name());
}

bool cbor_reader::refuse_repeated(const cbor_key& name) {
    return fail(codec_errc::duplicate_name, name.at, "each name once", describe(name) + " again");
}

bool cbor_reader::read_unknown(const cbor_fields& fields, const cbor_key& name, void* object) {
    if (options_.refuse_unknown) {
        return fail(codec_errc::unknown_field, name.at, "a field of the type", describe(name));
    }
    remember(name);
    if (!skip_value()) {
        return in_entry(name);
    }
    if (fields.unknown != nullptr) {
        unknown_fields& unknown = *fields.unknown(object);
        unknown.kept_.append(name.at, at_);
        unknown.is_cbor_ = true;
    }
    return true;
}

bool cbor_reader::check_missing(const cbor_fields& fields, std::span<const std::uint64_t> seen) {
    if (options_.allow_missing) {
        return true;
    }
    for (std::size_t at = 0; at < fields.count; ++at) {
        const cbor_field& row = fields.rows[at];
        if (row.absent == nullptr && ((seen[at / word_bits] >> (at % word_bits)) & 1) == 0) {
            return fail(codec_errc::missing_field, at_, "the field " + std::string(row.name()),
                        "the end of the object") ||
                   in_field(row.name());
        }
    }
    return true;
}

void cbor_reader::remember(const cbor_key& name) {
    cbor_key kept = name;
    if (name.joined) {
        kept.text = scratch_.joined.emplace_front(name.text);
    }
    scratch_.names.push_back(kept);
}

// Of the names since the mark no two may be the same.
bool cbor_reader::check_repeated(std::size_t mark) {
    auto& names = scratch_.names;
    const auto first = names.begin() + static_cast<std::ptrdiff_t>(mark);
    std::sort(first, names.end(), [](const cbor_key& left, const cbor_key& right) {
        return meaning(left) < meaning(right);
    });
    const auto twice =
        std::adjacent_find(first, names.end(), [](const cbor_key& left, const cbor_key& right) {
            return meaning(left) == meaning(right);
        });
    if (twice != names.end()) {
        return refuse_repeated(twice[0].at > twice[1].at ? twice[0] : twice[1]);
    }
    names.resize(mark);
    return true;
}

// Lists and maps

bool cbor_reader::read_list(element_reader read, void* into, std::size_t count) {
    const char* const start = at_;
    run values;
    if (!open(cbor_major::list, "a list", values)) {
        return false;
    }
    const auto refuse = [&](const char* at, std::string found) {
        return fail(codec_errc::wrong_type, at, "a list of " + std::to_string(count) + " elements",
                    std::move(found));
    };
    if (count != any_count && !values.open_ended && values.left != count) {
        return refuse(start, "one of " + std::to_string(values.left));
    }
    std::size_t index = 0;
    for (; another(values); ++index) {
        if (index == count) {
            return at_ == end_ ? fail_end("a break") : refuse(at_, "one more");
        }
        if (!read(*this, into, index)) {
            return in_element(index);
        }
    }
    return count == any_count || index == count || refuse(start, "one of " + std::to_string(index));
}

bool cbor_reader::read_map(entry_reader read, void* into) {
    run values;
    if (!open(cbor_major::object, "an object", values)) {
        return false;
    }
    while (another(values)) {
        cbor_key name;
        if (!read_key(name) || !(read(*this, into, name) || in_entry(name))) {
            return false;
        }
    }
    return true;
}

// What nobody wants to know

bool cbor_reader::skip_value() {
    cbor_head head;
    const char* const start = at_;
    if (!read_head(head)) {
        return false;
    }
    std::string_view text;
    switch (head.major) {
        case cbor_major::bytes:
        case cbor_major::text: return scan_string(head, text);
        case cbor_major::list:
            at_ = start;
            return read_list(
                [](cbor_reader& reader, void*, std::size_t) { return reader.skip_value(); },
                nullptr);
        case cbor_major::object: at_ = start; return skip_object();
        case cbor_major::natural:
        case cbor_major::negative:
        case cbor_major::tag:
        case cbor_major::simple: break;
    }
    return true;
}

bool cbor_reader::skip_object() {
    const std::size_t mark = scratch_.names.size();
    run values;
    if (!open(cbor_major::object, "an object", values)) {
        return false;
    }
    while (another(values)) {
        cbor_key name;
        if (!read_key(name)) {
            return false;
        }
        remember(name);
        if (!skip_value()) {
            return in_entry(name);
        }
    }
    return check_repeated(mark);
}

std::size_t cbor_reader::count_fields(std::string_view kept, const cbor_fields& fields,
                                      std::optional<std::string>& known) {
    cbor_scratch scratch;
    const cbor_read_options options{.depth_max = cbor_depth_limit};
    cbor_reader reader(kept, options, scratch);
    std::size_t count = 0;
    cbor_key name;
    while (reader.at_ != reader.end_ && reader.read_key(name)) {
        if (name.major == cbor_major::text && find_field(fields, name.text, 0) != fields.count) {
            known = describe(name);
        }
        if (!reader.skip_value()) {
            break;
        }
        ++count;
    }
    return count;
}

}  // namespace stentor::inline v0::detail
