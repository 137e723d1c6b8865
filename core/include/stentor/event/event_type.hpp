// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/declared_validate.hpp>
#include <stentor/event/event_traits.hpp>
#include <stentor/event/field_walk.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

// The engine's view of an event type: what the type-erased core needs to move, copy and destroy it.
// One constant object per type; no run-time type information.
namespace stentor::inline v0 {

struct event_type {
    std::string_view topic;
    std::string_view name;  // the compiler's spelling of the type; for messages and for identity
    std::uint32_t schema_version;
    std::uint32_t size;
    std::uint32_t align;
    bool in_slot;  // lives in the queue's slot itself; otherwise in a pooled envelope
    void (*move_into)(void* to, void* from) noexcept;
    void (*copy_into)(void* to, const void* from);  // null when the type cannot be copied
    void (*destroy)(void* object) noexcept;         // null when there is nothing to do
    // What the type itself says of its events, see event/declared_validate.hpp; null: nothing.
    void (*validate)(const void* object, violations& found);
    // Through its members, see event/field_walk.hpp; null: it is not described.
    void (*walk)(const void* object, detail::field_walk& walk);
};

namespace detail {

inline constexpr std::size_t slot_header_size = 32;
inline constexpr std::size_t slot_payload_max = 64;
inline constexpr std::size_t slot_align_max = 16;

template <class T>
consteval std::string_view type_name() {
    return __PRETTY_FUNCTION__;
}

template <class T>
inline constexpr bool fits_slot = std::is_trivially_copyable_v<T> &&
                                  sizeof(T) <= slot_payload_max && alignof(T) <= slot_align_max;

template <class T>
consteval event_type make_event_type() {
    require_event<T>();
    event_type type{};
    type.topic = event_traits<T>::topic;
    type.name = type_name<T>();
    type.schema_version = schema_version_of<T>();
    type.size = sizeof(T);
    type.align = alignof(T);
    type.in_slot = fits_slot<T>;
    type.move_into = [](void* to, void* from) noexcept {
        ::new (to) T(std::move(*static_cast<T*>(from)));
    };
    if constexpr (std::is_copy_constructible_v<T>) {
        type.copy_into = [](void* to, const void* from) {
            ::new (to) T(*static_cast<const T*>(from));
        };
    }
    if constexpr (!std::is_trivially_destructible_v<T>) {
        type.destroy = [](void* object) noexcept { static_cast<T*>(object)->~T(); };
    }
    require_legal_validate<T>();
    if constexpr (declares_validate<T>) {
        type.validate = &call_declared_validate<T>;
    }
    if constexpr (walked_struct<T>) {
        type.walk = &walk_event<T>;
    }
    return type;
}

}  // namespace detail

template <event T>
inline constexpr event_type event_type_of = detail::make_event_type<T>();

// Shared libraries may each hold an event_type of the same type: equal names and layouts are the
// same type, unless the name is local to a translation unit.
[[nodiscard]] inline bool same_type(const event_type& left, const event_type& right) noexcept {
    return &left == &right ||
           (left.size == right.size && left.align == right.align && left.name == right.name &&
            left.topic == right.topic && left.name.find("anonymous") == std::string_view::npos &&
            left.name.find("lambda") == std::string_view::npos);
}

}  // namespace stentor::inline v0
