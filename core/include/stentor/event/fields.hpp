// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

// Describes types once, for every codec: a struct by its members, an enum by its enumerators.
//
//     struct order_placed {
//         static constexpr std::string_view topic = "order.placed";
//         std::string id;
//         std::vector<line> lines;
//         STENTOR_FIELDS(order_placed, id, lines);      // in the type, or beside it
//     };
//     enum class colour { red, green };
//     STENTOR_ENUM(colour, red, green);                 // beside the enum, in its namespace
//
// The names that codecs write are those of the members, of the enumerators and of the type. What
// may be a member is said by the codec; see event/json.hpp. A description is a type and exists in
// the compiler only: it adds nothing to the object and runs nothing. At most 340 names.

namespace stentor::inline v0 {
namespace detail {

template <class T>
struct fields_tag {};
template <class T>
struct names_tag {};

// A text as a template argument.
template <std::size_t Size>
struct fixed_text {
    char text[Size]{};

    // NOLINTNEXTLINE(google-explicit-constructor): a literal is written where one is wanted
    consteval fixed_text(const char (&from)[Size]) {
        for (std::size_t at = 0; at < Size; ++at) {
            text[at] = from[at];
        }
    }
    [[nodiscard]] constexpr std::string_view view() const noexcept { return {text, Size - 1}; }
};

template <fixed_text Name, auto Member>
struct field {
    static_assert(std::is_member_object_pointer_v<decltype(Member)>,
                  "stentor: STENTOR_FIELDS names data members, and one of these is a function or "
                  "static");
    static constexpr std::string_view name = Name.view();
    static constexpr auto member = Member;
};

template <fixed_text TypeName, class... Field>
struct field_list {
    // Without the namespaces that the macro was given.
    static constexpr std::string_view type_name = [] {
        const std::string_view full = TypeName.view();
        const std::size_t colon = full.rfind(':');
        return colon == std::string_view::npos ? full : full.substr(colon + 1);
    }();
};

// An enumerator. Values of every underlying type fit, those of unsigned 64 bits as their pattern.
struct enum_name {
    std::string_view name;
    std::int64_t value;
};

template <class Enum, std::size_t Size>
struct enum_names {
    std::array<enum_name, Size> all;
};

template <class Enum>
constexpr std::int64_t enum_value(Enum value) noexcept {
    return static_cast<std::int64_t>(static_cast<std::underlying_type_t<Enum>>(value));
}

// A description is found in the type or, by its argument, beside it.
template <class T>
concept described_inside = requires(T& object) { object.stentor_fields(fields_tag<T>{}); };
template <class T>
concept described_beside = requires { stentor_fields(fields_tag<T>{}); };

template <class T>
struct description_of;
template <described_inside T>
struct description_of<T> {
    using type = decltype(std::declval<T&>().stentor_fields(fields_tag<T>{}));
};
template <described_beside T>
    requires(!described_inside<T>)
struct description_of<T> {
    using type = decltype(stentor_fields(fields_tag<T>{}));
};

template <class T>
concept has_enum_names = std::is_enum_v<T> && requires { stentor_names(names_tag<T>{}); };

}  // namespace detail

// A struct with STENTOR_FIELDS, or an enum with STENTOR_ENUM.
template <class T>
concept described =
    detail::described_inside<T> || detail::described_beside<T> || detail::has_enum_names<T>;

}  // namespace stentor::inline v0

#define STENTOR_DETAIL_PARENTHESES ()
#define STENTOR_DETAIL_EXPAND(...) \
    STENTOR_DETAIL_EXPAND_3(       \
        STENTOR_DETAIL_EXPAND_3(STENTOR_DETAIL_EXPAND_3(STENTOR_DETAIL_EXPAND_3(__VA_ARGS__))))
#define STENTOR_DETAIL_EXPAND_3(...) \
    STENTOR_DETAIL_EXPAND_2(         \
        STENTOR_DETAIL_EXPAND_2(STENTOR_DETAIL_EXPAND_2(STENTOR_DETAIL_EXPAND_2(__VA_ARGS__))))
#define STENTOR_DETAIL_EXPAND_2(...) \
    STENTOR_DETAIL_EXPAND_1(         \
        STENTOR_DETAIL_EXPAND_1(STENTOR_DETAIL_EXPAND_1(STENTOR_DETAIL_EXPAND_1(__VA_ARGS__))))
#define STENTOR_DETAIL_EXPAND_1(...) \
    STENTOR_DETAIL_EXPAND_0(         \
        STENTOR_DETAIL_EXPAND_0(STENTOR_DETAIL_EXPAND_0(STENTOR_DETAIL_EXPAND_0(__VA_ARGS__))))
#define STENTOR_DETAIL_EXPAND_0(...) __VA_ARGS__

#define STENTOR_DETAIL_FIELD(owner, member, ...)                    \
    , ::stentor::detail::field<#member, &owner::member> __VA_OPT__( \
          STENTOR_DETAIL_FIELD_AGAIN STENTOR_DETAIL_PARENTHESES(owner, __VA_ARGS__))
#define STENTOR_DETAIL_FIELD_AGAIN() STENTOR_DETAIL_FIELD

#define STENTOR_DETAIL_NAME(owner, enumerator, ...)                                              \
    ::stentor::detail::enum_name{                                                                \
        #enumerator,                                                                             \
        ::stentor::detail::enum_value(                                                           \
            owner::enumerator)} __VA_OPT__(,                                                     \
                                           STENTOR_DETAIL_NAME_AGAIN STENTOR_DETAIL_PARENTHESES( \
                                               owner, __VA_ARGS__))
#define STENTOR_DETAIL_NAME_AGAIN() STENTOR_DETAIL_NAME

// NOLINTBEGIN(bugprone-macro-parentheses): a sum that goes on
#define STENTOR_DETAIL_COUNT(owner, enumerator, ...) \
    +1 __VA_OPT__(STENTOR_DETAIL_COUNT_AGAIN STENTOR_DETAIL_PARENTHESES(owner, __VA_ARGS__))
#define STENTOR_DETAIL_COUNT_AGAIN() STENTOR_DETAIL_COUNT
// NOLINTEND(bugprone-macro-parentheses)

// The type, and its data members in the order in which they are written. Private members may be
// named when the macro stands in the type, in its public part.
#define STENTOR_FIELDS(type, ...)                                                      \
    [[maybe_unused]] inline auto stentor_fields(::stentor::detail::fields_tag<type>) { \
        return ::stentor::detail::field_list<#type __VA_OPT__(                         \
            STENTOR_DETAIL_EXPAND(STENTOR_DETAIL_FIELD(type, __VA_ARGS__)))>{};        \
    }                                                                                  \
    static_assert(true, "a semicolon ends it")

// An enum, and those of its enumerators that may be written and read. For an enum within a class:
// after the class, with its full name.
#define STENTOR_ENUM(type, ...)                                                                   \
    [[maybe_unused]] constexpr auto stentor_names(::stentor::detail::names_tag<type>) {           \
        return ::stentor::detail::enum_names<type, 0 STENTOR_DETAIL_EXPAND(                       \
                                                       STENTOR_DETAIL_COUNT(type, __VA_ARGS__))>{ \
            {{STENTOR_DETAIL_EXPAND(STENTOR_DETAIL_NAME(type, __VA_ARGS__))}}};                   \
    }                                                                                             \
    static_assert(true, "a semicolon ends it")
