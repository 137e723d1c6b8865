// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/codec_members.hpp>
#include <stentor/event/codec_table.hpp>
#include <stentor/event/codec_traits.hpp>
#include <stentor/event/fields.hpp>
#include <stentor/event/unknown_fields.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

// How each kind of type is read and written, whatever the format; the kinds are told apart in
// codec_traits.hpp. Templates do no more than find the right call of the format's reader or writer,
// and the right table, for a type.
//
// Threads and progress: those of the reader and the writer.

namespace stentor::inline v0::detail {

template <class Enum>
inline constexpr auto enum_names_of = stentor_names(names_tag<Enum>{});

// Numbers, enums, moments

template <class Integer, class Reader>
bool read_integer(Reader& reader, Integer& value) {
    using limits = std::numeric_limits<Integer>;
    if constexpr (std::is_signed_v<Integer>) {
        std::int64_t wide = 0;
        const bool ok = reader.read_signed(wide, limits::min(), limits::max());
        value = static_cast<Integer>(wide);
        return ok;
    } else {
        std::uint64_t wide = 0;
        const bool ok = reader.read_unsigned(wide, limits::max());
        value = static_cast<Integer>(wide);
        return ok;
    }
}

template <class Integer, class Writer>
bool write_integer(Writer& writer, Integer value) {
    if constexpr (std::is_signed_v<Integer>) {
        return writer.write_signed(value);
    } else {
        return writer.write_unsigned(value);
    }
}

template <class Enum, class Reader>
bool read_enum(Reader& reader, Enum& value) {
    std::int64_t wide = 0;
    const bool ok = reader.read_enum(wide, enum_names_of<Enum>.all);
    value = static_cast<Enum>(static_cast<std::underlying_type_t<Enum>>(wide));
    return ok;
}

template <class Period>
inline constexpr tick_unit unit_of = {Period::num, Period::den};

template <class Moment, class Reader>
bool read_moment(Reader& reader, Moment& value) {
    using duration = typename Moment::duration;
    std::int64_t ticks = 0;
    const bool ok = reader.read_moment(ticks, unit_of<typename duration::period>);
    value = Moment(duration(static_cast<typename duration::rep>(ticks)));
    return ok;
}

template <class Duration, class Reader>
bool read_duration(Reader& reader, Duration& value) {
    typename Duration::rep count{};
    const bool ok = read_value(reader, count);
    value = Duration(count);
    return ok;
}

// Lists and maps

template <class Container>
std::size_t count_of(const Container& container) {
    if constexpr (requires { container.size(); }) {
        return container.size();
    } else {
        return static_cast<std::size_t>(std::distance(container.begin(), container.end()));
    }
}

template <class List, class Reader>
bool read_element(Reader& reader, void* into, std::size_t) {
    auto& list = *static_cast<List*>(into);
    using element = typename List::value_type;
    if constexpr (std::same_as<element, bool>) {  // those of std::vector<bool> have no address
        bool value = false;
        const bool ok = reader.read_bool(value);
        list.push_back(value);
        return ok;
    } else {
        list.emplace_back();
        return read_value(reader, list.back());
    }
}

template <class Array, class Reader>
bool read_nth(Reader& reader, void* into, std::size_t index) {
    return read_value(reader, (*static_cast<Array*>(into))[index]);
}

template <class List, class Writer>
bool write_list(Writer& writer, const List& list) {
    if (!writer.open_list(count_of(list))) {
        return false;
    }
    std::size_t index = 0;
    for (const auto& element : list) {
        if (!write_value<typename List::value_type>(writer, element) || !writer.next()) {
            return writer.in_element(index);
        }
        ++index;
    }
    return writer.close_list();
}

template <class Key, class Reader>
bool read_key(Reader& reader, typename Reader::name_type name, Key& key) {
    using limits = std::numeric_limits<Key>;
    if constexpr (std::same_as<Key, std::string>) {
        return reader.name_to_text(name, key);
    } else if constexpr (has_enum_names<Key>) {
        std::int64_t wide = 0;
        const bool ok = reader.name_to_enum(name, wide, enum_names_of<Key>.all);
        key = static_cast<Key>(static_cast<std::underlying_type_t<Key>>(wide));
        return ok;
    } else if constexpr (std::is_signed_v<Key>) {
        std::int64_t wide = 0;
        const bool ok = reader.name_to_signed(name, wide, limits::min(), limits::max());
        key = static_cast<Key>(wide);
        return ok;
    } else {
        std::uint64_t wide = 0;
        const bool ok = reader.name_to_unsigned(name, wide, limits::max());
        key = static_cast<Key>(wide);
        return ok;
    }
}

template <class Key, class Writer>
bool write_key(Writer& writer, const Key& key) {
    if constexpr (std::same_as<Key, std::string>) {
        return writer.write_text(key) && writer.name_written();
    } else if constexpr (has_enum_names<Key>) {
        return writer.write_enum(enum_value(key), enum_names_of<Key>.all) && writer.name_written();
    } else if constexpr (std::is_signed_v<Key>) {
        return writer.write_signed_name(key) && writer.name_written();
    } else {
        return writer.write_unsigned_name(key) && writer.name_written();
    }
}

template <class Map, class Reader>
bool read_entry(Reader& reader, void* into, typename Reader::name_type name) {
    auto& map = *static_cast<Map*>(into);
    typename Map::key_type key{};
    if (!read_key(reader, name, key)) {
        return false;
    }
    const auto [place, added] = map.try_emplace(std::move(key));
    return added ? read_value(reader, place->second) : reader.refuse_repeated(name);
}

template <class Map, class Writer>
bool write_map(Writer& writer, const Map& map) {
    if (!writer.open_map(count_of(map))) {
        return false;
    }
    for (const auto& [key, value] : map) {
        if (!write_key(writer, key) || !write_value(writer, value) || !writer.next()) {
            if constexpr (std::same_as<typename Map::key_type, std::string>) {
                return writer.in_entry(key);
            }
            return false;
        }
    }
    return writer.close_map();
}

// Variants

template <class Variant, std::size_t Index, class Reader>
bool read_alternative(Reader& reader, void* variant) {
    auto& into = static_cast<Variant*>(variant)->template emplace<Index>();
    return read_value(reader, into);
}
template <class Variant, std::size_t Index, class Writer>
bool write_alternative(Writer& writer, const void* variant) {
    return write_value(writer, *std::get_if<Index>(static_cast<const Variant*>(variant)));
}

template <class Variant, class Format, std::size_t... Index>
constexpr auto make_alternatives(std::index_sequence<Index...>) {
    return std::array<alternative_row<Format>, sizeof...(Index)>{
        {{form_of<std::variant_alternative_t<Index, Variant>>(),
          name_of<std::variant_alternative_t<Index, Variant>>(),
          &read_alternative<Variant, Index, typename Format::reader>,
          &write_alternative<Variant, Index, typename Format::writer>}...}};
}

template <class Variant, class Format>
inline constexpr auto alternatives_of =
    make_alternatives<Variant, Format>(std::make_index_sequence<std::variant_size_v<Variant>>());

template <class Variant, class Reader>
bool read_variant(Reader& reader, Variant& value) {
    if constexpr (check_variant<Variant>()) {
        constexpr const auto& rows = alternatives_of<Variant, typename Reader::format>;
        return reader.read_variant({rows.data(), rows.size()}, &value);
    }
}
template <class Variant, class Writer>
bool write_variant(Writer& writer, const Variant& value) {
    if constexpr (check_variant<Variant>()) {
        if (value.valueless_by_exception()) {
            return writer.fail_valueless();
        }
        constexpr const auto& rows = alternatives_of<Variant, typename Writer::format>;
        return writer.write_alternative(rows[value.index()], &value);
    }
}

template <class Optional, class Reader>
bool read_optional(Reader& reader, Optional& value) {
    if (reader.take_null()) {
        value.reset();
        return true;
    }
    return read_value(reader, value.emplace());
}

// All of them

template <class T, class Reader>
bool read_value(Reader& reader, T& value) {
    if constexpr (std::same_as<T, bool>) {
        return reader.read_bool(value);
    } else if constexpr (is_integer<T>) {
        return read_integer(reader, value);
    } else if constexpr (is_floating<T>) {
        return reader.read_number(value);
    } else if constexpr (std::same_as<T, std::string>) {
        return reader.read_text(value);
    } else if constexpr (std::same_as<T, std::monostate>) {
        return reader.read_null();
    } else if constexpr (has_enum_names<T>) {
        return read_enum(reader, value);
    } else if constexpr (is_duration<T>) {
        return read_duration(reader, value);
    } else if constexpr (is_moment<T>) {
        return read_moment(reader, value);
    } else if constexpr (is_optional<T>) {
        return check_optional<T>() && read_optional(reader, value);
    } else if constexpr (is_variant<T>) {
        return read_variant(reader, value);
    } else if constexpr (is_struct<T>) {
        return reader.read_fields(field_table_of<T, typename Reader::format>, &value);
    } else if constexpr (is_map<T>) {
        return check_map<T>() && reader.read_map(&read_entry<T, Reader>, &value);
    } else if constexpr (is_array<T>) {
        return reader.read_list(&read_nth<T, Reader>, &value, std::tuple_size_v<T>);
    } else if constexpr (is_list<T>) {
        return reader.read_list(&read_element<T, Reader>, &value);
    } else {
        return refuse_type<T>();
    }
}

template <class T, class Writer>
bool write_value(Writer& writer, const T& value) {
    if constexpr (std::same_as<T, bool>) {
        return writer.write_bool(value);
    } else if constexpr (is_integer<T>) {
        return write_integer(writer, value);
    } else if constexpr (is_floating<T>) {
        return writer.write_number(value);
    } else if constexpr (std::same_as<T, std::string>) {
        return writer.write_text(value);
    } else if constexpr (std::same_as<T, std::monostate>) {
        return writer.write_null();
    } else if constexpr (has_enum_names<T>) {
        return writer.write_enum(enum_value(value), enum_names_of<T>.all);
    } else if constexpr (is_duration<T>) {
        return write_value(writer, value.count());
    } else if constexpr (is_moment<T>) {
        return writer.write_moment(value.time_since_epoch().count(),
                                   unit_of<typename T::duration::period>);
    } else if constexpr (is_optional<T>) {
        return check_optional<T>() &&
               (value.has_value() ? write_value(writer, *value) : writer.write_null());
    } else if constexpr (is_variant<T>) {
        return write_variant(writer, value);
    } else if constexpr (is_struct<T>) {
        return writer.write_fields(field_table_of<T, typename Writer::format>, &value);
    } else if constexpr (is_map<T>) {
        return check_map<T>() && write_map(writer, value);
    } else if constexpr (is_array<T> || is_list<T>) {
        return write_list(writer, value);
    } else {
        return refuse_type<T>();
    }
}

}  // namespace stentor::inline v0::detail
