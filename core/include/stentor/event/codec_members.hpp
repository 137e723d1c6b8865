// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/codec_table.hpp>
#include <stentor/event/codec_traits.hpp>
#include <stentor/event/fields.hpp>
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

// In codec_value.hpp.
template <class T, class Reader>
[[nodiscard]] bool read_value(Reader& reader, T& value);
template <class T, class Writer>
[[nodiscard]] bool write_value(Writer& writer, const T& value);

template <class T, class Field, class Reader>
bool read_member(Reader& reader, void* object) {
    return read_value(reader, static_cast<T*>(object)->*Field::member);
}
template <class T, class Field, class Writer>
bool write_member(Writer& writer, const void* object) {
    return write_value(writer, static_cast<const T*>(object)->*Field::member);
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

template <class T, class Format, fixed_text Name, auto Member>
constexpr field_row<Format> make_field(field<Name, Member>*) {
    using one = field<Name, Member>;
    static_assert(!std::is_const_v<member_of<T, one>>,
                  "stentor: a const member can be described, but nothing can be read into it");
    field_row<Format> row{};
    row.spelled = Format::template spelled<Name>;
    row.read = &read_member<T, one, typename Format::reader>;
    row.write = &write_member<T, one, typename Format::writer>;
    if constexpr (is_optional<member_of<T, one>>) {
        row.absent = &member_is_absent<T, one>;
    }
    return row;
}

template <class T, class List>
struct struct_fields;
template <class T, fixed_text TypeName, class... Field>
struct struct_fields<T, field_list<TypeName, Field...>> {
    static constexpr std::size_t unknown_count = (0 + ... + (is_unknown_member<T, Field> ? 1 : 0));
    static_assert(unknown_count <= 1, "stentor: one member of type unknown_fields is enough");
    static constexpr std::size_t count = sizeof...(Field) - unknown_count;
    static_assert(count <= fields_max);

    template <class Format>
    static constexpr auto make() {
        std::array<field_row<Format>, count> rows{};
        [[maybe_unused]] std::size_t at = 0;
        [[maybe_unused]] const auto add = [&]<class One>(One* which) {
            if constexpr (!is_unknown_member<T, One>) {
                rows[at++] = make_field<T, Format>(which);
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
using fields_of = struct_fields<T, typename description_of<T>::type>;

template <class T, class Format>
inline constexpr auto field_rows_of = fields_of<T>::template make<Format>();
template <class T, class Format>
inline constexpr field_table<Format> field_table_of = {
    field_rows_of<T, Format>.data(), field_rows_of<T, Format>.size(), fields_of<T>::unknown()};

}  // namespace stentor::inline v0::detail
