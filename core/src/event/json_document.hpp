// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/result.hpp>
#include <stentor/event/codec_error.hpp>
#include <stentor/event/codec_table.hpp>
#include <stentor/event/json_options.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// JSON texts as values that can be looked at in any order, for schemas, which ask so. What has a
// C++ type is read by json_reader.hpp without this.
//
// Threads: any number may read one. Progress: adding allocates, 32 bytes for each value and name;
// reading does not.

namespace stentor::inline v0::detail {

class json_reader;

using json_index = std::uint32_t;
inline constexpr json_index no_json = static_cast<json_index>(-1);

struct json_node {
    std::string_view text{};  // of a text its characters; of a number how it is written
    json_index next = 0;      // behind the value with all that is in it
    std::uint32_t count = 0;  // of elements or members
    std::uint32_t order = 0;  // of an object: where its members begin in the document's order
    value_form form = value_form::null;
    bool truth = false;
};

// All values of all texts in one list, each in front of what it holds. A member is its name, a
// text, and behind it its value.
class json_document {
public:
    json_document() = default;
    json_document(const json_document&) = delete;
    json_document& operator=(const json_document&) = delete;

    // Views into the text are kept. After an error the document holds parts and must go.
    [[nodiscard]] result<json_index, codec_error> add(std::string_view text,
                                                      json_read_options options);
    // A text with the life of the document.
    [[nodiscard]] std::string_view keep(std::string text);

    [[nodiscard]] const json_node& operator[](json_index at) const noexcept { return nodes_[at]; }
    // The names of an object's members, sorted.
    [[nodiscard]] std::span<const json_index> names(json_index object) const noexcept {
        return std::span(order_).subspan(nodes_[object].order, nodes_[object].count);
    }
    // The value of the member, or no_json.
    [[nodiscard]] json_index find(json_index object, std::string_view name) const noexcept;
    // The n-th element, or no_json.
    [[nodiscard]] json_index element(json_index list, std::size_t at) const noexcept;
    // How many values and names it is, with what is in it.
    [[nodiscard]] std::size_t size(json_index value) const noexcept {
        return nodes_[value].next - value;
    }

private:
    bool read(json_reader& reader);
    bool read_member(json_reader& reader, std::string_view name);
    void sort_names(json_index object);
    json_index open(json_node node);
    std::string_view lasting(std::string_view name);

    std::vector<json_node> nodes_;
    std::vector<json_index> order_;
    std::forward_list<std::string> kept_;
    std::string_view source_;
};

// Some total order in which what JSON Schema takes for equal is equal: 1 and 1.0, and objects whose
// members stand in another order.
[[nodiscard]] std::strong_ordering compare_json(const json_document& left_document, json_index left,
                                                const json_document& right_document,
                                                json_index right);

// `an object`, `a list`, `a text`, ...
[[nodiscard]] std::string_view form_text(value_form form) noexcept;

}  // namespace stentor::inline v0::detail
