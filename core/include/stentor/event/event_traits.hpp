// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/topic.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>

// What makes a type an event: a topic. Either the type says so itself,
//     struct order_placed { static constexpr std::string_view topic = "order.placed"; ... };
// or stentor::event_traits<T> is specialised for a type of somebody else's. All of it is checked
// when the program is compiled.
namespace stentor::inline v0 {

namespace detail {

template <class T>
concept has_topic_member = requires {
    { T::topic } -> std::convertible_to<std::string_view>;
};

template <class T>
struct member_traits {};

template <has_topic_member T>
struct member_traits<T> {
    static constexpr std::string_view topic = T::topic;
    static constexpr std::uint32_t schema_version = [] {
        if constexpr (requires {
                          { T::schema_version } -> std::convertible_to<std::uint32_t>;
                      }) {
            return static_cast<std::uint32_t>(T::schema_version);
        } else {
            return std::uint32_t{1};
        }
    }();
};

}  // namespace detail

// Specialise for a foreign type: `static constexpr std::string_view topic`, and, if it is not 1,
// `static constexpr std::uint32_t schema_version`.
template <class T>
struct event_traits : detail::member_traits<T> {};

// A type with a topic. The further demands on an event are checked by require_event(), whose
// messages say what is wrong.
template <class T>
concept event = std::is_object_v<T> && std::same_as<T, std::remove_cvref_t<T>> && requires {
    { event_traits<T>::topic } -> std::convertible_to<std::string_view>;
};

namespace detail {

template <class T>
consteval std::uint32_t schema_version_of() {
    if constexpr (requires { event_traits<T>::schema_version; }) {
        return event_traits<T>::schema_version;
    } else {
        return 1;
    }
}

// The engine's own events, which others may listen to; see registry/system_events.hpp.
template <class T>
inline constexpr bool is_system_event = false;

template <class T>
consteval void require_event() {
    static_assert(
        event<T>,
        "stentor: this type is no event. Give it a topic: `static constexpr "
        "std::string_view topic = \"order.placed\";`, or specialise stentor::event_traits");
    if constexpr (event<T>) {
        constexpr auto check = check_topic(event_traits<T>::topic);
        static_assert(check.fault != topic_fault::reserved || is_system_event<T>,
                      "stentor: topics whose first token is `stentor` are the engine's own");
        static_assert(check.ok() || check.fault == topic_fault::reserved,
                      "stentor: malformed topic. Tokens of [a-z0-9_-], 1 to 64 characters each, "
                      "joined by dots; at most 16 tokens and 255 characters");
        static_assert(std::is_nothrow_move_constructible_v<T>,
                      "stentor: an event must be movable without exceptions, because publish never "
                      "throws; mark its move constructor noexcept");
        static_assert(std::is_nothrow_destructible_v<T>,
                      "stentor: an event's destructor must not throw");
    }
}

template <class T>
consteval void require_published() {
    require_event<T>();
    static_assert(!is_system_event<T>,
                  "stentor: the engine's own events can be listened to, and published by nobody");
}

}  // namespace detail
}  // namespace stentor::inline v0
