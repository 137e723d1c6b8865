// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/codec_table.hpp>
#include <stentor/event/fields.hpp>
#include <stentor/event/unknown_fields.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

// Which kinds of types a document can hold, how variants tell their alternatives apart, and what
// the compiler says of everything else.

namespace stentor::inline v0::detail {

template <class T, class... Other>
inline constexpr bool is_one_of = (std::same_as<T, Other> || ...);

// Characters are integers to the compiler and not to people.
template <class T>
inline constexpr bool is_character = is_one_of<T, char, wchar_t, char8_t, char16_t, char32_t>;
template <class T>
inline constexpr bool is_integer = std::integral<T> && !is_character<T> && !std::same_as<T, bool> &&
                                   sizeof(T) <= sizeof(std::int64_t);
template <class T>
inline constexpr bool is_floating = is_one_of<T, float, double>;

template <class T>
inline constexpr bool is_duration = false;
template <class Rep, class Period>
inline constexpr bool is_duration<std::chrono::duration<Rep, Period>> =
    is_integer<Rep> || is_floating<Rep>;

// Whole seconds, or a power of ten of them.
constexpr bool is_decimal_unit(std::int64_t num, std::int64_t den) {
    for (; den > 1; den /= 10) {
        if (num != 1 || den % 10 != 0) {
            return false;
        }
    }
    return true;
}

template <class T>
inline constexpr bool is_moment = false;
template <class Rep, class Period>
inline constexpr bool is_moment<
    std::chrono::time_point<std::chrono::system_clock, std::chrono::duration<Rep, Period>>> =
    is_integer<Rep> && std::is_signed_v<Rep> && sizeof(Rep) == sizeof(std::int64_t) &&
    is_decimal_unit(Period::num, Period::den);

template <class T>
inline constexpr bool is_other_time = requires { typename T::clock; } && !is_moment<T>;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_variant = false;
template <class... T>
inline constexpr bool is_variant<std::variant<T...>> = true;

template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t Size>
inline constexpr bool is_array<std::array<T, Size>> = true;

template <class T>
concept is_struct = std::is_class_v<T> && (described_inside<T> || described_beside<T>);

template <class T>
concept is_map = requires(T& map, typename T::key_type key) {
    typename T::mapped_type;
    map.try_emplace(std::move(key));
    map.clear();
};

template <class T>
concept is_list = requires(T& list, typename T::value_type value) {
    list.push_back(std::move(value));
    list.back();
    list.clear();
} && !requires { typename T::traits_type; };

template <class T>
inline constexpr bool is_view = requires(const T& view) {
    typename T::value_type;
    view.data();
    view.size();
} && std::is_trivially_copyable_v<T> && !is_array<T>;

template <class T>
inline constexpr bool is_smart_pointer = requires(const T& pointer) {
    typename T::element_type;
    pointer.get();
};

// Variants: an alternative is known by its look, so no two may look alike; structs are wrapped in
// their name and may be many. The look belongs to the type alone, so that adding an alternative
// changes no document.

template <class T>
consteval value_form form_of() {
    if constexpr (std::same_as<T, std::monostate>) {
        return value_form::null;
    } else if constexpr (std::same_as<T, bool>) {
        return value_form::boolean;
    } else if constexpr (is_integer<T> || is_floating<T> || is_duration<T>) {
        return value_form::number;
    } else if constexpr (std::same_as<T, std::string> || std::is_enum_v<T> || is_moment<T>) {
        return value_form::text;
    } else if constexpr (is_array<T> || is_list<T>) {
        return value_form::list;
    } else {
        return value_form::object;
    }
}

template <class T>
consteval std::string_view name_of() {
    if constexpr (is_struct<T>) {
        return description_of<T>::type::type_name;
    } else {
        return {};
    }
}

template <class... T>
consteval bool tells_apart(const std::variant<T...>*) {
    constexpr std::array<value_form, sizeof...(T)> forms{form_of<T>()...};
    constexpr std::array<std::string_view, sizeof...(T)> names{name_of<T>()...};
    for (std::size_t left = 0; left < forms.size(); ++left) {
        for (std::size_t right = left + 1; right < forms.size(); ++right) {
            if (forms[left] == forms[right] && names[left] == names[right]) {
                return false;
            }
        }
    }
    return true;
}

template <class... T>
consteval bool holds_values(const std::variant<T...>*) {
    return ((form_of<T>() != value_form::object || is_struct<T>) && ...);
}

template <class T>
consteval bool check_variant() {
    constexpr const T* variant = nullptr;
    constexpr bool values = holds_values(variant);
    constexpr bool apart = !values || tells_apart(variant);
    static_assert(values,
                  "stentor: an alternative of a variant is a described struct, a list or a single "
                  "value; put the map, the optional or the other variant into a described struct");
    static_assert(apart,
                  "stentor: two alternatives of this variant look alike in a document, as two "
                  "numbers or two texts do; put one of them into a described struct");
    return values && apart;
}

template <class T>
consteval bool check_optional() {
    using value = typename T::value_type;
    constexpr bool nested = is_optional<value> || is_variant<value>;
    static_assert(!nested,
                  "stentor: an optional of an optional or of a variant has two ways to be null, "
                  "and documents have one; make std::monostate an alternative, or use a "
                  "described struct");
    return !nested;
}

template <class T>
consteval bool check_map() {
    using key = typename T::key_type;
    constexpr bool legal = std::same_as<key, std::string> || is_integer<key> || has_enum_names<key>;
    static_assert(legal,
                  "stentor: the key of a map is a std::string, an integer or an enum with "
                  "STENTOR_ENUM; other maps can be lists of described structs");
    return legal;
}

// One message, the one that helps most.
template <class T>
consteval bool refuse_type() {
    if constexpr (std::is_pointer_v<T> || is_smart_pointer<T>) {
        static_assert(!std::is_object_v<T>,
                      "stentor: a pointer cannot be described, because a document holds values; "
                      "hold the value itself, a std::optional or a std::vector");
    } else if constexpr (is_character<T>) {
        static_assert(!std::is_object_v<T>,
                      "stentor: a character is neither a number nor a text; use std::string, "
                      "std::int8_t or std::uint8_t");
    } else if constexpr (std::is_enum_v<T>) {
        static_assert(!std::is_object_v<T>,
                      "stentor: this enum has no names; write STENTOR_ENUM(type, enumerator...) "
                      "beside it, in its namespace");
    } else if constexpr (is_other_time<T>) {
        static_assert(!std::is_object_v<T>,
                      "stentor: a moment is one of std::chrono::system_clock, counted in 64 bits "
                      "of seconds or decimal parts of them; other clocks mean nothing elsewhere");
    } else if constexpr (std::same_as<T, unknown_fields>) {
        static_assert(!std::is_object_v<T>,
                      "stentor: unknown_fields is a member of a described struct and no value of "
                      "its own");
    } else if constexpr (is_view<T>) {
        static_assert(!std::is_object_v<T>,
                      "stentor: a view does not own what it shows, so nothing can be read into "
                      "it; use std::string or std::vector");
    } else if constexpr (std::is_class_v<T>) {
        static_assert(!std::is_object_v<T>,
                      "stentor: this type is not described; write STENTOR_FIELDS(type, member...) "
                      "in its public part or beside it, in its namespace");
    } else {
        static_assert(!std::is_object_v<T>,
                      "stentor: a document cannot hold this type; it holds bool, integers, float, "
                      "double, std::string, chrono, optionals, lists, maps, variants, enums and "
                      "described structs");
    }
    return false;
}

}  // namespace stentor::inline v0::detail
