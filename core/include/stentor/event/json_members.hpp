// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/fields.hpp>
#include <stentor/event/json_table.hpp>
#include <stentor/event/json_traits.hpp>
#include <stentor/event/unknown_fields.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

// The tables of described structs: a row for each member, with the calls that read and write it.
//
// Threads: constants. Progress: made by the compiler.

namespace stentor::inline v0::detail {

// In json_value.hpp.
template <class T>
[[nodiscard]] bool read_json(json_reader& reader, T& value);
template <class T>
[[nodiscard]] bool write_json(json_writer& writer, const T& value);

template <fixed_text Name>
inline constexpr auto quoted_name = [] {
    constexpr std::string_view name = Name.view();
    std::array<char, name.size() + 3> text{};
    std::size_t at = 0;
    text[at++] = '"';
    for (const char c : name) {
        text[at++] = c;
    }
    text[at++] = '"';
    text[at++] = ':';
    return text;
}();

template <class T, class Field>
bool read_member(json_reader& reader, void* object) {
    return read_json(reader, static_cast<T*>(object)->*Field::member);
}
template <class T, class Field>
bool write_member(json_writer& writer, const void* object) {
    return write_json(writer, static_cast<const T*>(object)->*Field::member);
}
template <class T, class Field>
bool member_is_absent(const void* object) {
    return !(static_cast<const T*>(object)->*Field::member).has_value();
}
template <class T, class Field>
unknown_fields* unknown_member(void* object) {
    return &(static_cast<T*>(object)->*Field::member);
}

template <class T, class Field>
using member_of = std::remove_reference_t<decltype(std::declval<T&>().*Field::member)>;
template <class T, class Field>
inline constexpr bool is_unknown_member =
    std::same_as<std::remove_const_t<member_of<T, Field>>, unknown_fields>;

template <class T, fixed_text Name, auto Member>
constexpr json_field make_field(field<Name, Member>*) {
    using one = field<Name, Member>;
    static_assert(!std::is_const_v<member_of<T, one>>,
                  "stentor: a const member can be described, but nothing can be read into it");
    json_field row{};
    row.quoted = {quoted_name<Name>.data(), quoted_name<Name>.size()};
    row.read = &read_member<T, one>;
    row.write = &write_member<T, one>;
    if constexpr (is_optional<member_of<T, one>>) {
        row.absent = &member_is_absent<T, one>;
    }
    return row;
}

template <class T, class List>
struct field_table;
template <class T, fixed_text TypeName, class... Field>
struct field_table<T, field_list<TypeName, Field...>> {
    static constexpr std::size_t unknown_count = (0 + ... + (is_unknown_member<T, Field> ? 1 : 0));
    static_assert(unknown_count <= 1, "stentor: one member of type unknown_fields is enough");
    static constexpr std::size_t count = sizeof...(Field) - unknown_count;
    static_assert(count <= json_fields_max);

    static constexpr auto make() {
        std::array<json_field, count> rows{};
        [[maybe_unused]] std::size_t at = 0;
        [[maybe_unused]] const auto add = [&]<class One>(One* which) {
            if constexpr (!is_unknown_member<T, One>) {
                rows[at++] = make_field<T>(which);
            }
        };
        (add(static_cast<Field*>(nullptr)), ...);
        return rows;
    }
    static constexpr auto unknown() {
        unknown_fields* (*found)(void*) = nullptr;
        [[maybe_unused]] const auto look = [&]<class One>(One*) {
            if constexpr (is_unknown_member<T, One>) {
                found = &unknown_member<T, One>;
            }
        };
        (look(static_cast<Field*>(nullptr)), ...);
        return found;
    }
};

template <class T>
inline constexpr auto field_rows = field_table<T, typename description_of<T>::type>::make();
template <class T>
inline constexpr json_fields json_fields_of = {
    field_rows<T>.data(), field_rows<T>.size(),
    field_table<T, typename description_of<T>::type>::unknown()};

}  // namespace stentor::inline v0::detail
