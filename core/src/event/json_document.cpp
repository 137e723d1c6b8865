// SPDX-License-Identifier: MIT
#include "event/json_document.hpp"

#include "event/json_decimal.hpp"
#include "event/json_text.hpp"
#include <stentor/event/json_reader.hpp>

#include <algorithm>
#include <charconv>
#include <functional>
#include <system_error>
#include <utility>

namespace stentor::inline v0::detail {

// Indices have 32 bits, and no text of this size has more values and names than that.
constexpr std::size_t document_bytes_limit = std::size_t{1} << 30;

result<json_index, codec_error> json_document::add(std::string_view text,
                                                   json_read_options options) {
    const auto start = static_cast<json_index>(nodes_.size());
    options.bytes_max = std::min(options.bytes_max, document_bytes_limit);
    source_ = text;
    auto done = read_json_document(
        text, options,
        [](json_reader& reader, void* into, std::size_t) {
            return static_cast<json_document*>(into)->read(reader);
        },
        this);
    if (!done) {
        return unexpected(std::move(done).error());
    }
    return start;
}

std::string_view json_document::keep(std::string text) {
    return kept_.emplace_front(std::move(text));
}

json_index json_document::open(json_node node) {
    const auto at = static_cast<json_index>(nodes_.size());
    node.next = at + 1;
    nodes_.push_back(node);
    return at;
}

bool json_document::read(json_reader& reader) {
    json_node node;
    if (!reader.next_form(node.form)) {
        return false;
    }
    const json_index at = open(node);
    bool ok = false;
    switch (node.form) {
        case value_form::object:
            ok = reader.read_members(
                [](json_reader& from, void* into, std::string_view name) {
                    return static_cast<json_document*>(into)->read_member(from, name);
                },
                this);
            if (ok) {
                sort_names(at);
            }
            break;
        case value_form::list:
            ok = reader.read_list(
                [](json_reader& from, void* into, std::size_t) {
                    return static_cast<json_document*>(into)->read(from);
                },
                this);
            for (json_index each = at + 1; ok && each < nodes_.size(); each = nodes_[each].next) {
                ++nodes_[at].count;
            }
            break;
        default: {
            std::string_view raw;
            ok = reader.read_raw(raw);
            if (ok && node.form == value_form::text) {
                const auto inside = raw.substr(1, raw.size() - 2);
                if (inside.find('\\') == std::string_view::npos) {
                    raw = inside;
                } else {
                    std::string plain;
                    append_unescaped(plain, inside);
                    raw = keep(std::move(plain));
                }
            }
            nodes_[at].text = raw;
            nodes_[at].truth = raw == "true";
            break;
        }
    }
    nodes_[at].next = static_cast<json_index>(nodes_.size());
    return ok;
}

bool json_document::read_member(json_reader& reader, std::string_view name) {
    static_cast<void>(open({.text = lasting(name), .form = value_form::text}));
    return read(reader);
}

// A name that had escapes lies where the next one will.
std::string_view json_document::lasting(std::string_view name) {
    const std::less<const char*> before;
    const bool inside = !before(name.data(), source_.data()) &&
                        before(name.data(), source_.data() + source_.size());
    return inside ? name : keep(std::string(name));
}

void json_document::sort_names(json_index object) {
    const auto first = order_.size();
    for (json_index name = object + 1; name < nodes_.size(); name = nodes_[name + 1].next) {
        order_.push_back(name);
    }
    nodes_[object].order = static_cast<std::uint32_t>(first);
    nodes_[object].count = static_cast<std::uint32_t>(order_.size() - first);
    std::sort(
        order_.begin() + static_cast<std::ptrdiff_t>(first), order_.end(),
        [&](json_index left, json_index right) { return nodes_[left].text < nodes_[right].text; });
}

json_index json_document::find(json_index object, std::string_view name) const noexcept {
    const auto all = names(object);
    const auto found = std::lower_bound(
        all.begin(), all.end(), name,
        [&](json_index one, std::string_view wanted) { return nodes_[one].text < wanted; });
    return found != all.end() && nodes_[*found].text == name ? *found + 1 : no_json;
}

json_index json_document::element(json_index list, std::size_t at) const noexcept {
    if (at >= nodes_[list].count) {
        return no_json;
    }
    json_index each = list + 1;
    for (; at != 0; --at) {
        each = nodes_[each].next;
    }
    return each;
}

namespace {

// Most numbers are, and need no other form to be compared.
bool is_short_integer(std::string_view text, std::int64_t& value) noexcept {
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [stop, fault] = std::from_chars(begin, end, value);
    return fault == std::errc() && stop == end;
}

}  // namespace

// As deep as the documents are.
std::strong_ordering compare_json(const json_document& left_document, json_index left,
                                  const json_document& right_document, json_index right) {
    const auto& one = left_document[left];
    const auto& other = right_document[right];
    if (one.form != other.form || one.count != other.count) {
        return std::pair(one.form, one.count) <=> std::pair(other.form, other.count);
    }
    if (one.form == value_form::number) {
        std::int64_t mine = 0;
        std::int64_t theirs = 0;
        if (is_short_integer(one.text, mine) && is_short_integer(other.text, theirs)) {
            return mine <=> theirs;
        }
        return compare_decimals(parse_decimal(one.text), parse_decimal(other.text));
    }
    if (one.form == value_form::list) {
        json_index mine = left + 1;
        json_index theirs = right + 1;
        for (std::uint32_t at = 0; at < one.count; ++at) {
            if (const auto order = compare_json(left_document, mine, right_document, theirs);
                order != 0) {
                return order;
            }
            mine = left_document[mine].next;
            theirs = right_document[theirs].next;
        }
        return std::strong_ordering::equal;
    }
    if (one.form == value_form::object) {
        const auto mine = left_document.names(left);
        const auto theirs = right_document.names(right);
        for (std::uint32_t at = 0; at < one.count; ++at) {
            auto order = left_document[mine[at]].text <=> right_document[theirs[at]].text;
            if (order == 0) {
                order = compare_json(left_document, mine[at] + 1, right_document, theirs[at] + 1);
            }
            if (order != 0) {
                return order;
            }
        }
        return std::strong_ordering::equal;
    }
    return one.text <=> other.text;
}

std::string_view form_text(value_form form) noexcept {
    switch (form) {
        case value_form::null: return "null";
        case value_form::boolean: return "a boolean";
        case value_form::number: return "a number";
        case value_form::text: return "a text";
        case value_form::list: return "a list";
        case value_form::object: return "an object";
    }
    return "a value";
}

}  // namespace stentor::inline v0::detail
